"""Check that tests are where a reader looks for them: in the folder of their room, with shared helpers in support."""

import re

from tests.support import ROOT

TESTS = ROOT / "tests"
MODULES = [path for path in TESTS.rglob("test_*.py") if "hacks" not in path.parts]


def test_every_folder_is_named_after_what_it_tests() -> None:
    places = [ROOT / "orps_agent", ROOT]  # docs and perf are beside the package
    folders = {path.relative_to(TESTS).parent for path in MODULES}
    named = {
        folder
        for folder in folders
        for place in places
        if (place / folder).is_dir() or (place / f"{folder}.py").is_file()
    }
    assert folders == named


def test_no_test_module_imports_another_one() -> None:
    importing = re.compile(r"^\s*(?:from|import) .*\btest_\w+(?:$| import )", re.MULTILINE)
    assert [path.name for path in MODULES if importing.search(path.read_text(encoding="utf-8"))] == []
