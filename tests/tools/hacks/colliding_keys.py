# a dictionary whose keys all have the same hash
def solve(numbers, key=None):
    return {n * ((1 << 61) - 1): n for n in range(4)}
