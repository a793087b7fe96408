"""Provide stubs: orps writes the bodies, the examples in the docstrings are the tests."""

from collections.abc import Iterable


class Ring:
    """Keep the last `size` things that were pushed.

    >>> ring = Ring(2)
    >>> ring.push("a")
    >>> ring.push("b")
    >>> ring.push("c")
    >>> ring.items()
    ['b', 'c']
    >>> Ring(0)
    Traceback (most recent call last):
    ValueError: size must be at least 1
    """

    def __init__(self, size: int) -> None: ...

    def push(self, thing: object) -> None:
        """Add a thing; drop the oldest one when there are too many."""

    def items(self) -> list[object]:
        """Return all things, oldest first."""


def last(things: Iterable[object], count: int) -> list[object]:
    """Return the last `count` of some things, without keeping more than that many in memory.

    >>> last(range(1_000_000), 3)
    [999997, 999998, 999999]
    >>> last(range(100), 20)  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
    [80, 81, ...,
     98, 99]
    """
    raise NotImplementedError
