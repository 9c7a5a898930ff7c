"""What ends a command: a line for standard error and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import DselError


class Failure(DselError):
    """The command cannot do what it was asked to do."""

    code = "FAILED"
    exit_code = 1


class Misuse(Failure):
    """The command was called in a way that makes no sense."""

    exit_code = 2


class Trouble(Failure):
    """What `diff` ends with where another command ends with 1, which there means a difference."""

    exit_code = 2


@contextmanager
def as_trouble() -> Iterator[None]:
    """Raises what goes wrong inside as Trouble."""
    try:
        yield
    except DselError as error:
        raise Trouble(str(error), hint=error.hint) from error
