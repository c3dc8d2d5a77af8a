"""What keeps the data of a board safe: backups, restoring, a check of all that it needs."""
