"""Import the folders at the root of a checkout: each is the package's own, not a second copy of it."""

import subprocess
import sys

import pytest

from tests.support import ROOT

COMPARE = """
import sys, {module}
same = sys.modules["orps_agent.{module}"]
assert {module} is same, {module}
copies = [name for name, module in sys.modules.items() if name.split(".")[0] == "{folder}"
          and module is not sys.modules["orps_agent." + name]]
assert not copies, copies
"""


@pytest.mark.parametrize("module", ["graphs.search_graph", "prompts.messages", "tools.executor"])
def test_a_folder_at_the_root_is_imported_once(module: str) -> None:
    code = COMPARE.format(module=module, folder=module.partition(".")[0])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
