"""Nothing twice, nothing lost, whatever happens in whatever order: see `tests/support/outbox_machine.py`."""

from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from kanban_app.domain.workflows import Vintage
from tests.support.outbox_machine import OutboxMachine

QUIET: Final = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
QUICK: Final = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=QUIET)
DEEP: Final = settings(QUICK, max_examples=2000, stateful_step_count=80)


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
