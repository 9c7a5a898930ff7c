"""What an index can look up of a condition, in the language of `$match`; the whole condition is asked afterwards."""

from collections.abc import Collection, Iterator
from typing import Any

from domain.conditions import All, At, Compare, Condition, OneOf, Operator, Path, Some
from repository.documents import encode, state_path

_COMPARISONS = {Operator.GT: "$gt", Operator.GTE: "$gte", Operator.LT: "$lt", Operator.LTE: "$lte"}
_LABELS: Path = ("meta", "labels")


def equalities(condition: Condition, indexed: Collection[Path]) -> list[dict[str, Any]]:
    """Conditions on single values: what fulfils `condition` fulfils them, in an index that goes on in order of keys."""
    return [found for path, part in _conjunction(condition) for found in _equality(path, part, indexed)]


def ranges(condition: Condition, indexed: Collection[Path]) -> list[dict[str, Any]]:
    """The same of everything else that an index can look up."""
    return [found for path, part in _conjunction(condition) for found in _range(path, part, indexed)]


def _conjunction(condition: Condition, path: Path = ()) -> Iterator[tuple[Path, Condition]]:
    """The comparisons that must all hold."""
    match condition:
        case All(parts):
            for part in parts:
                yield from _conjunction(part, path)
        case At(below, part):
            yield from _conjunction(part, (*path, *below))
        case Some(part):  # MongoDB looks through lists by itself
            yield from _conjunction(part, path)
        case _:
            yield path, condition


def _equality(path: Path, part: Condition, indexed: Collection[Path]) -> Iterator[dict[str, Any]]:
    if isinstance(part, OneOf) and len(part.operands) == 1:
        yield from _one_of(path, part, indexed)


def _range(path: Path, part: Condition, indexed: Collection[Path]) -> Iterator[dict[str, Any]]:
    match part:
        case OneOf(operands) if len(operands) != 1:
            yield from _one_of(path, part, indexed)
        case Compare(operator, operand) if is_indexed(path, indexed) and operator in _COMPARISONS:
            yield {state_path(path[1:]): {_COMPARISONS[operator]: encode(operand)}}
        case Compare(Operator.STARTS_WITH, str(operand)) if is_indexed(path, indexed) and operand:
            yield {state_path(path[1:]): {"$gte": operand, **_below(operand)}}


def _one_of(path: Path, part: OneOf, indexed: Collection[Path]) -> Iterator[dict[str, Any]]:
    texts = all(isinstance(each, str) for each in part.operands)
    if path[:2] == _LABELS and len(path) == 3 and "=" not in path[2] and texts:
        yield {"labels": {"$in": [f"{path[2]}={each}" for each in part.operands]}}
    elif is_indexed(path, indexed):
        yield {state_path(path[1:]): {"$in": [encode(each) for each in part.operands]}}


def _below(prefix: str) -> dict[str, Any]:
    """What texts with a prefix stay below: the prefix with its last character replaced by the next."""
    prefix = prefix.rstrip("\U0010ffff")
    if not prefix:
        return {}
    following = ord(prefix[-1]) + 1
    return {"$lt": prefix[:-1] + chr(0xE000 if following == 0xD800 else following)}


def is_indexed(path: Path, indexed: Collection[Path]) -> bool:
    return path[:1] == ("state",) and path[1:] in indexed
