"""The pure core: what a board is, what may happen to it, and what then is true. No clock, no random, no I/O."""
