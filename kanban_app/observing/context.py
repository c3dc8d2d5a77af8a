"""Ids that hold together the log lines of one request, run, attempt or connection.

Bind them with structlog's `bound_contextvars` for a block; a task begins with what its maker has bound.
"""

from contextvars import Context, copy_context

from structlog.contextvars import bind_contextvars, clear_contextvars


def own_context(**ids: str) -> Context:
    """For a task that outlives the request that has made it: these ids, and none of the request's."""
    context = copy_context()
    context.run(clear_contextvars)
    context.run(bind_contextvars, **ids)
    return context
