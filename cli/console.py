"""What people read: good in a terminal, plain when piped."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, *, hint: str | None = None, code: int = 1) -> NoReturn:
    """Ends the command with one line on standard error."""
    complain(message, hint=hint)
    raise typer.Exit(code)


def complain(message: str, *, hint: str | None = None) -> None:
    """One line on standard error."""
    message = message if message.endswith((".", "?", "!")) else f"{message}."
    err.print(f"[red]Error:[/red] {escaped(message)}" + (f" {escaped(hint)}" if hint else ""))


def say(line: str | Text) -> None:
    """One line on standard output, as it is."""
    out.print(Text(printable(line)) if isinstance(line, str) else line)


def escaped(text: str) -> str:
    """A text for `print`: without markup."""
    return printable(text).replace("[", r"\[")


def printable(text: str) -> str:
    """A text on one line, without what could steer a terminal."""
    return "".join(each if each.isprintable() else _spelled(each) for each in text)


def _spelled(character: str) -> str:
    return " " if character.isspace() else character.encode("unicode_escape").decode()


def note(line: str) -> None:
    """A remark on standard error, apart from the answer."""
    err.print(Text(printable(line), style="dim"))
