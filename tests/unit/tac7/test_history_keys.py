"""What a run's history makes of the keys under which its lines are stored."""

from kanban_app.tac7.history import Listed, Mark, RunHistory


def line(text: str) -> Listed:
    return Listed(Mark("log/builder", text))


def test_a_number_is_not_given_out_again_when_earlier_equal_lines_were_removed() -> None:
    """Retention removes the first lines of a run, and the service may tell its whole file once more."""
    first = RunHistory()
    keys = first.listed([line("x"), line("twin"), line("twin")], 0.0)
    kept = [key for key in keys[2:] if key]
    again = RunHistory(kept).listed([line("x"), line("twin"), line("twin"), line("twin")], 1.0)
    assert not {key for key in again if key} & set(kept)
    assert again[1] is again[2] is None
    assert again[3] is not None


def test_keys_of_imported_lines_are_passed_over() -> None:
    history = RunHistory(["import:text:5", "import:7"])
    assert len(history) == 0
    assert history.listed([line("x")], 0.0) != [None]
