"""Which methods of a state a browser can call: those that are events, and no others."""

from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def not_an_event(method: Method) -> Method:
    """Keep a public method of a state to ourselves: Reflex lets every browser call those that carry no mark."""
    method.__override_base_method__ = True  # pyright: ignore[reportFunctionMemberAccess]
    return method
