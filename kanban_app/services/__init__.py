"""Use cases: the one door for people, the one door for messages, the outbox, and what is told to whom."""
