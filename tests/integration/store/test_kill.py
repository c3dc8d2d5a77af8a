"""`kill -9` in the middle of writing loses nothing that was committed and leaves no hole."""

import subprocess
import sys
from pathlib import Path

import pytest

from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.migrate import prepare_database
from tests.integration.store.conftest import Samples

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).resolve().parents[3]

# Writes without end and says after each commit how far it is.
WRITER = """
import asyncio, sys
from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from tests.integration.store.conftest import Samples

async def main(url):
    samples = Samples()
    store = await Store.open(url)
    journal = ServiceJournal(store)
    while True:
        async with store.write() as tx:
            events = await tx.append_events([samples.event(), samples.event()])
            lines = await tx.append_log(samples.lines(25))
        numbers = await journal.append([("aaaaaaaa", None, "{}")] * 3)
        print(events[-1].seq, lines[-1].seq, numbers[-1], flush=True)

asyncio.run(main(sys.argv[1]))
"""


def write_and_kill(url: str, commits: int) -> list[int]:
    """The numbers of event, log line and message that the writer reported last before it was killed."""
    with subprocess.Popen([sys.executable, "-c", WRITER, url], cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(commits)]
        writer.kill()
    return [int(number) for number in said[-1].split()]


@pytest.mark.parametrize("commits", [1, 7, 20])
async def test_kill_while_writing(tmp_path: Path, samples: Samples, commits: int) -> None:
    url = f"sqlite:///{tmp_path}/kanban.db"
    prepare_database(url, tmp_path / "backups")
    acknowledged = write_and_kill(url, commits)

    prepare_database(url, tmp_path / "backups")
    async with await Store.open(url) as store:
        events = [event.seq for event in await store.events_since(0, 100_000)]
        lines, last = await store.log_page("aaaaaaaa", limit=1_000_000)
        journal = [seq for seq, _ in await ServiceJournal(store).since(0, 100_000)]
        assert events == list(range(1, len(events) + 1))
        assert [line.seq for line in lines] == list(range(1, last + 1))
        assert journal == list(range(1, len(journal) + 1))
        assert len(lines) == 25 * len(events) / 2
        assert all(has >= said for has, said in zip([len(events), last, len(journal)], acknowledged, strict=True))
        async with store.write() as tx:
            assert [event.seq for event in await tx.append_events([samples.event()])] == [len(events) + 1]
            assert [line.seq for line in await tx.append_log(samples.lines(1))] == [last + 1]
