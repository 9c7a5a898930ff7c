"""The edge of the command: whatever goes wrong ends as one line on standard error and an exit code."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

import typer
from typer.core import TyperGroup

from cli import console
from domain.errors import DselError


class Commands(TyperGroup):
    """A group whose commands may raise DselError."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Raises SystemExit, unless it is not to stand alone."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        _show_everything()
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except typer.TyperException as error:
            code = _misused(error)
        except typer.Abort:
            console.complain("aborted, nothing was changed")
            code = 1
        except DselError as error:
            console.complain(str(error), hint=error.hint)
            code = getattr(error, "exit_code", 1)
        sys.exit(code or 0)


def _misused(error: typer.TyperException) -> int:
    command = getattr(getattr(error, "ctx", None), "command_path", "dsel")
    if type(error).__name__ != "NoArgsIsHelpError":  # that one has shown the help
        console.complain(error.format_message(), hint=f"See {command} --help.")
    return error.exit_code


def _show_everything() -> None:
    """A character that the terminal does not know is spelled out, and no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
