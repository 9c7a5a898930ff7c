"""What an input of a `where` or an `orderBy` says, as a condition or an order of the domain."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from domain import values
from domain.conditions import (
    EVERYTHING,
    All,
    At,
    Compare,
    Condition,
    Either,
    Exists,
    Not,
    OneOf,
    Operator,
    Path,
    Some,
    depth,
    size,
)
from domain.errors import InvalidArgument, InvalidDocument, QueryTooLarge
from domain.ordering import Ordering

_LONGEST = 1_000
_MOST = 500
_DEEPEST = 30
_MOST_ORDERS = 5
Read = Callable[[dict[str, Any]], Any]


def condition(given: Condition | None) -> Condition:
    """The condition of a field. Raises QueryTooLarge for one with too many comparisons, or too deep a nesting."""
    made = given if given is not None else EVERYTHING
    if depth(made) > _DEEPEST:
        raise QueryTooLarge(f"where nests {depth(made)} levels deep, the limit is {_DEEPEST}", hint="Make it flatter.")
    if size(made) > _MOST:
        raise QueryTooLarge(f"where makes {size(made):,} comparisons, the limit is {_MOST}", hint="Ask in parts.")
    return made


def orders(given: Iterable[tuple[Ordering, ...]] | None) -> tuple[Ordering, ...]:
    """The orders of a field, first by the first. Raises InvalidArgument for a member that names none or several."""
    made = [_only(each) for each in given or ()]
    if len(made) > _MOST_ORDERS:
        raise InvalidArgument(f"orderBy has {len(made)} members, the limit is {_MOST_ORDERS}", hint="Leave some out.")
    return tuple(made)


def comparisons(given: Mapping[str, Any]) -> Condition:
    """`{eq: …, gte: …}` on one value: all of them hold."""
    return _all(_comparison(operator, operand) for operator, operand in present(given))


def json(given: Mapping[str, Any]) -> Condition:
    """Comparisons on what stands at a path inside a JSON value."""
    there = dict(given)
    path = pointer(there.pop("path", ""))
    return At(path, members(there)) if path else members(there)


def members(given: Mapping[str, Any]) -> Condition:
    """`any`, `all` and `none` of a list, beside comparisons of the whole."""
    parts: list[Condition] = []
    for operator, operand in present(given):
        match operator:
            case "any":
                parts.append(Some(operand))
            case "none":
                parts.append(Not(Some(operand)))
            case "all":
                parts.append(Not(Some(Not(operand))))
            case _:
                parts.append(_comparison(operator, operand))
    return _all(parts)


def properties(given: Mapping[str, Any]) -> Condition:
    """Conditions on the properties of an object, by their keys."""
    return _all(At((key,), several(part)) for key, part in present(given))


def within(path: Path, read: Read) -> Read:
    """`read`, of what stands at a path."""
    return lambda given: At(path, read(given))


def labelled(given: Any, path: Path) -> Condition:
    """`{team: {eq: "x"}}` on a map of texts."""
    if not isinstance(given, Mapping):
        raise InvalidArgument(f"{values.quoted(given)} names no key", hint='Write it like {team: {eq: "x"}}.')
    return At(path, _all(At((key,), _on_a_key(key, part)) for key, part in present(given)))


def pointer(text: str) -> Path:
    """The keys of a JSON Pointer (RFC 6901)."""
    if text and not text.startswith("/"):
        raise InvalidArgument(f"'{text[:80]}' is no JSON Pointer", hint="Write it like /spec/replicas.")
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in text.split("/")[1:])


def both(parts: Any) -> Condition:
    return _all(parts)


def either(parts: Any) -> Condition:
    return Either(tuple(parts))


def present(given: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """A null would be no condition at all, where somebody meant one."""
    for key, value in given.items():
        if value is None:
            raise InvalidArgument(f"the condition '{key}' is null", hint="Leave it out, or ask for exists: false.")
        yield key, value


def several(parts: Any) -> Condition:
    """A condition, or those of a list: all of them hold."""
    return _all(parts) if isinstance(parts, list) else parts


def _all(parts: Iterable[Condition]) -> Condition:
    made = tuple(parts)
    return made[0] if len(made) == 1 else All(made)


def _on_a_key(key: str, part: Any) -> Condition:
    if not isinstance(part, Mapping):
        raise InvalidArgument(f"the condition on '{key}' is {values.quoted(part)}", hint='Write it like {eq: "x"}.')
    return comparisons(part)


def _comparison(operator: str, operand: Any) -> Condition:
    match operator:
        case "eq":
            return OneOf((_operand(operator, operand),))
        case "ne":
            return Not(OneOf((_operand(operator, operand),)))
        case "in":
            return OneOf(_operands(operator, operand))
        case "notIn":
            return Not(OneOf(_operands(operator, operand)))
        case "exists":
            return _existence(operand)
        case "startsWith" | "endsWith" | "contains" | "gt" | "gte" | "lt" | "lte":
            return _compared(Operator(operator), _operand(operator, operand))
        case _:
            raise InvalidArgument(f"'{operator}' is no comparison", hint=f"There are {', '.join(COMPARISONS)}.")


COMPARISONS = ("eq", "ne", "in", "notIn", "exists", *(each.value for each in Operator))


def _compared(operator: Operator, operand: Any) -> Condition:
    if operator in (Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.CONTAINS) and not isinstance(operand, str):
        raise InvalidArgument(f"{operator} needs a text, not {values.quoted(operand)}", hint="Quote it.")
    return Compare(operator, operand)


def _existence(wanted: Any) -> Condition:
    if not isinstance(wanted, bool):
        raise InvalidArgument(f"exists is {values.quoted(wanted)}", hint="It is true or false.")
    return Exists() if wanted else Not(Exists())


def _operands(operator: str, operands: Any) -> tuple[Any, ...]:
    if not isinstance(operands, list):
        raise InvalidArgument(f"{operator} needs a list, not {values.quoted(operands)}", hint="Put it in brackets.")
    return tuple(_operand(operator, each) for each in operands)


def _operand(operator: str, operand: Any) -> Any:
    if operand is None or isinstance(operand, dict | list):
        raise InvalidArgument(
            f"{operator} compares with a text, a number or a boolean, not with {values.quoted(operand)}",
            hint="Ask for the parts of an object or list by their path; ask for nothing with exists: false.",
        )
    if isinstance(operand, str) and len(operand) > _LONGEST:
        shown = f"{operator} has a text of {len(operand):,} characters"
        raise InvalidArgument(f"{shown}, the limit is {_LONGEST:,}", hint="Ask for a part of it.")
    if not isinstance(operand, datetime):
        _check(operator, operand)
    return operand


def _check(operator: str, operand: Any) -> None:
    try:
        values.check(operand)
    except InvalidDocument as error:
        raise InvalidArgument(f"no value can equal the operand of {operator}: {error}", hint=error.hint) from None


def _only(given: tuple[Ordering, ...]) -> Ordering:
    if len(given) != 1:
        named = "nothing" if not given else f"{len(given)} fields"
        raise InvalidArgument(f"a member of orderBy names {named}", hint="Give each field a member of its own.")
    return given[0]
