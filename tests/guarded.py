"""A MongoDB with access control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from repository.embedded import EmbeddedMongod

ROOT = "root"


@asynccontextmanager
async def guarded(folder: Path) -> AsyncIterator[str]:
    """The URI of a replica set that lets nobody in but ROOT, whose password is its name."""
    key = folder / "key"
    key.touch(0o600)
    key.write_text("0123456789")
    async with EmbeddedMongod(folder, options=("--auth", "--keyFile", str(key))) as mongod:
        async with AsyncMongoClient[dict[str, Any]](mongod.uri) as nobody:
            await nobody.admin.command("createUser", ROOT, pwd=ROOT, roles=["root"])
        yield mongod.uri
