"""Attributes that are made when somebody asks for them first, and kept."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

put = object.__setattr__
"""Sets an attribute of an object that is frozen for everybody else."""


class MadeOnce:
    """What `_made` makes of the object fills the slot of its name, empty until then: Python asks for nothing else."""

    __slots__ = ()

    _made: ClassVar[Mapping[str, Callable[[Any], Any]]]

    def __getattr__(self, name: str) -> Any:
        make = self._made.get(name)
        if make is None:
            raise AttributeError(name)
        made = make(self)
        put(self, name, made)
        return made
