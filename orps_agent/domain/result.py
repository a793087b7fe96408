"""What a search comes back with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, computed_field

from .agreement import Agreement
from .artifact import Artifact
from .calibration import Calibration
from .candidate import Candidate
from .execution import ExecutionReport
from .problem import TestSuite


class Usage(BaseModel):
    """What a search cost so far, and how much of it the last run did not have to pay again."""

    model_config = ConfigDict(frozen=True)

    model_calls: int = 0
    """Calls with a stored reply, over all runs of the search."""
    failed_model_calls: int = 0
    """Calls that ended without a usable reply; nobody knows what they cost."""
    executions: int = 0
    prompt_tokens: int | None = None
    """None when an endpoint does not report its tokens."""
    cached_tokens: int | None = None
    """Of the prompts' tokens, those that endpoints had in their caches, as far as they tell; None when none does."""
    completion_tokens: int | None = None
    cost: float | None = None
    """USD for all of them; None when a price or a token count is not known."""
    reused_model_calls: int = 0
    """Of these, how many the last run read back instead of making them again."""
    reused_executions: int = 0
    reused_cost: float | None = None
    """USD that the reused calls had cost, and that were not spent again."""
    possibly_paid_twice: int = 0
    """Calls that an earlier run had begun when it was killed, and that were made again."""
    seconds: float = Field(default=0.0, ge=0)
    """Wall time of the last run."""


class SearchResult(BaseModel):
    """The winner of a search and why it won."""

    model_config = ConfigDict(frozen=True)

    search: str
    problem: str
    winner: Candidate | None
    """The best candidate by the configured order; None when no candidate had any code."""
    first: Candidate | None
    """The first sample of the search: what would have come out without one."""
    verification: ExecutionReport | None = None
    """The winner on the held-back tests; None when there are none."""
    comparison: str | None = None
    """The winner's CPU time against the first sample's, measured in turns; None when no test is passed by both."""
    reason: str
    """Why the search ended: rounds, closed, solved, or `budget: ` and the limit that was reached."""
    written: TestSuite | None = None
    """The tests that a model wrote, as the problem had none; None where they were given."""
    agreement: Agreement | None = None
    """The solutions and tests that confirm each other, the winner among them, where the selector is `codet`: these are
    the tests to trust."""
    why: str
    """Why the winner won, in a sentence."""
    candidates: int
    calibration: Calibration = Calibration()
    """How well the critic's scores predicted the verdicts."""
    usage: Usage = Usage()

    @property
    def solution(self) -> Artifact | None:
        """The winner's solution."""
        return self.winner.solution if self.winner else None

    @property
    def code(self) -> str | None:
        """The winning source."""
        return self.winner.code if self.winner else None

    @computed_field  # type: ignore[prop-decorator]  # which mypy says of every decorated property
    @property
    def solved(self) -> bool:
        """Whether the winner passes every visible test, and every held-back one where there are some.

        Visible tests that a model wrote count only where there are no held-back ones, as some of them may be wrong.
        """
        if self.winner is None:
            return False
        if self.verification is None:
            return self.winner.solved
        return self.verification.all_passed and (self.winner.solved or self.written is not None)
