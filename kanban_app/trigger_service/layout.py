"""Where workflow scripts keep what belongs to a run in their repository (reference section 6.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kanban_app.trigger_service.reports import ADW_ID


@dataclass(frozen=True, slots=True)
class ProjectLayout:
    """The folders of a repository. Every method takes the id of a run and raises ValueError where it is none."""

    root: Path

    @property
    def scripts(self) -> Path:
        return self.root / "adws"

    @property
    def trees(self) -> Path:
        return self.root / "trees"

    def worktree(self, adw_id: str) -> Path:
        return self.trees / _checked(adw_id)

    def agents(self, adw_id: str) -> Path:
        """Where a run's agents write: `agents/<adw_id>` of the main checkout."""
        return self.root / "agents" / _checked(adw_id)

    def all_agents(self, adw_id: str) -> Iterator[Path]:
        """The folders with what the run's agents have written, those of worktrees included; they exist."""
        places = (self.agents(adw_id), *self.trees.glob(f"*/agents/{_checked(adw_id)}"))
        for place in places:
            if place.is_dir() and self.contains(place):
                yield place

    def state_file(self, adw_id: str) -> Path:
        return self.agents(adw_id) / "adw_state.json"

    def spec_folders(self, adw_id: str) -> Iterator[Path]:
        """Where a run's plan may be, newest place last; they need not exist."""
        yield self.root / "specs"
        yield self.worktree(adw_id) / "specs"
        yield from self.trees.glob(f"*/trees/{_checked(adw_id)}/specs")

    def contains(self, path: Path) -> bool:
        """Whether a path, with all links followed, is inside the repository."""
        return path.resolve().is_relative_to(self.root.resolve())


def _checked(adw_id: str) -> str:
    if not ADW_ID.fullmatch(adw_id):
        raise ValueError("not the id of a run")
    return adw_id
