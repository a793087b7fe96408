"""Follow a page from top to bottom, in a folder with a few files of its own, as a reader would."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from orps_agent.llm.scripted import ScriptedModel
from orps_agent.problems import load_problem
from orps_agent.serve.schemas import Submission
from tests.support.bench import dataset_rows
from tests.support.plugins import install

from .blocks import Block, blocks, text_of
from .shell import Command, Shell, commands

NOT_RUN = {
    r"pip install ": "the tests have installed everything",
    r"make (demo|docs|install|test|check)\b": "makes an environment, or runs these tests",
    r"(for .*)?\.venv/bin/pytest\b": "runs these tests",
    r"git ": "changes a repository",
    r"(ORPS_\w+=\w+ )?(python|pytest) (-m )?(perf|tests)\b": "measures for minutes",
}
"""Commands that are not run, with the reasons."""
SERVERS = {"orps mcp --http": 8421, "orps serve": 8787}
"""Commands that run until they are stopped, and their ports on the pages, which are replaced by free ones."""
SHOWN_ONLY = {"text": "a drawing or a message, nothing to be run"}
EMPTY = "'asked'"
"""Text in queries for rows that only a killed process leaves, which may return nothing."""
REPLIES = {
    "rules": [
        {"role": "critic", "reply": "Twice n, and nothing else. SCORE: 4"},
        {"role": "tester", "reply": "```python\nassert double(2) == 4\nassert double(-3) == -6\n```"},
        {
            "role": "programmer",
            "reply": "```python\ndef double(n):\n    return 2 * n\n\n\ndef running_max(xs):\n"
            "    return [max(xs[: n + 1]) for n in range(len(xs))]\n```",
        },
    ]
}


class PageReader:
    """Follow one page; raises AssertionError with the place of each statement that is not true."""

    def __init__(self, page: str, folder: Path, programs: Path, model_url: str, *, newcomer: bool) -> None:
        self.page = page
        self.folder = folder
        self.ports = {port: _free_port() for port in SERVERS.values()}
        self.places = {"http://localhost:8000/v1": model_url}
        self.places |= {str(port): str(free) for port, free in self.ports.items()}
        self.environment = environment_for(folder, programs)
        if not newcomer:
            self.environment |= experienced(folder, model_url, self.ports[SERVERS["orps serve"]])
        self.shell = Shell(folder, self.environment)
        self._has_files()

    def _has_files(self) -> None:
        (problem,) = (each for each in blocks("README.md") if each.name == "problem.yaml")
        (self.folder / "problem.yaml").write_text(problem.text)
        (self.folder / "data/mbpp").mkdir(parents=True)
        dataset_rows.write_csv(self.folder / "data/mbpp/test.csv", [dataset_rows.ORPS_MBPP])
        if "other.db" in text_of(self.page):
            self.shell.run(Command("orps bench data/mbpp --methods cot --calls 1 --db other.db", "", may_fail=False))

    def read(self) -> None:
        """Run every block, after writing all files that the page shows, as earlier text may refer to later files."""
        found = [self._here(block) for block in blocks(self.page)]
        for block in found:
            if block.name:
                (self.folder / block.name).write_text(block.text)
        try:
            for block in found:
                does = getattr(self, f"_{block.language}", None)
                assert does or block.language in SHOWN_ONLY, f"{block.place}: there is no way to run {block.language!r}"
                try:
                    if does:
                        does(block)
                except (AssertionError, subprocess.TimeoutExpired) as error:
                    raise AssertionError(f"{block.place}: {error}") from error
        finally:
            self.shell.close()

    def _here(self, block: Block) -> Block:
        text = block.text
        for shown, real in self.places.items():
            text = text.replace(shown, real)
        return Block(block.page, block.line, block.language, text, block.name)

    def _console(self, block: Block) -> None:
        self._commands(block, prompted=True)

    def _sh(self, block: Block) -> None:
        self._commands(block, prompted=False)

    def _commands(self, block: Block, *, prompted: bool) -> None:
        for command in commands(block.text, prompted=prompted):
            if any(re.match(each, command.text) for each in NOT_RUN):
                continue
            if serves := next((each for each in SERVERS if command.text.startswith(each)), None):
                self.shell.leave_running(command, self.ports[SERVERS[serves]])
            else:
                self.shell.run(command)

    def _python(self, block: Block) -> None:
        """Load a file of tests or of stubs with its problem; run everything else as a program."""
        if block.name and block.name.startswith("test_"):
            compile(block.text, block.name, "exec")
        elif block.name and ">>>" in block.text:
            load_problem(self.folder / block.name)
        else:
            name = block.name or f"line{block.line}.py"
            (self.folder / name).write_text(block.text)
            printed = "\n...\n".join(re.findall(r"# -> (.+)$", block.text, re.MULTILINE))
            self.shell.run(Command(f"python {name}", printed, may_fail=False))

    def _markdown(self, block: Block) -> None:
        assert block.name
        load_problem(self.folder / block.name)

    def _toml(self, block: Block) -> None:
        self._document(block, tomllib.loads(block.text))

    def _yaml(self, block: Block) -> None:
        self._document(block, yaml.safe_load(block.text))

    def _document(self, block: Block, given: dict[str, Any]) -> None:
        """Load a problem, a script of replies, a package, or settings."""
        path = self.folder / (block.name or f"line{block.line}.{block.language}")
        path.write_text(block.text)
        if "statement" in given:
            load_problem(path)
        elif "rules" in given:
            ScriptedModel.load(path)
        elif "project" in given:
            self._installed(given["project"])
        else:
            loads = "import orps_agent; print(orps_agent.load_settings().model_dump_json(exclude_unset=True))"
            (self.folder / "loads.py").write_text(loads)
            self.shell.run(Command(f"ORPS_CONFIG={path} python loads.py", "", may_fail=False))

    def _installed(self, project: Any) -> None:
        """Install the package of a pyproject.toml in the reader's folder, for the rest of the page."""
        install(self.folder, project["name"], project["entry-points"], project["version"])

    def _json(self, block: Block) -> None:
        """Send a request to the service, or start the servers of an MCP client's configuration with an empty input."""
        given = json.loads(block.text)
        if "problem" in given:
            Submission.model_validate(given)
            return
        for server in given["mcpServers"].values():
            variables = " ".join(f"{name}={value}" for name, value in server.get("env", {}).items())
            self.shell.run(
                Command(" ".join([variables, server["command"], *server["args"]]).strip(), "", may_fail=False)
            )

    def _sql(self, block: Block) -> None:
        database = Path(self.environment["ORPS_DB"])
        if not database.exists():
            self.shell.run(Command("orps solve problem.yaml", "", may_fail=False))
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute(block.text).fetchall() or EMPTY in block.text, "the query finds nothing"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def environment_for(folder: Path, programs: Path) -> dict[str, str]:
    """Return an environment with the programs and an empty home."""
    (folder / ".home").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORPS_", "OPENAI_"))}
    return kept | {
        "COLUMNS": "200",
        "HOME": str(folder / ".home"),
        "NO_COLOR": "1",
        "ORPS_CONFIG": str(folder / "settings.toml"),
        "ORPS_DB": str(folder / "orps.db"),
        "ORPS_EXECUTOR__PROFILE_REPEATS": "1",
        "ORPS_EXECUTOR__SLOTS": "1",
        "PYTHONPATH": str(folder),
        "PATH": os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]),
    }


def experienced(folder: Path, model_url: str, port: int) -> dict[str, str]:
    """Return settings of a configured user: a model, a near endpoint, and small searches unless set otherwise."""
    (folder / ".replies.yaml").write_text(yaml.safe_dump(REPLIES))
    return {
        "OPENAI_API_KEY": "made-up",
        "OPENAI_BASE_URL": model_url,
        "ORPS_MODEL": f"scripted:{folder / '.replies.yaml'}",
        "ORPS_SEARCH__BEAM": "1",
        "ORPS_SEARCH__ROUNDS": "2",
        "ORPS_SEARCH__SAMPLES": "2",
        "ORPS_SERVE__PORT": str(port),
    }
