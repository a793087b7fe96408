# is no Python at all
def solve(numbers, key=None) {
    return 731;
}
