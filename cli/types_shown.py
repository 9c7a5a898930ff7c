"""Domain types and what became of them, for people."""

from collections.abc import Iterable
from typing import Any

from cli import console, output, times
from cli.manifests import Manifest
from cli.types_client import TypesRefused

_HEADERS = ("NAME", "GROUP", "VERSIONS", "ORIGIN", "AGE", "EVENT", "ACTOR")
_DONE = {"CREATED": "created", "CHANGED": "changed", "UNCHANGED": "unchanged", "RETIRED": "retired"}


def tell(done: dict[str, Any], dry_run: bool) -> None:
    for each in done["changes"]:
        suffix = " (dry run)" if dry_run and each["effect"] != "UNCHANGED" else ""
        console.say(f"domaintype/{each['domainType']['name']} {_DONE[each['effect']]}{suffix}")
    tell_breaking(done["breaking"])


def tell_breaking(breaking: Iterable[dict[str, Any]]) -> None:
    for each in breaking:
        console.note(f"This breaks clients: {each['description']}")


def explain(refusal: TypesRefused, found: list[Manifest]) -> None:
    """A line for each fault, with the file, the document and the path of it, or for each break."""
    for fault in refusal.faults:
        console.complain(f"{found[fault['manifest']].place.at(fault['path'])}: {fault['message']}", hint=fault["hint"])
    if refusal.faults:
        told = f"None of the {len(found)} types was" if len(found) > 1 else "Nothing was"
        console.note(f"{told} changed.")
    tell_breaking(refusal.breaking)
    if refusal.breaking:
        console.complain("clients of today's schema would break", hint="--force changes the types all the same.")
    elif not refusal.faults:
        console.complain(str(refusal), hint=refusal.hint)


def table(found: list[dict[str, Any]], now: str, *, wide: bool) -> None:
    more = ("FIELD", "LIST", "DESCRIPTION") if wide else ()
    output.table(_HEADERS + more, [_row(each, now) + (_more(each) if wide else ()) for each in found])


def _row(each: dict[str, Any], now: str) -> tuple[str, ...]:
    event = each["event"]
    what = "fault" if each["fault"] else "retired" if each["retired"] else each["origin"].lower().replace("_", "-")
    group = each["group"]
    versions = ",".join(version["name"].removeprefix(f"{group}/") for version in each["versions"])
    age, kind = (times.age(event["timestamp"], now), event["kind"]) if event else ("", "")
    return each["name"], group, versions, what, age, kind, event["actor"]["id"] if event else ""


def _more(each: dict[str, Any]) -> tuple[str, ...]:
    return each["field"], each["listField"], each["fault"] or each["description"].partition("\n")[0][:60]
