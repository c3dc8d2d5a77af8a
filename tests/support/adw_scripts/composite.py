#!/usr/bin/env -S uv run
# /// script
# dependencies = []
# ///
"""`adw_plan_build_iso` and its like: the scripts that its name is made of, one after the other; reports nothing."""

import subprocess
import sys
from pathlib import Path

ALL = ("plan", "build", "test", "review", "document")


def main() -> None:
    parts = Path(__file__).stem.removeprefix("adw_").removesuffix("_iso").split("_")
    for stage in ALL if parts[0] == "sdlc" else parts:
        script = Path(__file__).with_name(f"adw_{stage}_iso.py")
        print(f"=== {stage} ===", flush=True)
        done = subprocess.run([sys.executable, str(script), *sys.argv[1:]], check=False)
        if done.returncode:
            print(f"{stage} failed", flush=True)
            sys.exit(1)


if __name__ == "__main__":
    main()
