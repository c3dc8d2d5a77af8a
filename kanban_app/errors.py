"""The words for everything that can go wrong, and the errors that carry a code of the catalogue.

Tree of errors:

    BoardError            something was refused or failed; carries a catalogue code and its parameters
      StartRefusal        the program cannot start; its message is one sentence for stderr
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from kanban_app.domain.refusal import Refusal


class ErrorView(TypedDict):
    """The one shape of an error in the API and on the screen. `actions` say what to do, `details` hold data."""

    code: str
    title: str
    message: str
    actions: list[str]
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Text:
    """Words of a catalogue entry. `status` is the HTTP status of a request that is refused with it."""

    title: str
    message: str
    actions: tuple[str, ...] = ()
    status: int = 409


class BoardError(Exception):
    """A refusal or failure in terms of the catalogue."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None, details: Mapping[str, object] | None = None):
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})
        self.details = dict(details or {})

    @property
    def status(self) -> int:
        return CATALOGUE[self.code].status if self.code in CATALOGUE else 500

    def view(self) -> ErrorView:
        return describe(self.code, self.params, self.details)

    def __str__(self) -> str:
        view = self.view()
        return f"{view['title']}: {view['message']} ({self.code})"


class StartRefusal(Exception):
    """The program cannot start. The message is one clear sentence; the command ends with exit code 2."""


def describe(
    code: str, params: Mapping[str, str] | None = None, details: Mapping[str, object] | None = None
) -> ErrorView:
    """The catalogue's words for `code`; an unknown code gets the words of E-SYS-9."""
    text = CATALOGUE.get(code) or CATALOGUE["E-SYS-9"]
    values = dict(params or {})
    return ErrorView(
        code=code,
        title=_fill(text.title, values),
        message=_fill(text.message, values),
        actions=[_fill(action, values) for action in text.actions],
        details={**values, **(details or {})},
    )


def from_refusal(refusal: Refusal) -> BoardError:
    return BoardError(refusal.code, refusal.params, {"offers": list(refusal.offers)} if refusal.offers else None)


def sentence(parts: Sequence[str]) -> str:
    return "; ".join(part.rstrip(".") for part in parts) + "."


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _fill(template: str, values: Mapping[str, str]) -> str:
    return string.Formatter().vformat(template, (), _Blank(values)).strip()


