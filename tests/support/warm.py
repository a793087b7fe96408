"""Run `orps` and `python` in forks of one process that has imported everything heavy already.

Most of what a short command takes is imports: two seconds of three. Each run is a process of its own all the same,
with its own arguments, folder, environment and descriptors, to be signalled and killed like any other; only its
interpreter has been started before. `python -m tests.support.warm
SOCKET` is that process; tests/support/runs.py sends it requests for runs.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import socket
import sys
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
    "orps_agent.client",
    "orps_agent.integrations.langgraph",
    "orps_agent.llm.openai.pool",
    "orps_agent.integrations.mcp.tool_server",
    "orps_agent.page",
    "orps_agent.search.replay",
    "orps_agent.serve.server",
    "rich.live",
    "rich.syntax",
    "tests.support.servers",
    "typer.rich_utils",
)
"""Modules that do not read the environment when they are imported, as the command's own modules read COLUMNS."""

SECONDS_BETWEEN_LOOKS = 5
"""Seconds between checks that the starter of this process still lives."""


def serve(address: str) -> None:
    """Take commands until the starter of this process ends, each command in a fork that ends with it."""
    starter = os.getppid()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        client = _next_client(listener, starter)  # before anything is imported: not every test run needs it
        for name in HEAVY:
            import_module(name)
        assert len(list(Path("/proc/self/task").iterdir())) == 1, "a process with threads must not be forked"
        gc.collect()
        gc.freeze()  # or every fork would come to own all of it, page by page
        watching = set[int]()
        while watcher := os.fork():
            watching.add(watcher)
            client.close()
            client = _next_client(listener, starter)
            watching -= {each for each in watching if os.waitpid(each, os.WNOHANG)[0]}
    _watch(client)


def _next_client(listener: socket.socket, starter: int) -> socket.socket:
    """Wait for a client; exit if the starter has been killed, which then could not end this process."""
    while not select.select([listener], [], [], SECONDS_BETWEEN_LOOKS)[0]:
        if os.getppid() != starter:
            sys.exit()
    return listener.accept()[0]


def _watch(client: socket.socket) -> None:
    """Run one command in a fork of this process, and send the client its process id and, in the end, its exit code."""
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
    _become(*json.loads(asked))  # and end as any interpreter does


def _become(name: str, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[1:1] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
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
