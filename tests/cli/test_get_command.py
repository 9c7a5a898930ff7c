"""`dsel get` through a real server."""

from typing import Any

import pytest

from domain.instants import write
from examples import T0, later
from terminal import Shell
from told import applied, config, told

Json = dict[str, Any]


def widget(app_id: str, name: str, at: float, **labels: str) -> Json:
    state = {"apiVersion": "v1", "kind": "Widget", "metadata": {"name": name, "labels": labels}, "spec": {"size": 1}}
    return told("WidgetAppliedEvent", app_id, name, at=later(at), state=state)


@pytest.fixture
def past(dsel: Shell, app_id: str) -> Shell:
    """`vpc` in two versions, `dns` that was deleted, and a compliance check."""
    dsel.bring(
        applied(app_id, "vpc", at=T0, by="john@example.com", version="1.0.0", labels={"team": "platform"}),
        applied(app_id, "dns", at=T0, by="john@example.com", version="7.0.0", labels={"team": "network"}),
        applied(app_id, "vpc", at=later(20), by="eve@example.com", version="2.0.0", labels={"team": "platform"}),
        told("ArtifactComplianceCheckedEvent", app_id, "vpc", at=later(30), by="policy", actorType="CONTROLLER"),
        told("ArtifactDeletedEvent", app_id, "dns", at=later(40), by="eve@example.com"),
    )
    return dsel


def test_a_list_shows_version_age_event_and_actor_of_what_lives(past: Shell, app_id: str) -> None:
    shown = past.ok("get", "artifacts")
    assert shown.out.splitlines()[0].split() == ["NAME", "APP", "VERSION", "AGE", "EVENT", "ACTOR"]
    [[name, app, version, age, event, actor]] = shown.rows
    assert (name, app, version) == ("vpc", app_id, "3")
    assert (event, actor) == ("ArtifactComplianceCheckedEvent", "policy")
    assert age[-1] in "dy"


@pytest.mark.parametrize("spelling", ["artifact", "artifacts", "Artifact", "ARTIFACTS"])
def test_a_type_is_found_by_name_root_field_and_plural_in_any_case(past: Shell, spelling: str) -> None:
    assert past.ok("get", spelling, "-o", "name").out == "artifact/vpc\n"
    assert past.ok("get", spelling, "vpc", "-o", "name").out == "artifact/vpc\n"
    assert past.ok("get", f"{spelling}/vpc", "-o", "name").out == "artifact/vpc\n"


def test_the_past_is_seen_as_of_a_moment(past: Shell) -> None:
    then = ("--as-of", write(later(10)))
    assert past.ok("get", "artifacts", *then, "-o", "name").out == "artifact/dns\nartifact/vpc\n"
    assert past.ok("get", "artifact", "vpc", *then, "-o", "json").json["spec"]["version"] == "1.0.0"
    [row] = past.ok("get", "artifact", "vpc", *then).rows
    assert row[2:5] == ["1", "0s", "ArtifactAppliedEvent"]
    ended = past("get", "artifact", "vpc", "--as-of", write(later(-1)))
    assert (ended.code, ended.out) == (1, "")
    assert f"there is no artifact/vpc in the app {past.environment['DSEL_APP']} at {write(later(-1))}" in ended.err


def test_what_was_not_recorded_yet_was_not_known(past: Shell) -> None:
    long_ago = ("--known-at", write(later(50)))
    assert past("get", "artifacts", *long_ago).err == "No objects of type Artifact were found.\n"
    assert past("get", "artifact", "vpc", *long_ago).code == 1
    assert past.ok("get", "artifacts", "--known-at", "0s", "-o", "name").out == "artifact/vpc\n"
    known = past.ok("get", "artifacts", "--as-of", write(T0), "--known-at", "0s", "-o", "name").out
    assert known == "artifact/dns\nartifact/vpc\n"


def test_a_selector_and_deleted_objects_narrow_and_widen_the_list(past: Shell) -> None:
    then = ("--as-of", write(later(10)), "-o", "name")
    assert past.ok("get", "artifacts", "-l", "team=network", *then).out == "artifact/dns\n"
    assert past.ok("get", "artifacts", "--include-deleted", "-o", "name").out == "artifact/vpc\nartifact/dns\n"
    platform = ("-l", "team=platform", "--include-deleted", "-o", "name")
    assert past.ok("get", "artifacts", *platform).out == "artifact/vpc\n"
    assert past.ok("get", "artifacts", "--include-deleted", *then).out == "artifact/dns\nartifact/vpc\n"
    wide = past.ok("get", "artifacts", "--include-deleted", "-o", "wide")
    assert [(row[0], row[-2]) for row in wide.rows] == [("vpc", "no"), ("dns", "yes")]


def test_a_deleted_object_is_told_as_such_and_shown_when_asked(past: Shell) -> None:
    ended = past("get", "artifact", "dns")
    assert (ended.code, ended.out) == (1, "")
    assert f"was deleted at {write(later(40))}. --include-deleted shows it." in ended.err
    shown = past.ok("get", "artifact", "dns", "--include-deleted", "-o", "yaml").yaml
    assert shown["spec"]["version"] == "7.0.0"


def test_an_object_that_has_events_but_no_state_is_told_as_such(dsel: Shell, app_id: str) -> None:
    dsel.bring(told("ArtifactApplyEvent", app_id, "asked", at=T0, by="john@example.com"))
    ended = dsel("get", "artifact", "asked")
    assert ended.code == 1
    assert "has events but no state" in ended.err


