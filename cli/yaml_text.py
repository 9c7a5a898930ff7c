"""Values as YAML, so that Kubernetes reads the same values again and two states can be compared line by line."""

from decimal import Decimal
from typing import Any

import yaml

from cli.git_history.scalars import resolve

_TAG = "tag:yaml.org,2002:"


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's
        return True


def dumps(value: Any) -> str:
    """Keys in alphabetical order, lines unbroken, every digit of a number kept."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=2**31 - 1)
    return text


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    """In quotes where Kubernetes would read something else: PyYAML alone leaves 1e3 and y without."""
    style = "|" if "\n" in value else "'" if not value or not isinstance(resolve(value), str) else None
    return dumper.represent_scalar(f"{_TAG}str", value, style=style)


def _decimal(dumper: _Dumper, value: Decimal) -> yaml.ScalarNode:
    text = str(value)
    mantissa, e, exponent = text.partition("E")
    if e and "." not in mantissa:
        text = f"{mantissa}.0E{exponent}"
    return dumper.represent_scalar(f"{_TAG}{'float' if e or '.' in text else 'int'}", text)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Decimal, _decimal)
