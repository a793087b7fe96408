"""Write the log to a terminal: without colour where none is wanted, and without control characters."""

import pytest

from orps_agent.util import logs


def test_what_a_model_wrote_is_logged_without_control_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("handlers", []), ("propagate", True), ("level", 0)):
        monkeypatch.setattr(logs._stdlib, name, value)
    logs.configure(console=True, file=None)
    logs.log.debug("call_progress", text="\x1b]0;owned\x07")
    shown = capsys.readouterr().err
    assert "owned" in shown
    assert not {"\x1b", "\x07"} & set(shown)
