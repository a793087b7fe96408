"""Run the tutorial from top to bottom."""

from collections.abc import Callable

from tests.support.docs.blocks import TUTORIAL


def test_the_tutorial_works_as_it_is_told(read: Callable[..., None]) -> None:
    read(TUTORIAL, newcomer=True)
