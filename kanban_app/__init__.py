"""Agentic Kanban: a web board whose columns start AI developer workflows."""

__version__ = "0.1.0"
