"""List the built-in strategies by name, and the search settings that each of them fixes."""

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
"""Settings fixed by each strategy. The paper's baselines (section 4.1) are its own search with other numbers: one
sample; samples without feedback; one branch whose prompts contain the feedback. SRA-MCTS executes nothing."""
