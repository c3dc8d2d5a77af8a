"""How long an example takes is the machine's affair: timings belong into the benchmarks."""

from hypothesis import settings

settings.register_profile("board", deadline=None)
settings.load_profile("board")
