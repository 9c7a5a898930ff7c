"""`dsel serve`"""

import asyncio
import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import console
from domain.errors import DselError


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0 takes a free one.")] = None,
    data: Annotated[Path | None, typer.Option(help="The folder of the embedded MongoDB.")] = None,
    mongodb_uri: Annotated[str | None, typer.Option(help="The MongoDB to use instead of an embedded one.")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes serve, each with one processor.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo data, once.")] = False,
) -> None:
    """Starts the service, with a MongoDB of its own unless it is told to use another.

    Everything else is set by environment variables; the README lists them.
    """
    import uvloop  # here and not above: a client command needs none of the service
    from pydantic import ValidationError

    from cli import service
    from graph.settings import Settings

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    given: dict[str, Any] = {"host": host, "port": port, "data": data, "mongodb_uri": mongodb_uri, "workers": workers}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        uvloop.run(service.run(settings, demo=demo))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        console.fail(f"DSEL_{'.'.join(map(str, fault['loc'])).upper()} is wrong: {fault['msg']}")
    except DselError as error:
        console.fail(str(error), hint=error.hint)
    except (KeyboardInterrupt, asyncio.CancelledError):
        pass
