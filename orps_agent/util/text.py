"""Format texts and quantities for people to read."""

from __future__ import annotations

import re

# Controls except tab and newline, soft hyphens, zero-width and bidirectional marks, separators that look like
# newlines, non-characters, and the tag characters, in which text can be hidden. See also text.js.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    """Escape invisible characters, so that text written by a model can neither control a terminal nor mislead."""
    return _INVISIBLE.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def money(usd: float) -> str:
    """Format USD as `$1.20`, and amounts below $0.10 with four decimals."""
    return f"${usd:.2f}" if usd >= 0.1 or not usd else f"${usd:.4f}"


def duration(seconds: float) -> str:
    """Format seconds as `7 s`, `3 min 05 s`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
