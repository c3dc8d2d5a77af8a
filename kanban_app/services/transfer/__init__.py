"""Boards that come and go as files: our own export, and the two places where the original kept its data."""
