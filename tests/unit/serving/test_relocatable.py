"""The rewriting of the built client's addresses."""

from pathlib import Path

import pytest

from kanban_app.serving.relocatable import NotRelocatableError, below_project, make_relocatable


def chunk(folder: Path, text: str) -> Path:
    (folder / "assets").mkdir()
    file = folder / "assets" / "reflex-env-AbCd1234.js"
    file.write_text(text)
    return file


@pytest.mark.parametrize("quote", ["`", '"', "'"])
def test_addresses_follow_the_page(tmp_path: Path, quote: str) -> None:
    source = "var t={PING:@http://localhost:8000/ping@,EVENT:@ws://localhost:8000/_event@,TEST_MODE:!1}"
    file = chunk(tmp_path, source.replace("@", quote))
    make_relocatable(tmp_path)
    text = file.read_text()
    assert "localhost:8000" not in text
    origin = '(globalThis.location?.origin??"http://localhost")'
    assert f"PING:({origin}+{quote}/ping{quote})" in text
    assert f'EVENT:({origin}.replace(/^http/,"ws")+{quote}/_event{quote})' in text


def test_a_missing_chunk_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotRelocatableError, match=r"no reflex-env"):
        make_relocatable(tmp_path)


def test_a_chunk_of_another_form_is_told(tmp_path: Path) -> None:
    chunk(tmp_path, "var t={}")
    with pytest.raises(NotRelocatableError, match="holds no endpoint"):
        make_relocatable(tmp_path)


def test_the_event_socket_is_opened_below_the_project_once() -> None:
    source = "io(endpoint.href, {\n    path: endpoint.pathname,\n    transports,"
    changed = below_project(source)
    assert r'path: (/^\/p\/[^/]+(?=\/|$)/.exec(window.location.pathname)?.[0] ?? "") + endpoint.pathname,' in changed
    assert below_project(changed) == changed


def test_a_socket_that_is_opened_otherwise_is_told() -> None:
    with pytest.raises(NotRelocatableError, match=r"state\.js"):
        below_project("io(endpoint.href)")
