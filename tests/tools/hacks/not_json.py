# bytes that are no message
import json, os, struct
def send(value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    os.write(3, struct.pack(">I", len(body)) + body)

def solve(numbers, key=None):
    send(bytes(range(256)) * 16)
    return 0