CATALOGUE: Final[dict[str, Text]] = {
    "E-CONN-1": Text(
        "Workflow service not running",
        "Nothing answers at {url}.",
        ("Start the service", "Check host and port", "Retry now"),
        503,
    ),
    "E-CONN-2": Text("Unknown address", "The name {host} could not be found.", ("Correct KANBAN_TAC7_URL",), 503),
    "E-CONN-3": Text(
        "Service is slow to answer",
        "Connecting to {url} takes longer than {n} s. It may be busy.",
        ("Wait", "Retry now"),
        503,
    ),
    "E-CONN-4": Text(
        "This is not the trigger service",
        "{url} answered, but not as a workflow service.",
        ("Check the port", "The address must end in /ws/trigger"),
        503,
    ),
    "E-CONN-5": Text(
        "Service found on another port",
        "Nothing answers on port {port}, but {other} does.",
        ("Switch to {other}",),
        503,
    ),
    "E-CONN-6": Text(
        "Secure connection failed",
        "No trusted encrypted connection to {url} could be made: {reason}",
        ("Use ws:// for a plain service", "Check its certificate", "Set KANBAN_TAC7_CA_FILE for an authority of yours"),
        503,
    ),
    "E-CONN-7": Text(
        "Connection lost",
        "The connection to the workflow service broke. Reconnecting; workflows that run go on there.",
        (),
        503,
    ),
    "E-CONN-8": Text(
        "Service is restarting",
        "It will be back in a moment. Runs already started go on; their live log pauses.",
        (),
        503,
    ),
    "E-CONN-11": Text("Disconnected", "You disconnected. Starts wait until you connect.", ("Connect",), 503),
    "E-CONN-12": Text(
        "Protocol fault", "Board and service misunderstood each other.", ("Report the log if it repeats",), 503
    ),
    "E-CONN-13": Text(
        "Data format not accepted", "The service takes text messages only.", ("Report this as a defect",), 503
    ),
    "E-CONN-14": Text("Message too large", "The card exceeds {limit}.", ("Shorten its text",), 413),
    "E-CONN-15": Text(
        "Service fault",
        "The service stopped the connection after a fault of its own.",
        ("Retry now", "Look at the service's log"),
        503,
    ),
    "E-CONN-16": Text("No heartbeat", "The service has not answered for {n} s. Reconnecting.", (), 503),
    "E-CONN-17": Text("Service unavailable", "It asked to come back later.", ("Wait", "Retry now"), 503),
    "E-CONN-18": Text("Connection closed ({code})", "{reason}", ("Retry now",), 503),
    "E-CONN-19": Text(
        "Still no connection",
        "{n} tries have failed. Tries go on every {pause} s.",
        ("Check the service", "Retry now"),
        503,
    ),
    "E-CONN-20": Text(
        "Working offline",
        "Cards can be created, edited and moved; workflows start once the service is back.",
        ("Start the service", "Retry now"),
        503,
    ),
    "E-CONN-21": Text("Pausing connection attempts", "The next try comes in {n} s.", ("Wait", "Retry now"), 503),
    "E-CONN-22": Text(
        "No network",
        "This computer is offline. The connection comes back with the network.",
        ("Check cable or Wi-Fi",),
        503,
    ),
    "E-CONN-23": Text(
        "Local proxy not running",
        "{host} needs the local proxy.",
        ("Start the proxy", "Use localhost and the service's port"),
        503,
    ),
    "E-CONN-25": Text("Unexpected answer", "{reason}", ("Check address and proxy",), 503),
    "E-PROTO-1": Text("Message not understood", "A request was malformed.", ("Report this as a defect",), 400),
    "E-PROTO-2": Text(
        "Not supported by this service", 'The connected version does not know "{type}".', ("Update the service",)
    ),
    "E-PROTO-4": Text("Unreadable message", "The service sent something that is no message.", (), 502),
    "E-PROTO-5": Text("Unknown message", "The service sent a message of a type that the board does not know.", (), 502),
    "E-PROTO-6": Text("Incomplete message", "The board used what was there: {reason}.", (), 502),
    "E-PROTO-8": Text("Unexpected answer", "The service answered what nobody had asked.", (), 502),
    "E-VAL-1": Text(
        "Workflow not available",
        '"{workflow}" is not a workflow of this service.',
        ("Choose one of: {choices}",),
        422,
    ),
    "E-VAL-2": Text("Model choice not accepted", "Use base or heavy.", ("Correct the card",), 422),
    "E-VAL-3": Text("Card type not accepted", "Use feature, bug, chore or patch.", ("Correct the card",), 422),
    "E-VAL-4": Text(
        "This step needs an existing run",
        "The stage {stage} continues earlier work, and {missing} has not completed in this card's run.",
        ("Start from {first}",),
    ),
    "E-VAL-5": Text(
        "Ticket information missing",
        "The workflow must know which ticket it works on.",
        ("Give the card a title",),
        422,
    ),
    "E-VAL-6": Text(
        "Ticket number not accepted",
        "The service takes ticket numbers as text only.",
        ("Report this as a defect",),
        422,
    ),
    "E-VAL-9": Text("Session not accepted", "The service wants a session id.", ("Report this as a defect",), 422),
    "E-VAL-10": Text("Log line not accepted", "The service misses fields in it.", ("Report this as a defect",), 422),
    "E-VAL-11": Text("Message not understood", "A request was empty.", ("Report this as a defect",), 400),
    "E-VAL-7": Text("Stage list not accepted", "Stages must be names.", ("Correct the stages",), 422),
    "E-VAL-8": Text("Request not accepted", "{field}: {reason}.", ("Correct it and try again",), 422),
    "E-VAL-12": Text("No stages selected", "Choose at least one stage.", ("Edit the card",), 422),
    "E-VAL-13": Text(
        "This card does not have that stage",
        "The stage {stage} is not among the card's stages ({stages}).",
        ("Add the stage and run",),
    ),
    "E-VAL-14": Text(
        "Patch cards skip that stage", "A patch runs in Build only.", ("Drop the card on Build", "Change its type")
    ),
    "E-VAL-16": Text("Run id not usable", "Use 8 letters or digits.", ("Let the board choose one",), 422),
    "E-VAL-17": Text("Card incomplete", "{faults}", ("Correct it and save again",), 422),
    "E-TICK-1": Text("Card not announced", "The service takes no number like {ticket}.", ("Report this as a defect",)),
    "E-TICK-2": Text("Card not announced", "Card {ticket} has no title that the service takes.", ("Give it a title",)),
    "E-TICK-3": Text(
        "Card not announced", "The service does not take card {ticket}: {message}", ("Report this as a defect",)
    ),
    "E-TICK-4": Text(
        "Service not reachable", "Card {ticket} is saved; the service is told of it later.", ("Retry now",), 503
    ),
    "E-TICK-5": Text(
        "Service does not take announcements",
        "New cards are not announced to it. Nothing else depends on that.",
        ("Switch KANBAN_ANNOUNCE_TICKETS off",),
    ),
    "E-VAL-19": Text("Settings not accepted", "{faults}", ("Correct them and save again",), 422),
    "E-WF-1": Text(
        "Workflow did not start",
        "The service could not launch {workflow}: {error}",
        ("Look at the service's log", "Try again"),
    ),
    "E-WF-2": Text(
        "Already running", "This card's run is in progress ({status}).", ("Wait for it to end", "Open its log")
    ),
    "E-WF-3": Text("Workflow refused", "{message}", ("Correct the card and try again",)),
    "E-WF-4": Text(
        "Workflow failed", "{where}{message}", ("Open the log", "Retry {stage}", "Start from the beginning")
    ),
    "E-WF-5": Text("Stage {stage} failed", "{message}", ("Open the log", "Retry {stage}")),
    "E-WF-7": Text(
        "Merge not done",
        "{message} Nothing on the card was lost; it stays where it is.",
        ("Open the log", "Try to merge again"),
    ),
    "E-WF-8": Text(
        "Merge conflict",
        "The same lines were changed on the main branch. {message}",
        ("Resolve it in the run's worktree", "Try to merge again"),
    ),
    "E-WF-9": Text(
        "No news from the run", "Nothing was heard of it for some time. It may still work.", ("Check", "Open the log")
    ),
    "E-WF-10": Text(
        "Action needed",
        "The card has been in {stage} without a word for a long time.",
        ("Look at the log", "Check", "Start the stage again"),
    ),
    "E-WF-11": Text("Run not found", "No run {id} is known.", ("Start the card again",), 404),
    "E-WF-15": Text(
        "Stopping is not supported by this service",
        "The run continues there; the card moves when the service reports its end.",
        (),
    ),
    "E-WF-18": Text("Run cancelled", "{message}", ("Start it again when you like",)),
    "E-WF-19": Text("Run has ended", "There is nothing to stop or decide any more.", ("Reload the page",)),
    "E-RATE-1": Text(
        "Too many starts", "The service takes 30 starts a minute. This one waits and is sent again.", (), 429
    ),
    "E-RATE-2": Text("Waiting for a free slot", "Starts in {n} s.", (), 429),
    "E-LOAD-1": Text(
        "Many workflows running",
        "{n} {are} active{doubt}. This one starts when a place is free.",
        ("Wait", "Free a place"),
        429,
    ),
    "E-LOAD-4": Text(
        "Start uncertain",
        "The connection broke while this card was being started. It may be running.",
        ("Check", "Start again", "It is not running"),
    ),
    "E-TIME-1": Text(
        "No answer yet",
        "The service has not confirmed the start within {n} s. It may be running.",
        ("Check", "Start again", "It is not running"),
    ),
    "E-TIME-3": Text(
        "Announcement unconfirmed", "The service has not confirmed that it knows of card {ticket}.", (), 504
    ),
    "E-TIME-4": Text(
        "Health check too slow", "The service did not finish its check of itself. {error}", ("Try later",), 504
    ),
    "E-TIME-6": Text("Log not loaded", "The log could not be read.", ("Try again",), 503),
    "E-SYS-1": Text(
        "The service hit a fault", "Your request may not have been carried out.", ("Check the card, then retry",), 502
    ),
    "E-SYS-2": Text("Request not accepted", "{error}", ("Correct it and try again",), 400),
    "E-SYS-3": Text("Not found", "{what} does not exist.", ("Reload the page",), 404),
    "E-SYS-4": Text("Not offered", "{what} is not offered by this service.", (), 409),
    "E-SYS-5": Text("Data not accepted", "{field}: {reason}", ("Correct it and try again",), 422),
    "E-SYS-6": Text("Run id already used", "{error}", ("Choose another",), 409),
    "E-SYS-7": Text("The service could not do this", "{error}", ("Try again", "Look at the service's log"), 502),
    "E-SYS-8": Text("Not implemented on the service", "{what} is not possible there.", (), 409),
    "E-SYS-10": Text(
        "Service has no database",
        "Changes are kept here only. {error}",
        ("Repair the service's database",),
        503,
    ),
    "E-HEALTH-1": Text(
        "Service reports problems",
        "{count} of its own checks failed. {error}",
        ("Run its health check on its machine",),
        502,
    ),
    "E-HEALTH-2": Text(
        "Self-check cannot run", "The service can be reached, its check of itself cannot run. {error}", (), 502
    ),
    "E-HEALTH-3": Text("Service is fine, with remarks", "{warnings}", (), 409),
    "E-HEALTH-9": Text("Different service on this port", "{name} answered.", ("Check the port",), 502),
    "E-HEALTH-11": Text(
        "No check just now",
        "A check can hold the service up, so it waits for starts to be answered and for a minute between two.",
        ("Try later",),
        409,
    ),
    "E-SYS-9": Text(
        "Unexpected problem",
        "Something went wrong here. Nothing else was changed.",
        ("Try again", "Look at the app's log"),
        500,
    ),
    "E-SYS-12": Text(
        "Cannot save", "{reason} Your last change is not stored.", ("Free space on the disk", "Try again"), 507
    ),
    "E-SYS-17": Text("Method not allowed", "{method} is not possible at {path}.", ("See /api/docs",), 405),
    "E-AUTH-1": Text(
        "Sign-in needed", "The address is protected.", ("Open the address that the app printed at its start",), 401
    ),
    "E-AUTH-2": Text(
        "Session expired",
        "{url} has accepted the token before and refuses it now.",
        ("Set a new KANBAN_TAC7_TOKEN",),
        503,
    ),
    "E-AUTH-3": Text(
        "Address not allowed",
        "The request came from {origin}, which is not this board's address.",
        ("Add it to KANBAN_ALLOWED_ORIGINS",),
        403,
    ),
    "E-AUTH-4": Text("Service asks for a token", "{url} refused the connection.", ("Set KANBAN_TAC7_TOKEN",), 503),
    "E-MOVE-1": Text(
        "Only a finished run gets there", "A card is ready to merge when all its stages have completed.", ("Start it",)
    ),
    "E-MOVE-2": Text("Only a failure gets there", "A card is errored when its run fails.", ()),
    "E-MOVE-3": Text(
        "A decision is open", "The last start of this card is not settled ({status}).", ("Decide on the card first",)
    ),
    "E-MOVE-4": Text(
        "This card is completed", "It can be reopened in Backlog or started anew from {first}.", ("Start from {first}",)
    ),
    "E-EDIT-1": Text(
        "Changed meanwhile",
        "Somebody else has saved this card since you opened it.",
        ("Reload the card", "Save over it"),
        409,
    ),
    "E-EDIT-2": Text(
        "Card has a run under way", "A card cannot be deleted while its run is active.", ("Cancel the run first",)
    ),
}
