"""How a project beside the first is opened: the same parts on a folder of its own. For the composition root only."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from kanban_app.assembly.running import Running, running
from kanban_app.config import Settings
from kanban_app.domain.projects import Project
from kanban_app.errors import StartRefusal
from kanban_app.runtime import ExitReport, Launch
from kanban_app.services.projects.all_projects import Projects
from kanban_app.services.projects.holding import Opener
from kanban_app.services.projects.standing import Opened
from kanban_app.serving.data_dir import PROJECTS_FOLDER, project_folders
from kanban_app.setting_texts import parse_setting
from kanban_app.store.auditing import AuditTable
from kanban_app.upkeep.backup import folder_of
from kanban_app.upkeep.integrity import refuse_damaged
from kanban_app.upkeep.schedule import backups

# What the environment says of these is about the first project.
_OF_THE_FIRST: Final = ("database_url", "tac7_url", "tac7_token", "embedded", "project_dir", "base_branch")


@asynccontextmanager
async def all_projects(launch: Launch) -> AsyncGenerator[tuple[Running, Projects]]:
    """The first project, and with it all others. Raises StartRefusal when the first cannot be opened."""
    async with running(launch) as first, backups(launch.settings, launch.trail) as kept:
        shared, repository = AuditTable(first.store), launch.settings.project_dir
        folders = partial(project_folders, launch.settings.data_dir)
        projects = Projects(
            first.store,
            _opened(first),
            opener(launch, shared),
            repository,
            kept,
            trail=launch.trail,
            folders=folders,
        )
        async with projects.running():
            yield first, projects


def opener(launch: Launch, shared: AuditTable | None = None) -> Opener:
    """`shared` is the audit log of the first project, which has what is about all of them."""
    return partial(_open, launch, shared)


def data_dirs(settings: Settings) -> list[Path]:
    """The folders of all projects that there are on the disk."""
    return [settings.data_dir, *sorted((settings.data_dir / PROJECTS_FOLDER).glob("*/"))]


@asynccontextmanager
async def _open(
    launch: Launch, shared: AuditTable | None, project: Project, give_up: Callable[[str], None]
) -> AsyncGenerator[Opened]:
    own = _launch_of(launch, project, give_up)
    own.settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

    def begin_to_stop() -> None:
        for callback in own.on_stopping:
            callback()

    launch.on_stopping.append(begin_to_stop)
    try:
        await asyncio.to_thread(refuse_damaged, own.settings.database_path, folder_of(launch.settings))
        async with running(own, shared) as parts:
            yield _opened(parts)
    finally:
        launch.on_stopping.remove(begin_to_stop)
        launch.exit_report.runs_going_on += own.exit_report.runs_going_on


def _launch_of(launch: Launch, project: Project, give_up: Callable[[str], None]) -> Launch:
    return replace(
        launch,
        settings=settings_of(launch.settings, project),
        exit_report=ExitReport(),
        on_stopping=[],
        project_id=project.id,
        on_give_up=give_up,
        shared_dir=launch.settings.data_dir,
    )


def settings_of(settings: Settings, project: Project) -> Settings:
    """Those of the process as far as they hold for all projects. Raises StartRefusal where its repository is gone."""
    own = {name: value for name, value in settings if name not in _OF_THE_FIRST}
    own["data_dir"] = settings.data_dir / PROJECTS_FOLDER / project.id
    if project.repository:
        own["project_dir"] = _repository(project.repository)
    return Settings.model_construct(_fields_set=settings.model_fields_set - set(_OF_THE_FIRST), **own)


def _repository(folder: str) -> Path:
    if shutil.which("git") is None:
        raise StartRefusal(f"The runs of {folder} need git, and there is none on the PATH.")
    try:
        path: Path = parse_setting("project_dir", folder)
    except ValueError as error:
        raise StartRefusal(f"Its repository {error}.") from None
    return path


def _opened(parts: Running) -> Opened:
    return Opened(parts.services, parts.trigger_service.routes() if parts.trigger_service else ())
