"""Unpack texts that benchmarks publish as base64 of zlib of a pickle, so that crawlers cannot read them."""

from __future__ import annotations

import base64
import binascii
import pickletools
import re
import zlib

from orps_agent.errors import ProblemError

MAX_BYTES = 256 << 20
"""Size limit of an unpacked text; a longer one is refused before it fills the memory."""
_PACKED = re.compile(r"e[AFJN][A-Za-z0-9+/]+={0,2}")
"""Base64 of data that begins with one of zlib's headers."""
_TEXTS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"})
_NOTHING = frozenset({"PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT", "STOP"})
"""Instructions of a pickle of one text, apart from the text itself."""


def is_packed(value: str) -> bool:
    """Return True when a text looks like a packed one."""
    return _PACKED.fullmatch(value.strip()) is not None


def unpack(value: str, what: str) -> str:
    """Unpack a text; raises ProblemError for anything but a packed text.

    The pickle is read as a list of instructions and never executed, because executing one may run any code.
    """
    try:
        inflater = zlib.decompressobj()
        data = inflater.decompress(base64.b64decode(value.strip(), validate=True), MAX_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise ProblemError(f"{what} cannot be unpacked: {error}") from error
    if not inflater.eof:
        raise ProblemError(f"{what} is cut off, or more than {MAX_BYTES >> 20} MiB when unpacked")
    return _pickled_text(data, what)


def _pickled_text(data: bytes, what: str) -> str:
    found: list[str] = []
    try:
        for code, argument, _ in pickletools.genops(data):
            if code.name in _TEXTS:
                found.append(str(argument))
            elif code.name not in _NOTHING:
                raise ProblemError(f"{what} holds a pickle of more than a text ({code.name}), which is not opened")
    except (ValueError, IndexError) as error:
        raise ProblemError(f"{what} holds a damaged pickle: {error}") from error
    if len(found) != 1:
        raise ProblemError(f"{what} holds a pickle of {len(found)} texts instead of one")
    return found[0]
