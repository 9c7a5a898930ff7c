"""What the running service may do in its database. That events are never changed is a grant, not a convention."""

from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from repository.documents import BOOKKEEPING, EVENTS, LATEST

ROLE = "dselService"
EVERY_COLLECTION = ""

# The actions on each collection, and there are no others. Indexes are an administrator's work, apart from those on
# `latest` that domain types declare while the service runs. To find in every
# collection is what MongoDB demands of an aggregation that begins with $documents (SERVER-83610).
PRIVILEGES: dict[str, tuple[str, ...]] = {
    EVERY_COLLECTION: ("find",),
    EVENTS: ("find", "insert", "changeStream"),
    LATEST: ("find", "insert", "update", "remove", "changeStream", "createIndex"),
    BOOKKEEPING: ("find", "insert", "update", "remove"),
}

_ALREADY_EXISTS = (51002, 51003)  # a role, a user


async def create_service_user(
    admin_client: AsyncMongoClient[dict[str, Any]], database: str, username: str, password: str
) -> None:
    """Creates the role and its user, or brings both up to date: what else they had been granted is taken away.

    Both live in `database`, which is therefore the user's authSource.
    """
    home = admin_client[database]
    privileges = [
        {"resource": {"db": database, "collection": collection}, "actions": list(actions)}
        for collection, actions in PRIVILEGES.items()
    ]
    await _put(home, "Role", ROLE, privileges=privileges, roles=[])
    await _put(home, "User", username, pwd=password, roles=[{"role": ROLE, "db": database}])


async def _put(database: AsyncDatabase[dict[str, Any]], noun: str, name: str, **body: Any) -> None:
    try:
        await database.command(f"create{noun}", name, **body)
    except OperationFailure as error:
        if error.code not in _ALREADY_EXISTS:
            raise
        await database.command(f"update{noun}", name, **body)
