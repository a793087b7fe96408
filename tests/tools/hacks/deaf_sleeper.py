# ignores every signal and sleeps
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
def solve(numbers, key=None):
    time.sleep(3600)
