"""HTTP and the program itself: E-SYS; and its projects: E-PROJ."""

from typing import Final

from kanban_app.catalogue.entry import Act, Entry, Tag, impossible

SYSTEM: Final[dict[str, Entry]] = {
    "E-SYS-1": Entry(
        Tag.WIRE,
        "The service hit a fault",
        "Your request may not have been carried out.",
        (Act.CHECK, Act.START_AGAIN, Act.NOT_RUNNING),
        502,
    ),
    "E-SYS-2": Entry(Tag.WIRE, "Request not accepted", "{error}", ("Correct it and try again",), 400),
    "E-SYS-3": Entry(Tag.WIRE, "Not found", "{what} does not exist.", (Act.RELOAD,), 404),
    "E-SYS-4": Entry(Tag.WIRE, "Not offered", "{what} is not offered by this service."),
    "E-SYS-5": Entry(Tag.WIRE, "Data not accepted", "{field}: {reason}", ("Correct it and try again",), 422),
    "E-SYS-6": Entry(Tag.WIRE, "Run id already used", "{error}", ("Choose another",)),
    "E-SYS-7": Entry(
        Tag.WIRE, "The service could not do this", "{error}", ("Try again", "Look at the service's log"), 502
    ),
    "E-SYS-8": Entry(Tag.WIRE, "Not implemented on the service", "{what} is not possible there."),
    "E-SYS-9": Entry(
        Tag.WIRE,
        "Unexpected problem",
        "Something went wrong here. Nothing else was changed.",
        ("Try again", "Look at the app's log"),
        500,
    ),
    "E-SYS-10": Entry(
        Tag.WIRE,
        "Service has no database",
        "Changes are kept here only. {error}",
        ("Repair the service's database",),
        503,
    ),
    "E-SYS-11": impossible(
        "Only partly deleted",
        "Some of it is left.",
        "Nothing on the service is ever deleted from here.",
        status=502,
    ),
    "E-SYS-12": Entry(
        Tag.LOCAL,
        "Cannot save",
        "{reason} Your last change is not stored.",
        ("Free space on the disk, or make the data folder writable again", "Try again"),
        507,
    ),
    "E-SYS-13": Entry(
        Tag.WIRE,
        "Older stage in the service's record",
        "The later stage that is known here is kept.",
        (),
        502,
        silent=True,
    ),
    "E-SYS-14": Entry(
        Tag.WIRE,
        "Other shape of a run",
        "The board reads every shape in which services describe a run.",
        (),
        502,
        silent=True,
    ),
    "E-SYS-15": impossible(
        "Could not open", "The folder could not be opened.", "The board asks no service to open folders or programs."
    ),
    "E-SYS-16": impossible(
        "Analysis not available",
        "The card can be started without it.",
        "The board asks no service to analyse a card before it starts.",
    ),
    "E-SYS-17": Entry(Tag.LOCAL, "Method not allowed", "{method} is not possible at {path}.", ("See /api/docs",), 405),
    "E-SYS-18": Entry(
        Tag.LOCAL,
        "Database damaged",
        "The database {file} is damaged ({reason}). Nothing was changed or deleted.",
        ("Stop the board and put back a backup (python -m kanban_app restore)",),
        503,
    ),
    "E-SYS-19": Entry(Tag.LOCAL, "No backup made", "{reason}", ("Try again", "Run python -m kanban_app doctor"), 507),
    "E-PROJ-1": Entry(
        Tag.LOCAL, "Project not open", "{title}: {reason}", ("Look at the page of projects (/projects/)",)
    ),
    "E-PROJ-2": Entry(Tag.LOCAL, "Project not archived", "{reason}"),
    "E-PROJ-3": Entry(Tag.LOCAL, "Too many projects", "There can be {limit}.", ("Archive one that is not needed",)),
}
