"""Compile source code of other authors without warnings, from any thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings while parsing and compiling source code of other authors.

    One thread at a time, as the filters of warnings are global. So is the depth that CPython before 3.11.8 and 3.12.3
    counts while it makes a syntax tree: two threads that do so together get a SystemError.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
