"""`dsel rollback`"""

import sys
from typing import Annotated

import typer

from cli import changes, console, states, targets, times, writes
from cli.arguments import App, Comment, Name, Type
from cli.client import Client
from cli.failure import Failure, Misuse
from cli.states import Seen, State
from cli.targets import Target
from cli.type_names import TypeNames
from cli.writes import Options, WriteRefused, Written

_ATTEMPTS = 3


def rollback(
    context: typer.Context,
    type_: Type,
    to: Annotated[str, typer.Option("--to", metavar="TIME|VERSION", help="RFC 3339, how long ago (2h), or a version.")],
    name: Name = None,
    comment: Comment = None,
    app: App = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Applies an earlier state of an object again, as a new event. Its history stays as it is.

    Shows what it changes and asks first. Refused if somebody else writes meanwhile.

    Examples:
    $ dsel rollback artifact vpc -a 09287 --to 3 -m "2.2.0 breaks the peering"
    $ dsel rollback config/payments-settings -a 11402 --to 2h --yes
    """
    client: Client = context.obj
    if not yes and not sys.stdin.isatty():
        raise Misuse("there is nobody to ask", hint="--yes goes ahead without asking.")
    target, point = targets.one(TypeNames(client), type_, name, app), times.point(to)
    state, now = _earlier(client, target, point), states.at(client, target)
    diff = changes.unified(
        now.living and now.living.object, state.object, _name(target, now.living), _name(target, state)
    )
    if not diff:
        console.say(f"{target} unchanged: it is as it was at version {state.version}")
        return
    changes.show(diff)
    if not yes:
        typer.confirm(f"Apply version {state.version} of {target} again?", abort=True, err=True)
    written = _apply(client, target, state, now, comment)
    version = written.event and written.event["version"]
    console.say(f"{target} rolled back to version {state.version}, as version {version}")


def _earlier(client: Client, target: Target, point: states.Point) -> State:
    seen = states.at(client, target, point)
    if seen.living is not None:
        return seen.living
    if seen.state is None:
        raise states.gone(target, seen, point)
    raise Failure(
        f"{target} was deleted by {seen.state.kind} at {seen.state.since}", hint="dsel delete deletes it again."
    )


def _apply(client: Client, target: Target, state: State, now: Seen, comment: str | None) -> Written:
    """Writes on the version at which the current state was read, which a backdated event may have raised unseen."""
    expected = now.last["version"] if now.last else 0
    for _ in range(_ATTEMPTS):
        try:
            return _write(client, target, state, Options(comment, expected_version=expected))
        except WriteRefused as error:
            again = states.at(client, target)
            if error.actual is None or again != now:
                raise
            expected = error.actual
    raise Failure(f"{target} is being written by others", hint="Try again.")


def _write(client: Client, target: Target, state: State, options: Options) -> Written:
    origin = {"rolledBackTo": {"eventId": state.event_id, "version": state.version, "timestamp": state.since}}
    return writes.act(client, "apply", state.object, target.app_id, options, origin, target.name)


def _name(target: Target, state: State | None) -> str:
    return f"{target} version {state.version} ({state.since})" if state else f"{target} (none)"
