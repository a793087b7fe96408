"""The service in a process of its own, to be asked, killed and started again."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import command


@dataclass
class Serving:
    url: str
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(folder: Path, model: str, *flags: str, port: str = "0", **environment: str) -> Iterator[Serving]:
    """The service, which is killed when the context is left and it has not ended by itself."""
    log = folder / "serve.log"
    flags = ("serve", "--port", port, "--model", model, *flags)
    with (
        log.open("wb") as output,
        subprocess.Popen(command(folder, *flags), stderr=output, env=os.environ | environment) as process,
    ):
        try:
            yield Serving(_address(log, process), process)
        finally:
            process.kill()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while not (found := re.search(r"http://\S+", log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "the service does not begin to listen"
        time.sleep(0.05)
    return found[0]
