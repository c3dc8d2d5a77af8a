"""Nothing twice, nothing lost, whatever happens in whatever order: see `tests/support/outbox_machine.py`."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanban_app.domain.workflows import Vintage
from tests.support.outbox_machine import OutboxMachine

QUIET: Final = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
QUICK: Final = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=QUIET)
DEEP: Final = settings(QUICK, max_examples=2000, stateful_step_count=80)
TWICE: Final = settings(QUICK, max_examples=15, phases=[Phase.reuse, Phase.generate])
STEPS: Final = 40

Step = tuple[Callable[..., None], dict[str, Any]]


class _OnV0(OutboxMachine):
    vintage = Vintage.V0


class _OnV1(OutboxMachine):
    vintage = Vintage.V1


class _OnOurs(OutboxMachine):
    vintage = Vintage.OURS


class TestOnV0(_OnV0.TestCase):
    settings = QUICK


class TestOnV1(_OnV1.TestCase):
    settings = QUICK


class TestOnOurs(_OnOurs.TestCase):
    settings = QUICK


@pytest.mark.long
@pytest.mark.timeout(3600)
class TestLongOnV0(_OnV0.TestCase):
    settings = DEEP


@pytest.mark.long
@pytest.mark.timeout(3600)
class TestLongOnV1(_OnV1.TestCase):
    settings = DEEP


@pytest.mark.long
@pytest.mark.timeout(3600)
class TestLongOnOurs(_OnOurs.TestCase):
    settings = DEEP


@pytest.mark.parametrize("machine", [_OnV0, _OnV1, _OnOurs])
@TWICE
@given(data=st.data())
def test_an_example_does_the_same_at_every_run(machine: type[OutboxMachine], data: st.DataObject) -> None:
    """Else what has failed could not be found again, and hypothesis would give up on what it cannot foresee."""
    steps: list[Step] = []
    once = _happens(machine, lambda on: _drawn(on, data, steps))
    assert _happens(machine, lambda _on: steps) == once


def _happens(machine: type[OutboxMachine], steps: Callable[[OutboxMachine], Iterable[Step]]) -> list[tuple[Any, ...]]:
    """All that is stored, sent and read, and when."""
    random.seed(0)  # as hypothesis does before each example
    on = machine()
    with on.stack:
        happened = _watched(on)
        for function, arguments in steps(on):
            function(on, **arguments)
        on.teardown()
    return happened


def _watched(on: OutboxMachine) -> list[tuple[Any, ...]]:
    happened: list[tuple[Any, ...]] = []

    def noting(then: Callable[..., None]) -> Callable[..., None]:
        def note(*what: Any) -> None:
            happened.append((on.b.loop.time(), *what))
            then(*what)

        return note

    on.b.on_save = noting(on.b.on_save)
    on.b.wire.on_send = noting(on.b.wire.on_send)
    on.b.wire.on_read = noting(on.b.wire.on_read)
    return happened


def _drawn(on: OutboxMachine, data: st.DataObject, steps: list[Step]) -> Iterator[Step]:
    """Steps as hypothesis would choose them; each is added to `steps`."""
    for number in range(STEPS):
        rules = on.rules if number else on.setup_state().initializers
        rule = data.draw(st.sampled_from([one for one in rules if all(fits(on) for fits in one.preconditions)]))
        arguments = {name: data.draw(choices) for name, choices in rule.arguments_strategies.items()}
        steps.append((rule.function, arguments))
        yield steps[-1]
