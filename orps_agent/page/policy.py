"""Build the Content-Security-Policy of a page, which may use its own style and script, and nothing else."""

from __future__ import annotations

import base64
import hashlib


def policy(style: str, script: str | None = None, *, asks: bool = False) -> str:
    """Return the Content-Security-Policy that permits these two by their hashes, and nothing from any network.

    With `asks`, the page may also get data from the server that it came from.
    """
    return "; ".join(
        (
            "default-src 'none'",
            *([f"script-src {_hash(script)}"] if script is not None else []),
            f"style-src {_hash(style)}",
            *(["connect-src 'self'"] if asks else []),
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
