"""Check what a search document sums up, and that it survives being written and read."""

from __future__ import annotations

from orps_agent.domain.candidate import Candidate
from orps_agent.domain.document import Call, SearchDocument
from tests.support.page.trees import START, finished, grown


def call(candidate: str, started_at: float, **known: float) -> Call:
    return Call.model_validate(
        {"candidate": candidate, "stage": "code", "role": "programmer", "started_at": started_at} | known
    )


def plain(name: str) -> Candidate:
    return Candidate(id=name, round=0, hint="verbose")


def test_candidates_come_in_path_order_and_calls_in_order_of_time() -> None:
    document = finished([plain("10"), plain("2.0"), plain("2")], calls=[call("2", START + 5), call("2", START)])
    assert [each.id for each in document.candidates] == ["2", "2.0", "10"]
    assert [each.started_at for each in document.calls] == [START, START + 5]


def test_a_candidate_is_told_what_its_own_calls_took() -> None:
    calls = [
        call("0", START, prompt_tokens=100, completion_tokens=20, cost=0.5, seconds=2),
        call("0", START + 2, prompt_tokens=200, completion_tokens=30, cost=0.25, seconds=3),
        call("1", START, prompt_tokens=7, completion_tokens=7, cost=7, seconds=7),
    ]
    first, _ = finished([plain("0"), plain("1")], calls=calls).candidates
    assert (first.tokens, first.cost, first.seconds) == (350, 0.75, 5)


def test_what_is_not_known_of_every_call_is_not_known_of_the_candidate() -> None:
    calls = [call("0", START, prompt_tokens=100, completion_tokens=20, cost=0.5), call("0", START + 2, prompt_tokens=9)]
    first, second = finished([plain("0"), plain("1")], calls=calls).candidates
    assert (first.tokens, first.cost, first.seconds) == (None, None, None)
    assert (second.tokens, second.cost, second.seconds) == (None, None, None)


def test_a_large_document_is_read_back_as_it_was_written() -> None:
    document = grown(95, 5, 5)
    assert len(document.candidates) >= 1_900
    assert SearchDocument.model_validate_json(document.model_dump_json()) == document
    assert SearchDocument.model_validate_json(document.model_dump_json(exclude_none=True)) == document
