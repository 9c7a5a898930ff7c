"""The floor: each query of the benchmark as a Starlette handler written by hand, with the same calls of MongoDB.

python -m bench.handwritten URI DATABASE. It knows the three queries by their texts, and nothing of GraphQL.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from repository import access, indexes, pipelines
from repository.documents import EVENTS, LATEST, latest_projection
from repository.event_log import Moment, TimelinePage
from repository.fields import Fields

Json = dict[str, Any]
_ARTIFACT = Fields(
    frozenset(
        {
            ("apiVersion",),
            *(("spec", name) for name in ("version", "description", "regions")),
            *(("spec", "bundles", name) for name in ("name", "type", "location", "sizeBytes")),
            ("status", "phase"),
            ("status", "message"),
        }
    ),
    header=frozenset(),
    last=False,
)
_SHORT = Fields(
    frozenset({("spec", "version"), ("spec", "description"), ("status", "phase")}), header=frozenset(), last=False
)
_LONG = Fields(_SHORT.state and _SHORT.state | {("apiVersion",), ("status", "message")}, header=frozenset(), last=False)
_EVENT = Fields(header=frozenset({"kind", "actor"}), last=False)
_AT = datetime(2026, 3, 1, tzinfo=UTC)


class Handlers:
    def __init__(self, uri: str, database: str) -> None:
        self._client: AsyncMongoClient[Json] = AsyncMongoClient(uri)
        options: CodecOptions[Json] = CodecOptions(tz_aware=False)
        self._database = self._client.get_database(database, codec_options=options)
        queries = Path(__file__).parent / "queries"
        self._by_text: dict[str, Callable[[str, datetime], Awaitable[Json]]] = {
            (queries / f"{name}.graphql").read_text(encoding="utf-8"): handler
            for name, handler in (("one", self.one), ("fifty", self.fifty), ("history", self.history))
        }

    async def answer(self, request: Request) -> Response:
        now = datetime.now(UTC)
        asked = orjson.loads(await request.body())
        data = await self._by_text[asked["query"]](asked["variables"]["app"], now)
        body = {"data": data, "extensions": {"dsel": {"instant": _text(now.replace(tzinfo=None))}}}
        return Response(orjson.dumps(body), media_type="application/json; charset=utf-8")

    async def one(self, app: str, _: datetime) -> Json:
        condition = {"_id": {"$in": [f"Artifact/{app}/module-07"]}}
        [summary] = (
            await self._database[LATEST].find(condition, latest_projection(_ARTIFACT, since_when=True)).to_list()
        )
        spec, status = summary["state"]["spec"], summary["state"]["status"]
        bundles = [{name: each[name] for name in ("name", "type", "location", "sizeBytes")} for each in spec["bundles"]]
        current = {
            "apiVersion": summary["state"]["apiVersion"],
            **_place(summary["at"]),
            "spec": {**{name: spec[name] for name in ("version", "description", "regions")}, "bundles": bundles},
            "status": {"phase": status["phase"], "message": status["message"]},
        }
        return {"artifact": {"name": _name(summary["_id"]), "current": current}}

    async def fifty(self, app: str, now: datetime) -> Json:
        nodes = [
            {"name": _name(each["_id"]), "current": {**_place(each["at"]), **_short(each["state"])}}
            for each in await self._page(app, _SHORT, now)
        ]
        return {"artifacts": {"nodes": nodes}}

    async def history(self, app: str, now: datetime) -> Json:
        page = await self._page(app, _LONG, now)
        keys = [each["_id"] for each in page]
        newest = pipelines.newest(keys, Moment(_AT, now), _LONG)
        timeline = pipelines.timeline(keys, TimelinePage(6), Moment(now, now), _EVENT)
        states, rows = await asyncio.gather(self._rows(EVENTS, newest), self._rows(None, timeline))
        at = {each["_id"]: each["event"] for each in states}
        events: dict[str, list[Json]] = {}
        for row in rows:
            events.setdefault(row["entity"], []).append(row["events"])
        nodes = [
            {
                "name": _name(each["_id"]),
                "current": _long(each["at"], each["state"]),
                "asOf": _long(at[each["_id"]], at[each["_id"]]["state"]),
                "events": {"nodes": [_event(event) for event in events[each["_id"]][:5]]},
            }
            for each in page
        ]
        return {"artifacts": {"nodes": nodes}}

    async def _page(self, app: str, fields: Fields, now: datetime) -> list[Json]:
        """The list, and then whether it has changed since."""
        bounds = {"$gte": f"Artifact/{app}/", "$lt": f"Artifact/{app}0"}
        condition, projection = {"live": True, "_id": bounds}, latest_projection(fields)
        found = await self._database[LATEST].find(condition, projection, sort=[("_id", 1)], limit=51).to_list()
        changed = {**access.at(access.acts()), "type": "Artifact", "timestamp": {"$gt": now}}
        options: Any = {"sort": [("timestamp", -1), ("_id", -1)], "limit": 1, "hint": indexes.ACTS}
        assert not await self._database[EVENTS].find(changed, {"timestamp": 1, "_id": 0}, **options).to_list()
        return found

    async def _rows(self, collection: str | None, pipeline: Any) -> list[Json]:
        source = self._database if collection is None else self._database[collection]
        return await (await source.aggregate(pipeline, batchSize=10_000)).to_list()


def _name(key: str) -> str:
    return key.split("/", 2)[2]


def _text(at: datetime) -> str:
    return at.isoformat("T", "milliseconds") + "Z"


def _place(event: Json) -> Json:
    return {"version": event["version"], "validFrom": _text(event["timestamp"])}


def _short(state: Json) -> Json:
    spec, status = state["spec"], state["status"]
    return {
        "spec": {"version": spec["version"], "description": spec["description"]},
        "status": {"phase": status["phase"]},
    }


def _long(event: Json, state: Json) -> Json:
    spec, status = state["spec"], state["status"]
    return {
        "apiVersion": state["apiVersion"],
        **_place(event),
        "spec": {"version": spec["version"], "description": spec["description"]},
        "status": {"phase": status["phase"], "message": status["message"]},
    }


def _event(event: Json) -> Json:
    return {
        "id": event["_id"],
        "kind": event["kind"],
        "timestamp": _text(event["timestamp"]),
        "version": event["version"],
        "actor": {"id": event["actor"]["id"], "type": event["actor"]["type"]},
    }


class _Server(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        print(f"ready at http://{host}:{port}/graphql", flush=True)


def main(uri: str, database: str) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        handlers = Handlers(uri, database)
        app.router.routes.append(Route("/graphql", handlers.answer, methods=["POST"]))
        yield

    config = uvicorn.Config(Starlette(lifespan=lifespan), port=0, loop="uvloop", log_level="warning", access_log=False)
    _Server(config).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
