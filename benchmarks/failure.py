"""What is raised when there is nothing to measure."""


class NotMeasured(Exception):
    """A case could not be measured; the text says why."""
