"""Define the result of a search."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, computed_field

from .agreement import Agreement
from .artifact import Artifact
from .calibration import Calibration
from .candidate import Candidate
from .execution import ExecutionReport
from .problem import TestSuite


class Usage(BaseModel):
    """Hold the cost of a search so far, and the share of it that the last run reused instead of paying it again."""

    model_config = ConfigDict(frozen=True)

    model_calls: int = 0
    """Calls with a stored reply, over all runs of the search."""
    failed_model_calls: int = 0
    """Calls that ended without a usable reply; their cost is unknown."""
    executions: int = 0
    prompt_tokens: int | None = None
    """None when an endpoint does not report its tokens."""
    cached_tokens: int | None = None
    """Of the prompts' tokens, those found in the endpoints' caches, as far as reported; None when none reports it."""
    completion_tokens: int | None = None
    cost: float | None = None
    """USD for all of them; None when a price or a token count is not known."""
    reused_model_calls: int = 0
    """Number of these calls whose replies the last run read back instead of making the calls again."""
    reused_executions: int = 0
    reused_cost: float | None = None
    """USD that the reused calls had cost, and that were not spent again."""
    possibly_paid_twice: int = 0
    """Calls that an earlier run had begun when it was killed, and that were made again."""
    seconds: float = Field(default=0.0, ge=0)
    """Wall time of the last run."""


class SearchResult(BaseModel):
    """Hold the winner of a search and the explanation of why it won."""

    model_config = ConfigDict(frozen=True)

    search: str
    problem: str
    winner: Candidate | None
    """The best candidate by the configured order; None when no candidate had any code."""
    first: Candidate | None
    """The first sample of the search: the solution that the model gives without a search."""
    verification: ExecutionReport | None = None
    """The winner on the held-back tests; None when there are none."""
    comparison: str | None = None
    """The winner's CPU time against the first sample's, measured in turns; None when no test is passed by both."""
    reason: str
    """Reason why the search ended: rounds, closed, solved, or `budget: ` and the limit that was reached."""
    written: TestSuite | None = None
    """The tests that a model wrote, as the problem had none; None where they were given."""
    agreement: Agreement | None = None
    """The solutions and tests that confirm each other, the winner among them, where the selector is `codet`: these are
    the tests to trust."""
    why: str
    """Sentence that explains why the winner won."""
    candidates: int
    calibration: Calibration = Calibration()
    """Measures of how well the critic's scores predicted the verdicts."""
    usage: Usage = Usage()

    @property
    def solution(self) -> Artifact | None:
        """Return the winner's solution; None without a winner."""
        return self.winner.solution if self.winner else None

    @property
    def code(self) -> str | None:
        """Return the winner's source; None without a winner."""
        return self.winner.code if self.winner else None

    @computed_field  # type: ignore[prop-decorator]  # mypy reports this for every decorated property
    @property
    def solved(self) -> bool:
        """Return True when the winner passes every visible test, and every held-back one where there are some.

        Visible tests that a model wrote count only where there are no held-back ones, as some of them may be wrong.
        """
        if self.winner is None:
            return False
        if self.verification is None:
            return self.winner.solved
        return self.verification.all_passed and (self.winner.solved or self.written is not None)
