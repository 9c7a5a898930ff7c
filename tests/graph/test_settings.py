from typing import Any

import pytest
from pydantic import ValidationError

from graph.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "65536"),
        ("MONGO_DRIVER", "mongoose"),
        ("MONGO_TIMEOUT", "0"),
        ("DATABASE", "a.b"),
        ("DATABASE", "x" * 64),
        ("OPEN_ACTOR_TYPE", "ROBOT"),
        ("MAX_BODY_BYTES", "0"),
        ("MAX_DEPTH", "-1"),
        ("ALLOWED_ORIGINS", "example.com"),
        ("ALLOWED_ORIGINS", '["http://x"]'),
        ("ALLOWED_ORIGINS", "http://x/path"),
    ],
)
def test_a_value_that_cannot_be_is_refused_under_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DSEL_{name}", value)
    given: dict[str, Any] = {}
    with pytest.raises(ValidationError) as caught:
        Settings(**given)
    [fault] = caught.value.errors()
    assert fault["loc"] == (name.lower(),)


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", []),
        ("*", ["*"]),
        (" https://a.example , http://localhost:3000", ["https://a.example", "http://localhost:3000"]),
    ],
)
def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch, text: str, origins: list[str]) -> None:
    monkeypatch.setenv("DSEL_ALLOWED_ORIGINS", text)
    given: dict[str, Any] = {}
    assert Settings(**given).allowed_origins == origins


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
