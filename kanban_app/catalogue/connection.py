"""The connection to the workflow service, and what comes over it: E-CONN, E-PROTO, E-AUTH, E-HEALTH."""

from typing import Final

from kanban_app.catalogue.entry import Act, Entry, Tag, impossible

CONNECTION: Final[dict[str, Entry]] = {
    "E-CONN-1": Entry(
        Tag.WIRE,
        "Workflow service not running",
        "Nothing answers at {url}.",
        ("Start the service", "Check host and port", Act.RETRY_NOW, Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-2": Entry(
        Tag.WIRE,
        "Unknown address",
        "The name {host} could not be found.",
        ("Correct the address of the service", Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-3": Entry(
        Tag.WIRE,
        "Service is slow to answer",
        "Connecting to {url} takes longer than {n} s. It may be busy.",
        (Act.RETRY_NOW,),
        503,
    ),
    "E-CONN-4": Entry(
        Tag.WIRE,
        "This is not the trigger service",
        "{url} answered, but not as a workflow service.",
        ("Check the port", "The address must end in /ws/trigger", Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-5": Entry(
        Tag.LOCAL,
        "Service found on another port",
        "Nothing answers on port {port}, but {other} does.",
        ("Switch to {other}", Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-6": Entry(
        Tag.WIRE,
        "Secure connection failed",
        "No trusted encrypted connection to {url} could be made: {reason}",
        (
            "Use ws:// for a plain service",
            "Check its certificate",
            "Set KANBAN_TAC7_CA_FILE for an authority of yours",
            Act.OPEN_SETTINGS,
        ),
        503,
    ),
    "E-CONN-7": Entry(
        Tag.WIRE,
        "Connection lost",
        "The connection to the workflow service broke. Reconnecting; workflows that run go on there.",
        (Act.RETRY_NOW,),
        503,
    ),
    "E-CONN-8": Entry(
        Tag.WIRE,
        "Service is restarting",
        "It will be back in a moment. Runs already started go on; their live log pauses.",
        (Act.RETRY_NOW,),
        503,
    ),
    "E-CONN-9": Entry(
        Tag.WIRE,
        "Service is going away",
        "It closed the connection. Reconnecting; workflows that run go on there.",
        (Act.RETRY_NOW,),
        503,
    ),
    "E-CONN-10": Entry(
        Tag.WIRE,
        "Idle connection closed",
        "The service closes connections on which little happens. Reconnecting.",
        (),
        503,
        silent=True,
    ),
    "E-CONN-11": Entry(
        Tag.LOCAL, "Disconnected", "You disconnected. Starts wait until you connect.", (Act.CONNECT,), 503
    ),
    "E-CONN-12": Entry(
        Tag.WIRE,
        "Protocol fault",
        "Board and service misunderstood each other.",
        ("Report the log if it repeats", Act.RETRY_NOW),
        503,
    ),
    "E-CONN-13": Entry(
        Tag.WIRE,
        "Data format not accepted",
        "The service takes text messages only.",
        ("Report this as a defect", Act.RETRY_NOW),
        503,
    ),
    "E-CONN-14": Entry(Tag.WIRE, "Message too large", "The card exceeds {limit}.", ("Shorten its text", Act.EDIT), 413),
    "E-CONN-15": Entry(
        Tag.WIRE,
        "Service fault",
        "The service stopped the connection after a fault of its own.",
        ("Look at the service's log", Act.RETRY_NOW),
        503,
    ),
    "E-CONN-16": Entry(
        Tag.LOCAL,
        "No heartbeat",
        "The service has not answered for {n} s. Reconnecting.",
        (Act.RETRY_NOW,),
        503,
    ),
    "E-CONN-17": Entry(Tag.WIRE, "Service unavailable", "It asked to come back later.", (Act.RETRY_NOW,), 503),
    "E-CONN-18": Entry(Tag.WIRE, "Connection closed ({code})", "{reason}", (Act.RETRY_NOW,), 503),
    "E-CONN-19": Entry(
        Tag.LOCAL,
        "Still no connection",
        "{n} tries have failed. Tries go on every {pause} s.",
        ("Check the service", Act.RETRY_NOW, Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-20": Entry(
        Tag.LOCAL,
        "Working offline",
        "Cards can be created, edited and moved; workflows start once the service is back.",
        ("Start the service", Act.RETRY_NOW, Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-21": Entry(
        Tag.LOCAL,
        "Pausing connection attempts",
        "The next try comes in {n} s.",
        (Act.RETRY_NOW, Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-22": Entry(
        Tag.BROWSER,
        "No network",
        "This computer is offline. The connection comes back with the network.",
        ("Check cable or Wi-Fi", Act.RETRY_NOW),
        503,
    ),
    "E-CONN-23": Entry(
        Tag.WIRE,
        "Local proxy not running",
        "{host} needs the local proxy.",
        ("Start the proxy", "Use localhost and the service's port", Act.OPEN_SETTINGS),
        503,
    ),
    "E-CONN-24": impossible(
        "Page address not allowed",
        "The service accepts pages of this computer only.",
        "All calls to the service leave from the board's own process, where no browser asks for the page's origin.",
        status=503,
    ),
    "E-CONN-25": Entry(Tag.WIRE, "Unexpected answer", "{reason}", ("Check address and proxy", Act.OPEN_SETTINGS), 503),
    "E-PROTO-1": Entry(
        Tag.WIRE, "Message not understood", "A request was malformed.", ("Report this as a defect",), 400
    ),
    "E-PROTO-2": Entry(
        Tag.WIRE,
        "Not supported by this service",
        'The connected version does not know "{type}".',
        ("Update the service",),
    ),
    "E-PROTO-3": impossible(
        "Message not understood",
        "A request was no object.",
        "Everything that is sent is made from a model, and each of these is an object.",
        status=400,
    ),
    "E-PROTO-4": Entry(
        Tag.WIRE, "Unreadable message", "The service sent something that is no message.", (), 502, silent=True
    ),
    "E-PROTO-5": Entry(
        Tag.WIRE,
        "Unknown message",
        "The service sent a message of a type that the board does not know.",
        (),
        502,
        silent=True,
    ),
    "E-PROTO-6": Entry(
        Tag.WIRE, "Incomplete message", "The board used what was there: {reason}.", (), 502, silent=True
    ),
    "E-PROTO-7": Entry(
        Tag.WIRE,
        "Other activity",
        "The service tells of a run that no card has. What it says is kept under Other activity.",
        (),
        502,
        silent=True,
    ),
    "E-PROTO-8": Entry(
        Tag.WIRE, "Unexpected answer", "The service answered what nobody had asked.", (), 502, silent=True
    ),
    "E-PROTO-9": Entry(
        Tag.WIRE,
        "Late or repeated message",
        "It was told before, or is older than what is known.",
        (),
        502,
        silent=True,
    ),
    "E-PROTO-10": Entry(
        Tag.WIRE, "Swapped fields", "Level and text of a log line had changed places.", (), 502, silent=True
    ),
    "E-PROTO-11": Entry(
        Tag.WIRE,
        "Unknown stage",
        "The service tells of a stage that the board does not know. The card stays where it is.",
        ("Check the version of the service",),
        502,
        silent=True,
    ),
    "E-AUTH-1": Entry(
        Tag.LOCAL,
        "Sign-in needed",
        "The address is protected.",
        ("Open the address that the app printed at its start",),
        401,
    ),
    "E-AUTH-2": Entry(
        Tag.WIRE,
        "Session expired",
        "{url} has accepted the token before and refuses it now.",
        ("Set a new KANBAN_TAC7_TOKEN", Act.OPEN_SETTINGS),
        503,
    ),
    "E-AUTH-3": Entry(
        Tag.LOCAL,
        "Address not allowed",
        "The request came from {origin}, which is not this board's address.",
        ("Add it to KANBAN_ALLOWED_ORIGINS",),
        403,
    ),
    "E-AUTH-4": Entry(
        Tag.WIRE,
        "Service asks for a token",
        "{url} refused the connection.",
        ("Set KANBAN_TAC7_TOKEN", Act.OPEN_SETTINGS),
        503,
    ),
    "E-AUTH-5": Entry(
        Tag.LOCAL,
        "Too many wrong tokens",
        "Too many wrong tokens came from this address. The next one is looked at in {n} s.",
        ("Wait, then use the token that the app printed at its start",),
        429,
    ),
    "E-AUTH-6": Entry(
        Tag.LOCAL,
        "Token is not good for this",
        'This needs a token with the scope "{scope}".',
        ("Make one in the settings, or with `python -m kanban_app token create`",),
        403,
    ),
    "E-HEALTH-1": Entry(
        Tag.WIRE,
        "Service reports problems",
        "{count} of its own checks failed. {error}",
        ("Run its health check on its machine",),
        502,
    ),
    "E-HEALTH-2": Entry(
        Tag.WIRE,
        "Self-check cannot run",
        "The service can be reached, its check of itself cannot run. {error}",
        (),
        502,
    ),
    "E-HEALTH-3": Entry(Tag.WIRE, "Service is fine, with remarks", "{warnings}"),
    "E-HEALTH-4": Entry(
        Tag.LOCAL,
        "Connection is slow",
        "An answer takes about {n} ms.",
        ("Look at the load of the network and of the service",),
    ),
    "E-HEALTH-5": Entry(
        Tag.LOCAL,
        "Connection is very slow",
        "An answer takes about {n} ms; updates may lag.",
        ("Look at the load of the network and of the service",),
    ),
    "E-HEALTH-6": Entry(
        Tag.LOCAL,
        "Unstable connection",
        "{p} % of what was tried in the last hour worked.",
        ("Look at the log of the service and at the network",),
    ),
    "E-HEALTH-7": Entry(
        Tag.LOCAL,
        "Frequent disconnects",
        "The connection broke {n} times in the last hour.",
        ("Look at the log of the service and at the network",),
    ),
    "E-HEALTH-8": Entry(
        Tag.LOCAL,
        "Could not recover",
        "{n} tries to connect again have failed. {reason}",
        ("Look whether the service runs", Act.RETRY_NOW, Act.OPEN_SETTINGS),
    ),
    "E-HEALTH-9": Entry(
        Tag.WIRE, "Different service on this port", "{name} answered.", ("Check the port", Act.OPEN_SETTINGS), 502
    ),
    "E-HEALTH-10": Entry(
        Tag.WIRE,
        "Service was restarted",
        "Runs and logs are fetched anew.",
        (),
        502,
        silent=True,
    ),
    "E-HEALTH-11": Entry(
        Tag.LOCAL,
        "No check just now",
        "A check can hold the service up, so it waits for starts to be answered and for a minute between two.",
        ("Try later",),
    ),
    "E-HEALTH-12": Entry(
        Tag.LOCAL,
        "This board is slow",
        "{what}",
        ("Look at the load of this machine and of its disk",),
    ),
}
