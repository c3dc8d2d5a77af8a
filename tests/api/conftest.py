"""Boards behind the API; the database is migrated once and copied."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from kanban_app.domain.workflows import Vintage
from kanban_app.store.migrate import prepare_database
from tests.api.desk import Desk, open_desk


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    prepare_database(f"sqlite:///{folder / 'kanban.db'}", folder / "backups")
    return folder / "kanban.db"


@pytest_asyncio.fixture
async def desk(tmp_path: Path, migrated: Path) -> AsyncGenerator[Desk]:
    """Connected to a service that can cancel."""
    shutil.copy(migrated, tmp_path)
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def old_desk(tmp_path: Path, migrated: Path) -> AsyncGenerator[Desk]:
    """Connected to a service of the first protocol: it cannot cancel and says nothing after `accepted`."""
    shutil.copy(migrated, tmp_path)
    async with open_desk(tmp_path, Vintage.V0) as opened:
        yield opened
