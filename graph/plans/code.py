"""Python that is written for one query: its functions, and the objects that they refer to by name."""

from typing import Any


class Body:
    """The lines of a function that reads from `source`. What several of them need is read once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._locals: dict[tuple[str, ...], str] = {(): "source"}

    def keep(self, value: str) -> str:
        """The local that holds the value of an expression."""
        name = f"local_{len(self.lines)}"
        self.lines.append(f"    {name} = {value}")
        return name

    def attribute(self, path: tuple[str, ...]) -> str:
        """The local that holds what the attributes lead to."""
        if path not in self._locals:
            self._locals[path] = self.keep(f"{self.attribute(path[:-1])}.{path[-1]}")
        return self._locals[path]

    def document(self, path: tuple[str, ...]) -> str:
        """The local that holds the object there, an empty one where there is none."""
        if not path:
            return "source"
        key = (*path, "or {}")
        if key not in self._locals:
            self._locals[key] = self.keep(f"{self.attribute(path)} or {{}}")
        return self._locals[key]


class Code:
    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.size = 0
        """Characters that were compiled; in memory each takes about ten bytes."""
        self._texts: list[str] = []
        self._count = 0

    def name(self, hint: str) -> str:
        """A name that nothing else has."""
        self._count += 1
        return f"{hint}_{self._count}"

    def bind(self, hint: str, value: Any) -> str:
        """The name by which functions find the object."""
        name = self.name(hint)
        self.names[name] = value
        return name

    def write(self, text: str) -> None:
        """The text of a function. It may use what is written later, as long as `compile` comes before its call."""
        self._texts.append(text)

    def compile(self) -> None:
        """Makes functions of the texts that are new. Nothing of a request is in them but checked GraphQL names."""
        text, self._texts = "\n".join(self._texts), []
        self.size += len(text)
        exec(compile(text, "<plan>", "exec"), self.names)  # noqa: S102 - see above
