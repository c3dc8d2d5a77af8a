"""The ASGI side of the board: the gate around everything, and the HTTP and socket routes behind it."""
