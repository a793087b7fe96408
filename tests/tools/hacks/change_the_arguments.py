# empties the arguments and returns them
def solve(numbers, key=None):
    numbers.clear()
    numbers.append(numbers)
    return numbers
