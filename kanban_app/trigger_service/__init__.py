"""The embedded TAC-7 trigger service: it starts workflow processes, follows them and tells every subscriber.

Nothing is imported here: the runner and the demonstration workflow live in this package, run in processes of their
own, and must start on the standard library alone.
"""
