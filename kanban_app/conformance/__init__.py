"""Checks any TAC-7 service from outside, with code of its own: see docs/tac7-compliance.md and ADR 10."""
