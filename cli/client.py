"""The server, as the commands see it: GraphQL and the event stream over HTTP."""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cli.failure import Failure, Misuse
from domain.errors import DselError
from graph import json_text

if TYPE_CHECKING:
    import httpx

DEFAULT_SERVER = "http://127.0.0.1:8000"
_CONNECT, _ANSWER = 5.0, 120.0
_SIGN_OF_LIFE = 60.0  # seconds; a server shows one every fifteen
_HINT = "Start one with `dsel serve`, or name another with --server or DSEL_SERVER."


class Unreachable(Failure):
    """No server answers."""

    code = "UNREACHABLE"


class Interrupted(Failure):
    """The server was reached but did not answer; whether it did what it was asked to do is not known."""

    code = "INTERRUPTED"
    retryable = True


class ServerError(Failure):
    """The server refused the request as a whole."""

    def __init__(self, message: str, code: str, hint: str | None = None, *, retryable: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.retryable = retryable


@dataclass
class Client:
    """One server and who asks it. Connects when it is first used."""

    server: str = DEFAULT_SERVER
    token: str | None = None
    actor: str | None = None
    actor_type: str | None = None
    instant: str = field(default="", init=False)
    """The server's instant of the last answer."""

    def ask(self, query: str, /, **variables: Any) -> Any:
        """The data of a query. Raises Unreachable, Interrupted or ServerError."""
        answer = self._answer(self.post("/graphql", _body(query, variables)))
        self.instant = answer.get("extensions", {}).get("dsel", {}).get("instant", self.instant)
        if errors := answer.get("errors"):
            raise _refusal(errors[0])
        return answer["data"]

    def now(self) -> str:
        """The server's instant."""
        self.ask("{ __typename }")
        return self.instant

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> "httpx.Response":
        """Raises Unreachable or Interrupted."""
        with _explained(self.base):
            return self._http.post(self.base + path, content=body, headers={"content-type": content_type})

    def stream(self, path: str, parameters: Mapping[str, str]) -> Iterator[bytes]:
        """A long answer, piece by piece. Raises Unreachable, ServerError, or Interrupted when it breaks off."""
        with _explained(self.base), self._http.stream("GET", self.base + path, params=dict(parameters)) as response:
            if response.status_code == 200:
                yield from response.iter_bytes()
                return
            response.read()
        raise _told(self.base, response)

    def results(self, query: str, variables: Mapping[str, Any]) -> Iterator[Any]:
        """The data of each result of a subscription, None for a sign of life; ends when the server ends it.

        Raises Unreachable, ServerError, or Interrupted when the connection breaks.
        """
        headers = {"accept": "text/event-stream", "content-type": "application/json"}
        patience = self._http.timeout.as_dict() | {"read": _SIGN_OF_LIFE}
        request = self._http.build_request(
            "POST",
            f"{self.base}/graphql",
            content=_body(query, variables),
            headers=headers,
            extensions={"timeout": patience},
        )
        with _explained(self.base), closing(self._http.send(request, stream=True)) as response:
            if response.status_code == 200 and response.headers["content-type"].startswith("text/event-stream"):
                yield from map(_data, _lines(response.iter_raw()))
                return
            response.read()
        raise _told(self.base, response)

    def close(self) -> None:
        if "_http" in self.__dict__:
            self._http.close()

    @cached_property
    def base(self) -> str:
        """The address without a path, and with a scheme."""
        address = self.server if "://" in self.server else f"http://{self.server}"
        return address.rstrip("/").removesuffix("/graphql")

    @cached_property
    def _http(self) -> "httpx.Client":
        import httpx

        return httpx.Client(
            headers=self._headers(),
            verify=self.base.startswith("https"),  # reading the certificates takes a while
            timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
            trust_env=not _is_loopback(self.base),  # no proxy stands between us and our own machine
        )

    def _headers(self) -> dict[str, str]:
        given = {
            "authorization": f"Bearer {self.token}" if self.token else None,
            "x-dsel-actor": self.actor,
            "x-dsel-actor-type": self.actor_type,
        }
        headers = {name: value for name, value in given.items() if value}
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                raise Misuse(
                    f"the header {name} can only carry printable ASCII", hint="Look at DSEL_TOKEN, DSEL_ACTOR."
                )
        return {**headers, "accept": "application/json"}

    def _answer(self, response: "httpx.Response") -> dict[str, Any]:
        try:
            answer = json_text.loads(response.content)
            if isinstance(answer, dict) and ("data" in answer or "errors" in answer):
                return answer
        except json_text.JsonError:
            pass
        raise stranger(self.base, response.status_code)


def _body(query: str, variables: Mapping[str, Any]) -> bytes:
    try:
        return json_text.dumps({"query": query, "variables": variables})
    except TypeError as error:  # so Python takes bytes of the command line that are no UTF-8
        raise Misuse(f"what was given cannot be sent: {error}") from None


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines as the protocol has them: a text of JSON may hold what Python takes for the end of one."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


def _data(line: bytes) -> Any:
    """The data of a result, and None for any other line. Raises ServerError."""
    text = line.removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
    if not text:
        return None
    result = json_text.loads(text)
    if errors := result.get("errors"):
        raise _refusal(errors[0])
    return result["data"]


def stranger(base: str, status: int) -> Failure:
    """An answer that no DSEL server gives."""
    return Failure(f"{base} answers {status}, and not as a DSEL server does", hint="Look at --server or DSEL_SERVER.")


@contextmanager
def _explained(base: str) -> Iterator[None]:
    import httpx

    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        reason = "it does not respond" if isinstance(error, httpx.ConnectTimeout) else _reason(error)
        raise Unreachable(f"no server can be reached at {base}: {reason}", hint=_HINT) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise Misuse(f"'{base}' is no address of a server: {error}", hint=f"Write it like {DEFAULT_SERVER}.") from None
    except httpx.TimeoutException as error:
        raise Interrupted(f"{base} did not answer in time", hint="Try again.") from error
    except httpx.HTTPError as error:
        raise Interrupted(f"the connection to {base} broke: {error}", hint="Try again.") from error


def _told(base: str, response: "httpx.Response") -> DselError:
    """A refusal outside of GraphQL."""
    try:
        told = json_text.loads(response.content)
    except json_text.JsonError:
        told = None
    if not isinstance(told, dict) or "code" not in told:
        return stranger(base, response.status_code)
    return _refusal({"message": told.get("message"), "extensions": told})


def _reason(error: BaseException) -> str:
    """What the system says, under what httpx says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error)


def _refusal(error: Mapping[str, Any]) -> DselError:
    told = error.get("extensions") or {}
    code, hint = str(told.get("code")), told.get("hint")
    if code == "UNAUTHENTICATED":
        hint = "Set DSEL_TOKEN to your token."
    elif code == "GRAPHQL_VALIDATION_FAILED":  # what the commands ask is fixed
        hint = "The server is older or newer than this command; dsel --version tells which this is."
    return ServerError(str(error.get("message")), code, hint, retryable=bool(told.get("retryable")))


def _is_loopback(base: str) -> bool:
    try:
        host = urlsplit(base).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
