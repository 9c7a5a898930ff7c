"""The schema of many real custom resources: how long it takes to make, to change by one of them, and how large it is.

    .venv/bin/python -m bench.custom_resources FOLDER

FOLDER holds CustomResourceDefinitions, in folders of its own. Times are of the processor.
"""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from graphql import GraphQLSchema, assert_valid_schema, get_introspection_query, graphql_sync

from cli.manifests import Manifest, read
from domain.declaration import Declaration, from_manifest
from domain.registry import Registry, builtin
from graph import json_text, schema
from graph.common_schema import common_schema
from graph.naming import named

Made = TypeVar("Made")


def main(folder: Path) -> None:
    manifests = [each.object for each in read([folder], recursive=True) if isinstance(each, Manifest)]
    base = builtin()
    timed("what all schemas have in common", common_schema)
    applied = timed(f"reading {len(manifests)} definitions", lambda: declarations(base, manifests))
    registry, made = timed("making their schema", lambda: built(base.with_applied(applied)))
    fields = sum(len(getattr(each, "fields", ())) for each in made.type_map.values())
    print(f"{len(made.type_map):,} types, {fields:,} fields")
    made._validation_errors = None
    timed("validating it", lambda: assert_valid_schema(made))
    answer = timed("its introspection", lambda: json_text.dumps(graphql_sync(made, get_introspection_query()).data))
    print(f"{len(answer) / 1e6:.1f} MB of introspection")
    gc.collect()
    changes = sorted(changed(registry, each) for each in manifests)
    print(f"changing one type: {changes[len(changes) // 2]:.0f} ms at the median, {changes[-1]:.0f} ms at most")


def declarations(base: Registry, manifests: list[dict[str, object]]) -> list[Declaration]:
    known = dict(base.declarations)
    for each in manifests:
        found = from_manifest(each).identified(known)
        known[found.name] = found
    return list(known.values())[len(base.declarations) :]


def built(registry: Registry) -> tuple[Registry, GraphQLSchema]:
    registry = named(registry)
    return registry, schema.build(registry)


def changed(registry: Registry, manifest: dict[str, object]) -> float:
    """Milliseconds until a schema is there in which this type was made anew."""
    begin = time.process_time()
    declared = from_manifest(manifest).identified(registry.declarations)
    built(registry.with_applied([declared]))
    return (time.process_time() - begin) * 1000


def timed(what: str, work: Callable[[], Made]) -> Made:
    begin = time.process_time()
    made = work()
    print(f"{what}: {time.process_time() - begin:.2f} s")
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]))
