"""Convert errors to HTTP answers: problem documents (RFC 9457) that name the class in `orps_agent.errors`."""

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
"""HTTP status by class of error; the nearest class in the error's hierarchy counts."""


def answer_error(_request: Request | None, error: Exception) -> Response:
    """Convert an OrpsError to an answer."""
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return problem_response(type(error).__name__, status, str(error))


def answer_http(_request: Request, error: Exception) -> Response:
    """Convert an error of HTTP itself to an answer: unknown path, wrong method, body too large."""
    known = error if isinstance(error, HTTPException) else HTTPException(400, str(error))
    return problem_response(RequestError.__name__, known.status_code, known.detail, dict(known.headers or {}))


def problem_response(title: str, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Build an answer that contains a problem document."""
    document = Fault(type=f"urn:orps:error:{title}", title=title, status=status, detail=detail)
    return Response(document.model_dump_json(), status, headers, media_type="application/problem+json")
