"""What is asked for and refused: E-VAL, E-TICK, E-MOVE, E-EDIT."""

from typing import Final

from kanban_app.catalogue.entry import Act, Entry, Tag, impossible

_DEFECT: Final = "Report this as a defect"

REQUESTS: Final[dict[str, Entry]] = {
    "E-VAL-1": Entry(
        Tag.WIRE,
        "Workflow not available",
        '"{workflow}" is not a workflow of this service.',
        ("Choose one of: {choices}",),
        422,
    ),
    "E-VAL-2": Entry(Tag.WIRE, "Model choice not accepted", "Use base or heavy.", (Act.EDIT,), 422),
    "E-VAL-3": Entry(Tag.WIRE, "Card type not accepted", "Use feature, bug, chore or patch.", (Act.EDIT,), 422),
    "E-VAL-4": Entry(
        Tag.WIRE,
        "This step needs an existing run",
        "The stage {stage} continues earlier work, and {missing} has not completed in this card's run.",
        (Act.START_FROM_FIRST,),
    ),
    "E-VAL-5": Entry(
        Tag.WIRE,
        "Ticket information missing",
        "The workflow must know which ticket it works on.",
        ("Give the card a title", Act.EDIT),
        422,
    ),
    "E-VAL-6": Entry(
        Tag.WIRE, "Ticket number not accepted", "The service takes ticket numbers as text only.", (_DEFECT,), 422
    ),
    "E-VAL-7": Entry(Tag.WIRE, "Stage list not accepted", "Stages must be names.", (Act.EDIT,), 422),
    "E-VAL-8": Entry(Tag.WIRE, "Request not accepted", "{field}: {reason}.", ("Correct it and try again",), 422),
    "E-VAL-9": Entry(Tag.WIRE, "Session not accepted", "The service wants a session id.", (_DEFECT,), 422),
    "E-VAL-10": Entry(Tag.WIRE, "Log line not accepted", "The service misses fields in it.", (_DEFECT,), 422),
    "E-VAL-11": Entry(Tag.WIRE, "Message not understood", "A request was empty.", (_DEFECT,), 400),
    "E-VAL-12": Entry(Tag.LOCAL, "No stages selected", "Choose at least one stage.", (Act.EDIT,), 422),
    "E-VAL-13": Entry(
        Tag.LOCAL,
        "This card does not have that stage",
        "The stage {stage} is not among the card's stages ({stages}).",
        (Act.ADD_STAGE_AND_RUN,),
    ),
    "E-VAL-14": Entry(
        Tag.LOCAL,
        "Patch cards skip that stage",
        "A patch runs in Build only.",
        ("Drop the card on Build or change its type", Act.EDIT),
    ),
    "E-VAL-15": impossible(
        "Describe the change",
        "At least 10 characters are needed.",
        "A patch takes title and description of its card, and no card is without both.",
        status=422,
    ),
    "E-VAL-16": Entry(Tag.LOCAL, "Run id not usable", "Use 8 letters or digits.", ("Let the board choose one",), 422),
    "E-VAL-17": Entry(Tag.LOCAL, "Card incomplete", "{faults}", ("Correct it and save again",), 422),
    "E-VAL-18": impossible(
        "Image not accepted", "Use png, jpg, gif or webp up to 5 MB.", "Cards hold text only.", status=422
    ),
    "E-VAL-19": Entry(Tag.LOCAL, "Settings not accepted", "{faults}", ("Correct them and save again",), 422),
    "E-TICK-1": Entry(Tag.WIRE, "Card not announced", "The service takes no number like {ticket}.", (_DEFECT,)),
    "E-TICK-2": Entry(
        Tag.WIRE, "Card not announced", "Card {ticket} has no title that the service takes.", (Act.EDIT,)
    ),
    "E-TICK-3": Entry(Tag.WIRE, "Card not announced", "The service does not take card {ticket}: {message}", (_DEFECT,)),
    "E-TICK-4": impossible(
        "Service not reachable",
        "The card is saved; the service is told of it later.",
        "Announcements wait for the next connection, and the header says already that there is none.",
        status=503,
    ),
    "E-TICK-5": Entry(
        Tag.WIRE,
        "Service does not take announcements",
        "New cards are not announced to it. Nothing else depends on that.",
        ("Switch KANBAN_ANNOUNCE_TICKETS off",),
    ),
    "E-MOVE-1": Entry(
        Tag.LOCAL,
        "Only a finished run gets there",
        "A card is ready to merge when all its stages have completed.",
        (Act.START,),
    ),
    "E-MOVE-2": Entry(Tag.LOCAL, "Only a failure gets there", "A card is errored when its run fails."),
    "E-MOVE-3": Entry(
        Tag.LOCAL,
        "A decision is open",
        "The last start of this card is not settled ({status}).",
        (Act.CHECK, Act.START_AGAIN, Act.NOT_RUNNING),
    ),
    "E-MOVE-4": Entry(
        Tag.LOCAL,
        "This card is completed",
        "It can be reopened in Backlog or started anew from {first}.",
        (Act.START_FROM_FIRST,),
    ),
    "E-EDIT-1": Entry(
        Tag.LOCAL,
        "Changed meanwhile",
        "Somebody else has saved this card since you opened it.",
        (Act.RELOAD_CARD, Act.SAVE_OVER),
    ),
    "E-EDIT-2": Entry(
        Tag.LOCAL,
        "Card has a run under way",
        "A card cannot be deleted while its run is active.",
        (Act.CANCEL_RUN,),
    ),
}
