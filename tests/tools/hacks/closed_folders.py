# leaves folders behind that nobody may enter, and links out of the sandbox
import os
def solve(numbers, key=None):
    os.makedirs("a/b/c")
    open("a/b/c/file", "w").close()
    os.symlink("/", "a/root")
    os.symlink(".", "self")
    os.chmod("a/b/c", 0)
    os.chmod("a/b", 0)
    os.chmod("a", 0)
    os.chmod(".", 0)
    return 0
