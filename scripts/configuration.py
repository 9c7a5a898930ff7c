"""Writes the table of settings in README.md from graph/settings.py; with --check it only says whether it is up to date.

Run it from anywhere as `.venv/bin/python scripts/configuration.py`.
"""

import sys
from enum import Enum
from pathlib import Path
from typing import Any

from graph.settings import Settings

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- settings: made by scripts/configuration.py -->\n", "<!-- /settings -->"


def table() -> str:
    rows = [
        f"| `DSEL_{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows, ""])


def updated(text: str) -> str:
    """The README with the table of today between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def _shown(default: Any) -> str:
    value = default.value if isinstance(default, Enum) else default
    if value in (None, []):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    old = README.read_text(encoding="utf-8")
    if sys.argv[1:] != ["--check"]:
        README.write_text(updated(old), encoding="utf-8")
    elif updated(old) != old:
        sys.exit("README.md lacks settings of graph/settings.py: run .venv/bin/python scripts/configuration.py")
