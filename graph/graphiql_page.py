"""The GraphiQL page: what it loads, what it may do, and the files it is made of."""

import json
import re
from collections.abc import Sequence
from html import escape
from os import PathLike, stat_result
from pathlib import Path
from string import Template

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.examples import Example

SOURCE = Path(__file__).parent / "graphiql"
BUILT = SOURCE / "vendor"
CDN = SOURCE / "cdn"
HASHED = re.compile(r"-[A-Z0-9]{8}\.(js|css)$")


class GraphiQLPage:
    """GraphiQL for the GraphQL endpoint at the path `endpoint`, opening with one tab for each of `examples`.

    It is made of the first of `folders` that holds an `assets.html` (the lines that load its scripts): the one that
    `scripts/graphiql` builds, or else the one that loads a release from a CDN. They are looked at on each request.
    """

    def __init__(self, endpoint: str, examples: Sequence[Example], folders: Sequence[Path] = (BUILT, CDN)) -> None:
        self.endpoint = endpoint
        self.examples = examples
        self.folders = folders

    async def page(self, request: Request) -> Response:
        """The page as HTML, for a GET of the endpoint that would rather have HTML than JSON."""
        root = request.scope.get("root_path", "")
        assets = await run_in_threadpool(self._assets)
        shell = await run_in_threadpool((SOURCE / "page.html").read_text, "utf-8")
        lines = Template(assets).substitute(root=escape(root))
        html = Template(shell).substitute(assets=lines, data=self._data(root))
        return HTMLResponse(html, headers=page_headers(assets))

    def routes(self) -> list[BaseRoute]:
        """The page's files under `/graphiql/`. The page itself is the endpoint's to give."""
        return [Mount("/graphiql", Assets(self.folders), name="graphiql")]

    def _assets(self) -> str:
        files = (folder / "assets.html" for folder in self.folders)
        return next(file for file in files if file.is_file()).read_text("utf-8")

    def _data(self, root: str) -> str:
        data = {"endpoint": root + self.endpoint, "queries": [example.query for example in self.examples]}
        return json.dumps(data).replace("<", r"\u003c")  # nothing in it can end the script element


def page_headers(assets: str) -> dict[str, str]:
    """The headers of a page that loads `assets`: it may use our own origin, and of others exactly the files named."""
    scripts = " ".join(re.findall(r'src="(https:[^"]+)"', assets))
    styles = " ".join(re.findall(r'href="(https:[^"]+)"', assets))
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' {scripts}",
        "style-src": f"'self' 'unsafe-inline' {styles}",  # the editor writes style elements and attributes
        "font-src": "'self' data:",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value.strip()}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
        "vary": "accept",
    }


class Assets(StaticFiles):
    """The files in `folders`, the first that has one. A name with a hash in it never changes its content."""

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__()
        self.all_directories = list(folders)

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or 304 when the browser has it already; a script that runs as a worker may reach nothing."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        forever = HASHED.search(str(full_path))
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if forever else "no-cache"
        response.headers["content-security-policy"] = "default-src 'none'"
        response.headers["x-content-type-options"] = "nosniff"
        return response
