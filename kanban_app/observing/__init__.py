"""What the program tells of itself: metrics, log lines, and ids that hold a request's or a run's lines together."""
