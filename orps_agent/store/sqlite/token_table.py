"""Read and write the table of tokens, of which the database holds the hashes only."""

from __future__ import annotations

import json
import sqlite3

from orps_agent.store.records import Token

from .part import SqlitePart


class TokenTable(SqlitePart):
    """Store tokens as rows."""

    async def add_token(self, token: Token) -> None:
        """Store a new token."""
        await self.writer.write(
            (
                "INSERT INTO tokens (id, client, hash, created_at, limits) VALUES (?, ?, ?, ?, ?)",
                (
                    token.id,
                    token.client,
                    token.hash,
                    token.created_at,
                    token.limits and token.limits.model_dump_json(),
                ),
            )
        )

    async def tokens(self) -> list[Token]:
        """Return all tokens, oldest first."""
        rows = await self.reader.rows("SELECT * FROM tokens ORDER BY created_at")
        return self.reader.read_all(rows, _token)

    async def revoke_token(self, token: str, at: float) -> bool:
        """Revoke a token from a Unix time on; return True when a token with this id was in force."""
        if not await self.reader.rows("SELECT 1 FROM tokens WHERE id = ? AND revoked_at IS NULL", token):
            return False
        await self.writer.write(("UPDATE tokens SET revoked_at = ? WHERE id = ?", (at, token)))
        return True


def _token(row: sqlite3.Row) -> Token:
    return Token.model_validate({**dict(row), "limits": row["limits"] and json.loads(row["limits"])})
