"""A board whose data folder is a file system of its own, with an end: a tmpfs in a mount namespace of the board."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.app import ROOT, AppProcess, end, environment_of

_BLOCK: Final = 64 * 1024
_MOUNT: Final = 'size=$1; folder=$2; shift 2; mount -t tmpfs -o "size=$size,mode=700" tmpfs "$folder" && exec "$@"'


def is_possible() -> bool:
    """Whether this user may have a mount namespace here."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class SmallDisk:
    """`folder` is the data folder as everybody else sees it, through the board's process."""

    app: AppProcess
    folder: Path

    def fill(self) -> None:
        """Until not one more byte fits."""
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            for size in (_BLOCK, 1):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        (self.folder / "ballast").unlink()


@contextmanager
def board_on_small_disk(mount_point: Path, size: str, env: Mapping[str, str] | None = None) -> Iterator[SmallDisk]:
    """A ready board with its data on a disk of this size."""
    mount_point.mkdir()
    command = ["unshare", "-rm", "sh", "-c", _MOUNT, "sh", size, str(mount_point)]
    process = subprocess.Popen(
        [*command, sys.executable, "-m", "kanban_app", "serve"],
        cwd=ROOT,
        env=environment_of(mount_point, 0, env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    app = AppProcess(process, mount_point)
    try:
        app.wait_until_open()
        app.wait_until_ready()
        yield SmallDisk(app, Path(f"/proc/{app.pid}/root{os.path.realpath(mount_point)}"))
    finally:
        end(app)
