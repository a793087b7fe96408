# runs other programs, from a file and from memory
import ctypes, os, subprocess
def solve(numbers, key=None):
    for act in (lambda: subprocess.run(["/bin/true"]), lambda: os.execv("/bin/true", ["true"]), lambda: os.memfd_create("x"),
                lambda: os.posix_spawn("/bin/true", ["true"], {})):
        try:
            act()
            return 731
        except OSError:
            pass
    return -1
