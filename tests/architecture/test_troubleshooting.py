"""Every code of the catalogue has an entry that helps: more than its own words, something to run, something to do."""

import re
from collections import Counter
from typing import Final

import pytest

from kanban_app.catalogue import CATALOGUE, Tag
from kanban_app.services.troubleshooting import FOLDER, HelpEntry, entries_in, troubleshooting

ENTRIES: Final = troubleshooting().entries
POSSIBLE: Final = [code for code, entry in CATALOGUE.items() if entry.tag is not Tag.IMPOSSIBLE]
IMPOSSIBLE: Final = [code for code, entry in CATALOGUE.items() if entry.tag is Tag.IMPOSSIBLE]
OWN_WORDS: Final = 25
"""How many different words that the catalogue does not have an entry uses at least."""
OF_CAUSE: Final = 12
"""How many of them are in what comes before the remedy."""
SHARE: Final = 0.4
"""How much of an explanation may be words of the catalogue."""
SENTENCE: Final = 8
"""Sentences of so many words are somebody's own: no two entries have the same."""

_BLOCK: Final = re.compile(r"^```console\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_REMEDY: Final = "**What to do**"
_STEP: Final = re.compile(r"^\d+\. \S", re.MULTILINE)
_NOT_HERE: Final = "**Does not occur here"
_WORD: Final = re.compile(r"[a-z]{4,}")
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")


def faults_of(entry: HelpEntry) -> list[str]:
    """What is missing in an entry."""
    words = CATALOGUE[entry.code]
    prose = _CODE.sub("", entry.text)
    faults = _copied(prose, f"{words.title} {words.message} {words.why} {' '.join(words.labels)}")
    if entry.title != _PLACEHOLDER.sub("…", words.title):
        faults.append(f"its title is not that of the catalogue: {words.title}")
    if words.tag is Tag.IMPOSSIBLE:
        return faults if entry.text.startswith(_NOT_HERE) else [*faults, "it does not say why it cannot occur"]
    if _NOT_HERE in entry.text:
        faults.append("it says that it cannot occur")
    if not any(_shows_output(block["lines"]) for block in _BLOCK.finditer(entry.text)):
        faults.append("it has no command with its output")
    if not _STEP.search(prose.partition(_REMEDY)[2]):
        faults.append("it has no remedy in steps")
    return faults


def _copied(prose: str, catalogue: str) -> list[str]:
    known = set(_WORD.findall(catalogue.lower()))
    cause = set(_WORD.findall(prose.partition(_REMEDY)[0].lower()))
    own = set(_WORD.findall(prose.lower())) - known
    if len(cause - known) < OF_CAUSE or (len(own) < OWN_WORDS and _NOT_HERE not in prose):
        return [f"it has only {len(own)} words that the catalogue does not have, {len(cause - known)} for the cause"]
    return ["it repeats the catalogue"] if len(cause & known) > SHARE * len(cause) else []


def _shows_output(block: str) -> bool:
    """Whether a command of the block is followed by what it prints."""
    lines = block.splitlines()
    return bool(lines) and lines[0].startswith("$ ") and any(line and not line.startswith("$ ") for line in lines)


def test_every_code_has_an_entry_and_no_entry_is_for_a_code_that_does_not_exist() -> None:
    assert set(CATALOGUE) - set(ENTRIES) == set(), "without an entry"
    assert set(ENTRIES) - set(CATALOGUE) == set(), "without a code"


def test_no_code_has_two() -> None:
    found = Counter(e.code for file in FOLDER.glob("*.md") for e in entries_in(file.read_text(), file.stem))
    assert [code for code, count in found.items() if count > 1] == []


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_entry_helps(code: str) -> None:
    assert faults_of(ENTRIES[code]) == []


def test_no_two_entries_share_a_sentence() -> None:
    sentences = Counter(
        sentence
        for entry in ENTRIES.values()
        for sentence in set(re.split(r"(?<=[.:;!?])\s+", _CODE.sub("", entry.text)))
        if len(sentence.split()) >= SENTENCE
    )
    assert [sentence for sentence, count in sentences.items() if count > 1] == []


def test_the_commands_are_prepared() -> None:
    assert "pick()" in troubleshooting().preparation


EXPLAINED: Final = (
    "Nobody opened that port: the operating system refuses every handshake at once, which tells a machine that lives "
    "from one that is switched off. Look whether another process listens there, then start yours again.\n\n"
)
SHOWN: Final = "```console\n$ ss -ltn\nState\n```\n\n"
DONE: Final = "**What to do**\n\n1. Start it.\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (EXPLAINED + SHOWN + DONE, ""),
        ("Nothing answers at the address: the workflow service is not running.\n\n" + SHOWN + DONE, "only"),
        (EXPLAINED + DONE, "no command"),
        (EXPLAINED + "```console\n$ ss -ltn\n```\n\n" + DONE, "no command"),
        (EXPLAINED + SHOWN, "no remedy"),
        ("**Does not occur here.** " + EXPLAINED + SHOWN + DONE, "cannot occur"),
    ],
)
def test_what_is_no_help_is_found(text: str, fault: str) -> None:
    faults = faults_of(HelpEntry("E-CONN-1", CATALOGUE["E-CONN-1"].title, text, "connection"))
    assert [fault] == [word for word in [fault] if any(word in found for found in faults)] if fault else faults == []
