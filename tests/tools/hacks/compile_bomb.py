# a constant that takes gigabytes to fold is refused, a nest of brackets is not
SOURCE = "(" * 90 + ")" * 90
def solve(numbers, key=None):
    return eval("-" * 100_000 + "1") + eval(SOURCE)
