# lifts the recursion limit and recurses
import sys
sys.setrecursionlimit(1 << 30)
def solve(numbers, key=None):
    return solve([numbers], key)
