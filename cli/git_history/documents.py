"""The documents of a YAML or JSON file, read as Kubernetes reads them (go-yaml v2, then to JSON)."""

import json
from collections.abc import Iterator
from typing import NoReturn

import yaml
from yaml.events import DocumentEndEvent, StreamEndEvent

from cli.git_history.composer import Composer, NextEvent, UnreadableError, UnstorableError, Value
from cli.git_history.scalars import WrongTagError, number
from domain import values
from domain.errors import InvalidDocument


def documents(data: bytes) -> Iterator[Value | UnstorableError]:
    """The values of a file's documents in order. Values may share parts: treat them as read-only.

    Raises UnreadableError.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            return iter(list(_json_documents(data)))
        except (ValueError, RecursionError):  # a flow mapping of YAML, or a template
            pass
    return _yaml_documents(data)


def _json_documents(data: bytes) -> Iterator[Value | UnstorableError]:
    text = data.decode("utf-8-sig")
    decoder = json.JSONDecoder(parse_float=number, parse_constant=_refuse_constant)
    position = _next(text, 0)
    while position < len(text):
        value, end = decoder.raw_decode(text, position)
        yield _checked(value)
        position = _next(text, end)


def _next(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start


def _checked(value: Value) -> Value | UnstorableError:
    try:
        values.check({"spec": {"object": value}})  # as deep as it will stand in an envelope
    except InvalidDocument as error:
        return UnstorableError(str(error))
    return value


def _refuse_constant(literal: str) -> NoReturn:
    raise ValueError(literal)


def _yaml_documents(data: bytes) -> Iterator[Value | UnstorableError]:
    try:
        loader = yaml.CBaseLoader(data)
        next_event: NextEvent = loader.get_event
        next_event()
        while type(next_event()) is not StreamEndEvent:
            yield _document(next_event)
    except (yaml.YAMLError, WrongTagError) as error:
        raise UnreadableError(_one_line(error)) from None


def _document(next_event: NextEvent) -> Value | UnstorableError:
    composer = Composer(next_event)
    try:
        value: Value = composer.node(next_event(), 0)
    except UnstorableError as error:
        while type(next_event()) is not DocumentEndEvent:
            pass
        return error
    next_event()
    return _checked(value) if composer.aliased else value  # an alias can stand deeper than its anchor


def _one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"byte {error.position}: {error.reason}"
    return " ".join(str(error).split())
