"""Runs and their starts: E-WF, E-RATE, E-LOAD, E-TIME."""

from typing import Final

from kanban_app.catalogue.entry import Act, Entry, Tag, impossible

_NO_ANALYSIS: Final = "The board asks no service to analyse a card before it starts."

RUNS: Final[dict[str, Entry]] = {
    "E-WF-1": Entry(
        Tag.WIRE,
        "Workflow did not start",
        "The service could not launch {workflow}: {error}",
        ("Look at the service's log", Act.RETRY, Act.OPEN_LOG),
    ),
    "E-WF-2": Entry(
        Tag.WIRE,
        "Already running",
        "This card's run is in progress ({status}).",
        ("Wait for it to end", Act.OPEN_LOG),
    ),
    "E-WF-3": Entry(Tag.WIRE, "Workflow refused", "{message}", (Act.RETRY, Act.OPEN_LOG, Act.EDIT)),
    "E-WF-4": Entry(Tag.WIRE, "Workflow failed", "{where}{message}", (Act.RETRY, Act.OPEN_LOG, Act.START_OVER)),
    "E-WF-5": Entry(Tag.WIRE, "Stage {stage} failed", "{message}", (Act.RETRY, Act.OPEN_LOG, Act.START_OVER)),
    "E-WF-6": Entry(
        Tag.WIRE,
        "Earlier step missing",
        "What the stage needs is not there: {what}",
        (Act.RETRY, Act.OPEN_LOG, Act.START_OVER),
    ),
    "E-WF-7": Entry(
        Tag.WIRE,
        "Merge not done",
        "{message} Nothing on the card was lost; it stays where it is.",
        (Act.MERGE, Act.OPEN_LOG),
    ),
    "E-WF-8": Entry(
        Tag.WIRE,
        "Merge conflict",
        "The same lines were changed on the branch that it goes into. {message}",
        ("Resolve it in the run's worktree", Act.MERGE, Act.OPEN_LOG),
    ),
    "E-WF-9": Entry(
        Tag.LOCAL,
        "No news from the run",
        "Nothing was heard of it for some time. It may still work.",
        (Act.OPEN_LOG, Act.CHECK, Act.NOT_RUNNING),
    ),
    "E-WF-10": Entry(
        Tag.LOCAL,
        "Action needed",
        "The card has been in {stage} without a word for a long time.",
        (Act.OPEN_LOG, Act.CHECK, Act.NOT_RUNNING),
    ),
    "E-WF-11": Entry(Tag.LOCAL, "Run not found", "No run {id} is known.", (Act.START,), 404),
    "E-WF-12": impossible(
        "Run started twice",
        "Two processes work on one run.",
        "One start of a card at a time is open, and one that is in doubt is never sent again by itself.",
    ),
    "E-WF-13": Entry(
        Tag.WIRE,
        "Restart announced",
        "The service names a stage that the run has left behind. The card stays where it is.",
        (),
        502,
        silent=True,
    ),
    "E-WF-14": impossible(
        "Old files remain",
        "The previous worktree could not be removed.",
        "What a service could not remove stands in the log of the run that takes its place.",
    ),
    "E-WF-15": Entry(
        Tag.LOCAL,
        "Stopping is not supported by this service",
        "The run continues there; the card moves when the service reports its end.",
    ),
    "E-WF-16": Entry(
        Tag.WIRE,
        "Ticket could not be read",
        "The workflow did not find the ticket that it works on: {message}",
        ("Check the card's issue number", Act.RETRY, Act.OPEN_LOG, Act.EDIT),
    ),
    "E-WF-17": Entry(
        Tag.WIRE,
        "The AI tool reported an error",
        "{where}{message}",
        ("Check its login and quota on the service's machine", Act.RETRY, Act.OPEN_LOG, Act.START_OVER),
    ),
    "E-WF-18": Entry(Tag.WIRE, "Run cancelled", "{message}", (Act.RETRY, Act.OPEN_LOG)),
    "E-WF-19": Entry(Tag.LOCAL, "Run has ended", "There is nothing to stop or decide any more.", (Act.RELOAD,)),
    "E-RATE-1": Entry(
        Tag.WIRE,
        "Too many starts",
        "The service takes 30 starts a minute. This one waits and is sent again.",
        (),
        429,
        silent=True,
    ),
    "E-RATE-2": Entry(Tag.LOCAL, "Waiting for a free slot", "Starts in {n} s.", (), 429),
    "E-RATE-3": Entry(
        Tag.LOCAL,
        "Too many requests",
        "This address asks for more than the board gives one client. Go on in {n} s.",
        ("Ask less often, or follow /api/v1/events instead",),
        429,
    ),
    "E-LOAD-1": Entry(
        Tag.LOCAL,
        "Many workflows running",
        "{n} {are} active{doubt}. This one starts when a place is free.",
        ("Wait, or free the place of a run that is in doubt",),
        429,
    ),
    "E-LOAD-2": impossible(
        "Too much waiting",
        "The oldest start would be dropped.",
        "Starts wait in the database, where none is ever dropped for another.",
        status=429,
    ),
    "E-LOAD-3": impossible(
        "Could not send",
        "The start was not delivered.",
        "A start that could not leave goes back into the line and is sent with the next connection.",
    ),
    "E-LOAD-4": Entry(
        Tag.LOCAL,
        "Start uncertain",
        "The connection broke while this card was being started. It may be running.",
        (Act.CHECK, Act.START_AGAIN, Act.NOT_RUNNING),
    ),
    "E-TIME-1": Entry(
        Tag.LOCAL,
        "No answer yet",
        "The service has not confirmed the start within {n} s. It may be running.",
        (Act.CHECK, Act.START_AGAIN, Act.NOT_RUNNING),
    ),
    "E-TIME-2": impossible(
        "No heartbeat", "The service has not answered.", "A missing answer to a ping is told as E-CONN-16.", status=503
    ),
    "E-TIME-3": Entry(
        Tag.LOCAL, "Announcement unconfirmed", "The service has not confirmed that it knows of card {ticket}.", (), 504
    ),
    "E-TIME-4": Entry(
        Tag.WIRE,
        "Health check too slow",
        "The service did not finish its check of itself. {error}",
        ("Try later",),
        504,
    ),
    "E-TIME-5": impossible("Analysis takes long", "The card can be started without it.", _NO_ANALYSIS, status=504),
    "E-TIME-6": Entry(Tag.LOCAL, "Log not loaded", "The log could not be read.", ("Try again",), 503),
    "E-TIME-7": impossible(
        "Report lost",
        "A report of the workflow did not arrive.",
        "A report that a workflow could not deliver leaves no trace; runs are asked about anew after each reconnect.",
        status=504,
    ),
    "E-TIME-8": impossible(
        "Deletion unconfirmed",
        "The service has not confirmed it.",
        "Nothing on the service is ever deleted from here.",
        status=504,
    ),
}
