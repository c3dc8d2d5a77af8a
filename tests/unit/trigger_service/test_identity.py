"""Who a process is, while the clock is corrected."""

import os
from dataclasses import replace

from kanban_app.trigger_service.processes import identify, is_alive


def test_a_corrected_clock_does_not_make_a_process_another_one() -> None:
    me = identify(os.getpid())
    assert me
    assert is_alive(replace(me, created=me.created + 1.0))
    assert is_alive(replace(me, created=me.created - 1.0))


def test_a_later_process_with_the_same_pid_is_another_one() -> None:
    me = identify(os.getpid())
    assert me
    assert not is_alive(replace(me, created=me.created - 60.0))
