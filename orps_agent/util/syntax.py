"""Compiling source that somebody else wrote, from any thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Within it, parse and compile: the warnings about other people's source are kept to ourselves.

    One thread at a time, as the filters of warnings are global. So is the depth that CPython before 3.11.8 and 3.12.3
    counts while it makes a syntax tree: two threads that do so together get a SystemError.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
