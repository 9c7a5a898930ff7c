"""`dsel export`"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from cli import conditions, console, times
from cli.arguments import App, AsOf, KnownAt
from cli.client import Client, Interrupted
from cli.failure import Failure, Misuse
from cli.progress import bar
from cli.type_names import TypeNames

if TYPE_CHECKING:
    from cli.progress import Bar

_TAIL = 4096
_COUNT = "query($where: EventWhere) { events(first: 1, where: $where) { totalCount { count exact } } }"


class FileFormat(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"

    def ended(self, tail: bytes) -> bool:
        """Whether the last bytes of a file are its end."""
        if self is FileFormat.PARQUET:
            return tail.endswith(b"PAR1")
        return tail.rstrip().rpartition(b"\n")[2].removeprefix(b"# ").startswith(b'{"end":')


class Order(StrEnum):
    OLDEST = "oldest"
    NEWEST = "newest"
    RECORDED = "recorded"


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="The file to write; - for stdout.")],
    format_: Annotated[
        FileFormat | None, typer.Option("--format", show_default=False, help="That of the file's name, or ndjson.")
    ] = None,
    of: conditions.Types = None,
    app: App = None,
    kinds: conditions.Kinds = None,
    phases: conditions.Phases = None,
    actors: conditions.Actors = None,
    actor_types: conditions.ActorTypes = None,
    since: conditions.Since = None,
    until: conditions.Until = None,
    execution: conditions.Execution = None,
    correlation: conditions.Correlation = None,
    words: conditions.Words = None,
    order: Annotated[Order, typer.Option(help="Which events come first.")] = Order.OLDEST,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> None:
    """Writes every event that meets the conditions to a file, as of one instant, with the query in it.

    The file appears under its name once it is whole.

    Examples:
    $ dsel export september.csv -a 11418 --since 2026-09-01T00:00:00Z --until 2026-10-01T00:00:00Z
    $ dsel export humans.parquet --actor-type human --since 30d
    $ dsel export - --execution exec-9012 | jq -c 'select(.id) | .envelope'
    """
    client: Client = context.obj
    where = conditions.where(
        TypeNames(client),
        of=of,
        app=app,
        kinds=kinds,
        phases=phases,
        actors=actors,
        actor_types=actor_types,
        since=since,
        until=until,
        execution=execution,
        correlation=correlation,
        words=words,
    )
    chosen = format_ or _by_name(file)
    asked = {"format": chosen.value, "order": order.name, "where": json.dumps(where)}
    asked |= {name: times.instant(text) for name, text in (("time", as_of), ("knownAt", known_at)) if text}
    with bar(str(file)) as shown, _target(file) as out:
        _copy(client, asked, out, chosen, shown, _expected(client, where))


def _copy(client: Client, asked: dict[str, str], out: IO[bytes], format_: FileFormat, shown: "Bar", total: Any) -> None:
    tail, lines = b"", 0
    for piece in client.stream("/export", asked):
        out.write(piece)
        lines += piece.count(b"\n")
        tail = (tail + piece)[-_TAIL:]
        if format_ is FileFormat.NDJSON:
            shown.show(lines, total, lines)
    if not format_.ended(tail):
        raise Interrupted("the export ended before it was whole", hint="Try again.")


def _expected(client: Client, where: dict[str, Any]) -> int | None:
    """How many events there will be, as far as that is known beforehand."""
    if not console.err.is_terminal:
        return None
    count = client.ask(_COUNT, where=where)["events"]["totalCount"]
    return int(count["count"]) if count["exact"] else None


def _by_name(file: Path) -> FileFormat:
    """NDJSON where the name tells nothing. Raises Misuse when it tells of another format."""
    suffix = file.suffix.removeprefix(".").lower()
    if suffix in list(FileFormat):
        return FileFormat(suffix)
    if not suffix:
        return FileFormat.NDJSON
    endings = ", ".join(f".{each}" for each in FileFormat)
    raise Misuse(
        f"{file.name}: there is no export as {suffix}",
        hint=f"Let the name end with {endings}, or name a format with --format.",
    )


@contextmanager
def _target(file: Path) -> Iterator[IO[bytes]]:
    """The file under another name until everything is in it."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(file)
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
