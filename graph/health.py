"""`/healthz`: the process answers. `/readyz`: it can do its work, because MongoDB answers."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.errors import StoreUnavailable

Probe = Callable[[], Awaitable[None]]


def routes(probe: Probe) -> list[Route]:
    """`probe` raises StoreUnavailable while the service cannot work."""

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        try:
            await probe()
        except StoreUnavailable as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ok"})

    return [Route("/healthz", alive), Route("/readyz", ready)]
