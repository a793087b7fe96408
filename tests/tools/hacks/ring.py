# does its system calls through io_uring
import ctypes
def solve(numbers, key=None):
    return ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(120))
