"""What is done with the data folder at each start, before anything of it is opened."""

from kanban_app.assembly.database import prepare_database
from kanban_app.config import Settings
from kanban_app.errors import StartRefusal
from kanban_app.serving.console import say
from kanban_app.upkeep import unfinished
from kanban_app.upkeep.backup import folder_of
from kanban_app.upkeep.integrity import refuse_damaged


def prepare_data(settings: Settings) -> None:
    """End a restore that was cut short, look at the database, and bring it to the form of this version.

    For the holder of the data folder's lock. Raises StartRefusal.
    """
    try:
        if unfinished.finish(settings.data_dir):
            say("A restore that was cut short has been completed.")
    except OSError as problem:
        raise StartRefusal(unfinished.why_not(problem, settings.data_dir)) from None
    refuse_damaged(settings.database_path, folder_of(settings))
    prepare_database(settings)
