"""Who may ask the service: bearer tokens, of which the database knows the hashes only."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import time

from pydantic import BaseModel, ConfigDict

from orps_agent.errors import UsageError
from orps_agent.settings.service_settings import ClientLimits
from orps_agent.store import Store

from .schemas import NAME


class Token(BaseModel):
    """A token as it is stored; the secret itself is only ever told to whoever creates it."""

    model_config = ConfigDict(frozen=True)

    id: str
    client: str
    created_at: float
    limits: ClientLimits | None = None
    """What the client may have, in place of what the settings say; None: as they have it."""
    revoked_at: float | None = None


class Tokens:
    """The tokens of one database.

    They are 256 random bits, so that a plain hash is enough: there is no list of likely ones to try.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, client: str, limits: ClientLimits | None = None) -> tuple[Token, str]:
        """A new token of a client, and the secret, which nobody can tell again; with `limits` the client's change."""
        if not re.match(NAME, client):
            raise UsageError(f"client {client!r}: up to 64 letters, digits, dots, hyphens and underscores make a name")
        token = Token(id=secrets.token_hex(4), client=client, created_at=time.time(), limits=limits)
        secret = f"orps_{secrets.token_urlsafe(32)}"
        await self._store.writer.write(
            (
                "INSERT INTO tokens (id, client, hash, created_at, limits) VALUES (?, ?, ?, ?, ?)",
                (token.id, client, _hash(secret), token.created_at, limits and limits.model_dump_json()),
            )
        )
        return token, secret

    async def listed(self) -> list[Token]:
        """All tokens, oldest first."""
        return [_token(row) for row in await self._rows("SELECT * FROM tokens ORDER BY created_at")]

    async def limits(self, client: str) -> ClientLimits | None:
        """What a client may have, by the newest of its tokens in force that says so."""
        found = await self._rows(
            "SELECT * FROM tokens WHERE client = ? AND limits IS NOT NULL AND revoked_at IS NULL"
            " ORDER BY created_at DESC LIMIT 1",
            client,
        )
        return _token(found[0]).limits if found else None

    async def revoke(self, token: str) -> None:
        """Make a token worthless, by its id; at once, also for a service that is running."""
        if not await self._rows("SELECT 1 FROM tokens WHERE id = ? AND revoked_at IS NULL", token):
            raise UsageError(f"no token {token!r} that is in force: `orps token list` shows what is there")
        await self._store.writer.write(("UPDATE tokens SET revoked_at = ? WHERE id = ?", (time.time(), token)))

    async def needed(self) -> bool:
        """Whether a request needs a token: as soon as one was made, also when all of them are revoked since."""
        return bool(await self._rows("SELECT 1 FROM tokens LIMIT 1"))

    async def in_force(self) -> bool:
        """Whether there is a token that opens the door."""
        return bool(await self._rows("SELECT 1 FROM tokens WHERE revoked_at IS NULL LIMIT 1"))

    async def client(self, secret: str) -> str | None:
        """Whose token this is; None when it is none of ours."""
        given = _hash(secret)
        found = None
        for row in await self._rows("SELECT client, hash FROM tokens WHERE revoked_at IS NULL"):
            if hmac.compare_digest(row["hash"], given):
                found = str(row["client"])
        return found

    async def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        return await self._store.reader.rows(query, *values)


def _token(row: sqlite3.Row) -> Token:
    return Token.model_validate({**dict(row), "limits": row["limits"] and json.loads(row["limits"])})


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
