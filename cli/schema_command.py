"""`dsel schema`"""

import typer

from domain import registry
from graph import schema as schemas


def schema() -> None:
    """Prints the GraphQL schema of the built-in domain types."""
    typer.echo(schemas.text(schemas.build(registry.builtin())), nl=False)
