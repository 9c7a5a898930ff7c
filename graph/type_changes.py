"""Applying and retiring domain types: checked as a whole before anything is stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from domain import declaration
from domain.declaration import Declaration
from domain.errors import (
    Forbidden,
    InvalidManifest,
    InvalidManifests,
    ManifestFault,
    UnknownType,
    VersionConflict,
)
from domain.registry import Registry
from graph.edition import Edition
from graph.editions import Editions
from resolvers import type_log
from resolvers.context import Context, Right
from resolvers.type_keeper import Effect, TypeChange, TypeOptions


class TypeChanges:
    """See TypeKeeper."""

    def __init__(self, editions: Editions) -> None:
        self._editions = editions

    async def apply(self, context: Context, manifests: Sequence[Any], options: TypeOptions) -> list[TypeChange]:
        return await self._change(context, _read(manifests), options)

    async def retire(self, context: Context, name: str, options: TypeOptions) -> TypeChange:
        known = self._editions.current.registry.declarations.get(name)
        if known is None:
            raise UnknownType(f"no domain type is called '{name}'", hint="`domainTypes` lists them.")
        [changed] = await self._change(context, [replace(known, retired=True)], options)
        return changed

    async def _change(self, context: Context, wanted: Sequence[Declaration], options: TypeOptions) -> list[TypeChange]:
        if not context.caller.may(Right.TYPES):
            raise Forbidden(f"{context.caller.actor.id} may not change domain types", hint="Ask for the right 'types'.")
        # Read before the types themselves: what somebody applies from here on collides with one of these.
        heads = await type_log.heads(context.log, [each.name for each in wanted])
        async with self._editions.turn():
            before = self._editions.current.registry
            _compare(options.expected_version, heads)
            plan = [_planned(each, before) for each in wanted]
            new = [each.declaration for each in plan if each.effect is not Effect.UNCHANGED]
            if not new:
                return plan
            edition = await self._made(before.with_applied(new), wanted)
            if options.dry_run:
                return plan
            stored = await type_log.store(context, new, heads, options)
            self._editions.current = edition.with_stored(stored)
        return [_stored(each, stored) for each in plan]

    async def _made(self, registry: Registry, wanted: Sequence[Declaration]) -> Edition:
        try:
            return await self._editions.make(registry)
        except InvalidManifest as error:
            names = [each.name for each in wanted]
            number = names.index(error.details["type"]) if error.details.get("type") in names else 0
            raise InvalidManifests(list(_faults(number, error))) from error


def _read(manifests: Sequence[Any]) -> list[Declaration]:
    """Raises InvalidManifests with the faults of all of them."""
    read: dict[str, Declaration] = {}
    faults: list[ManifestFault] = []
    for number, manifest in enumerate(manifests):
        try:
            if not isinstance(manifest, dict):
                raise InvalidManifest("", "a manifest is an object", hint="Send it as an object, not as a text.")
            each = declaration.from_manifest(manifest)
            if each.name in read:
                raise InvalidManifest("/meta/name", f"{each.name} is declared twice")
            read[each.name] = each
        except InvalidManifest as error:
            faults += _faults(number, error)
    if faults:
        raise InvalidManifests(faults)
    return list(read.values())


def _faults(number: int, error: InvalidManifest) -> Iterator[ManifestFault]:
    return (ManifestFault(number, each.path, each.problem, each.hint) for each in error.faults)


def _compare(expected: int | None, heads: Mapping[str, int]) -> None:
    for name, version in heads.items():
        if expected is not None and version != expected:
            raise VersionConflict(f"{declaration.TYPE} {name}", expected, version)


def _planned(wanted: Declaration, before: Registry) -> TypeChange:
    known = before.declarations.get(wanted.name)
    if known is None:
        return TypeChange(wanted, Effect.CREATED)
    if wanted.retired:
        return TypeChange(known, Effect.UNCHANGED) if known.retired else TypeChange(wanted, Effect.RETIRED)
    same = known.manifest == wanted.manifest and not known.retired and not known.fault
    changed = TypeChange(replace(wanted, event=known.event), Effect.CHANGED)
    return TypeChange(known, Effect.UNCHANGED) if same else changed


def _stored(change: TypeChange, stored: Sequence[Declaration]) -> TypeChange:
    found = next((each for each in stored if each.name == change.declaration.name), None)
    return replace(change, declaration=found, stored=True) if found else change
