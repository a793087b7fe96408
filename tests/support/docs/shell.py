"""Run the commands of a shell block, and compare what they print with what the page shows."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SECONDS = 120
_ID = re.compile(r"\b[0-9a-f]{8}\b")
_LOOSE = {
    "left_out": (r"\s*\.\.\.\s*", ".*?"),
    "date": (r"\d{4}-\d\d-\d\d \d\d:\d\d", r"\d{4}-\d\d-\d\d \d\d:\d\d"),
    "time": (r"[\d.]+ (?:s|ms|µs)\b", r"[\d.]+ (?:s|ms|µs)"),
    "fraction": (r"\d[\d,]*\.\d+", r"[\d,]+(?:\.\d+)?"),
    "space": (r"\s+", r"\s+"),
}
"""Patterns for text that differs between runs, for text that the page leaves out, and for line breaks."""
_TOKEN = re.compile(
    "|".join(f"(?P<{name}>{shown})" for name, (shown, _) in _LOOSE.items()) + f"|{_ID.pattern}|.", re.DOTALL
)


@dataclass(frozen=True)
class Command:
    text: str
    shown: str
    """Output that the page shows for the command."""
    may_fail: bool
    """True when the next command prints its exit code."""

    @property
    def interrupted(self) -> bool:
        return bool(re.search(r"^\^C", self.shown, re.MULTILINE))


def commands(text: str, *, prompted: bool) -> list[Command]:
    """Return the commands of a block; with a prompt (`$ `), lines without it are output."""
    found: list[tuple[str, list[str]]] = []
    goes_on = False
    for line in text.splitlines():
        if goes_on:
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        elif prompted and not line.startswith("$ "):
            assert found, f"output before the first command: {line}"
            found[-1][1].append(line)
        elif line.strip() and not line.startswith("#"):
            found.append((line.removeprefix("$ "), []))
        goes_on = line.endswith("\\")
    last = len(found) - 1
    return [
        Command(command, "\n".join(shown), place < last and found[place + 1][0] == "echo $?")
        for place, (command, shown) in enumerate(found)
    ]


def expected(shown: str, ids: dict[str, str]) -> re.Pattern[str]:
    """Return the pattern of the output that the page shows; an id new on the page becomes a group of that name."""
    pattern, new = "", set[str]()
    for token in _TOKEN.finditer(shown.strip()):
        text = token[0]
        if token.lastgroup is not None:
            pattern += _LOOSE[token.lastgroup][1]
        elif not _ID.fullmatch(text):
            pattern += re.escape(text)
        elif text in ids or text in new:
            pattern += ids.get(text, f"(?P=id_{text})")
        else:
            pattern += f"(?P<id_{text}>[0-9a-f]{{8}})"
            new.add(text)
    return re.compile(pattern, re.DOTALL)


class Shell:
    """Run a page's commands in a folder; variables that they export or assign are kept for later commands."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._variables = folder / ".variables"
        self._environment = environment
        self.ids: dict[str, str] = {}
        """Ids of this run, by the ids on the page."""
        self._left: list[subprocess.Popen[bytes]] = []

    def run(self, command: Command) -> None:
        """Run a command to its end; raises AssertionError unless it succeeds and prints the expected output."""
        output = self.folder / ".output"
        with output.open("wb") as file, self._begun(command.text, file) as process:
            if command.interrupted:
                os.killpg(self._replied(process), signal.SIGINT)
            try:
                code = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGTERM)
                raise
        self._check(command, output.read_text(encoding="utf-8"))
        good = code == 130 if command.interrupted else code == 0 or command.may_fail
        assert good, f"{command.text}\nended with {code}:\n{output.read_text(encoding='utf-8')}"

    def leave_running(self, command: Command, port: int) -> None:
        """Start a command that runs until the page's end; return when it listens and has printed what is shown."""
        output = self.folder / f".serving-{port}"
        with output.open("wb") as file:
            self._left.append(self._begun(command.text, file))
        until, wanted = time.monotonic() + SECONDS, expected(command.shown, self.ids)
        while not (_listens(port) and wanted.search(output.read_text(encoding="utf-8"))):
            assert self._left[-1].poll() is None, output.read_text(encoding="utf-8")
            assert time.monotonic() < until, f"{command.text}\ndoes not listen, or does not print\n{command.shown}"
            time.sleep(0.05)

    def close(self) -> None:
        for process in self._left:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(SECONDS)

    def _begun(self, command: str, output: IO[bytes]) -> subprocess.Popen[bytes]:
        for shown, real in self.ids.items():
            command = command.replace(shown, real)
        before = f"set -a; [ -f {self._variables} ] && . {self._variables}; trap : INT"
        after = f"code=$?; export -p > {self._variables}; exit $code"
        code = "(exit ${code:-0})"  # the code that `echo $?` has to print
        return subprocess.Popen(
            ["bash", "-c", f"{before}; {code}\n{command}\n{after}"],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _replied(self, process: subprocess.Popen[bytes]) -> int:
        """Return the process group once its search has stored a reply and continues."""
        query = "SELECT 1 FROM model_calls JOIN searches ON id = search WHERE owner_pid IS NOT NULL AND {} = 'answered'"
        until = time.monotonic() + SECONDS
        while True:
            with closing(sqlite3.connect(self._environment["ORPS_DB"])) as connection:
                if connection.execute(query.format("model_calls.status")).fetchone():
                    return process.pid
            assert process.poll() is None, "it ended before it could be interrupted"
            assert time.monotonic() < until, "no reply that it could be interrupted after"
            time.sleep(0.05)

    def _check(self, command: Command, printed: str) -> None:
        for shown in _parts(command.shown):
            found = expected(shown, self.ids).search(printed)
            printed = printed[-4000:]
            assert found, f"$ {command.text}\n--- the page shows\n{shown}\n--- it prints\n{printed}"
            self.ids |= {name.removeprefix("id_"): real for name, real in found.groupdict().items()}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _parts(shown: str) -> Iterator[str]:
    """Yield the output before and after a terminal's ^C, which no program prints."""
    yield from (part for part in re.split(r"^\^C\n?", shown, flags=re.MULTILINE) if part.strip())
