"""Every piece of Python in the README runs as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import script

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SOLUTIONS = """
```python
def double(n):
    return 2 * n


def running_max(xs):
    return [max(xs[: n + 1]) for n in range(len(xs))]
```"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_readme_runs(tmp_path: Path, code: str) -> None:
    (tmp_path / "problem.yaml").write_text(blocks("yaml")[0])
    closing = [{"role": "critic", "reply": "SCORE: 5\n<|good|>"}]
    model = script(tmp_path, {"role": "programmer", "reply": SOLUTIONS}, critic=closing)
    settings = {"ORPS_MODEL": model, "ORPS_DB": str(tmp_path / "orps.db"), "ORPS_SEARCH__SAMPLES": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "return 2 * n" in done.stdout or "search_finished" in done.stdout
