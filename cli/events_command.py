"""`dsel events`"""

import typer

from cli import conditions, console, timeline
from cli.arguments import App, Number, Output
from cli.client import Client
from cli.output import Format
from cli.type_names import TypeNames


def events(
    context: typer.Context,
    of: conditions.Types = None,
    app: App = None,
    kinds: conditions.Kinds = None,
    phases: conditions.Phases = None,
    actors: conditions.Actors = None,
    actor_types: conditions.ActorTypes = None,
    since: conditions.Since = None,
    until: conditions.Until = None,
    execution: conditions.Execution = None,
    correlation: conditions.Correlation = None,
    words: conditions.Words = None,
    number: Number = 50,
    format_: Output = Format.TABLE,
) -> None:
    """Shows what happened, from new to old. All conditions must hold.

    -o yaml and -o json give the whole envelopes, -o name the event ids.

    Examples:
    $ dsel events -a 09287 --since 2h
    $ dsel events --type deployment --actor-type human --since 1w -o wide
    $ dsel events --execution exec-9012 -n 0 -o json
    """
    client: Client = context.obj
    types = TypeNames(client)
    where = conditions.where(
        types,
        of=of,
        app=app,
        kinds=kinds,
        phases=phases,
        actors=actors,
        actor_types=actor_types,
        since=since,
        until=until,
        execution=execution,
        correlation=correlation,
        words=words,
    )
    fields = timeline.fields_for(format_, reasons=format_ is Format.WIDE)
    found, more = timeline.newest(timeline.log(client, where, fields, number and number + 1), number)
    if found or not format_.is_table:
        timeline.show(found, types, format_)
    else:
        console.note("No events were found.")
    if more:
        timeline.tell_more(number)
