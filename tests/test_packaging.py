"""What is handed over works: locks, image, documents. Nothing of it names a registry or this machine."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
import yaml
from asgi_lifespan import LifespanManager
from starlette.applications import Starlette

from cli.demo import envelopes
from domain import manifest as manifests
from domain import registry
from domain.registry import Registry
from graph import health, json_text
from graph.app import create_app
from graph.callers import Callers
from graph.settings import Settings
from repository.indexes import INDEXES
from resolvers.context import Right

ROOT = Path(__file__).parents[1]
DSEL = Path(sys.executable).with_name("dsel")
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PACKAGES = "cli domain graph repository resolvers".split()
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

# In parts, so that this file does not name what it looks for.
REGISTRIES = [".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
    ("debian", "org"), ("docker", "io"), ("docker", "com"), ("ghcr", "io"), ("quay", "io"),
)]  # fmt: skip
FOLDERS = [f"/{folder}/" for folder in ("work", "root", "home", "Users")]


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    """Every file that is committed or about to be."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no git repository")
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


# What is committed


def test_no_file_names_a_registry_or_a_folder_of_a_machine(committed: list[Path]) -> None:
    unwanted = re.compile("|".join(map(re.escape, REGISTRIES + FOLDERS)))
    named = [(str(file.relative_to(ROOT)), found[0]) for file in committed for found in unwanted.finditer(_text(file))]
    assert named == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_python_package_has_a_version_and_hashes(lock: Path) -> None:
    entries = re.sub(r"\\\n|#.*", "", lock.read_text()).split("\n")
    entries = [entry for entry in entries if entry]
    assert len(entries) > 20
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_every_locked_npm_package_has_a_hash_and_no_address(committed: list[Path]) -> None:
    locks = [file for file in committed if file.name == "package-lock.json"]
    packages = [entry for lock in locks for path, entry in json.loads(lock.read_text())["packages"].items() if path]
    assert len(locks) == 3
    assert [entry for entry in packages if "resolved" in entry or "integrity" not in entry] == []


# The package


@pytest.fixture(scope="module")
def wheel(committed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of what is committed, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    for file in committed:
        (folder / "source" / file.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, folder / "source" / file.relative_to(ROOT))
    pip = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(folder / "source")], check=True, stdin=subprocess.DEVNULL)
    [made] = folder.glob("*.whl")
    zipfile.ZipFile(made).extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_holds_every_module_and_data_file_and_nothing_else(wheel: Path, committed: list[Path]) -> None:
    built = ("build.mjs", "package.json", "package-lock.json", ".npmrc", "page.jsx", "style.css")  # into vendor/
    ours = [str(file.relative_to(ROOT)) for file in committed if file.relative_to(ROOT).parts[0] in PACKAGES]
    held = [str(file.relative_to(wheel)) for file in wheel.rglob("*") if file.is_file()]
    assert {name for name in held if "dist-info" not in name} == {
        name for name in ours if not (name.startswith("graph/graphiql/") and Path(name).name in built)
    }


