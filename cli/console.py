"""What people read: good in a terminal, plain when piped."""

from typing import NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, *, hint: str | None = None, code: int = 1) -> NoReturn:
    """Ends the command with one line on standard error."""
    err.print(f"[red]Error:[/red] {_escaped(message)}" + (f" {_escaped(hint)}" if hint else ""))
    raise typer.Exit(code)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
