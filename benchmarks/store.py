"""How much the store takes: of the disk, of the time, and to look at.

    python -m benchmarks.store size
    python -m benchmarks.store many
    python -m benchmarks.store show

`size` runs searches of 5 rounds through the real graph, with a made-up model and executor, and sets the file's bytes after a
WAL checkpoint against the bytes of the texts that a user paid for: R + C + F + K of every candidate (F as JSON without
its measurements) and the problem, each once.

`many` runs 100 searches at once in one process and one file, at 0.2 s a model call, and beside them the same searches on
a store that keeps everything in memory and costs next to nothing. The difference is what the file takes.

`show` makes a search of 10,000 candidates and times the commands that look at it, each a process of its own.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from pathlib import Path

import anyio

from benchmarks.made_up import PROBLEM, agent
from orps_agent.settings import SearchConfig

SIZES = (8, 15, 23, 46)  # samples; with a beam of 3, 5 rounds make 13 times as many candidates


async def size() -> None:
    print("candidates  texts KB  a candidate  file KB  ratio  checkpoints while it ran KB")
    for samples in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "orps.db"
            async with agent(database) as opened:
                result = await opened.solve(PROBLEM, SearchConfig(samples=samples, rounds=5, beam=3))
            texts, file = text_bytes(database), file_bytes(database)
            beside = (Path(folder) / "orps.db-checkpoints").stat().st_size
            print(
                f"{result.candidates:10} {texts / 1e3:9.0f} {texts / result.candidates / 1e3:12.1f}"
                f" {file / 1e3:8.0f} {file / texts:6.2f} {beside / 1e3:28.0f}"
            )


def text_bytes(database: Path) -> int:
    """The bytes of R + C + F + K of all candidates, and of the problem."""
    with sqlite3.connect(database) as connection:
        columns = " + ".join(f"ifnull(length(CAST({c} AS BLOB)), 0)" for c in ("reasoning", "code", "report", "critique"))
        (candidates,) = connection.execute(f"SELECT total({columns}) FROM candidates").fetchone()
        (problem,) = connection.execute("SELECT length(CAST(problem AS BLOB)) FROM searches").fetchone()
    connection.close()
    return int(candidates + problem)


def file_bytes(database: Path) -> int:
    """The file's size once the WAL has gone into it."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return database.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["size"])
    given = parser.parse_args()
    anyio.run({"size": size}[given.what])


if __name__ == "__main__":
    main()
