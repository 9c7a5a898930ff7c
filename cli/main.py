"""The `dsel` command."""

import typer

from cli import database_command, schema_command, serve_command

app = typer.Typer(
    name="dsel",
    help="The state of every domain object, now and at any past moment, and who caused it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("serve")(serve_command.serve)
app.command("schema")(schema_command.schema)
app.command("database-user")(database_command.database_user)
