"""The `dsel` command."""

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from cli import (
    aggregates_command,
    apply_command,
    blame_command,
    changes_command,
    database_command,
    delete_command,
    diff_command,
    events_command,
    export_command,
    get_command,
    history_command,
    import_events_command,
    import_git_command,
    indexes_command,
    rollback_command,
    schema_command,
    serve_command,
    session,
    types_command,
    types_from_pydantic_command,
    validate_command,
    watch_command,
    who_command,
)
from cli.client import DEFAULT_SERVER, Client
from cli.group import Commands

HELP = """The state of every domain object, now and at any past moment, and who caused it.

The options of this page stand before the command, or in the environment.

Exit codes: 0 done; 1 refused, failed or not found; 2 called in a wrong way. dsel diff: 0 equal, 1 different, 2 trouble.
"""
_WRITE, _READ, _SERVICE = "Writing", "Reading", "The service"

app = typer.Typer(
    name="dsel",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
aggregating = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Checks and mends what the service computes from other events."
)
importing = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Brings events from elsewhere into the log."
)
declaring = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""The domain types of the service: applied while it runs.

Examples:
$ dsel types list
$ dsel types apply -f database.yaml -m "For the data teams"
$ dsel types diff -R -f crds/
$ dsel types retire Database""",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(f"dsel {metadata.version('dsel-graphql')}")
        raise typer.Exit


@app.callback(help=HELP)
def dsel(
    context: typer.Context,
    server: session.Server = DEFAULT_SERVER,
    token: session.Token = None,
    actor: session.Actor = None,
    actor_type: session.ActorType = None,
    version: Annotated[  # noqa: ARG001 - its callback has answered
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    context.obj = client = Client(server, token, actor, actor_type)
    context.call_on_close(client.close)


def _add(panel: str, name: str, command: Callable[..., None], to: typer.Typer = app) -> None:
    """Paragraphs of the docstring become one line each, for a terminal to wrap; examples stay as they are."""
    paragraphs = (inspect.getdoc(command) or "").replace("[", r"\[").split("\n\n")
    text = "\n\n".join(each if each.startswith("Examples:") else each.replace("\n", " ") for each in paragraphs)
    to.command(name, help=text, rich_help_panel=panel)(command)


_add(_READ, "get", get_command.get)
_add(_READ, "who", who_command.who)
_add(_READ, "history", history_command.history)
_add(_READ, "diff", diff_command.diff)
_add(_READ, "blame", blame_command.blame)
_add(_READ, "changes", changes_command.changed)
_add(_READ, "events", events_command.events)
_add(_READ, "export", export_command.export)
_add(_READ, "watch", watch_command.watch)
_add(_WRITE, "apply", apply_command.apply)
_add(_WRITE, "validate", validate_command.validate)
_add(_WRITE, "delete", delete_command.delete)
_add(_WRITE, "rollback", rollback_command.rollback)
app.add_typer(importing, name="import", rich_help_panel=_WRITE)
_add("Commands", "events", import_events_command.import_events, importing)
_add("Commands", "git", import_git_command.import_git, importing)
app.add_typer(declaring, name="types", rich_help_panel=_SERVICE)
for name, command in (
    ("apply", types_command.apply),
    ("list", types_command.list_),
    ("get", types_command.get),
    ("diff", types_command.diff),
    ("retire", types_command.retire),
    ("from-pydantic", types_from_pydantic_command.from_pydantic),
):
    _add("Commands", name, command, declaring)
_add(_SERVICE, "serve", serve_command.serve)
app.add_typer(aggregating, name="aggregates", rich_help_panel=_SERVICE)
_add("Commands", "verify", aggregates_command.verify, aggregating)
_add("Commands", "rebuild", aggregates_command.rebuild, aggregating)
_add(_SERVICE, "schema", schema_command.schema)
_add(_SERVICE, "database-user", database_command.database_user)
_add(_SERVICE, "database-indexes", indexes_command.database_indexes)
