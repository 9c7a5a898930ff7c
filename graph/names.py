"""GraphQL names for the keys of JSON objects. The name of a key never depends on the keys beside it."""

import re
from collections.abc import Iterable

INPUTS = ("Input", "Where", "OrderBy")
"""How the names of input types end."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SPELLED = {"-": "_dash_", ".": "_dot_", "$": "_dollar_", "/": "_slash_", "@": "_at_", ":": "_colon_", " ": "_space_"}


def field_name(key: str, reserved: frozenset[str] = frozenset()) -> str:
    """A key as a GraphQL name: as it is where GraphQL allows it, spelled out where not.

    `x-y` → x_dash_y, `a.b` → a_dot_b, `$ref` → dollar_ref, `__x` → dunder_x, `9a` → _9a
    """
    name = key if _NAME.fullmatch(key) else "".join(_SPELLED.get(character, character) for character in key)
    name = re.sub(r"[^A-Za-z0-9_]", lambda match: f"_u{ord(match[0]):x}_", name)
    if name != key or not name:
        name = name.strip("_") or "empty"
    if name.startswith("__"):
        name = f"dunder_{name.lstrip('_')}"
    if name[0].isdigit():
        name = f"_{name}"
    return f"{name}_" if name in reserved else name


def type_name(parent: str, key: str, reserved: frozenset[str] = frozenset()) -> str:
    """The name of the object type under a key: `ArtifactSpec` and `bundles` → ArtifactSpecBundles

    A key that is `reserved`, or would make the name end as those of inputs do, gets an underscore.
    """
    name = field_name(key).strip("_")
    name = name[:1].upper() + name[1:]
    return f"{parent}{name}_" if name in reserved or name.endswith(INPUTS) else f"{parent}{name}"


def field_names(keys: Iterable[str], reserved: frozenset[str] = frozenset()) -> dict[str, str]:
    """The GraphQL name of each key of one object.

    No two have one name: where a key looks like another one spelled out, the key that is its own name keeps it.
    """
    names = {key: field_name(key, reserved) for key in keys}
    taken = {key for key, name in names.items() if key == name}
    for key in sorted(names.keys() - taken):
        name = names[key]
        while name in taken:
            name = f"{name}_"
        names[key] = name
        taken.add(name)
    return names
