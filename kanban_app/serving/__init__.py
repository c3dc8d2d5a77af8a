"""From a command line to one listening process: lock, socket, front-end build, server."""
