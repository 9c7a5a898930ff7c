"""Applying and retiring domain types: checked as a whole before anything is stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import BreakingChange as GraphQLBreakingChange

from domain import declaration
from domain.declaration import Declaration
from domain.domain_type import DomainType
from domain.errors import (
    BreakingChange,
    Forbidden,
    InvalidManifest,
    InvalidManifests,
    ManifestFault,
    UnknownType,
    VersionConflict,
)
from domain.registry import Registry
from graph.breaking_changes import FIELD_REMOVED
from graph.domain_types import following
from graph.edition import Edition
from graph.editions import Editions
from resolvers import type_log
from resolvers.beside import beside
from resolvers.context import Context, Right
from resolvers.type_keeper import Effect, TypeChange, TypeChanges, TypeOptions


class Types:
    """See TypeKeeper."""

    def __init__(self, editions: Editions) -> None:
        self._editions = editions

    async def apply(self, context: Context, manifests: Sequence[Any], options: TypeOptions) -> TypeChanges:
        return await self._change(context, await beside(_read, manifests), options)

    async def retire(self, context: Context, name: str, options: TypeOptions) -> TypeChanges:
        known = self._editions.current.registry.declarations.get(name)
        if known is None:
            raise UnknownType(f"no domain type is called '{name}'", hint="`domainTypes` lists them.")
        return await self._change(context, [replace(known, retired=True)], options)

    async def _change(self, context: Context, wanted: Sequence[Declaration], options: TypeOptions) -> TypeChanges:
        if not context.caller.may(Right.TYPES):
            raise Forbidden(f"{context.caller.actor.id} may not change domain types", hint="Ask for the right 'types'.")
        # Read before the types themselves: what somebody applies from here on collides with one of these.
        heads = await type_log.heads(context.log, [name for each in wanted for name in each.names])
        async with self._editions.turn():
            before = self._editions.current
            wanted = _identified(wanted, before.registry)
            _compare(options.expected_version, {each.name: heads[each.name] for each in wanted})
            plan = [_planned(each, before.registry) for each in wanted]
            changed = [each.declaration for each in plan if each.effect is not Effect.UNCHANGED]
            if not changed:
                return TypeChanges(plan)
            changed = await beside(_following, changed, before.registry)
            edition = await self._made(before.registry.with_applied(changed), wanted)
            new = [edition.registry.declarations[each.name] for each in changed]
            breaking = _breaking(before.registry, edition.breaking, plan)
            if breaking and not options.force:
                raise BreakingChange(breaking)
            if options.dry_run:
                return TypeChanges(plan, breaking)
            stored = await type_log.store(context, new, heads, options)
            self._editions.serve(edition.with_stored(stored))
        return TypeChanges([_stored(each, stored) for each in plan], breaking)

    async def _made(self, registry: Registry, wanted: Sequence[Declaration]) -> Edition:
        try:
            return await self._editions.make(registry)
        except InvalidManifest as error:
            names = [each.name for each in wanted]
            number = names.index(error.details["type"]) if error.details.get("type") in names else 0
            raise InvalidManifests(list(_faults(number, error))) from error


def _read(manifests: Sequence[Any]) -> list[Declaration]:
    """Raises InvalidManifests with the faults of all of them."""
    read: dict[tuple[str, ...], Declaration] = {}
    faults: list[ManifestFault] = []
    for number, manifest in enumerate(manifests):
        try:
            if not isinstance(manifest, dict):
                raise InvalidManifest("", "a manifest is an object", hint="Send it as an object, not as a text.")
            each = declaration.from_manifest(manifest)
            if each.names in read:
                raise InvalidManifest("/meta/name", f"{each.name} is declared twice")
            read[each.names] = each
        except InvalidManifest as error:
            faults += _faults(number, error)
    if faults:
        raise InvalidManifests(faults)
    return list(read.values())


def _identified(wanted: Sequence[Declaration], before: Registry) -> list[Declaration]:
    """Each under the name that it has beside those of before and those ahead of it."""
    known = dict(before.declarations)
    found: list[Declaration] = []
    for number, each in enumerate(wanted):
        try:
            found.append(each if each.retired else each.identified(known))
        except InvalidManifest as error:
            raise InvalidManifests(list(_faults(number, error))) from error
        known[found[-1].name] = found[-1]
    return found


def _following(changed: Sequence[Declaration], before: Registry) -> list[Declaration]:
    """The declarations, whose objects are called as they were."""
    return [_followed(each, before.get(each.name)) for each in changed]


def _followed(declared: Declaration, before: DomainType | None) -> Declaration:
    if declared.retired or declared.domain_type is None or before is None:
        return declared
    return replace(declared, domain_type=following(declared.domain_type, before))


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
    if known.domain_type is not None and known.domain_type.called is not None:
        wanted = wanted.calling(known.domain_type.called)
    served = known.served
    if served is None or wanted.domain_type is None:
        return TypeChange(replace(wanted, event=known.event), Effect.CHANGED)
    if known.manifest == wanted.manifest:
        return TypeChange(known, Effect.UNCHANGED)
    followed = wanted.domain_type.after(served)
    return TypeChange(replace(wanted, domain_type=followed, event=known.event), Effect.CHANGED)


def _breaking(
    before: Registry, found: Sequence[GraphQLBreakingChange], plan: Sequence[TypeChange]
) -> list[tuple[str, str]]:
    """What clients lose. The root fields of a type that is retired are meant to go."""
    retires = any(each.effect is Effect.RETIRED for each in plan)
    roots = tuple(f"Field {name}." for name in ("Query", "Mutation", "Subscription", "Snapshot"))
    kept = [(FIELD_REMOVED, text) for each in plan for text in _newly_kept(before, each.declaration)]
    return kept + [
        (each.type.name, each.description)
        for each in found
        if not (retires and each.type.name == FIELD_REMOVED and each.description.startswith(roots))
    ]


def _newly_kept(before: Registry, wanted: Declaration) -> Iterator[str]:
    old, new = before.get(wanted.name), wanted.served
    known = {each.path for each in old.kept} if old else set()
    for each in new.kept if new else ():
        if each.path not in known:
            yield f"{wanted.name} has no {each.pointer} any more; its field stays, deprecated, until the next version."


def _stored(change: TypeChange, stored: Sequence[Declaration]) -> TypeChange:
    found = next((each for each in stored if each.name == change.declaration.name), None)
    return replace(change, declaration=found, stored=True) if found else change
