"""`dsel apply` through a real server."""

import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import yaml

from examples import VPC, later
from terminal import Shell
from told import told

Json = dict[str, Any]


def artifact(name: str, version: Any = "1.0.0", **meta: Any) -> Json:
    return {"kind": "Artifact", "meta": {"name": name, **meta}, "spec": {"version": version}}


def written(path: Path, *documents: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return path


def envelopes(dsel: Shell, kind: str) -> list[Json]:
    """From new to old."""
    found: list[Json] = dsel.ok("events", "--kind", kind, "-o", "json").json["items"]
    return found


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_every_document_of_a_file_is_applied_and_told_by_type_and_name(dsel: Shell, tmp_path: Path) -> None:
    config = {"kind": "Config", "meta": {"name": "settings"}, "spec": {"values": {"a": 1}}}
    ended = dsel.ok("apply", "-f", written(tmp_path / "all.yaml", artifact("vpc"), None, config))
    assert ended.out == "artifact/vpc applied\nconfig/settings applied\n"
    assert dsel.ok("get", "artifact", "vpc", "-o", "json").json["spec"] == {"version": "1.0.0"}


def test_kubernetes_objects_lists_and_json_are_applied_as_they_are(dsel: Shell, tmp_path: Path) -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 2**62}}
    file = tmp_path / "list.json"
    file.write_text(
        orjson.dumps({"apiVersion": "v1", "kind": "List", "items": [deployment, widget]}).decode(), encoding="utf-8"
    )
    ended = dsel.ok("apply", "-f", file)
    assert ended.out == "Deployment.apps/shop/web applied\nWidget/w applied\n"
    assert dsel.ok("get", "Widget/w", "-o", "json").json == widget
    assert dsel.ok("get", "Deployment.apps/shop/web", "-o", "yaml").yaml == deployment


def test_folders_are_read_in_order_and_their_folders_only_when_asked(dsel: Shell, tmp_path: Path) -> None:
    written(tmp_path / "b.yml", artifact("b"))
    written(tmp_path / "a.yaml", artifact("a"))
    written(tmp_path / "deep" / "c.yaml", artifact("c"))
    (tmp_path / "README.md").write_text("kind: Artifact")
    assert dsel.ok("apply", "-f", tmp_path).out == "artifact/a applied\nartifact/b applied\n"
    assert dsel.ok("apply", "-R", "-f", tmp_path).out.splitlines()[-1] == "artifact/c applied"
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    ended = dsel("apply", "-f", tmp_path / "empty")
    assert ended.code == 1
    assert f"the folder {tmp_path / 'empty'} holds no .yaml, .yml, .json files" in ended.err


def test_standard_input_and_several_files_are_applied_in_one_go(dsel: Shell, tmp_path: Path) -> None:
    file = written(tmp_path / "a.yaml", artifact("a"))
    ended = dsel.ok("apply", "-f", file, "-f", "-", stdin=yaml.safe_dump(artifact("b")))
    assert ended.out == "artifact/a applied\nartifact/b applied\n"


def test_yaml_is_read_as_kubernetes_reads_it(dsel: Shell) -> None:
    text = "kind: Widget\nmeta: {name: w}\nspec: {on: yes, mode: 0644, port: 0x1F, quoted: 'yes', exact: 0.10}\n"
    dsel.ok("apply", "-f", "-", stdin=text)
    spec = dsel.ok("get", "Widget", "w", "-o", "json").json["spec"]
    assert spec == {"true": True, "mode": 420, "port": 31, "quoted": "yes", "exact": 0.1}


def test_each_refusal_names_file_document_and_path_and_the_others_are_applied(dsel: Shell, tmp_path: Path) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": [artifact("in-list"), artifact("wrong", version=7)]}
    no_name = {"kind": "Widget", "spec": {}}
    file = written(tmp_path / "mixed.yaml", artifact("bad", version=5), ["no", "object"], no_name, items, {"a": 1})
    ended = dsel("apply", "-f", file, "-f", tmp_path / "missing.yaml")
    assert ended.code == 1
    assert ended.out == "artifact/in-list applied\n"
    assert ended.err.splitlines() == [
        f'Error: {file}: document 1: /spec/version: 5 is not of type "string".',
        f"Error: {file}: document 2: it holds a list, not an object.",
        f"Error: {file}: document 3: /meta/name: it is missing, and the object does not say it either.",
        f'Error: {file}: document 4: /items/1/spec/version: 7 is not of type "string".',
        f"Error: {file}: document 5: /kind: the object does not say its kind.",
        f"Error: {tmp_path / 'missing.yaml'} cannot be read: No such file or directory.",
    ]


