"""What is asked for and refused: E-VAL, E-TICK, E-MOVE, E-DEP, E-LIMIT, E-EDIT, E-ARCH, E-UNDO."""

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
    "E-VAL-15": Entry(
        Tag.LOCAL,
        "Describe the change",
        "Between 10 and 10,000 characters are needed; these are {n}.",
        ("Say what is to be changed",),
        422,
    ),
    "E-VAL-16": Entry(Tag.LOCAL, "Run id not usable", "Use 8 letters or digits.", ("Let the board choose one",), 422),
    "E-VAL-17": Entry(Tag.LOCAL, "Card incomplete", "{faults}", ("Correct it and save again",), 422),
    "E-VAL-18": Entry(
        Tag.LOCAL, "Image not accepted", "{name}: {reason}.", ("Use png, jpg, gif or webp up to 5 MB",), 422
    ),
    "E-VAL-19": Entry(Tag.LOCAL, "Settings not accepted", "{faults}", ("Correct them and save again",), 422),
    "E-VAL-20": Entry(Tag.LOCAL, "Template not saved", "{faults}", ("Correct it and save again",), 422),
    "E-VAL-21": Entry(Tag.LOCAL, "Token not made", "{faults}", ("Correct it and try again",), 422),
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
    "E-MOVE-5": Entry(
        Tag.LOCAL,
        "No run to go on with",
        "This card has not run yet.",
        (Act.START,),
    ),
    "E-MOVE-6": Entry(
        Tag.LOCAL,
        "Not ready to merge",
        "Only a card in Ready to merge can be merged, and only what its run has made.",
        (Act.START,),
    ),
    "E-DEP-1": Entry(
        Tag.LOCAL,
        "Cards would wait for each other",
        "{path}: none of them could ever start.",
        ("Take one of these cards out of the list",),
    ),
    "E-DEP-2": Entry(
        Tag.LOCAL,
        "Waits for other cards",
        "Waits for {cards}. It starts by itself when these are completed or off the board.",
        (Act.START_ANYWAY,),
    ),
    "E-LIMIT-1": Entry(
        Tag.LOCAL,
        "Column is full",
        "{column} holds {count} cards, and its limit is {limit}.",
        ("Move a card out of it", "Raise its limit in the column's menu"),
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
    "E-IMG-1": Entry(Tag.LOCAL, "Images left out", "The run was started without some of the card's images: {what}."),
    "E-ARCH-1": Entry(
        Tag.LOCAL,
        "Card has a run under way",
        "A card cannot be archived while its run is active.",
        ("Archive it when the run has ended", Act.CANCEL_RUN),
    ),
    "E-ARCH-2": Entry(
        Tag.LOCAL,
        "Card is archived",
        "Nothing can be done with a card while it is in the archive.",
        ("Restore it in the archive",),
    ),
    "E-ARCH-3": Entry(
        Tag.LOCAL,
        "Not in the bin",
        "Only a card in the bin can be deleted for good.",
        ("Delete the card first",),
    ),
    "E-UNDO-1": Entry(
        Tag.LOCAL,
        "Changed meanwhile",
        "This was not undone, because of what has happened to the card since: {what}.",
    ),
    "E-UNDO-2": Entry(
        Tag.LOCAL,
        "Its run has started",
        "To move the card back its run has to be stopped. What the run has written so far stays on its branch.",
    ),
    "E-UNDO-3": Entry(
        Tag.LOCAL,
        "Its run has ended",
        "What this move has started cannot be taken back any more. The card can be moved as always.",
    ),
    "E-UNDO-4": Entry(Tag.LOCAL, "Cannot be undone", "What was done here cannot be taken back."),
}
