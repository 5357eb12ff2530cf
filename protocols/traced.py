"""Values that the trace does not take field by field, but as they say themselves."""

from __future__ import annotations

from typing import Any


class Traced:
    """An immutable value that neither JSON nor msgspec knows."""

    __slots__ = ()

    def traced(self) -> Any:
        """What a trace and a view hold in its place."""
        raise NotImplementedError
