"""`dsel database-user`"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import console
from domain.errors import DselError, StartupError

AdminUri = Annotated[
    str,
    typer.Option(
        envvar="DSEL_ADMIN_URI",
        show_envvar=True,
        help="The MongoDB, as an administrator. The variable keeps the password out of the process list.",
    ),
]
DatabaseName = Annotated[str, typer.Option(envvar="DSEL_DATABASE", help="The name of the service's database.")]
_Username = Annotated[str, typer.Option(help="The name of the service's user.")]
_PasswordFile = Annotated[
    Path | None, typer.Option(help="The file that holds the user's password; without it, standard input does.")
]


def database_user(
    admin_uri: AdminUri,
    database: DatabaseName = "dsel",
    username: _Username = "dsel",
    password_file: _PasswordFile = None,
) -> None:
    """Prepares a MongoDB for the service: makes the indexes, and a user who can add events but not change them.

    Run it again to change the password, or after an update that brings new indexes.
    """
    with refusals():
        asyncio.run(_prepare(admin_uri, database, username, _password(password_file)))
    console.out.print(f"The indexes of the database {database} are there, and its user {username} can run the service.")
    console.out.print(f"Name that user and authSource={database} in the service's DSEL_MONGODB_URI.")


@contextmanager
def refusals() -> Iterator[None]:
    """What MongoDB or its driver refuses ends the command."""
    from pymongo.errors import OperationFailure, PyMongoError  # a client command needs none of the service

    try:
        yield
    except DselError as error:
        console.fail(f"{error}.", hint=error.hint)
    except OperationFailure as error:
        console.fail(f"MongoDB refused: {(error.details or {}).get('errmsg', error)}")
    except PyMongoError as error:
        console.fail(f"the MongoDB cannot be used: {error}")


async def _prepare(admin_uri: str, name: str, username: str, password: str) -> None:
    from pymongo import AsyncMongoClient

    from repository import driver, indexes, role

    database = driver.connect(admin_uri, name)
    try:
        await indexes.ensure(database)
    finally:
        await database.close()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(admin_uri)
    async with client:
        await role.create_service_user(client, name, username, password)


def _password(file: Path | None) -> str:
    """Raises StartupError when there is none."""
    try:
        password = _typed() if file is None else file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise StartupError(f"the password file {file} cannot be read: {reason}") from None
    if not password:
        raise StartupError("the password is empty", hint="Put it into a file and name that with --password-file.")
    return password


def _typed() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
