"""The conditions on events that commands take, and how they are sent."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli import times
from cli.failure import Misuse
from cli.type_names import TypeNames
from domain.event import ActorType, Phase

_Several = list[str] | None
Types = Annotated[_Several, typer.Option("--type", "-t", metavar="TYPE", help="Of this type. Repeatable.")]
Kinds = Annotated[_Several, typer.Option("--kind", "-k", metavar="KIND", help="Like ArtifactAppliedEvent. Repeatable.")]
Phases = Annotated[_Several, typer.Option("--phase", metavar="PHASE", help="intent or outcome.")]
Actors = Annotated[_Several, typer.Option("--actor", metavar="ID", help="Caused by this actor. Repeatable.")]
ActorTypes = Annotated[
    _Several, typer.Option("--actor-type", metavar="TYPE", help="human, service or controller. Repeatable.")
]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="At or after: RFC 3339, 15m, 2h, 3d.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Before this moment.")]
Execution = Annotated[str | None, typer.Option(metavar="ID", help="Of this run of a workflow.")]
Correlation = Annotated[str | None, typer.Option(metavar="ID", help="Of this request.")]
Words = Annotated[str | None, typer.Option("--words", metavar="WORDS", help="With all these words in the comment.")]


def where(
    types: TypeNames,
    *,
    of: Sequence[str] | None,
    app: str | None,
    kinds: Sequence[str] | None,
    phases: Sequence[str] | None,
    actors: Sequence[str] | None,
    actor_types: Sequence[str] | None,
    since: str | None,
    until: str | None,
    execution: str | None,
    correlation: str | None,
    words: str | None,
) -> dict[str, Any]:
    """As EventWhere; what was not given is left out. Raises Misuse."""
    given = {
        "types": [types.named(each).name for each in of or ()],
        "appIds": [app] if app else None,
        "kinds": kinds,
        "phases": [_member("--phase", Phase, each) for each in phases or ()],
        "actors": actors,
        "actorTypes": [_member("--actor-type", ActorType, each) for each in actor_types or ()],
        "since": times.instant(since) if since else None,
        "until": times.instant(until) if until else None,
        "executionId": execution,
        "correlationId": correlation,
        "comment": words,
    }
    return {name: value for name, value in given.items() if value}


def _member(option: str, of: type[Phase] | type[ActorType], text: str) -> str:
    if text.upper() not in list(of):
        raise Misuse(f"{option} {text} is not known", hint=f"Take one of: {', '.join(of).lower()}.")
    return text.upper()
