# leaves thousands of small files behind
def solve(numbers, key=None):
    for number in range(2_000):
        open(f"file-{number}", "w").close()
    return 0
