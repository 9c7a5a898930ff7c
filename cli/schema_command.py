"""`dsel schema`"""

import typer


def schema() -> None:
    """Prints the GraphQL schema of the built-in domain types."""
    from domain import registry  # here and not above: a client command needs none of the service
    from graph import schema as schemas

    typer.echo(schemas.text(schemas.build(registry.builtin())), nl=False)
