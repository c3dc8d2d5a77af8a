"""What the screen shows and what it can ask for. Handlers can be called by anyone with a socket: they check it all."""
