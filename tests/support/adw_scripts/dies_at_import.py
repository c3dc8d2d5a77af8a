#!/usr/bin/env -S uv run
# /// script
# dependencies = ["a-package-that-nobody-has"]
# ///
"""Never gets to its first line: what it imports is not there."""

import a_package_that_nobody_has  # pyright: ignore[reportMissingImports]  # noqa: F401
