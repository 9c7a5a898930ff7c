"""What the options before the command say: which server, and who asks."""

from typing import Annotated

import typer

Server = Annotated[str, typer.Option(envvar="DSEL_SERVER", metavar="URL", help="The address of the service.")]
Token = Annotated[
    str | None,
    typer.Option(envvar="DSEL_TOKEN", metavar="TOKEN", help="Your token. Others cannot read it in the variable."),
]
Actor = Annotated[
    str | None,
    typer.Option(envvar="DSEL_ACTOR", metavar="ID", help="Who acts, while the service asks for no tokens."),
]
ActorType = Annotated[
    str | None,
    typer.Option(envvar="DSEL_ACTOR_TYPE", metavar="TYPE", help="What that is: human, service or controller."),
]
