"""The tutorial, from top to bottom."""

from collections.abc import Callable

from .test_pages import TUTORIAL


def test_the_tutorial_works_as_it_is_told(read: Callable[..., None]) -> None:
    read(TUTORIAL, newcomer=True)
