"""The GraphiQL page as it goes over the wire, and the examples that it opens with."""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from graphql import OperationDefinitionNode, parse
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from graph.examples import Example, load_examples
from graph.graphiql_page import CDN, SOURCE, GraphiQLPage

EXAMPLES = load_examples()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as `scripts/graphiql` makes it."""
    (tmp_path / "assets.html").write_text('<script type="module" src="$root/graphiql/page-0123ABCD.js"></script>')
    (tmp_path / "page-0123ABCD.js").write_text("start()")
    (tmp_path / "notes.txt").write_text("notes")
    return tmp_path


def client(folder: Path, examples: Sequence[Example] = EXAMPLES, root: str = "") -> httpx.AsyncClient:
    graphiql = GraphiQLPage("/graphql", examples, folders=[folder / "absent", folder])
    routes = [Route("/graphql", graphiql.page), *graphiql.routes()]
    app = Starlette(routes=[Mount(root, routes=routes)] if root else routes)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://test{root}")


class Island(HTMLParser):
    """Reads a page as a browser does and keeps the text of the data element and the addresses of all scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.scripts: list[dict[str, str | None]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = ("id", "page-data") in attrs
        if tag in ("script", "link"):
            self.scripts.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.text += data if self._inside else ""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_is_one_named_operation_that_fits_the_pane(example: Example) -> None:
    lines = example.query.splitlines()
    operations = [node for node in parse(example.query).definitions if isinstance(node, OperationDefinitionNode)]
    assert [node.name is not None for node in operations] == [True]
    assert lines[0] == f"# {example.description}"
    assert len(lines) < 25
    assert max(map(len, lines)) <= 62


def test_examples_come_in_the_order_of_their_files_and_name_different_tabs() -> None:
    names = [
        match[1]
        for example in EXAMPLES
        if (match := re.search(r"^(?:query|mutation|subscription) (\w+)", example.query, re.M))
    ]
    assert EXAMPLES[0].title == "Time travel"
    assert len(set(names)) == len(EXAMPLES) == len(list(SOURCE.parent.glob("examples/*.graphql")))


async def test_the_built_page_may_use_nothing_but_its_own_origin(built: Path) -> None:
    response = await client(built).get("/graphql")
    policy = response.headers["content-security-policy"]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';" in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_without_built_files_the_page_may_use_exactly_the_pinned_files_of_one_cdn(tmp_path: Path) -> None:
    graphiql = GraphiQLPage("/graphql", EXAMPLES, folders=[tmp_path, CDN])
    app = Starlette(routes=[Route("/graphql", graphiql.page), *graphiql.routes()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as visitor:
        response = await visitor.get("/graphql")
        assert (await visitor.get("/graphiql/start.js")).status_code == 200
    elements = Island(response.text).scripts
    foreign = {each.get("src") or each.get("href") or "": each for each in elements if "crossorigin" in each}
    allowed = re.findall(r"https:[^\s;]+", response.headers["content-security-policy"])
    assert set(allowed) == set(foreign)
    assert all(re.fullmatch(r"https://cdn\.jsdelivr\.net/npm/[\w-]+@\d+\.\d+\.\d+/\S+", url) for url in foreign)
    assert all((each["integrity"] or "").startswith("sha384-") for each in foreign.values())


async def test_no_example_can_break_out_of_the_page(built: Path) -> None:
    evil = 'query A { a(b: "</script><script>alert(1)</script><!-- <script> $root $data \u2028 ${x}") }'
    page = (await client(built, [Example("Evil", "", evil)]).get("/graphql")).text
    island = Island(page)
    assert json.loads(island.text) == {"endpoint": "/graphql", "queries": [evil]}
    assert [script.get("src") for script in island.scripts if "src" in script] == ["/graphiql/page-0123ABCD.js"]


async def test_behind_a_prefix_page_files_and_endpoint_all_have_it(built: Path) -> None:
    async with client(built, root="/dsel") as visitor:
        page = Island((await visitor.get("/graphql")).text)
        script = next(each["src"] for each in page.scripts if "src" in each)
        assert script == "/dsel/graphiql/page-0123ABCD.js"
        assert (await visitor.get(f"http://test{script}")).text == "start()"
    assert json.loads(page.text)["endpoint"] == "/dsel/graphql"


async def test_a_hashed_file_is_kept_forever_and_any_other_is_asked_for_by_its_etag(built: Path) -> None:
    async with client(built) as visitor:
        hashed = await visitor.get("/graphiql/page-0123ABCD.js")
        plain = await visitor.get("/graphiql/notes.txt")
        again = await visitor.get("/graphiql/notes.txt", headers={"if-none-match": plain.headers["etag"]})
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cache-control"] == "no-cache"
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["..%2fpage.html", "%2e%2e/page.html", "absent.js", "", "%00"])
async def test_only_the_files_of_the_page_are_served(built: Path, path: str) -> None:
    assert (await client(built).get(f"/graphiql/{path}")).status_code == 404


def test_the_lock_file_pins_every_package_by_content_and_names_no_address() -> None:
    packages = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    locked = [package for name, package in packages.items() if name]
    assert all("integrity" in package and "resolved" not in package for package in locked)
