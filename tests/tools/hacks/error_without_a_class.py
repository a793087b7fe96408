# answers with an exception that is not one
import json, os, struct
def send(value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    os.write(3, struct.pack(">I", len(body)) + body)

def solve(numbers, key=None):
    send(["raise", ["print", [], 7, {"a": 1}, 5, "x"], []])
    return 0
