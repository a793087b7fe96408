"""The built-in ways to search by name, and which settings of a search each of them fixes."""

from __future__ import annotations

from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, object]] = {
    "orps": {},
    "cot": {"samples": 1, "rounds": 1},
    "best-of-n": {"rounds": 1},
    "reflexion": {"samples": 1, "beam": 1},
    "mcts": {},
    "sra-mcts": {"execution_feedback": False},
    "rro": {},
    "dars": {},
    "aide": {},
    "ab-mcts": {},
}
"""The paper's baselines (section 4.1) are its own search with other numbers: one sample; samples without feedback; one
branch that is told what happened. SRA-MCTS executes nothing."""