def test_a_fault_in_the_syntax_leaves_what_stands_before_it(dsel: Shell) -> None:
    ended = dsel("apply", "-f", "-", stdin="kind: Widget\nmeta: {name: w}\n---\na: b: c\n")
    assert (ended.code, ended.out) == (1, "Widget/w applied\n")
    assert "standard input: document 2: line 4: mapping values are not allowed" in ended.err


def test_an_object_without_an_app_is_refused_with_what_to_do(dsel: Shell) -> None:
    ended = dsel("apply", "-f", "-", stdin=yaml.safe_dump(artifact("vpc")), DSEL_APP="")
    assert (ended.code, ended.out) == (1, "")
    assert "document 1: /meta/appId: it is missing" in ended.err
    assert "Name it with --app or DSEL_APP." in ended.err


def test_the_app_of_the_environment_is_a_default_and_the_one_of_the_option_is_insisted_on(
    dsel: Shell, app_id: str
) -> None:
    other = f"{app_id}-other"
    text = yaml.safe_dump(artifact("vpc", appId=other))
    dsel.ok("apply", "-f", "-", stdin=text)
    assert dsel.ok("get", "artifacts", "-a", other, "-o", "name").out == "artifact/vpc\n"
    ended = dsel("apply", "-f", "-", "-a", app_id, stdin=text)
    assert ended.code == 1
    assert f"'{app_id}' contradicts the object, which belongs to '{other}'" in ended.err


def test_a_comment_and_the_client_are_kept_in_the_intent_and_the_actor_in_both(dsel: Shell) -> None:
    dsel.ok("apply", "-f", "-", "-m", "Open the region", stdin=yaml.safe_dump(artifact("vpc")))
    [intent] = envelopes(dsel, "ArtifactApplyEvent")
    assert intent["spec"]["comment"] == "Open the region"
    assert intent["spec"]["client"]["tool"] == "dsel"
    assert intent["spec"]["client"]["version"]
    [outcome] = envelopes(dsel, "ArtifactAppliedEvent")
    assert intent["meta"]["userId"] == outcome["meta"]["userId"] == "ann@example.com"
    assert "metadata" not in outcome["spec"]


def test_a_dry_run_says_what_would_become_of_it_and_stores_nothing(dsel: Shell) -> None:
    text = yaml.safe_dump_all([artifact("vpc"), artifact("bad", version=5)])
    ended = dsel("apply", "-f", "-", "--dry-run", stdin=text)
    assert (ended.code, ended.out) == (1, "artifact/vpc applied (dry run)\n")
    assert "document 2: /spec/version" in ended.err
    assert dsel("events").err == "No events were found.\n"


def test_an_expected_version_that_has_moved_on_is_refused(dsel: Shell) -> None:
    text = yaml.safe_dump(artifact("vpc"))
    dsel.ok("apply", "-f", "-", "--expected-version", "0", stdin=text)
    ended = dsel("apply", "-f", "-", "--expected-version", "0", stdin=text)
    assert ended.code == 1
    assert "standard input: document 1: Artifact " in ended.err
    assert "is at version 2, not at 0" in ended.err


def test_the_same_event_id_is_stored_once_and_then_told_as_unchanged(dsel: Shell) -> None:
    text, event_id = yaml.safe_dump(artifact("vpc")), str(uuid4())
    told = [dsel.ok("apply", "-f", "-", "--event-id", event_id, stdin=text).out for _ in range(2)]
    assert told == ["artifact/vpc applied\n", "artifact/vpc unchanged\n"]
    assert len(envelopes(dsel, "ArtifactAppliedEvent")) == 1
    ended = dsel("apply", "-f", "-", "--event-id", event_id, stdin=yaml.safe_dump(artifact("vpc", "2.0.0")))
    assert ended.code == 1
    assert "already stands for an event with other content" in ended.err


@pytest.mark.parametrize("option", [("--event-id", "x"), ("--expected-version", "0")])
def test_what_is_meant_for_one_object_is_refused_for_several(dsel: Shell, option: tuple[str, str]) -> None:
    text = yaml.safe_dump_all([artifact("a"), artifact("b")])
    ended = dsel("apply", "-f", "-", *option, stdin=text)
    assert (ended.code, ended.out) == (2, "")
    assert "are for one object, and here are 2" in ended.err


