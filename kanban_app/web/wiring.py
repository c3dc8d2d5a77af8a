"""How the states reach the services: set once by the composition root, read by event handlers."""

from kanban_app.services.container import Services


class _Slot:
    services: Services | None = None


def connect(services: Services | None) -> None:
    """Hand the services to the screen, or take them away at shutdown."""
    _Slot.services = services


def services() -> Services:
    """The services of the running app. Raises RuntimeError before start-up and after shutdown."""
    if _Slot.services is None:
        msg = "the app is not running"
        raise RuntimeError(msg)
    return _Slot.services
