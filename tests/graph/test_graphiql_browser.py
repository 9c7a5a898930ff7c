"""GraphiQL in a real browser, as a newcomer meets it."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from api import APPLY
from cli.demo import envelopes
from examples import artifact
from graph import json_text
from graph.examples import load_examples
from graph.graphiql_page import BUILT
from patience import PATIENCE
from serving import serving

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MILLISECONDS = 1000.0 * PATIENCE
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.skipif(
        not (BUILT / "assets.html").exists(), reason="GraphiQL is not built: scripts/graphiql needs npm"
    ),
]


@pytest.fixture(scope="module")
def address(mongodb_uri: str) -> Iterator[str]:
    """The real service with the demo data."""
    with serving(mongodb_uri) as root:
        lines = b"\n".join(json_text.dumps(each) for each in envelopes())
        answer = httpx.post(
            f"{root}/events?import=true",
            content=lines,
            headers={"content-type": "application/x-ndjson"},
            timeout=PATIENCE,
        )
        assert json.loads(answer.content.splitlines()[-1])["refused"] == 0
        yield f"{root}/graphql"


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        args = ["--no-sandbox", "--disable-gpu", "--disable-quic", *QUIET]
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=args, timeout=MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        yield chromium
        await chromium.close()


@dataclass
class Visit:
    """A page, the addresses that it asked for, and what it complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.context.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.hear)

    def hear(self, message: ConsoleMessage) -> None:
        """A refusal by the content security policy is a console error too."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture
async def visit(browser: Browser, address: str) -> AsyncIterator[Visit]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(MILLISECONDS)
    visit = Visit(page)
    await page.goto(address)
    yield visit
    await page.context.close()


async def test_a_newcomer_runs_the_first_example_and_nothing_leaves_the_origin(visit: Visit, address: str) -> None:
    page = visit.page
    await expect(page.get_by_role("tab")).to_have_count(len(load_examples()))
    answer = page.get_by_label("Result Window")
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("TimeTravel")
    await expect(answer).not_to_contain_text("data")

    await page.locator(".graphiql-query-editor .view-lines").click()
    await page.keyboard.press("Control+Enter")

    await expect(answer).to_contain_text("2.3.0")
    await expect(answer).to_contain_text("2.1.1")
    assert [url for url in visit.requests if not url.startswith((address.removesuffix("/graphql"), "data:"))] == []
    assert visit.complaints == []


async def test_a_subscription_shows_each_event_as_it_comes(visit: Visit, address: str) -> None:
    page = visit.page
    answer = page.get_by_label("Result Window")
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("TimeTravel")
    await page.get_by_role("tab", name="Live").click()
    await page.get_by_role(
        "button", name="Execute query"
    ).click()  # at once, while GraphiQL still has the operation of the tab before
    await expect(page.get_by_label("Stop query")).to_be_visible()
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as http:

        async def write(version: str) -> None:
            await http.post(address, json={"query": APPLY, "variables": {"object": artifact(version=version)}})

        for number in count():  # until the first is shown: the service may hear of the subscription after a write
            await write(f"1.{number}.0")
            if "ArtifactAppliedEvent" in (await answer.text_content() or ""):
                break
        await write("2.0.0")
        await expect(answer).to_contain_text("2.0.0")
    assert visit.complaints == []


async def test_a_browser_that_was_here_before_keeps_its_own_tabs(visit: Visit) -> None:
    tabs = visit.page.get_by_role("tab")
    await expect(tabs.first).to_contain_text("TimeTravel")
    await visit.page.get_by_label("Close Tab").first.click()
    await visit.page.wait_for_function("() => localStorage['graphiql:tabState']?.includes('TimeTravel') === false")

    await visit.page.reload()

    await expect(tabs).to_have_count(len(load_examples()) - 1)
    await expect(tabs.first).to_contain_text("Deployments")


async def test_in_a_narrow_window_the_answer_stands_below_the_query(visit: Visit) -> None:
    query, answer = visit.page.locator(".graphiql-query-editor"), visit.page.get_by_label("Result Window")
    await expect(query).to_be_visible()
    await visit.page.set_viewport_size({"width": 600, "height": 800})
    above, below = await query.bounding_box(), await answer.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    assert min(above["width"], below["width"]) > 450


async def test_the_page_follows_the_colours_of_the_system(visit: Visit) -> None:
    container = visit.page.locator(".graphiql-container")
    await visit.page.emulate_media(color_scheme="light")
    await expect(container).to_have_css("background-color", "rgb(255, 255, 255)")
    await visit.page.emulate_media(color_scheme="dark")
    await expect(container).not_to_have_css("background-color", "rgb(255, 255, 255)")
