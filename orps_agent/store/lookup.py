"""Select the search that a caller named, or make the error for an unknown one: the same messages in every store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from orps_agent.errors import UnknownCandidate, UnknownSearch

Value = TypeVar("Value")


def only(found: Sequence[Value], beginning: str, place: str) -> Value:
    """Return the only search whose id has this beginning; raises UnknownSearch when there is none, or more than one."""
    if not found:
        raise UnknownSearch(f"no search {beginning!r} in {place}: `orps list` shows what is there")
    if len(found) > 1:
        raise UnknownSearch(f"{beginning!r} is the beginning of more than one search: give more of its id")
    return found[0]


def nothing_latest(place: str, *, unfinished: bool, out_of_budget: bool) -> UnknownSearch:
    """Make the error for a store without a search of the kind that was asked for."""
    if not unfinished:
        return UnknownSearch(f"no search in {place}: start one with `orps solve`")
    more = "" if out_of_budget else "; one that its budget ended needs a larger limit"
    return UnknownSearch(f"no unfinished search in {place}: start one with `orps solve`{more}")


def no_candidate(search: str, candidate: str) -> UnknownCandidate:
    """Make the error for a candidate that the search does not have."""
    return UnknownCandidate(f"no candidate {candidate!r} in search {search}: `orps show {search}` draws its tree")
