"""Errors as answers: every one is a problem document (RFC 9457) that names the class in `orps_agent.errors`."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from orps_agent.errors import (
    AccessDenied,
    CannotRun,
    ClientBudgetReached,
    KeyReused,
    OrpsError,
    RequestError,
    SearchEnded,
    SearchOwned,
    UnknownCandidate,
    UnknownSearch,
    UsageError,
)

from .schemas import Fault

_STATUS: dict[type[OrpsError], int] = {
    UnknownSearch: 404,
    UnknownCandidate: 404,
    SearchEnded: 409,
    SearchOwned: 409,
    KeyReused: 409,
    AccessDenied: 403,
    ClientBudgetReached: 429,
    RequestError: 400,
    UsageError: 422,
    CannotRun: 503,
}
"""The class that is nearest counts."""


def answer_error(_request: Request | None, error: Exception) -> Response:
    """The answer to what one of ours says."""
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return fault(type(error).__name__, status, str(error))


def answer_http(_request: Request, error: Exception) -> Response:
    """The answer to what HTTP itself says: no such path, no such method, too much of it."""
    known = error if isinstance(error, HTTPException) else HTTPException(400, str(error))
    return fault(RequestError.__name__, known.status_code, known.detail, dict(known.headers or {}))


def fault(title: str, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document as an answer."""
    document = Fault(type=f"urn:orps:error:{title}", title=title, status=status, detail=detail)
    return Response(document.model_dump_json(), status, headers, media_type="application/problem+json")
