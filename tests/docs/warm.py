"""Runs `orps` and `python` in forks of one process that has imported everything already.

Most of what a short command takes is imports: two seconds of three. Each run is a process of its own all the same,
with its own arguments, folder, environment and descriptors; only its interpreter has been started before.

`python -m tests.docs.warm SOCKET` is that process; `CLIENT` is the program that is `orps` and `python` on the PATH.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path

HEAVY = (
    "langgraph.checkpoint.memory",
    "mcp.client.client",
    "mcp.client.stdio",
    "opentelemetry.sdk.metrics.export",
    "opentelemetry.sdk.trace.export",
    "orps_agent.agent",
    "orps_agent.bench.datasets",
    "orps_agent.cli",
    "orps_agent.cli.run",
    "orps_agent.client",
    "orps_agent.composition",
    "orps_agent.llm.endpoint",
    "orps_agent.llm.roles",
    "orps_agent.mcp.server",
    "orps_agent.page",
    "orps_agent.replay",
    "orps_agent.serve.running",
)
CLIENT = '''#!{python} -IS
"""Has a command run by the warm process, with this one's descriptors, and ends as it does."""
import json, os, signal, socket, sys

asked = json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"%12d" % len(asked)], [0, 1, 2])
    server.sendall(asked)
    told = server.makefile()
    process = int(told.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: os.kill(process, number))
    sys.exit(int(told.readline() or 70))
'''


def serve(address: str) -> None:
    """Take commands for ever, each of them in a fork that ends with it."""
    for name in HEAVY:
        import_module(name)
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a process with threads must not be forked"
    gc.collect()
    gc.freeze()  # or every fork would come to own all of it, page by page
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        watching = set[int]()
        while True:
            client, _ = listener.accept()
            watching -= {each for each in watching if os.waitpid(each, os.WNOHANG)[0]}
            if (watcher := os.fork()) == 0:
                break
            watching.add(watcher)
            client.close()
    head, descriptors, _, _ = socket.recv_fds(client, 12, 3)
    asked = client.makefile("rb").read(int(head))
    if process := os.fork():
        client.sendall(b"%d\n" % process)
        client.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
        os._exit(0)
    client.close()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    code: object = 0
    try:
        become(*json.loads(asked))
    except SystemExit as end:
        code = end.code or 0
    finally:
        if sys.exc_info()[1] is not None:
            traceback.print_exc()
            code = 1
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
        os._exit(code if isinstance(code, int) else 1)  # without taking apart what was imported


def become(name: str, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if name == "orps":
        sys.argv = [name, *arguments]
        import_module("orps_agent.cli").main()
    elif arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = str(Path(arguments[0]).resolve().parent)
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1])
