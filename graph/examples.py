"""The example queries that GraphiQL opens with and that the README and the command line show."""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Example:
    """`title` in plain words, `description` in a sentence, and `query`: the whole text, the sentence as its comment."""

    title: str
    description: str
    query: str


def load_examples() -> list[Example]:
    """The examples of `graph/examples/`, in the order of their file names, such as `01-time-travel.graphql`."""
    folder = files("graph").joinpath("examples")
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".graphql")}
    return [example(name, texts[name]) for name in sorted(texts)]


def example(file_name: str, text: str) -> Example:
    """The example in a file: titled by its name, described by its first line."""
    title = file_name.removesuffix(".graphql").lstrip("0123456789-").replace("-", " ").capitalize()
    return Example(title, text.splitlines()[0].removeprefix("# "), text)
