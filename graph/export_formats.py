"""The formats of an export. Each names the query at its beginning and says at its end that nothing is missing."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from domain.errors import InvalidArgument
from domain.event import Document
from graph import json_text

COLUMNS = (
    "id kind type appId name version action phase timestamp recordedAt actorId actorType correlationId executionId"
    " comment envelope"
).split()


class Format(Protocol):
    """Turns rows into the bytes of a file, piece by piece. `media_type` and `extension` name the format."""

    media_type: str
    extension: str

    def begin(self, told: Document) -> bytes: ...

    def rows(self, rows: Sequence[Document]) -> bytes: ...

    def end(self, told: Document) -> bytes:
        """A file without this is not whole."""
        ...


class Ndjson:
    """A line of JSON for each event, one with `export` before them and one with `end` after them."""

    media_type = "application/x-ndjson"
    extension = "ndjson"

    def begin(self, told: Document) -> bytes:
        return json_text.dumps({"export": told}) + b"\n"

    def rows(self, rows: Sequence[Document]) -> bytes:
        return b"".join(json_text.dumps(row) + b"\n" for row in rows)

    def end(self, told: Document) -> bytes:
        return json_text.dumps({"end": told}) + b"\n"


class Csv:
    """RFC 4180 with a header, the envelope as JSON in the last column, and a comment line at either end."""

    media_type = "text/csv; charset=utf-8"
    extension = "csv"

    def begin(self, told: Document) -> bytes:
        return _comment({"export": told}) + _csv([COLUMNS])

    def rows(self, rows: Sequence[Document]) -> bytes:
        return _csv([_text(row[column]) for column in COLUMNS] for row in rows)

    def end(self, told: Document) -> bytes:
        return _comment({"end": told})


class Parquet:
    """A row group for each batch; `dsel.export` and `dsel.end` stand in the metadata of the file.

    Raises InvalidArgument when pyarrow is not installed.
    """

    media_type = "application/vnd.apache.parquet"
    extension = "parquet"

    def __init__(self) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise InvalidArgument(
                "this service cannot write Parquet",
                hint="Install pyarrow beside it (dsel-graphql[export]), or take ndjson.",
            ) from None
        self._arrow = pyarrow
        times, numbers = pyarrow.timestamp("ms", tz="UTC"), pyarrow.int64()
        types = {"version": numbers, "timestamp": times, "recordedAt": times}
        self._schema = pyarrow.schema([(column, types.get(column, pyarrow.string())) for column in COLUMNS])
        self._sink = io.BytesIO()

    def begin(self, told: Document) -> bytes:
        schema = self._schema.with_metadata({"dsel.export": json_text.dumps(told)})
        self._writer = self._arrow.parquet.ParquetWriter(_Counted(self._sink), schema, compression="zstd")
        return self._taken()

    def rows(self, rows: Sequence[Document]) -> bytes:
        if rows:
            columns = {column: [_cell(column, row[column]) for row in rows] for column in COLUMNS}
            self._writer.write_table(self._arrow.table(columns, schema=self._schema))
        return self._taken()

    def end(self, told: Document) -> bytes:
        self._writer.add_key_value_metadata({"dsel.end": json_text.dumps(told).decode()})
        self._writer.close()
        return self._taken()

    def _taken(self) -> bytes:
        taken = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return taken


class _Counted(io.RawIOBase):
    """A sink that is emptied while it is written to: it knows how far the file goes."""

    def __init__(self, sink: io.BytesIO) -> None:
        super().__init__()
        self._sink = sink
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = self._sink.write(data)
        self._position += size
        return size

    def tell(self) -> int:
        return self._position


FORMATS: dict[str, type[Ndjson | Csv | Parquet]] = {"ndjson": Ndjson, "csv": Csv, "parquet": Parquet}


def _comment(value: Document) -> bytes:
    return b"# " + json_text.dumps(value) + b"\r\n"


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(lines)
    return written.getvalue().encode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text.dumps(value).decode()


def _cell(column: str, value: Any) -> Any:
    if column in ("timestamp", "recordedAt"):
        return datetime.fromisoformat(value)
    return value if column == "version" or value is None else _text(value)
