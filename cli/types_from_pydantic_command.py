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
    format_: Output = Format.YAML,
) -> None:
    """Prints the manifest of a domain type whose objects a Pydantic model describes.

    Examples:
    $ dsel types from-pydantic shop.models:Order | dsel types apply -f -
    """
    from domain.pydantic_model import manifest_of

    output.document(manifest_of(_model(model), group=group, version=version), format_)


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
        raise Misuse(f"{path} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise Misuse(f"{path} is no Pydantic model")
    return found
