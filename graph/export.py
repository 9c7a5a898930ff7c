"""`GET /export`: everything that a search of the log finds, as a file of any length.

GET /export?format=csv&where={"appIds":["11418"],"actorTypes":["HUMAN"]}&order=OLDEST&time=2026-10-01T00:00:00Z
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain import instants
from domain.errors import DselError, InvalidArgument, StoreUnavailable
from graph import json_text, moments
from graph.event_stream import refused
from graph.export_formats import FORMATS, Format
from graph.where_json import event_where
from repository.event_log import Order
from resolvers import exports
from resolvers.context import Context
from resolvers.exports import Export, Pace
from resolvers.views import now

_PARAMETERS = ("format", "where", "order", "time", "knownAt")
_LOG = logging.getLogger("dsel.export")


def endpoint(make_context: Callable[[Request], Awaitable[Context]]) -> Callable[[Request], Awaitable[Response]]:
    async def get(request: Request) -> Response:
        try:
            context = await make_context(request)
            asked = _asked(request)
            where = _where(asked.get("where"))
            export = _export(context, asked, where)
            format_ = _choice("format", asked.get("format", "ndjson"), FORMATS)()
            pace = Pace()
            found = exports.batches(context, export, pace)
            first = await anext(found)  # what refuses the search refuses the request
        except DselError as error:
            return refused(error)
        name = f"events-{instants.write(export.moment.at).replace(':', '')}.{format_.extension}"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        body = _body(format_, export, exports.told(export, where), first, found, pace)
        return StreamingResponse(body, media_type=format_.media_type, headers=headers)

    return get


async def _body(
    format_: Format, export: Export, told: Any, first: Any, rest: AsyncIterator[Any], pace: Pace
) -> AsyncIterator[bytes]:
    """Breaks off without an end when the store does: whoever reads it sees that the file is not whole."""
    yield await run_in_threadpool(format_.begin, told)
    count, batch = 0, first
    try:
        while batch is not None:
            rows = [exports.row(event) for event in batch]
            written = await run_in_threadpool(format_.rows, rows)
            pace.note(len(rows), len(written))
            count += len(rows)
            yield written
            batch = await anext(rest, None)
    except StoreUnavailable as error:
        _LOG.warning("an export broke off after %d events: %s", count, error)
        raise
    yield await run_in_threadpool(format_.end, exports.ended(export, count))


def _asked(request: Request) -> Mapping[str, str]:
    unknown = sorted(set(request.query_params) - set(_PARAMETERS))
    if unknown:
        raise InvalidArgument(f"there is no parameter '{unknown[0][:60]}'", hint=f"There are {', '.join(_PARAMETERS)}.")
    return request.query_params


def _export(context: Context, asked: Mapping[str, str], where: Any) -> Export:
    times = {name: instants.parse(asked[name]) if name in asked else None for name in ("time", "knownAt")}
    moment = moments.moment(context, now(context.instant), times["time"], times["knownAt"])
    order = Order[_choice("order", asked.get("order", "OLDEST"), {each.name: each.name for each in Order})]
    settled: datetime = min(moment.known_at, context.log.settled(context.instant))
    return Export(event_where(where), order, moment, settled)


def _where(text: str | None) -> Any:
    try:
        return json_text.loads(text) if text else {}
    except json_text.JsonError as error:
        raise InvalidArgument(f"where is no JSON: {error}", hint='Write it like {"appIds": ["11418"]}.') from None


def _choice(name: str, value: str, choices: Mapping[str, Any]) -> Any:
    if value not in choices:
        raise InvalidArgument(f"{name}={value[:60]} is not known", hint=f"Take one of: {', '.join(choices)}.")
    return choices[value]