def test_a_type_that_nobody_registered_is_listed_by_its_exact_name(dsel: Shell, app_id: str) -> None:
    dsel.bring(widget(app_id, "a", 0, team="x"), widget(app_id, "b", 10), widget(app_id, "c", 20, team="x"))
    assert dsel.ok("get", "Widget", "-l", "team=x", "-o", "name").out == "Widget/a\nWidget/c\n"
    assert dsel.ok("get", "Widget/b", "-o", "json").json["metadata"]["name"] == "b"
    assert [row[0] for row in dsel.ok("get", "Widget", "--as-of", write(later(15))).rows] == ["a", "b"]
    ended = dsel("get", "widget")
    assert (ended.code, ended.out) == (0, "")
    assert "Nobody registered that type, so its case matters. Registered are: Artifact, " in ended.err


def test_a_namespace_is_part_of_the_name(dsel: Shell, app_id: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    dsel.bring(told("PodAppliedEvent", app_id, "shop/web", at=T0, state=pod))
    for spelling in (("Pod", "shop/web"), ("Pod/shop/web",)):
        assert dsel.ok("get", *spelling, "-o", "name").out == "Pod/shop/web\n"


def test_yaml_and_json_give_whole_objects_alone_or_as_a_list(past: Shell, app_id: str) -> None:
    one = past.ok("get", "artifact", "vpc", "-o", "json").json
    assert one["meta"] == {"name": "vpc", "appId": app_id, "labels": {"team": "platform"}}
    assert past.ok("get", "artifact", "vpc", "-o", "yaml").yaml == one
    listed = {"apiVersion": "v1", "kind": "List", "items": [one]}
    assert past.ok("get", "artifacts", "-o", "json").json == listed
    assert past.ok("get", "artifacts", "-o", "yaml").yaml == listed
    assert past.ok("get", "deployments", "-o", "json").json["items"] == []


def test_what_get_writes_apply_reads_without_a_loss(dsel: Shell) -> None:
    exact = b'{"a": 1.10000000000000000001, "b": 12345678901234567890123, "c": 1e3, "d": "1e3", "e": "y", "f": "x\\n"}'
    dsel.ok("apply", "-f", "-", stdin=b'{"kind": "Widget", "meta": {"name": "w"}, "spec": %s}' % exact)
    for format_ in ("json", "yaml"):
        before = dsel.ok("get", "Widget", "w", "-o", format_).out
        for digits in ("1.10000000000000000001", "12345678901234567890123"):
            assert digits in before
        dsel.ok("apply", "-f", "-", stdin=before)
        assert dsel.ok("get", "Widget", "w", "-o", format_).out == before
    assert dsel("diff", "Widget", "w", "--from", "2").code == 0


def test_a_list_goes_over_all_pages_and_over_all_apps_when_asked(dsel: Shell, app_id: str) -> None:
    names = [f"n{index:04}" for index in range(501)]
    dsel.bring(*(widget(app_id, name, 0) for name in names), widget(f"{app_id}-other", "elsewhere", 0))
    assert [row[0] for row in dsel.ok("get", "Widget").rows] == names
    assert len(dsel.ok("get", "Widget", "-o", "json").json["items"]) == 501
    everywhere = dsel.ok("get", "Widget", "-A", "-l", "!nothing").rows
    assert ["elsewhere", f"{app_id}-other"] in [row[:2] for row in everywhere]
    assert [row[0] for row in dsel.ok("get", "Widget", "-a", f"{app_id}-other").rows] == ["elsewhere"]


def test_wide_adds_columns(past: Shell) -> None:
    shown = past.ok("get", "artifacts", "-o", "wide")
    headers = ["SINCE", "CREATED", "API-VERSION", "STATE-VERSION", "DELETED", "LABELS"]
    assert shown.out.splitlines()[0].split()[-6:] == headers
    assert shown.rows[0][-6:] == [write(later(20)), write(T0), "v1alpha1", "2", "no", "team=platform"]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        ((), 2, "Missing argument 'TYPE'. See dsel get --help."),
        (("artifact/vpc", "vpc"), 2, "Write TYPE NAME or TYPE/NAME."),
        (("artifact", "vpc", "-A"), 2, "are for lists. Leave out NAME."),
        (("artifact", "vpc", "--as-of", "yesterday"), 2, "'yesterday' is not an instant: it does not follow RFC 3339."),
        (("artifact", "vpc", "--as-of", "2025-01-15"), 2, "a date without a time of day and an offset. Write it like"),
        (("artifacts", "--as-of", "2999-01-01T00:00:00Z"), 1, "lies after the request's instant"),
        (("artifacts", "-l", "team=("), 1, "the label selector 'team=(' is wrong"),
        (("artifacts", "-o", "xml"), 2, "'table', 'wide', 'yaml', 'json'"),
        (("artifact", "no-such"), 1, "there is no artifact/no-such in the app"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_an_exit_code(
    dsel: Shell, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    ended = dsel("get", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1), ended
    assert ended.err.startswith("Error: ")
    assert problem in ended.err


def test_an_object_needs_an_app(dsel: Shell) -> None:
    ended = dsel("get", "artifact", "vpc", DSEL_APP="")
    assert ended.code == 2
    assert "which app does artifact/vpc belong to? Name it with --app or DSEL_APP." in ended.err


def test_another_type_of_the_same_app_is_not_listed(past: Shell, app_id: str) -> None:
    past.bring(told("ConfigAppliedEvent", app_id, "c", at=T0, state=config(app_id, "c")))
    assert past.ok("get", "configs", "-o", "name").out == "config/c\n"
    assert past.ok("get", "artifacts", "-o", "name").out == "artifact/vpc\n"