def test_nothing_to_apply_is_an_error(dsel: Shell) -> None:
    ended = dsel("apply", "-f", "-", stdin="---\n# nothing\n")
    assert ended.code == 1
    assert "there are no objects in what was given" in ended.err


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    written(folder / "vpc.yaml", artifact(VPC.name))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Add it")
    return folder


def metadata(dsel: Shell) -> Any:
    return envelopes(dsel, "ArtifactAppliedEvent")[0]["spec"].get("metadata")


def test_the_commit_and_branch_of_a_file_are_its_metadata(dsel: Shell, repository: Path) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    dsel.ok("apply", "-f", repository / "vpc.yaml")
    assert metadata(dsel) == {"gitCommit": sha, "gitBranch": "main"}
    git(repository, "checkout", "-q", "--detach")
    dsel.ok("apply", "-f", repository)
    assert metadata(dsel) == {"gitCommit": sha}
    dsel.ok("apply", "-f", repository, "--no-git")
    assert metadata(dsel) is None


def test_a_file_that_is_not_as_in_the_commit_says_so(dsel: Shell, repository: Path) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    written(repository / "vpc.yaml", artifact(VPC.name, "2.0.0"))
    dsel.ok("apply", "-f", repository / "vpc.yaml")
    assert metadata(dsel) == {"gitCommit": sha, "gitBranch": "main", "gitDirty": True}
    dsel.ok("apply", "-f", written(repository / "new.yaml", artifact("new")))
    assert metadata(dsel)["gitDirty"] is True


def test_a_repository_without_commits_says_nothing(dsel: Shell, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    dsel.ok("apply", "-f", written(tmp_path / "a.yaml", artifact("a")))
    assert metadata(dsel) is None


def test_of_objects_that_share_a_name_the_one_that_is_named_is_meant(dsel: Shell, app_id: str, tmp_path: Path) -> None:
    def widget(size: int) -> Json:
        return {"apiVersion": "v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": size}}

    name = "w@clusters/b.yaml"
    dsel.bring(*(told("WidgetAppliedEvent", app_id, each, at=later(0), state=widget(1)) for each in ("w", name)))
    file = written(tmp_path / "b.yaml", widget(2))
    assert dsel("diff", "-f", file, "--name", name).code == 1
    assert dsel.ok("validate", "-f", file, "--name", name).out.startswith(f"NO RULES  Widget/{name}")
    assert dsel.ok("apply", "-f", file, "--name", name).out == f"Widget/{name} applied\n"
    assert dsel("diff", "-f", file, "--name", name).code == 0
    sizes = [dsel.ok("get", "Widget", each, "-o", "json").json["spec"]["size"] for each in ("w", name)]
    assert sizes == [1, 2]
    for command in ("apply", "diff", "validate"):
        ended = dsel(command, "-f", written(tmp_path / "two.yaml", widget(1), widget(2)), "--name", name)
        assert ended.code == 2
        assert "--name are for one object, and here are 2" in ended.err
    assert "contradicts the object, which is called 'w'" in dsel("apply", "-f", file, "--name", "other").err


def test_a_dry_run_refuses_a_version_that_has_moved_on(dsel: Shell, tmp_path: Path) -> None:
    file = written(tmp_path / "vpc.yaml", artifact("vpc"))
    dsel.ok("apply", "-f", file)
    ended = dsel("apply", "-f", file, "--dry-run", "--expected-version", "4")
    assert ended.code == 1
    assert "is at version 2, not at 4" in ended.err


@pytest.mark.parametrize("command", ["apply", "validate"])
def test_a_domain_type_among_the_objects_is_left_to_the_command_for_types(
    dsel: Shell, tmp_path: Path, command: str
) -> None:
    type_ = {"apiVersion": "dsel/v1alpha1", "kind": "DomainType", "meta": {"name": "Database"}, "spec": {}}
    file = written(tmp_path / "database.yaml", type_, artifact("vpc"))
    ended = dsel(command, "-f", file)
    assert (ended.code, "artifact/vpc" in ended.out) == (1, True)
    assert ended.err == f"Error: {file}: document 1: a domain type is no object of an app. Use `dsel types`.\n"
