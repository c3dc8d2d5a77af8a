"""The embedded trigger service: what it is made of, and how it stops."""

import shlex
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from kanban_app.api.acting import service_asked
from kanban_app.runtime import Launch
from kanban_app.setting_numbers import parse_port_range
from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from kanban_app.store.run_records import ServiceRunRecords
from kanban_app.trigger_service.config import ServiceConfig, write_service_file
from kanban_app.trigger_service.service import TriggerService


@asynccontextmanager
async def embedded_service(launch: Launch, store: Store) -> AsyncGenerator[TriggerService]:
    """The service, running; the runs that go on without it are counted in the launch's exit report."""
    settings = launch.settings
    write_service_file(settings.data_dir, launch.project_url)
    records = ServiceRunRecords(store)
    service = TriggerService(
        _service_config(launch),
        ServiceLedger(store),
        ServiceJournal(store),
        records=records,
        on_ask=partial(service_asked, launch.trail, launch.project_id),
    )
    async with service:
        yield service
    launch.exit_report.runs_going_on += service.active_runs


def _service_config(launch: Launch) -> ServiceConfig:
    settings = launch.settings
    return ServiceConfig(
        data_dir=settings.data_dir,
        demo_speed=settings.demo_speed,
        project_dir=settings.project_dir,
        base_branch=settings.base_branch,
        prepare_worktrees=settings.prepare_worktrees,
        setup_command=tuple(shlex.split(settings.setup_command or "")),
        port_range=parse_port_range(settings.port_range),
        ports_register=(launch.shared_dir or settings.data_dir).resolve() / "worktrees-with-ports",
        pass_env=settings.pass_env,
        max_runs=settings.max_concurrent_runs,
        run_time_limit_s=settings.run_time_limit_s,
        run_niceness=settings.run_niceness,
        clarify_command=tuple(shlex.split(settings.clarify_command or "")),
        editor_command=tuple(shlex.split(settings.editor_command or "")),
        end_runs_on_stop=settings.stop_runs_on_exit,
    )
