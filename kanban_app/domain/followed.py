"""How far a file that a run's agents write has been told to subscribers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowedFile:
    """`path` is relative to the project. `position` is the number of bytes that have been told, and `fingerprint` is
    what they are known by: another file under the same name has another one. `forgotten`: nothing is to be kept of it.
    """

    adw_id: str
    path: str
    position: int
    fingerprint: str
    forgotten: bool = False
