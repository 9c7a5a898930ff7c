"""`dsel get`"""

from typing import Annotated

import typer

from cli import console, output, states, targets, times
from cli.arguments import App, AsOf, KnownAt, Name, Output, Type
from cli.client import Client
from cli.entities import Entity, Look, labels_of
from cli.failure import Misuse
from cli.output import Format
from cli.type_names import TypeName, TypeNames

_HEADERS = ("NAME", "APP", "VERSION", "AGE", "EVENT", "ACTOR")
_MORE = ("SINCE", "CREATED", "API-VERSION", "STATE-VERSION", "DELETED", "LABELS")


def get(
    context: typer.Context,
    type_: Type,
    name: Name = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    selector: Annotated[
        str | None, typer.Option("--selector", "-l", metavar="LABELS", help="As in team=platform,tier in (web,api).")
    ] = None,
    app: App = None,
    all_apps: Annotated[bool, typer.Option("--all-apps", "-A", help="In all apps, whatever DSEL_APP says.")] = False,
    format_: Output = Format.TABLE,
    include_deleted: Annotated[bool, typer.Option("--include-deleted", help="Show what was deleted, too.")] = False,
) -> None:
    """Shows an object, or lists those of a type: now, or as of any moment.

    VERSION and ACTOR are those of the newest EVENT, and --expected-version wants that version. AGE is how long the
    state has held. -o wide adds more, such as SINCE when; -o yaml and -o json give the whole objects.

    Examples:
    $ dsel get artifacts -a 09287 -l team=platform
    $ dsel get artifact/vpc -a 09287 --as-of 2025-01-15T10:30:00Z -o yaml
    $ dsel get deployments -A --as-of 2h -o name
    """
    client: Client = context.obj
    types = TypeNames(client)
    time = times.instant(as_of) if as_of else None
    known = times.instant(known_at) if known_at else None
    at = time or (client.now() if known else None)
    look = Look(client, at, known, raw=format_.is_whole, deleted=include_deleted)
    type_, name = targets.split(type_, name)
    if name is None:
        found = list(look.all(types.named(type_), None if all_apps else app, selector))
        _list(found, look, types, types.named(type_), format_)
        return
    if selector or all_apps:
        raise Misuse("--selector and --all-apps are for lists", hint="Leave out NAME.")
    target = targets.one(types, type_, name, app)
    entity = look.one(target)
    if entity is None:
        raise states.missing(target, time)
    if entity["current"] is None:
        raise states.gone(target, states.at(client, target, time, known), time)
    _one(entity, look, types, format_)


def _one(entity: Entity, look: Look, types: TypeNames, format_: Format) -> None:
    if format_.is_whole:
        output.document(entity["current"]["raw"], format_)
    else:
        _show([entity], look, types, format_)


def _list(found: list[Entity], look: Look, types: TypeNames, type_: TypeName, format_: Format) -> None:
    if format_.is_whole:
        output.document(output.listed([each["current"]["raw"] for each in found]), format_)
    elif found:
        _show(found, look, types, format_)
    else:
        console.note(f"No objects of type {type_.name} were found.")
        if not type_.registered:
            console.note(f"Nobody registered that type, so its case matters. Registered are: {types.told(type_.name)}.")


def _show(found: list[Entity], look: Look, types: TypeNames, format_: Format) -> None:
    if format_ is Format.NAME:
        for each in found:
            console.say(f"{types.of(each['type']).shown}/{each['name']}")
        return
    wide = format_ is Format.WIDE
    now = look.time or look.client.instant
    rows = [_row(each, now) + (_more(each) if wide else ()) for each in found]
    output.table(_HEADERS + (_MORE if wide else ()), rows)


def _row(entity: Entity, now: str) -> tuple[str, ...]:
    state, last = entity["current"], entity["lastEvent"]
    version, age = str(last["version"]), times.age(state["validFrom"], now)
    return entity["name"], entity["appId"], version, age, last["kind"], last["actor"]["id"]


def _more(entity: Entity) -> tuple[str, ...]:
    state = entity["current"]
    began = state["validFrom"], entity["firstEvent"]["timestamp"]
    deleted = "yes" if state["deleted"] else "no"
    shown = ",".join(f"{key}={value}" for key, value in sorted(labels_of(entity).items()))
    return *began, state["apiVersion"] or "", str(state["version"]), deleted, shown
