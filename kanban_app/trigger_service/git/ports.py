"""Two ports for each worktree, kept in its `.ports.env` (reference section 6.3)."""

import errno
import fcntl
import socket
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.repository import write_atomically

FILE: Final = ".ports.env"
_BACKEND: Final = "WEBSOCKET_PORT"
_FRONTEND: Final = "FRONTEND_PORT"


@dataclass(frozen=True, slots=True)
class Ports:
    backend: int
    frontend: int

    @property
    def variables(self) -> dict[str, str]:
        backend = str(self.backend)
        return {
            _BACKEND: backend,
            _FRONTEND: str(self.frontend),
            "ADW_PORT": backend,
            "VITE_ADW_PORT": backend,
            "VITE_BACKEND_URL": f"http://localhost:{backend}",
        }


def take_ports(worktree: Path, others: Iterable[Path], first: int, last: int, register: Path | None = None) -> Ports:
    """The ports of a worktree: those that it has, or two that no other worktree has and nothing listens on.

    `register` is a file that names the worktrees of all repositories that share these ports. Raises Refused when there
    are no two, OSError when a file cannot be written. Callers take turns.
    """
    with _registered(worktree, register) as elsewhere:
        return _read(worktree) or _choose(worktree, {*others, *elsewhere}, first, last)


def _choose(worktree: Path, others: Iterable[Path], first: int, last: int) -> Ports:
    taken = {port for other in others if (ports := _read(other)) for port in (ports.backend, ports.frontend)}
    free = (port for port in range(first, last + 1) if port not in taken and _is_free(port))
    backend, frontend = next(free, None), next(free, None)
    if backend is None or frontend is None:
        raise Refused(
            "busy", f"No two ports from {first} to {last} are free: remove worktrees, or set KANBAN_PORT_RANGE"
        )
    ports = Ports(backend, frontend)
    write_atomically(worktree / FILE, "".join(f"{name}={value}\n" for name, value in ports.variables.items()))
    return ports


@contextmanager
def _registered(worktree: Path, register: Path | None) -> Generator[list[Path]]:
    """The other worktrees of the register, which nobody changes meanwhile; at the end this one is in it, too."""
    if register is None:
        yield []
        return
    with register.open("a+", encoding="utf-8", errors="surrogateescape") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        others = [path for line in file.read().split("\0") if line and (path := Path(line)) != worktree]
        yield others
        kept = [path for path in (*others, worktree) if _read(path) is not None]
        file.truncate(0)
        file.write("".join(f"{path}\0" for path in kept))


def _read(worktree: Path) -> Ports | None:
    try:
        lines = (worktree / FILE).read_text("utf-8", "replace").splitlines()
        found = dict(line.split("=", 1) for line in lines if "=" in line)
        return Ports(int(found[_BACKEND]), int(found[_FRONTEND]))
    except (OSError, KeyError, ValueError):
        return None


def _is_free(port: int) -> bool:
    return _can_bind(socket.AF_INET, "", port) and _can_bind(socket.AF_INET6, "::1", port)


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno not in {errno.EADDRINUSE, errno.EACCES}  # this machine may have no IPv6
    return True
