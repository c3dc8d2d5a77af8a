"""The TAC-7 trigger protocol without I/O: messages, codec, and the two ends of a connection."""
