"""A network that fails on demand, between any TCP client and server.

`python -m tests.support.fault_proxy --to PORT` runs it in a process of its own; `process.py` is the test's end.
"""
