"""Test free_slots.md, as its visible tests: bare asserts or pytest functions are accepted."""

from free_slots import free_slots

DAY = (540, 1020)


def free(*meetings):
    return free_slots(list(meetings), *DAY, 30)


assert free() == [DAY]
assert free((600, 660)) == [(540, 600), (660, 1020)]


def test_overlapping_meetings_in_any_order():
    assert free((700, 800), (550, 750)) == [(800, 1020)]


def test_short_gaps_are_left_out():
    assert free((540, 600), (629, 1020)) == []
    assert free((540, 600), (630, 1020)) == [(600, 630)]
