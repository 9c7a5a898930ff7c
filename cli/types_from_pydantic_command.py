"""`dsel types from-pydantic`"""

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.arguments import Output
from cli.failure import Misuse
from cli.output import Format


def from_pydantic(
    model: Annotated[str, typer.Argument(metavar="MODULE:MODEL", show_default=False, help="A Pydantic model.")],
    group: Annotated[str, typer.Option(metavar="GROUP", help="The group of the apiVersion of its objects.")] = "",
    version: Annotated[str, typer.Option(metavar="VERSION", help="The version that it stands for.")] = "v1alpha1",
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The type's name, if not the model's.")] = None,
    format_: Output = Format.YAML,
) -> None:
    """Prints the manifest of a domain type whose objects a Pydantic model describes.

    Examples:
    $ dsel types from-pydantic shop.models:Order | dsel types apply -f -
    $ dsel types from-pydantic shop.models:OrderPage --name Orders --group shop.example.com
    """
    from domain.errors import InvalidManifest
    from domain.pydantic_model import manifest_of

    try:
        output.document(manifest_of(_model(model), group=group, version=version, name=name), format_)
    except InvalidManifest as error:
        raise Misuse(error.faults[0].problem, hint=error.hint) from None


def _model(path: str) -> Any:
    """The class that a path names, also of the folder where the command is run. Raises Misuse."""
    from pydantic import BaseModel

    module, _, name = path.partition(":")
    if not module or not name:
        raise Misuse(f"'{path}' names no model", hint="Write it like shop.models:Order.")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        hint = "Name it in its module: OrderPage = Page[Order]." if "[" in name else None
        raise Misuse(f"{path} cannot be imported: {error}", hint=hint) from error
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise Misuse(f"{path} is no Pydantic model")
    return found
