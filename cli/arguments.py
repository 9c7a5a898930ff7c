"""Arguments and options that many commands take, each with its documentation in one place."""

from pathlib import Path
from typing import Annotated

import typer

from cli.output import Format

Type = Annotated[
    str, typer.Argument(metavar="TYPE", show_default=False, help="The domain type, such as artifact or artifacts.")
]
Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", show_default=False, help="The object; ns/name in Kubernetes. TYPE/NAME says both."),
]
App = Annotated[
    str | None,
    typer.Option("--app", "-a", envvar="DSEL_APP", metavar="APP", help="The app (tenant) that it belongs to."),
]
Files = Annotated[
    list[Path],
    typer.Option("--filename", "-f", metavar="FILE", help="A file, a folder, or - for standard input. Repeatable."),
]
Recursive = Annotated[bool, typer.Option("--recursive", "-R", help="Read the folders inside folders too.")]
Comment = Annotated[
    str | None, typer.Option("--comment", "-m", metavar="TEXT", help="Why, in a sentence; kept in the log.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it; nothing is stored.")]
ExpectedVersion = Annotated[
    int | None,
    typer.Option(
        "--expected-version", metavar="N", min=0, help="The version that you read; 0 for a new object. Else refused."
    ),
]
EventId = Annotated[
    str | None,
    typer.Option("--event-id", metavar="ID", help="Your idempotency key: what has the same id is stored once."),
]
OwnName = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="NAME", help="The name in the log, web@clusters/b.yaml say, where objects share their own."
    ),
]
NoGit = Annotated[bool, typer.Option("--no-git", help="Leave out the commit and branch of the file.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="When: 2025-01-15T10:30:00Z, or how long ago: 15m, 2h, 3d."),
]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", metavar="TIME", help="As far as it had been recorded by this moment.")
]
Output = Annotated[Format, typer.Option("--output", "-o", help="How to write it.")]
Number = Annotated[int, typer.Option("--number", "-n", metavar="N", min=0, help="The newest N; 0 for all.")]
