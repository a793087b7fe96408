# writes to stderr without end
import os
def solve(numbers, key=None):
    while True:
        os.write(2, b"x" * 65536)
