"""Files read as Kubernetes reads them. Every expectation was compared with sigs.k8s.io/yaml on go-yaml v2."""

import time
from decimal import Decimal
from typing import Any

import pytest

from cli.git_history.composer import UnreadableError, UnstorableError
from cli.git_history.documents import documents

_TEXTS = (
    "yEs nUll tRue .INFO 12:30:45 190:20:30 1.2.3 1e 0x 0o 0x1p3 _1 1,000 1% == infinity 2001-12-14"
    " 2001-12-14T21:59:43Z 2020-01 1e400 . .. ._5 ٣ +"
)
_SCALARS: dict[str, Any] = {
    **dict.fromkeys("y Y yes Yes YES true True TRUE on On ON".split(), True),
    **dict.fromkeys("n N no No NO false False FALSE off Off OFF".split(), False),
    **dict.fromkeys("~ null Null NULL".split(), None),
    **{text: text for text in _TEXTS.split()},
    "1": 1, "+1": 1, "-1": -1, "0": 0, "-0": 0, "007": 7, "0777": 511, "0o17": 15, "0O17": 15, "0x1F": 31, "-0x1f": -31,
    "0b101": 5, "-0b101": -5, "0888": 888, "08.5": 8.5, "1_000": 1000, "1__0": 10, "-_1": -1, "0_7": 7, "1e3": 1000,
    "1.50": 1.5, ".5": 0.5, "-.5": -0.5, "5.": 5.0, "5.e1": 50, ".5_0": 0.5, "1_0.5_0": 10.5, "0.1": 0.1, "1E-3": 0.001,
    "9223372036854775808": 2**63,
    "18446744073709551616": 2**64,
    "123456789012345678901234567890": 123456789012345678901234567890,
    "1234567890123456789012345678901234567890": 1.2345678901234568e39,
    "3.141592653589793238462643383279": Decimal("3.141592653589793238462643383279"),
    "0.30000000000000004": 0.30000000000000004,
}  # fmt: skip

_KEYS = {
    "true": "true", "yes": "true", "y": "true", "off": "false", "1": "1", "0777": "511", "1_000": "1000", "1.50": "1.5",
    "1e3": "1000", "1234567.0": "1.234567e+06", "0.00001": "1e-05", "1e21": "1e+21", "0.1": "0.1", ".inf": ".inf",
    "2001-01-01": "2001-01-01", '"1"': "1", '""': "", "!!binary aGk=": "hi", '!!int "5"': "5", "a.b/c": "a.b/c",
}  # fmt: skip

_DOCUMENTS: dict[str, Any] = {
    # tags
    "a: !!str 1": {"a": "1"},
    'a: !!int "3"': {"a": 3},
    "a: !!float 3": {"a": 3.0},
    'a: !!bool "yes"': {"a": True},
    'a: !!binary "aGVs\\nbG8="': {"a": "hello"},
    "a: !custom 1": {"a": "1"},
    "a: !custom {b: 1}": {"a": {"b": 1}},
    "a: ! 12": {"a": "12"},
    "a: !!timestamp 2001-01-01": {"a": "2001-01-01"},
    # anchors
    "a: &x 1\nb: *x": {"a": 1, "b": 1},
    "a: &x {b: 1}\nc: *x\nd: &x {b: 2}\ne: *x": {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 2}, "e": {"b": 2}},
    "a: &k key\n*k : v": {"a": "key", "key": "v"},
    # duplicate keys
    "a: 1\na: 2": {"a": 2},
    "a: {b: 1}\na: {c: 2}": {"a": {"c": 2}},
    # merge keys, in the order of writing
    "b: &b {x: 1, z: 2}\na:\n  <<: *b\n  x: 3": {"b": {"x": 1, "z": 2}, "a": {"x": 3, "z": 2}},
    "b: &b {x: 1, z: 2}\na:\n  x: 3\n  <<: *b": {"b": {"x": 1, "z": 2}, "a": {"x": 1, "z": 2}},
    "a:\n  <<: [{x: 1}, {x: 2, z: 3}]\n  w: 1": {"a": {"x": 1, "z": 3, "w": 1}},
    'a:\n  "<<": {x: 1}': {"a": {"<<": {"x": 1}}},
    "a: <<": {"a": "<<"},
    # white space and line ends
    "\ufeffa: 1": {"a": 1},
    "a: 1\r\nb:\r\n- c\r\n": {"a": 1, "b": ["c"]},
    "a:\t1\t# c": {"a": 1},
    "a: x#y # z": {"a": "x#y"},
    "a: |\n  x\n   y\n\n": {"a": "x\n y\n"},
    "a: >-\n  x\n  y\n\n  z\n": {"a": "x y\nz"},
    "a: |+\n  x\n\n": {"a": "x\n\n"},
    # flows
    "a: [a:b, x: y, http://x, ]": {"a": ["a:b", {"x": True}, "http://x"]},
    "a: {b: c, d}": {"a": {"b": "c", "d": None}},
    'a: {"b":c}': {"a": {"b": "c"}},
    # escapes
    'a: "\\x41\\u00e9\\U0001F600"': {"a": "Aé😀"},
    "日本: 😀": {"日本": "😀"},
}

