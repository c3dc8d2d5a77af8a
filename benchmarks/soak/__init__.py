"""The board for a long time under load and with disturbances: what grows? `python -m benchmarks.soak`."""
