"""GraphQL over a websocket by the protocol `graphql-transport-ws`: who may connect.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. The older protocol that is called `graphql-ws` is not
spoken.
"""

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from domain.errors import DselError
from graph.quota import Quota
from graph.websocket_connection import Close, Connection, Operations

SUBPROTOCOL = "graphql-transport-ws"


class WebSocketEndpoint:
    """An ASGI application.

    Browsers name the origin of the page that connects: it must be ours or an allowed one, for no preflight asks.
    """

    def __init__(self, operations: Operations, connections: Quota, allowed_origins: list[str]) -> None:
        self._operations = operations
        self._connections = connections
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if not self._is_allowed(socket.headers):
            await socket.close()  # before it is accepted, this answers 403
            return
        if SUBPROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(Close.SUBPROTOCOL, "Subprotocol not acceptable")
            return
        await socket.accept(SUBPROTOCOL)
        try:
            with self._connections.one():
                await Connection(socket, self._operations).run()
        except DselError as error:
            await socket.close(Close.TRY_AGAIN, str(error))

    def _is_allowed(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or "*" in self._allowed_origins or origin in self._allowed_origins:
            return True
        return origin.partition("://")[2] == headers.get("host")
