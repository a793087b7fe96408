"""Summarise a search as a result: the winner, why it won, what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from orps_agent.domain.agreement import Agreement, Choice
from orps_agent.domain.calibration import Calibration
from orps_agent.domain.candidate import Candidate, Outline
from orps_agent.domain.result import SearchResult, Usage
from orps_agent.settings import WinnerKey
from orps_agent.store import Store, Tally
from orps_agent.store.choice import choice as choose_winner


async def summarise(
    store: Store, search_id: str, tally: Tally, seconds: float, *, outline: Sequence[Outline] | None = None
) -> SearchResult:
    """Return the result of a search as it is stored, with what its last run did and reused.

    `outline` is the search's, for a caller who has read it already.
    """
    search = await store.search(search_id)
    tree = await store.outline(search_id) if outline is None else outline
    finished = search.status == "finished"
    # A finished search names its winner; who agrees with it is stored nowhere.
    choice = Choice(None) if finished and search.selector == "order" else await choose_winner(store, search, tree)
    won = search.winner if finished else choice.winner and choice.winner.id
    best = await store.candidate(search_id, won) if won else None
    reused = tally.reused
    return SearchResult(
        search=search_id,
        problem=search.problem.id,
        winner=best,
        first=await store.candidate(search_id, tree[0].id) if tree else None,
        verification=search.verification,
        comparison=search.comparison,
        reason=search.reason or "unfinished",
        written=search.problem.tests if search.tests_by else None,
        agreement=choice.agreement,
        why=why_it_won(best, tree, search.config.winner_keys, choice.agreement),
        candidates=len(tree),
        calibration=Calibration.of_outlines(tree),
        usage=Usage.model_validate(
            {
                **await store.usage(search_id),
                "reused_model_calls": reused.get("model", 0),
                "reused_executions": reused.get("execution", 0),
                "reused_cost": tally.reused_cost,
                "possibly_paid_twice": tally.redone.get("model", 0),
                "seconds": seconds,
            }
        ),
    )


def why_it_won(
    best: Candidate | None, tree: Sequence[Outline], order: Sequence[WinnerKey], agreement: Agreement | None = None
) -> str:
    """Return one sentence that names what set the winner apart from the others."""
    if best is None:
        return "no candidate held any code"
    if agreement is not None:
        return _why_agreed(best, order, agreement)
    rivals = [each for each in tree if each.id != best.id and each.tests is not None]
    count = best.report.passed if best.report else None
    level = [each for each in rivals if each.passed == count]
    passed = f"passes {count} of {len(best.report.results)} tests" if best.report else "was not run"
    if order[0] != "pass_rate":
        return f"{passed}; first by {', then '.join(order)}"
    if not level:
        return f"{passed}, more than any of the {len(rivals)} other candidates" if rivals else passed
    tie = ", then ".join(_WORDS[key] for key in order[1:]) or "the lower id"
    return f"{passed}, as {_count(len(level))} also did; chosen among these by {tie}"


def _why_agreed(best: Candidate, order: Sequence[WinnerKey], agreement: Agreement) -> str:
    tests, solutions = len(agreement.tests), len(agreement.solutions)
    passed = f"passes {tests} of {len(best.report.results) if best.report else 0} tests"
    if not tests:
        return f"{passed}, as no candidate does better"
    alone = "as no other does" if solutions == 1 else f"the same ones as {_count(solutions - 1)}"
    rivals = "the only agreement there is"
    if agreement.rivals:
        more = "one other" if agreement.rivals == 1 else f"each of {agreement.rivals} others"
        rivals = f"a stronger agreement ({tests} * √{solutions} = {agreement.score:.2f}) than {more}"
    tie = ", then ".join(_WORDS[key] for key in order if key != "pass_rate") or "the lower id"
    among = f"; chosen among these by {tie}" if solutions > 1 else ""
    return f"{passed}, {alone}: {rivals}{among}"


_WORDS: dict[WinnerKey, str] = {
    "pass_rate": "tests passed",
    "time": "the shorter time",
    "omega": "the higher outcome reward",
    "rho": "the critic's score",
    "instructions": "fewer instructions",
    "branch_misses": "fewer branch misses",
    "page_faults": "fewer page faults",
}


def _count(number: int) -> str:
    return "one other" if number == 1 else f"{number} others"
