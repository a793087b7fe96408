# calls the callback with itself, thousands of times deep
def solve(numbers, key=None):
    def again(*_):
        return key(again)
    return key(again) if key else 0
