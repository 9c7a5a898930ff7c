"""A GraphQL request as HTTP brings it: what it must look like, and which status says what is wrong."""

from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from graphql import GraphQLError
from starlette.types import Scope

from graph import json_text
from graph.execution import GraphQLRequest
from graph.server_sent_events import EVENT_STREAM
from resolvers.beside import beside

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
HTML = "text/html"
LARGE = 2**18  # bytes: to read so many takes milliseconds

EXAMPLE = 'Send a JSON object like {"query": "{ __typename }", "variables": {}, "operationName": null}.'


class RefusedError(Exception):
    """A request that was not executed, with the HTTP status that says why."""

    def __init__(self, status: int, error: GraphQLError, headers: dict[str, str]) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = headers


CODE_BY_STATUS = {
    400: "BAD_REQUEST",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def refuse(status: int, message: str, headers: dict[str, str] | None = None) -> NoReturn:
    error = GraphQLError(message, extensions={"code": CODE_BY_STATUS[status]})
    raise RefusedError(status, error, headers or {})


class Bodies:
    """Reads requests from bodies in JSON. Who sends one sends it again, most likely, so that small ones are remembered.

    Not those with arrays or objects among their variables, which whoever gets them may change.
    """

    def __init__(self, most: int = 512, largest: int = 2**12) -> None:
        self._most = most
        self._largest = largest
        self._requests: dict[bytes, GraphQLRequest] = {}

    async def request(self, body: bytes) -> GraphQLRequest:
        """Raises RefusedError."""
        if len(body) > self._largest:
            return checked(_loaded(body) if len(body) < LARGE else await beside(_loaded, body))
        known = self._requests.get(body)
        if known is not None:
            return known
        request = checked(_loaded(body))
        if _is_flat(request.variables or {}):
            if len(self._requests) >= self._most:
                self._requests.clear()
            self._requests[body] = request
        return request


def _is_flat(variables: dict[str, Any]) -> bool:
    return not any(isinstance(each, dict | list) for each in variables.values())


def _loaded(body: bytes) -> Any:
    try:
        return json_text.loads(body)
    except json_text.JsonError as error:
        refuse(400, f"The request body cannot be read: {error}. {EXAMPLE}")


def headers(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; repeated ones are joined with commas, as HTTP means them."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@lru_cache(maxsize=256)
def media_problem(content_type: str, content_encoding: str) -> tuple[int, str] | None:
    """Only application/json in UTF-8, which a page of another site cannot send unasked."""
    if "," in content_type:
        return 400, f'There is more than one Content-Type. Send one: "Content-Type: {JSON}".'
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type != JSON:
        return 415, f'The Content-Type is {media_type or "missing"}. Send "Content-Type: {JSON}".'
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            return 415, f"The charset is {value.strip()}. Send JSON in UTF-8."
    if content_encoding not in ("", "identity"):
        return 415, f"The Content-Encoding is {content_encoding}. Send the body as it is."
    return None


@lru_cache(maxsize=256)
def accepted(accept: str, offers_page: bool, streams: bool = False) -> str | None:
    """The media type with the highest weight, the first of equals. A wildcard means application/json to old clients."""
    offers = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}
    if offers_page:
        offers[HTML] = HTML
    if streams:
        offers[EVENT_STREAM] = EVENT_STREAM
    best, best_weight = None, 0.0
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        if media_type in offers and weight > best_weight:
            best, best_weight = offers[media_type], weight
    return best


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def queried(query_string: bytes) -> dict[str, Any]:
    """The parameters of a GET request, in the shape of a JSON body."""
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
        values: dict[str, Any] = dict(pairs)
        if len(values) < len(pairs) or any("\0" in value for value in values.values()):
            raise ValueError("one of them is repeated or contains a NUL character")
        for name in ("variables", "extensions"):
            values[name] = json_text.loads(values[name]) if values.get(name) else None
    except ValueError as error:
        refuse(400, f"The query parameters cannot be read: {error}. Send query=, and variables= as a JSON object.")
    return values


def checked(values: Any) -> GraphQLRequest:
    if isinstance(values, list):
        refuse(400, f"Batching is not supported: send one request at a time. {EXAMPLE}")
    if not isinstance(values, dict):
        refuse(400, f"The request is {_kind(values)}, not an object. {EXAMPLE}")
    query, variables = values.get("query"), values.get("variables")
    operation_name, extensions = values.get("operationName"), values.get("extensions")
    if not isinstance(query, str):
        refuse(400, f"`query` is {_kind(query)}; it must be a string with a GraphQL document. {EXAMPLE}")
    if not (variables is None or isinstance(variables, dict)):
        refuse(400, f"`variables` is {_kind(variables)}; it must be an object or null. {EXAMPLE}")
    if not (operation_name is None or isinstance(operation_name, str)):
        refuse(400, f"`operationName` is {_kind(operation_name)}; it must be a string or null. {EXAMPLE}")
    if not (extensions is None or isinstance(extensions, dict)):
        refuse(400, f"`extensions` is {_kind(extensions)}; it must be an object or null. {EXAMPLE}")
    return GraphQLRequest(query, variables, operation_name, extensions)


def _kind(value: object) -> str:
    if value is None:
        return "missing or null"
    kinds = {str: "a string", bool: "a boolean", list: "an array", dict: "an object"}
    return kinds.get(type(value), "a number")
