# announces a message, sends half of it and dies
import os
def solve(numbers, key=None):
    os.write(3, b"\0\0\0\x40[\"ok\", tr")
    os._exit(0)