def test_the_wheel_works_by_itself(wheel: Path, tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", "from cli.main import app; app()", "schema"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == (ROOT / "schema.graphql").read_text()


def test_without_a_mongod_and_an_address_the_service_says_how_to_give_it_one(tmp_path: Path) -> None:
    """As in the image, whose folder cannot be written either."""
    (tmp_path / "file").touch()
    ended = subprocess.run(
        [DSEL, "serve", "--port", "0", "--data", str(tmp_path / "file" / "data")],
        env={"DSEL_MONGOD": "/nowhere/mongod"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr.count("\n"), ended.stdout) == (1, 1, "")
    assert "DSEL_MONGODB_URI" in ended.stderr


# The image


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    """Its instructions, one line each."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def test_the_image_is_made_of_what_is_there_and_not_ignored(dockerfile: list[str]) -> None:
    copied = [line.split()[1:-1] for line in dockerfile if line.startswith("COPY ") and "--from" not in line]
    sources = [source for sources in copied for source in sources]
    assert {"domain", "requirements/api.txt", "scripts/graphiql"} <= set(sources)
    assert [source for source in sources if not (ROOT / source).exists() or _ignored(source)] == []
    assert [name for name in (".git", ".venv", ".data", "tests", "graph/graphiql/vendor") if not _ignored(name)] == []


def test_the_image_runs_as_nobody_in_particular_and_carries_no_mongod(dockerfile: list[str]) -> None:
    final = dockerfile[max(index for index, line in enumerate(dockerfile) if line.startswith("FROM ")) :]
    assert "USER 10001:10001" in final
    assert 'CMD ["dsel", "serve", "--host", "0.0.0.0"]' in final
    assert "fiftyone" not in (ROOT / "requirements" / "api.txt").read_text()


@pytest.fixture
async def healthy() -> AsyncIterator[int]:
    """The port of a server that is alive, though its MongoDB is not asked."""

    async def probe() -> None:
        raise AssertionError

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=health.routes(probe)), log_level="error"))
        serving = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def test_the_image_is_healthy_while_the_service_answers(dockerfile: list[str], healthy: int) -> None:
    [check] = [line for line in dockerfile if line.startswith("HEALTHCHECK ")]
    python, *arguments = json.loads(check[check.index("[") :])
    assert python == "python"
    assert await _exit_code(arguments, healthy) == 0
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        assert await _exit_code(arguments, silent.getsockname()[1]) == 1


def test_compose_opens_one_port_on_loopback_and_waits_for_a_replica_set() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:${PORT:-8000}:8000"]
    assert services["api"]["depends_on"] == {"mongodb": {"condition": "service_healthy"}}
    assert "rs.initiate" in services["mongodb"]["healthcheck"]["test"][-1]


# The documents


def test_the_table_of_settings_is_that_of_the_code() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/configuration.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_link_between_documents_leads_to_a_file() -> None:
    links = [(document, link) for document in DOCUMENTS for link in _links(document)]
    assert links
    assert [(document.name, link) for document, link in links if not (document.parent / link).exists()] == []


def test_every_index_is_described() -> None:
    """With its keys in their order."""
    text = (ROOT / "docs" / "storage.md").read_text()
    rows = {
        f"| `{collection}` | `{index.document['name']}` | {_keys(index.document)} |"
        for collection, indexes in INDEXES.items()
        for index in indexes
    }
    assert {row for row in rows if row not in text} == set()


@pytest.fixture(scope="module")
async def client(mongodb_uri: str) -> AsyncIterator[httpx.AsyncClient]:
    """The service with the domain type of the README and the demo data."""
    [manifest] = [each for each in _blocks("yaml") if "DomainType" in each]
    types = Registry([*registry.builtin(), manifests.read(yaml.safe_load(manifest))])
    settings: dict[str, Any] = {"mongodb_uri": mongodb_uri, "database": f"readme_{uuid4().hex}"}
    app = create_app(Settings(**settings), types=types)
    transport = httpx.ASGITransport(app)
    async with LifespanManager(app), httpx.AsyncClient(transport=transport, base_url="http://dsel") as made:
        lines = b"\n".join(json_text.dumps(envelope) for envelope in envelopes())
        headers = {"content-type": "application/x-ndjson"}
        imported = await made.post("/events?import=true", content=lines, headers=headers)
        assert json.loads(imported.text.splitlines()[-1])["refused"] == 0
        yield made
        await app.state.service.database.command({"dropDatabase": 1})


async def test_the_example_in_the_readme_answers_as_it_says(client: httpx.AsyncClient) -> None:
    assert await _data(client, _blocks("graphql")[0]) == json.loads(_blocks("json")[0])


async def test_the_mutations_in_the_readme_are_stored(client: httpx.AsyncClient) -> None:
    mutations = [each for each in _blocks("graphql") if each.startswith("mutation")]
    answers = [answer for mutation in mutations for answer in (await _data(client, mutation)).values()]
    assert [answer["event"]["kind"] for answer in answers] == [
        "ArtifactAppliedEvent",
        "ArtifactScannedEvent",
        "DatabaseResizedEvent",
    ]
    [used_by] = answers[-1]["entity"]["current"]["spec"]["usedBy"]
    assert used_by["current"]["spec"]["version"]


def test_the_tokens_in_the_readme_are_read(tmp_path: Path) -> None:
    [tokens] = [each for each in _blocks("yaml") if "token:" in each]
    (tmp_path / "tokens.yaml").write_text(tokens)
    settings: dict[str, Any] = {"tokens": tmp_path / "tokens.yaml"}
    caller = Callers(Settings(**settings)).caller({"authorization": "Bearer 71c0fa5e2d7b4b9d"})
    assert (caller.actor.id, caller.rights) == ("git-importer", frozenset({Right.IMPORT}))


def test_the_changelog_has_one_unreleased_section() -> None:
    assert (ROOT / "CHANGELOG.md").read_text().count("\n## [Unreleased]\n") == 1


async def _exit_code(arguments: list[str], port: int) -> int | None:
    environment = {"DSEL_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment, stderr=PIPE)
    await process.communicate()
    return process.returncode


def _ignored(path: str) -> bool:
    """By .dockerignore: the last rule that fits the path or a folder above it decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        rule = line.removeprefix("!")
        above = [str(each) for each in (PurePosixPath(path), *PurePosixPath(path).parents)]
        if rule and not line.startswith("#") and any(fnmatch(each, rule) for each in above):
            ignored = not line.startswith("!")
    return ignored


def _links(document: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        path = target.partition("#")[0]
        if path and "://" not in path:
            yield path


def _blocks(language: str) -> list[str]:
    """The blocks of the README in one language."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


async def _data(client: httpx.AsyncClient, query: str) -> Any:
    answer = (await client.post("/graphql", json={"query": query})).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def _keys(index: dict[str, Any]) -> str:
    return ", ".join(f"{key} ↓" if direction < 0 else key for key, direction in index["key"].items())


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.suffix != ".png" else ""
