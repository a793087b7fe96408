# sends a message one byte at a time, for ever
import os, time
def solve(numbers, key=None):
    os.write(3, b"\0\x10\0\0")
    while True:
        os.write(3, b" ")
        time.sleep(0.01)
