"""How fast the board is, measured on the production build with a real browser: `python -m benchmarks --list`."""
