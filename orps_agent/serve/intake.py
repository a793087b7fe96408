"""Interpret a request: determine its client, problem and settings, and a digest to recognise repetitions."""

from __future__ import annotations

import hashlib

import anyio.to_thread
from pydantic import BaseModel

from orps_agent.domain.problem import Problem
from orps_agent.errors import AccessDenied
from orps_agent.problems import check_problem, problem_from_words, problem_from_yaml
from orps_agent.settings import SearchConfig

from .schemas import Submission

ANONYMOUS = "anonymous"
"""Client of a request that has no token and names no client."""


def client_of(named: str | None, token: str | None) -> str:
    """Return the client of a request; raise AccessDenied when it names a client other than the token's."""
    if token is not None and named not in (None, token):
        raise AccessDenied(f"the token is {token}'s: omit the client, or use a token of {named}")
    return token or named or ANONYMOUS


async def problem_of(asked: Submission) -> Problem:
    """Return the problem of a submission after checking it; raise ProblemError."""
    if asked.file is not None:  # YAML is slow to read
        return await anyio.to_thread.run_sync(problem_from_yaml, asked.file, "file", "problem")
    if asked.problem is None:
        return problem_from_words(asked.statement or "", asked.tests, asked.held_back, source="submission")
    check_problem(asked.problem, asked.problem.id)
    return asked.problem


def apply_changes(given: SearchConfig | None, config: SearchConfig) -> SearchConfig:
    """Return the config with the explicitly set fields of `given` in place of its own."""
    return config.model_copy(update={name: getattr(given, name) for name in given.model_fields_set} if given else {})


def digest_of(what: str, asked: BaseModel) -> str:
    """Return a digest of a request, to detect an idempotency key that is reused for a different one."""
    return hashlib.sha256(f"{what} {asked.model_dump_json(exclude_unset=True)}".encode()).hexdigest()
