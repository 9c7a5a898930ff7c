"""Expressions of CEL, the language of Kubernetes' validation rules: checked when they are read, bounded when they run.

What is bounded: the length of the text, nesting (32), steps of loops (10,000 an evaluation), regular expressions (RE2),
and by `expression_cost` work and memory. Whoever exceeds a bound gets an error in time, the same on every run.
"""

import re
from collections.abc import Iterator
from functools import cache, cached_property, lru_cache
from typing import Any

from cel_expr_python import cel

from domain import expression_cost, expression_functions, syntax_tree
from domain.expression_cost import SMALL, Extent

LONGEST_EXPRESSION = 5_000
_LIBRARIES = "bindings", "optional", "regex", "sets", "strings", "two-var-comprehensions"
_EXTENSIONS = f"extensions: [{', '.join(f'{{name: {each}}}' for each in _LIBRARIES)}]"
_FAULT = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]*?)(?: \(in container ''\))?(?: \[[A-Z_]+\])?(?:\n|$)")
_LIBRARY_ERRORS = (RuntimeError, ValueError, LookupError, TypeError)
_OPTIONAL_OLD = "cel.bind(oldSelf, dsel_current.?value, {}\n)"


class ExpressionError(ValueError):
    """The expression cannot be compiled, or not evaluated on these values; the message says why."""


class Scope:
    """The values of one evaluation, made ready for the library once for any number of expressions.

    `old` is a list of one value, the current one, or an empty list when there is none.
    """

    def __init__(self, value: Any, old: list[Any]) -> None:
        self._values = [value, *old]
        current = {"value": old[0]} if old else {}
        variables = {"self": value, "oldSelf": old[0] if old else None, "dsel_current": current}
        self.activation = _environment().Activation(variables)

    @cached_property
    def extent(self) -> Extent:
        return expression_cost.extent(self._values)


class Expression:
    """A compiled expression. Raises ExpressionError when it is no expression of the type wanted, or too costly."""

    def __init__(self, source: str, returns: cel.Type, *, optional_old: bool = False) -> None:
        self._program = _compiled(_OPTIONAL_OLD.format(source) if optional_old else source)
        if self._program.return_type() not in (returns, cel.Type.DYN):
            raise ExpressionError(f"it gives {self._program.return_type().name()}, not {returns.name()}")
        self._tree = syntax_tree.read(self._program.serialize())
        self._returns = returns
        self._affordable: dict[tuple[int, int], bool] = {}
        if not self.affords(SMALL):
            raise ExpressionError("it nests too many loops or makes too long texts or lists to be run safely")
        _check_patterns(self._tree)
        _check_defaults(self._tree)
        self.run(Scope(None, []))  # the library plans an expression at its first run

    @cached_property
    def compares(self) -> bool:
        """Whether it looks at `oldSelf`."""
        return any(node.kind == "name" and node.name == "oldSelf" for node in syntax_tree.nodes(self._tree))

    def affords(self, given: Extent) -> bool:
        """Whether it can safely be run on `self` and `oldSelf` of that size together."""
        bits = int(given.size).bit_length(), int(given.count).bit_length()
        if bits not in self._affordable:
            self._affordable[bits] = expression_cost.affordable(self._tree, Extent(2 ** bits[0], 2 ** bits[1]))
        return self._affordable[bits]

    def evaluate(self, scope: Scope) -> Any:
        """A bool or a text, as asked for. Raises ExpressionError."""
        result = self.run(scope)
        if result.type() == cel.Type.ERROR:
            raise ExpressionError(re.sub("^[A-Z_]+: ", "", result.value()))
        if result.type() != self._returns:
            raise ExpressionError(f"it gives {result.type().name()}, not {self._returns.name()}")
        return result.value()

    def run(self, scope: Scope) -> cel.Value:
        try:
            return self._program.eval(scope.activation)
        except _LIBRARY_ERRORS as error:
            if "Iteration budget" in str(error):
                raise ExpressionError(f"its loops take more than {expression_cost.MOST_STEPS:,} steps") from None
            raise ExpressionError(_reason(error)) from None


@lru_cache(maxsize=4096)
def condition(source: str, *, optional_old: bool = False) -> Expression:
    """An expression that says true or false. With `optional_old`, `oldSelf` is a CEL optional."""
    return Expression(source, cel.Type.BOOL, optional_old=optional_old)


@lru_cache(maxsize=4096)
def text(source: str, *, optional_old: bool = False) -> Expression:
    """An expression that gives a text."""
    return Expression(source, cel.Type.STRING, optional_old=optional_old)


@cache
def _environment() -> cel.Env:
    variables = dict.fromkeys(("self", "oldSelf", "dsel_current"), cel.Type.DYN)
    config = cel.NewEnvConfigFromYaml(_EXTENSIONS)
    return cel.NewEnv(config=config, variables=variables, extensions=[expression_functions.extension(_found)])


def _compiled(source: str) -> cel.Expression:
    if len(source) > LONGEST_EXPRESSION:
        raise ExpressionError(f"it is longer than {LONGEST_EXPRESSION:,} characters")
    try:
        return _environment().compile(source)
    except _LIBRARY_ERRORS as error:
        raise ExpressionError(_reason(error)) from None


def _check_patterns(tree: syntax_tree.Node) -> None:
    """A regular expression that is written out is checked at once."""
    for pattern in _patterns(tree):
        if (result := _matcher().eval(_environment().Activation({"self": pattern}))).type() == cel.Type.ERROR:
            raise ExpressionError(re.sub("^[A-Z_]+: ", "", result.value()))


def _check_defaults(tree: syntax_tree.Node) -> None:
    """What `validate` gives is no optional of the library: see `expression_formats`."""
    for node in syntax_tree.nodes(tree):
        if node.kind == "call" and node.name == "orValue" and node.parts[0].name == "validate":
            raise ExpressionError("orValue cannot be asked of what `validate` gives; ask hasValue and value")


def _patterns(tree: syntax_tree.Node) -> Iterator[str]:
    for node in syntax_tree.nodes(tree):
        if node.kind == "call" and node.name in ("matches", "find", "findAll") and node.parts[1].kind == "constant":
            yield node.parts[1].text


@cache
def _matcher() -> cel.Expression:
    return _environment().compile("''.matches(self)")


@cache
def _marker() -> cel.Expression:
    """Puts a NUL around every match; no text of ours holds one."""
    return _environment().compile(r"regex.replace(self, oldSelf, '\u0000\\0\u0000')")


def _found(searched: str, pattern: str) -> list[str]:
    """Every match of a regular expression, by the library's own engine: Python's could take for ever."""
    result = _marker().eval(_environment().Activation({"self": searched, "oldSelf": pattern}))
    if result.type() == cel.Type.ERROR:
        raise ValueError(result.value())
    return str(result.value()).split("\0")[1::2]


def _reason(error: Exception) -> str:
    if fault := _FAULT.search(str(error)):
        line, column, problem = fault.groups()
        return f"{problem} (line {line}, column {column})"
    return re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", str(error))
