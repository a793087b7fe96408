"""Manage the bearer tokens that grant access to the service; the database stores only their hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time

from orps_agent.errors import UsageError
from orps_agent.settings.service_settings import ClientLimits
from orps_agent.store import Store, Token

from .schemas import NAME


class Tokens:
    """Manage the tokens of one database.

    Tokens are 256 random bits, so that a plain hash is enough: there is no list of likely ones to try.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, client: str, limits: ClientLimits | None = None) -> tuple[Token, str]:
        """Create a token for a client and return it with its secret, which is not stored; set the client's limits.

        Without `limits` the client's limits stay as they are. Raises UsageError for an invalid name of a client.
        """
        if not re.match(NAME, client):
            raise UsageError(f"client {client!r}: must be 1 to 64 letters, digits, dots, hyphens and underscores")
        secret = f"orps_{secrets.token_urlsafe(32)}"
        token = Token(id=secrets.token_hex(4), client=client, hash=_hash(secret), created_at=time.time(), limits=limits)
        await self._store.add_token(token)
        return token, secret

    async def list_all(self) -> list[Token]:
        """Return all tokens, oldest first."""
        return await self._store.tokens()

    async def limits(self, client: str) -> ClientLimits | None:
        """Return the limits of a client, from the newest of its valid tokens that has some; None if there are none."""
        found = [each.limits for each in await self._in_force() if each.client == client and each.limits is not None]
        return found[-1] if found else None

    async def revoke(self, token: str) -> None:
        """Revoke a token by its id, with immediate effect, also for a running service; raise UsageError."""
        if not await self._store.revoke_token(token, time.time()):
            raise UsageError(f"no valid token {token!r}: `orps token list` lists the tokens")

    async def needed(self) -> bool:
        """Return True when requests need a token: once one was created, even if all have been revoked since."""
        return bool(await self._store.tokens())

    async def in_force(self) -> bool:
        """Return True when there is a valid token."""
        return bool(await self._in_force())

    async def client(self, secret: str) -> str | None:
        """Return the client whose token has this secret; None for an unknown or revoked one."""
        given = _hash(secret)
        found = None
        for token in await self._in_force():
            if hmac.compare_digest(token.hash, given):
                found = token.client
        return found

    async def _in_force(self) -> list[Token]:
        return [each for each in await self._store.tokens() if each.revoked_at is None]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
