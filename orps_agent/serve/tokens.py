"""Who may ask the service: bearer tokens, of which the database knows the hashes only."""

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
    """The tokens of one database.

    They are 256 random bits, so that a plain hash is enough: there is no list of likely ones to try.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, client: str, limits: ClientLimits | None = None) -> tuple[Token, str]:
        """A new token of a client, and the secret, which nobody can tell again; with `limits` the client's change."""
        if not re.match(NAME, client):
            raise UsageError(f"client {client!r}: up to 64 letters, digits, dots, hyphens and underscores make a name")
        secret = f"orps_{secrets.token_urlsafe(32)}"
        token = Token(id=secrets.token_hex(4), client=client, hash=_hash(secret), created_at=time.time(), limits=limits)
        await self._store.add_token(token)
        return token, secret

    async def listed(self) -> list[Token]:
        """All tokens, oldest first."""
        return await self._store.tokens()

    async def limits(self, client: str) -> ClientLimits | None:
        """What a client may have, by the newest of its tokens in force that says so."""
        found = [each.limits for each in await self._in_force() if each.client == client and each.limits is not None]
        return found[-1] if found else None

    async def revoke(self, token: str) -> None:
        """Make a token worthless, by its id; at once, also for a service that is running."""
        if not await self._store.revoke_token(token, time.time()):
            raise UsageError(f"no token {token!r} that is in force: `orps token list` shows what is there")

    async def needed(self) -> bool:
        """Whether a request needs a token: as soon as one was made, also when all of them are revoked since."""
        return bool(await self._store.tokens())

    async def in_force(self) -> bool:
        """Whether there is a token that opens the door."""
        return bool(await self._in_force())

    async def client(self, secret: str) -> str | None:
        """Whose token this is; None when it is none of ours."""
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
