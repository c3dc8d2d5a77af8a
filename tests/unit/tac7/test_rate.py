import pytest

from kanban_app.tac7.rate import RollingWindow


def test_a_full_window_says_how_long() -> None:
    window = RollingWindow(2, 60.0)
    assert [window.take(t) for t in (0.0, 10.0, 20.0)] == [True, True, False]
    assert window.wait(20.0) == 40.0
    assert window.take(60.0)
    assert window.wait(60.0) == 10.0


def test_what_did_not_happen_is_given_back() -> None:
    window = RollingWindow(1, 60.0)
    window.take(0.0)
    window.give_back()
    window.give_back()
    assert window.take(1.0)


@pytest.mark.parametrize(("capacity", "seconds"), [(0, 1.0), (1, 0.0)])
def test_a_window_needs_room_and_length(capacity: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="room"):
        RollingWindow(capacity, seconds)