_UNREADABLE = [
    "a: [", "a: b: c", "a: @x", "a: %x", "\ta: 1", "a:\n\tb: 1", 'a: "\\q"', 'a: "\\ud800"', "a: \x07",
    "a: *x", "a: &x [*x]", "a: &x {b: *x}", "{{ x }}: 1", "? [a]\n: 2", "null: x", "a: {{ x }}",
    "{{- if x }}\na: 1\n{{- end }}",
    "a:\n  <<: x", "b: &b [{x: 1}]\na:\n  <<: *b", "a: !!int 3.5", "a: !!bool x", 'a: !!binary "***"',
]  # fmt: skip


@pytest.mark.parametrize("text", _SCALARS)
def test_a_plain_scalar_is_what_go_yaml_makes_of_it(text: str) -> None:
    (value,) = documents(f"- {text}\n".encode())
    assert value == [_SCALARS[text]]
    assert isinstance(value, list)
    assert type(value[0]) is type(_SCALARS[text]) or isinstance(value[0], float)


@pytest.mark.parametrize("text", _SCALARS)
def test_a_quoted_scalar_is_a_text(text: str) -> None:
    assert list(documents(f"a: '{text}'".encode())) == [{"a": text}]


@pytest.mark.parametrize("text", _KEYS)
def test_a_key_becomes_the_text_that_the_conversion_to_json_makes(text: str) -> None:
    assert list(documents(f"{text}: v".encode())) == [{_KEYS[text]: "v"}]


@pytest.mark.parametrize("text", _DOCUMENTS)
def test_a_document_is_read_as_kubernetes_reads_it(text: str) -> None:
    assert list(documents(text.encode())) == [_DOCUMENTS[text]]


@pytest.mark.parametrize("text", _UNREADABLE)
def test_what_kubernetes_cannot_read_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        list(documents(text.encode()))


@pytest.mark.parametrize(
    ("data", "problem"), [(b"a: caf\xe9\n", "byte 6: .*UTF-8"), (b"a: \x07", "byte 3: control char")]
)
def test_a_refusal_of_a_character_names_its_place(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        list(documents(data))


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(UnreadableError, match="line 2: a mapping cannot be a key"):
        list(documents(b"a: 1\nb: {{ .Values.b }}\n"))


@pytest.mark.parametrize("text", ["a: .inf", "a: -.INF", "- .nan", 'a: "x\\0y"', '{"a": "\\u0000"}'])
def test_a_document_that_cannot_be_stored_leaves_the_others_as_they_are(text: str) -> None:
    first, second, third = documents(f"b: 1\n---\n{text}\n---\nc: 2\n".encode())
    assert (first, third) == ({"b": 1}, {"c": 2})
    assert isinstance(second, UnstorableError)


def test_documents_are_separated_and_commented_like_streams() -> None:
    text = b"%YAML 1.1\n# head\n---\n\n--- # second\na: 1\n...\n---\n- b\n---\n"
    assert list(documents(text)) == [None, {"a": 1}, ["b"], None]


def test_an_empty_file_has_no_document() -> None:
    assert list(documents(b"")) == list(documents(b"# only a comment\n")) == []


def test_json_keeps_every_number_and_may_hold_several_objects() -> None:
    text = b'\xef\xbb\xbf {"a": 1.0, "b": 12345678901234567890123, "c": 0.1000000000000000055, "d": "\\ud83d\\ude00"}'
    first = {"a": 1.0, "b": 12345678901234567890123, "c": Decimal("0.1000000000000000055"), "d": "😀"}
    assert list(documents(text + b'\n{"e": null}')) == [first, {"e": None}]


@pytest.mark.parametrize("text", ['{"a": "\\ud800"}', '{"a": "\\u0000"}', '{"a": 1' + "0" * 40 + "}"])
def test_json_that_cannot_be_stored_is_told(text: str) -> None:
    first, second = documents(f'{text}{{"b": 1}}'.encode())
    assert isinstance(first, UnstorableError)
    assert second == {"b": 1}


def test_a_flow_mapping_that_is_no_json_is_yaml() -> None:
    assert list(documents(b"{a: yes, 'b': [c]}")) == [{"a": True, "b": ["c"]}]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
        "[" * 100_000,
        "{" * 100_000,
        '{"a":' * 100_000,
        "- " * 20_000,
        "? " * 20_000,
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 3_000)),
    ],
    ids=["a billion laughs", "lists", "mappings", "JSON", "a block", "keys", "a chain of aliases"],
)
def test_a_bomb_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(UnreadableError, match=r"nested deeper|aliases stand for more"):
        list(documents(text.encode()))
    assert time.process_time() - started < 5


def test_an_alias_cannot_carry_a_value_deeper_than_can_be_stored() -> None:
    deep = "[" * 60 + "]" * 60
    (value,) = documents(f"a: &a {deep}\nb: {'[' * 60}*a{']' * 60}\n".encode())
    assert isinstance(value, UnstorableError)
