"""What a request means: whose it is, which problem, with which numbers, and whether it was made before."""

from __future__ import annotations

import hashlib

import anyio.to_thread
from pydantic import BaseModel

from orps_agent.domain.problem import Problem
from orps_agent.errors import AccessDenied
from orps_agent.problems import check_problem, problem_from_words, problem_from_yaml
from orps_agent.settings import SearchConfig

from .schemas import Submission

ANYBODY = "anonymous"
"""The client of a request without a token that names none."""


def client_of(named: str | None, token: str | None) -> str:
    """Whose request it is; raises AccessDenied for a client that is not the token's."""
    if token is not None and named not in (None, token):
        raise AccessDenied(f"the token is {token}'s: leave the client out, or use a token of {named}")
    return token or named or ANYBODY


async def problem_of(asked: Submission) -> Problem:
    """The checked problem of a submission; raises ProblemError."""
    if asked.file is not None:  # YAML is slow to read
        return await anyio.to_thread.run_sync(problem_from_yaml, asked.file, "file", "problem")
    if asked.problem is None:
        return problem_from_words(asked.statement or "", asked.tests, asked.held_back, source="submission")
    check_problem(asked.problem, asked.problem.id)
    return asked.problem


def changed_by(given: SearchConfig | None, config: SearchConfig) -> SearchConfig:
    """The config with those numbers that were given in place of its own."""
    return config.model_copy(update={name: getattr(given, name) for name in given.model_fields_set} if given else {})


def digest_of(what: str, asked: BaseModel) -> str:
    """Tells whether an idempotency key is used a second time for the same."""
    return hashlib.sha256(f"{what} {asked.model_dump_json(exclude_unset=True)}".encode()).hexdigest()
