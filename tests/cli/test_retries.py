"""What the commands do when an answer gets lost on its way, after the server has done what it was asked to do."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import orjson
import pytest

from examples import T0
from patience import PATIENCE
from terminal import Shell
from told import applied

VPC = '{"kind": "Artifact", "meta": {"name": "vpc"}, "spec": {"version": "1.0.0"}}'


@pytest.fixture
def lossy(server: str, dsel: Shell) -> Iterator[Shell]:
    """The command behind something that loses the first answer to a write."""
    lost: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = httpx.post(server + self.path, content=body, headers={**self.headers}, timeout=PATIENCE)
            if not lost and (b"mutation" in body or self.path.startswith("/events")):
                lost.append(body)
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as between:
        thread = threading.Thread(target=between.serve_forever, args=(0.01,))
        thread.start()
        yield Shell({**dsel.environment, "DSEL_SERVER": f"http://127.0.0.1:{between.server_port}"})
        between.shutdown()
        thread.join()
    assert lost, "no write came by"


def test_a_write_is_repeated_and_stored_once(lossy: Shell, dsel: Shell) -> None:
    assert lossy.ok("apply", "-f", "-", stdin=VPC).out == "artifact/vpc applied\n"
    assert [row[0] for row in dsel.ok("history", "artifact", "vpc").rows] == ["2", "1"]


def test_a_delete_is_repeated_and_stored_once(lossy: Shell, dsel: Shell) -> None:
    dsel.ok("apply", "-f", "-", stdin=VPC)
    assert lossy.ok("delete", "artifact", "vpc").out == "artifact/vpc deleted\n"
    assert len(dsel.ok("history", "artifact", "vpc").rows) == 4


def test_a_rollback_is_repeated_and_stored_once(lossy: Shell, dsel: Shell, app_id: str) -> None:
    dsel.bring(applied(app_id, at=T0, version="1.0.0"))
    dsel.ok("apply", "-f", "-", stdin=VPC.replace("1.0.0", "2.0.0"))
    assert lossy.ok("rollback", "artifact", "vpc", "--to", "1", "-y").out.endswith(" as version 5\n")


def test_a_part_of_an_import_is_repeated_and_stored_once(lossy: Shell, dsel: Shell, app_id: str) -> None:
    lines = b"\n".join(orjson.dumps(applied(app_id, f"n{index}", at=T0)) for index in range(10))
    assert lossy.ok("import", "events", "-", stdin=lines).out.startswith("0 stored, 10 there already, 0 refused (")
    assert len(dsel.ok("events").rows) == 10
