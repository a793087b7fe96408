"""Check every mistake of a user: one line that says what and where, exit 2 or 3, nothing spent."""

import json
import os
import sys
from pathlib import Path

import pytest

from orps_agent import cli
from tests.support.command_line import orps_in_process
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script

TASK = ("Write double(n): twice n.", "--test", "double(2) == 4")


@pytest.fixture(name="refused")
def _refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    def run(*arguments: str, code: int) -> str:
        exit_code, error = orps_in_process(monkeypatch, capsys, "solve", *arguments, "--db", str(tmp_path / "orps.db"))
        assert exit_code == code, error
        assert error.startswith("error: ")
        assert error.count("\n") == 1, error
        assert not (tmp_path / "spent").exists()
        return error

    return run


@pytest.fixture(name="model")
def _model(tmp_path: Path) -> str:
    return script(tmp_path, *FIRST_HALF_THEN_RIGHT)


def problem(folder: Path, text: str) -> str:
    path = folder / "problem.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("statement: Write f.\ntests: ['assert f(1)']\nstatemnt: x\n", "statemnt"),
        ("statement: Write f.\n", "has no tests"),
        ("statement: Write f.\ntests: ['assert f(']\n", "f("),
        ("statement: Write f.\nentry_points: [f]\ntests: ['assert 1 == 1']\n", "never"),
        ("statement: Write f.\ntests: [", "line"),
        ("tests: ['assert f(1)']\n", "statement"),
    ],
)
def test_a_problem_file_that_cannot_be_used(refused, model: str, tmp_path: Path, text: str, says: str) -> None:
    error = refused(problem(tmp_path, text), "--model", model, code=2)
    assert "problem.yaml" in error
    assert says in error


def test_a_problem_file_that_is_not_there(refused, model: str, tmp_path: Path) -> None:
    assert "nowhere.yaml" in refused(str(tmp_path / "nowhere.yaml"), "--model", model, code=2)


def test_a_task_without_tests_that_does_not_say_what_to_write(refused, model: str) -> None:
    error = refused("Write something that doubles.", "--model", model, code=2)
    assert "has no tests; add at least one" in error
    assert "or name what to write" in error


def test_a_setting_out_of_range(refused, model: str) -> None:
    assert "samples" in refused(*TASK, "--model", model, "-n", "0", code=2)
    assert "temperature" in refused(*TASK, "--model", model, "--set", "temperature=9", code=2)
    assert "beem" in refused(*TASK, "--model", model, "--set", "beem=3", code=2)


def test_an_environment_variable_out_of_range(refused, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORPS_MAX_CALLS", "-1")
    assert "max_calls" in refused(*TASK, "--model", model, code=2)


def test_a_settings_file_with_an_unknown_key(refused, model: str, tmp_path: Path) -> None:
    Path(os.environ["ORPS_CONFIG"]).write_text("modle = 'x'\n")
    error = refused(*TASK, "--model", model, code=2)
    assert "modle" in error
    assert "settings.toml" in error


def test_a_missing_key(refused) -> None:
    assert "OPENAI_API_KEY" in refused(*TASK, "--model", "gpt-4.1-mini", code=2)


def test_an_unreachable_endpoint(refused) -> None:
    url = "http://127.0.0.1:9/v1"
    error = refused(*TASK, "--model", "m", "--base-url", url, code=3)
    assert url in error


def test_a_script_that_is_broken(refused, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("rules: [{role: programmer}]")
    assert "broken.yaml" in refused(*TASK, "--model", f"scripted:{path}", code=2)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("problem.j2", "{{ problem.statement", "problem.j2, line 1"),
        ("feedback.j2", "{{ candidat.code }}", "candidat"),
        ("hints.toml", "hints = []", "hints"),
        ("hints.toml", "hints = [", "hints.toml"),
        ("critic.j2", "{{ 1 / 0 }}", "critic.j2"),
    ],
)
def test_a_prompt_folder_with_a_broken_template(refused, model: str, tmp_path: Path, name, text, says) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / name).write_text(text)
    assert says in refused(*TASK, "--model", model, "--prompts", str(folder), code=2)


def test_a_prompt_folder_that_is_not_there(refused, model: str, tmp_path: Path) -> None:
    assert "nowhere" in refused(*TASK, "--model", model, "--prompts", str(tmp_path / "nowhere"), code=2)


def test_a_state_file_that_cannot_be_written(monkeypatch, capsys, model: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "orps.db"
    code, error = orps_in_process(monkeypatch, capsys, "solve", *TASK, "--model", model, "--db", str(place))
    assert code == 3
    assert str(place) in error
    assert error.count("\n") == 1


def test_a_search_that_is_not_there(monkeypatch, capsys, tmp_path: Path) -> None:
    db = str(tmp_path / "orps.db")
    for arguments in (("resume", "beef"), ("show", "beef"), ("resume", "--last"), ("show",), ("resume",)):
        code, error = orps_in_process(monkeypatch, capsys, *arguments, "--db", db)
        assert code == 2
        assert error.startswith("error: ")
        assert error.count("\n") == 1


def test_with_json_an_error_is_a_document_too(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["orps", "show", "beef", "--json", "--db", str(tmp_path / "orps.db")])
    with pytest.raises(SystemExit):
        cli.main()
    assert json.loads(capsys.readouterr().out)["error"] == "UnknownSearch"
