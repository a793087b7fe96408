"""Start either side of the sandbox: an interpreter that is ready to be forked, once for every test.

python -s -P -c "..." '{"role": "candidate", ...}'     (the keys are those of Config)
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
from typing import TypedDict

from .shared import confine, landlock, numeric, seccomp

_LEAN = (
    *("abc", "bisect", "collections", "collections.abc", "contextlib", "copy", "ctypes", "dataclasses", "datetime"),
    *("decimal", "enum", "fractions", "functools", "heapq", "itertools", "json", "math", "operator", "re", "string"),
    *("time", "typing"),
)
"""Not random and threading: what they do after every fork costs more than most tests."""
_DEVICES = ["/dev/null", "/dev/urandom", "/dev/random", "/dev/zero"]


class Config(TypedDict):
    """Configure a zygote; both roles have the same keys."""

    role: str
    """`candidate` or `tester`."""
    link: int
    """Descriptor of the socket between the two zygotes."""
    control: int | None
    """Descriptor of the socket to the program that started us; the tester's alone."""
    preload: list[str]
    """Packages to import in advance, besides the usual modules of the standard library; missing ones are left out."""
    user: int | None
    """The user id to change to, when started as root."""
    filter: bool
    """True to use the system-call filters."""
    readable: list[str] | None
    """With Landlock: the paths that may be read; None: without Landlock."""
    scratch: str
    """The one folder that may be written to."""


def main(text: str) -> None:
    """Prepare this process and serve until the other end closes the connection."""
    config: Config = json.loads(text)
    confine.settle(config["user"])
    _preload(config["preload"])
    numeric.install()
    os.chdir(config["scratch"])
    if config["readable"] is not None:
        landlock.restrict(
            config["readable"], [config["scratch"]], ["/dev/null", "/dev/urandom", "/dev/random", "/dev/zero"]
        )
    if config["filter"]:
        seccomp.call_list().load(os.getpid())
    link = socket.socket(fileno=config["link"])
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise touch, and so copy, every page that we share with it
    if config["role"] == "candidate":
        from .candidate.candidate_zygote import CandidateZygote  # noqa: PLC0415 - the other role does without

        CandidateZygote(link, config["scratch"], filtered=config["filter"]).serve()
    else:
        from .tester.tester_zygote import TesterZygote  # noqa: PLC0415

        assert config["control"] is not None  # noqa: S101 - a tester is always started with one
        TesterZygote(link, socket.socket(fileno=config["control"])).serve()


def _preload(packages: list[str]) -> None:
    for name in [*_LEAN, *packages]:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
