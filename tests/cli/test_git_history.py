"""A repository with every nasty case, imported, against `git show` and a plain YAML parser."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cli.git_history import History, Options
from cli.git_history.manifests import Reason
from domain import envelope as envelopes
from domain import instants, values
from domain.entity import Entity
from domain.event import Actor, ActorType
from domain.kinds import lower_camel
from domain.registry import Registry
from git_repositories import (
    DAY,
    START,
    GitRepository,
    Replay,
    Tree,
    by_commit,
    entity_of,
    parsed,
    state_of,
    thing,
)

BOT = ("renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com")
Envelope = dict[str, Any]


def imported(repository: GitRepository, **options: Any) -> list[Envelope]:
    return list(History(repository.folder, Options(**options)))


def told(events: Iterable[Envelope]) -> list[tuple[str, str, str]]:
    """Kind, name and path."""
    return [(each["kind"], each["meta"]["name"], each["spec"]["metadata"]["path"]) for each in events]


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    return GitRepository(tmp_path / "shop-config")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """One commit for each thing that real repositories do."""
    repository = GitRepository(tmp_path_factory.mktemp("repositories") / "nasty")
    write, move, remove, commit = repository.write, repository.move, repository.remove, repository.commit
    write("apps/web.yaml", thing("web"), thing("web", "Service", "v1"))
    write("clusters/a/db.yaml", thing("db"))
    write("clusters/b/db.yaml", thing("db"))
    write("README.md", "# no manifest\n")
    commit("root")
    commit("nothing")
    write("apps/web.yaml", thing("web", replicas=3), thing("web", "Service", "v1"))
    commit("edit one of two")
    write("apps/web.yaml", "# a comment\n", thing("web", "Service", "v1"), thing("web", replicas=3))
    commit("reorder, comment")
    move("apps/web.yaml", "apps/web/all.yml")
    commit("move a file")
    write("apps/web/service.yaml", thing("web", "Service", "v1", port=80))
    write("apps/web/all.yml", thing("web", replicas=3))
    commit("move an object to another file and change it")
    move("clusters/a/db.yaml", "env/a/data/db.yaml")
    move("clusters/b/db.yaml", "env/b/data/db.yaml")
    commit("move files with the same content")
    write("env/a/data/db.yaml", thing("db"), thing("db", replicas=2))
    commit("twice in one file")
    write("env/a/data/db.yaml", thing("db", replicas=7), thing("db"), thing("db", replicas=2))
    commit("a third time, in front")
    write("env/a/data/db.yaml", thing("db"))
    commit("once again")
    remove("apps/web/all.yml")
    commit("delete", at=START + DAY)
    write("apps/web/all.yml", thing("web", replicas=3))
    commit("bring it back, with an older clock", at=START + DAY - 3600)
    write("apps/web/all.yml", thing("web", api="extensions/v1beta1"))
    commit("another group")
    write("apps/web/all.yml", thing("web", api="extensions/v1beta2", labels={"a": "b"}))
    commit("another version")
    write("apps/web/all.yml", thing("web", "StatefulSet"))
    commit("another kind")
    write("apps/web/all.yml", "apiVersion: apps/v1\nkind: {{ .Kind }}\n")
    commit("a template now")
    write("apps/web/all.yml", "apiVersion: [\n")
    commit("broken now")
    move("apps/web/all.yml", "apps/web/broken.yml")
    commit("move the broken one")
    move("apps/web/broken.yml", "apps/web/all.yml")
    commit("and back")
    write("apps/web/all.yml", thing("web", "StatefulSet", replicas=5))
    commit("whole again")
    write(
        "list.yaml", {"apiVersion": "v1", "kind": "List", "items": [thing("first", "ConfigMap", "v1"), thing("second")]}
    )
    write("many.json", '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}, "data": {"k": "v"}}')
    write("secret.yaml", {**thing("s", "Secret", "v1"), "data": {"k": "djE="}}, thing("beside"))
    write("kustomization.yaml", {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"})
    write("job.yaml", {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "job-"}})
    write("values.yaml", {"replicas": 1})
    commit("lists, JSON, Secrets, nameless ones", author=BOT)
    repository.git("checkout", "--quiet", "-b", "side", "HEAD~2")
    write("side.yaml", thing("side"))
    write("apps/web/service.yaml", thing("web", "Service", "v1", port=8080))
    commit("on a side branch")
    write("side.yaml", thing("side", replicas=2))
    commit("on the side again")
    repository.git("checkout", "--quiet", "main")
    repository.committed("merge", "--quiet", "--no-ff", "--message", "merge the side", "side", at=START + 2 * DAY)
    repository.now = START + 2 * DAY
    (repository.folder / "link.yaml").symlink_to("side.yaml")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module.yaml")
    write("odd\nname \\ é.yaml", thing("odd"))
    Path(os.fsdecode(os.fsencode(repository.folder) + b"/bytes-\xff.yaml")).write_bytes(
        (repository.folder / "side.yaml").read_bytes()
    )
    commit("a link, a submodule and odd names")
    remove("side.yaml")
    (repository.folder / "side.yaml").symlink_to("list.yaml")
    commit("a file becomes a link")
    move("env/b/data/db.yaml", "env/b/data/db.yaml.off")
    commit("switched off by its name")
    move("env/b/data/db.yaml.off", "env/b/data/db.yaml")
    commit("and on")
    return repository


@pytest.fixture(scope="module")
def history(nasty: GitRepository) -> History:
    return History(nasty.folder)


@pytest.fixture(scope="module")
def events(history: History) -> list[Envelope]:
    return list(history)


def test_after_each_commit_exactly_the_objects_of_its_files_live(nasty: GitRepository, events: list[Envelope]) -> None:
    groups, tree, replay = by_commit(events), Tree(), Replay()
    for sha in nasty.line():
        texts = {_shown(path): text for path, text in nasty.texts(sha).items()}
        assert replay.take(groups.get(sha, [])) == tree.become(texts), nasty.git("show", "--stat", sha)


def test_as_of_the_time_of_each_event_the_object_is_what_its_file_held(
    nasty: GitRepository, events: list[Envelope]
) -> None:
    lives: dict[tuple[str, ...], list[Envelope]] = {}
    for event in events:
        lives.setdefault(entity_of(event), []).append(event)
    for life in lives.values():
        for event in life:
            at = event["meta"]["timestamp"]
            last = [each for each in life if each["meta"]["timestamp"] <= at][-1]
            if last is event and event["kind"].endswith("AppliedEvent"):
                metadata = event["spec"]["metadata"]
                path = next(path for path in nasty.texts(metadata["gitCommit"]) if _shown(path) == metadata["path"])
                held = parsed(nasty.git("show", f"{metadata['gitCommit']}:{path}"))
                assert held is None or state_of(event) in held


def test_times_of_an_object_never_step_back_and_the_written_ones_are_kept(events: list[Envelope]) -> None:
    latest: dict[tuple[str, ...], str] = {}
    for event in events:
        assert event["meta"]["timestamp"] >= latest.get(entity_of(event), "")
        latest[entity_of(event)] = event["meta"]["timestamp"]
    (reborn,) = [each for each in events if each["spec"]["metadata"]["message"].startswith("bring it back")]
    assert reborn["meta"]["timestamp"] == "2023-11-15T22:13:20.000Z"
    assert reborn["spec"]["metadata"]["committedAt"] == "2023-11-15T23:13:20+02:00"


def test_every_envelope_is_one_that_the_service_reads_under_the_name_it_says(events: list[Envelope]) -> None:
    registry, importer = Registry([]), Actor("importer", ActorType.SERVICE)
    for event in events:
        values.check(event)
        draft = envelopes.read(event, registry, importer)
        state = state_of(event)
        assert draft.entity == Entity(state["kind"], "nasty", event["meta"]["name"])
        assert draft.state == state
        assert draft.state_key == lower_camel(state["kind"])
        assert draft.deletes == event["kind"].endswith("DeletedEvent")


def test_each_commit_tells_what_happened_in_it(nasty: GitRepository, events: list[Envelope]) -> None:
    stories: dict[str, list[tuple[str, ...]]] = {}
    for event in events:
        metadata = event["spec"]["metadata"]
        story = (event["kind"], event["meta"]["name"], metadata["path"], metadata.get("previousPath", ""))
        stories.setdefault(metadata["message"], []).append(story)
    a, b = "shop/db", "shop/db@clusters/b/db.yaml"
    applied, deleted = "DeploymentAppliedEvent", "DeploymentDeletedEvent"
    web, all_ = "shop/web", "apps/web/all.yml"
    assert stories["root"] == [
        (applied, web, "apps/web.yaml", ""),
        ("ServiceAppliedEvent", web, "apps/web.yaml", ""),
        (applied, a, "clusters/a/db.yaml", ""),
        (applied, b, "clusters/b/db.yaml", ""),
    ]
    assert "nothing" not in stories
    assert "reorder, comment" not in stories
    assert stories["edit one of two"] == [(applied, web, "apps/web.yaml", "")]
    assert stories["move a file"] == [
        ("ServiceAppliedEvent", web, all_, "apps/web.yaml"),
        (applied, web, all_, "apps/web.yaml"),
    ]
    assert stories["move an object to another file and change it"] == [
        ("ServiceAppliedEvent", web, "apps/web/service.yaml", all_)
    ]
    assert stories["move files with the same content"] == [
        (applied, a, "env/a/data/db.yaml", "clusters/a/db.yaml"),
        (applied, b, "env/b/data/db.yaml", "clusters/b/db.yaml"),
    ]
    second, third = "shop/db@env/a/data/db.yaml", "shop/db@env/a/data/db.yaml#2"
    assert stories["twice in one file"] == [(applied, second, "env/a/data/db.yaml", "")]
    assert stories["a third time, in front"] == [(applied, third, "env/a/data/db.yaml", "")]
    assert Counter(stories["once again"]) == Counter(
        [(deleted, third, "env/a/data/db.yaml", ""), (deleted, second, "env/a/data/db.yaml", "")]
    )
    assert stories["delete"] == [(deleted, web, all_, "")]
    assert stories["bring it back, with an older clock"] == [(applied, web, all_, "")]
    assert stories["another group"] == [(deleted, web, all_, ""), (applied, web, all_, "")]
    assert stories["another version"] == [(applied, web, all_, "")]
    assert stories["another kind"] == [("StatefulSetAppliedEvent", web, all_, ""), (deleted, web, all_, "")]
    assert "a template now" not in stories
    assert "broken now" not in stories
    assert stories["move the broken one"] == [("StatefulSetAppliedEvent", web, "apps/web/broken.yml", all_)]
    assert stories["whole again"] == [("StatefulSetAppliedEvent", web, all_, "")]
    assert [kind for kind, *_ in stories["lists, JSON, Secrets, nameless ones"]] == [
        "ConfigMapAppliedEvent",
        "DeploymentAppliedEvent",
        "ConfigMapAppliedEvent",
        "DeploymentAppliedEvent",
    ]
    assert stories["merge the side"] == [
        ("ServiceAppliedEvent", web, "apps/web/service.yaml", ""),
        (applied, "shop/side", "side.yaml", ""),
    ]
    assert "on a side branch" not in stories
    assert stories["a link, a submodule and odd names"] == [
        (applied, "shop/side@bytes-\\xff.yaml", "bytes-\\xff.yaml", ""),
        (applied, "shop/odd", "odd\\nname \\\\ é.yaml", ""),
    ]
    assert stories["a file becomes a link"] == [(deleted, "shop/side", "side.yaml", "")]
    assert stories["switched off by its name"] == [(deleted, b, "env/b/data/db.yaml", "")]
    assert stories["and on"] == [(applied, b, "env/b/data/db.yaml", "")]


def test_the_report_counts_what_happened_and_what_was_left_out(
    nasty: GitRepository, history: History, events: list[Envelope]
) -> None:
    report = history.report
    assert report.commits == report.commits_total == len(nasty.line())
    assert report.sha == nasty.line()[-1]
    assert report.events == len(events)
    assert report.deleted == sum(each["kind"].endswith("DeletedEvent") for each in events)
    assert report.objects == len({entity_of(each) for each in events})
    assert (report.moved, report.moved_unchanged, report.reborn, report.told_apart) == (7, 6, 2, 4)
    moments = [(each["meta"]["timestamp"], each["spec"]["metadata"]["committedAt"]) for each in events]
    assert report.raised == sum(instants.parse(at) > instants.parse(written) for at, written in moments) > 0
    assert (report.future, report.undated, report.shallow) == (0, 0, False)
    assert {reason: list(each.examples) for reason, each in report.skipped.items()} == {
        Reason.TEMPLATE: ["apps/web/all.yml"],
        Reason.UNREADABLE: ["apps/web/all.yml", "apps/web/broken.yml"],
        Reason.NAMELESS: ["job.yaml", "kustomization.yaml"],
        Reason.SECRET: ["secret.yaml"],
        Reason.NO_OBJECT: ["values.yaml"],
    }
    assert "line 2: did not find" in report.skipped[Reason.UNREADABLE].examples["apps/web/all.yml"]


def test_an_event_says_who_when_where_and_why(events: list[Envelope], nasty: GitRepository) -> None:
    event = events[0]
    sha = nasty.line()[0]
    assert event["apiVersion"] == "v1alpha1"
    assert {key: event["meta"][key] for key in ("timestamp", "userId", "actorType", "correlationId", "appId")} == {
        "timestamp": "2023-11-14T22:14:20.000Z",
        "userId": "ann@example.com",
        "actorType": "HUMAN",
        "correlationId": sha,
        "appId": "nasty",
    }
    assert event["spec"]["metadata"] == {
        "gitCommit": sha,
        "gitBranch": "main",
        "message": "root",
        "author": {"name": "Ann Example", "email": "ann@example.com"},
        "authoredAt": "2023-11-15T00:14:20+02:00",
        "committedAt": "2023-11-15T00:14:20+02:00",
        "appliedFrom": "git",
        "path": "apps/web.yaml",
    }
    bots = {each["meta"]["userId"] for each in events if each["meta"]["actorType"] == "SERVICE"}
    assert bots == {BOT[1]}


def test_a_second_import_tells_the_same_under_the_same_ids(nasty: GitRepository, events: list[Envelope]) -> None:
    assert imported(nasty) == events
    assert len({each["meta"]["eventId"] for each in events}) == len(events)


def test_nothing_depends_on_the_future(nasty: GitRepository, events: list[Envelope]) -> None:
    for sha in nasty.line()[::3]:
        past = imported(nasty, branch=sha)
        for event in past:
            event["spec"]["metadata"]["gitBranch"] = "main"
        assert past == events[: len(past)]


def test_an_import_after_a_commit_tells_only_the_rest(nasty: GitRepository, events: list[Envelope]) -> None:
    groups = by_commit(events)
    for number, sha in enumerate(nasty.line()):
        rest = [event for later in nasty.line()[number + 1 :] for event in groups.get(later, [])]
        assert imported(nasty, after=sha[:12]) == rest


def test_secrets_come_only_when_asked_for(nasty: GitRepository, events: list[Envelope]) -> None:
    with_secrets = imported(nasty, with_secrets=True)
    secrets = [event for event in with_secrets if event["kind"].startswith("Secret")]
    assert told(secrets) == [("SecretAppliedEvent", "shop/s", "secret.yaml")]
    assert [event for event in with_secrets if event not in secrets] == events


@pytest.mark.parametrize(
    ("options", "prefixes"),
    [
        ({"include": ("apps/*", "env/b/*")}, {"apps", "env"}),
        (
            {"exclude": ("apps/*", "env/*", "*.json", "clusters/*", "*\n*", "bytes*", "side*")},
            {"list.yaml", "secret.yaml"},
        ),
    ],
)
def test_only_included_files_are_read(nasty: GitRepository, options: dict[str, Any], prefixes: set[str]) -> None:
    paths = {path for *_, path in told(imported(nasty, **options))}
    assert {path.split("/")[0] for path in paths} == prefixes


def _shown(path: str) -> str:
    return path.replace("\\", "\\\\").replace("\n", "\\n").replace("\udcff", "\\xff")
