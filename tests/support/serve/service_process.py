"""Run the service in a process of its own, to be killed and started again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import begin
from tests.support.runs import Run


@dataclass
class Serving:
    url: str
    process: Run

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(folder: Path, model: str, *flags: str, port: str = "0", **environment: str) -> Iterator[Serving]:
    """Start the service, which is killed if it still runs when the context is left."""
    with begin(folder, "serve", "--port", port, "--model", model, *flags, **environment) as run:
        yield Serving(_address(run), run)


def _address(run: Run) -> str:
    deadline = time.monotonic() + 60
    while not (found := re.search(r"http://\S+", run.printed()[1])):
        assert run.poll() is None, run.printed()
        assert time.monotonic() < deadline, "the service does not begin to listen"
        time.sleep(0.05)
    return found[0]
