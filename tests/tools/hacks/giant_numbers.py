# numbers whose decimal digits take minutes
def solve(numbers, key=None):
    return 1 << (1 << 24)
