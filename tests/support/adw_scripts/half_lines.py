#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""Writes its agent's stream in pieces: half a line, then (after `go`) the rest, among lines that nobody can read.

What a reader can make of the whole: the texts of `READABLE`, in this order.
"""

import json

from adw_modules.run import Run, said

READABLE = (
    "before",
    "cut in two – with an umlaut: ü",
    "after the bad bytes",
    "long " + "y" * 200_000,
    "without an end",
)


def main() -> None:
    run = Run()
    before, cut, after, long, last = (json.dumps(said(text), ensure_ascii=False).encode() for text in READABLE)
    middle = cut.index("ü".encode()) + 1  # in the middle of a character
    with (run.folder("sdlc_planner") / "raw_output.jsonl").open("ab", buffering=0) as file:
        file.write(before + b"\n" + cut[:middle])
        with (run.folder(run.workflow) / "execution.log").open("ab", buffering=0) as log:
            log.write(b"2026-01-02 03:04:05 - INFO - half a li")
            run.notify.status("in_progress", "Half a line is written", 50, "Half")
            run.wait_for("go")
            log.write(b"ne\n2026-01-02 03:04:06 - ERROR - bad bytes: \xff\xfe\nno time, no level\n")
        file.write(cut[middle:] + b"\n")
        file.write(b'{"type": "assistant", "message": {"content": [{"type": "text", "text": "\xff\xfe"}\n')
        file.write(b"no JSON at all\n\n[1, 2]\n" + after + b"\n" + long + b"\n" + last)
    run.notify.status("completed", "All lines are written", 100, "Complete")


if __name__ == "__main__":
    main()
