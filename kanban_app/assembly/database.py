"""The database of a project, made ready before anything of it is opened."""

from kanban_app.config import Settings
from kanban_app.errors import StartRefusal
from kanban_app.store import migrate
from kanban_app.store.failures import DatabaseTooNew, NotOurDatabase, StoreUnavailable


def prepare_database(settings: Settings) -> None:
    """Create or upgrade the database. Raises StartRefusal when it cannot be used; it is then as it was before."""
    url, backups_dir = database_url(settings), settings.data_dir / "backups"
    try:
        migrate.prepare_database(url, backups_dir)
    except DatabaseTooNew:
        raise StartRefusal(
            f"The database {url.removeprefix('sqlite:///')} was made by a newer version of this program: "
            f"update the program, or put back a copy from {backups_dir}."
        ) from None
    except NotOurDatabase as error:
        raise StartRefusal(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    except StoreUnavailable as error:
        raise StartRefusal(f"The database cannot be opened: {error.detail or error.reason}.") from None


def database_url(settings: Settings) -> str:
    return f"sqlite:///{settings.database_path}"
