"""A trigger service that does everything wrong on demand, and counts what it was made to start.

`python -m tests.support.fault_service --vintage v0|v1|ours` runs it in a process of its own (`process.py`); the rules
without I/O (`core.py`) also stand in for a service under virtual time.
"""
