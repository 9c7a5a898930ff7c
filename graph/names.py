"""GraphQL names for the keys of JSON objects. The name of a key never depends on the keys beside it."""

import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SPELLED = {"-": "_", ".": "_dot_", "$": "_dollar_", "/": "_slash_", "@": "_at_", ":": "_colon_", " ": "_space_"}


def field_name(key: str, reserved: frozenset[str] = frozenset()) -> str:
    """A key as a GraphQL name: as it is where GraphQL allows it, spelled out where not.

    `x-y` → x_y, `a.b` → a_dot_b, `$ref` → dollar_ref, `__x` → dunder_x, `9a` → _9a
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

    `…Input` is how input types end, so that a key that ends so gets an underscore, as one that is `reserved` does.
    """
    name = field_name(key).strip("_")
    name = name[:1].upper() + name[1:]
    return f"{parent}{name}_" if name in reserved or name.endswith("Input") else f"{parent}{name}"
