"""`dsel import git` through a real server. What it makes of histories is tested in test_git_history*.py."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from git_repositories import GitRepository, thing
from serving import serving
from terminal import Shell, plain


def time_of(repository: GitRepository, sha: str) -> str:
    form = "--date=format-local:%Y-%m-%dT%H:%M:%SZ"
    return repository.git("show", "--no-patch", "--format=%cd", form, sha, TZ="UTC")


def seen(dsel: Shell, name: str, at: str) -> Any:
    """The object as of a moment, None if it was not there."""
    ended = dsel("get", "ConfigMap", f"shop/{name}", "--as-of", at, "-o", "json")
    return ended.json if ended.code == 0 else None


def config_map(name: str, **data: str) -> Any:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": data}


@pytest.fixture
def repository(tmp_path: Path, app_id: str) -> GitRepository:
    """`a` is added, changed and removed; `b` stands beside it. The folder is called as the test's app."""
    made = GitRepository(tmp_path / app_id)
    made.write("shop/all.yaml", config_map("a", step="one"), config_map("b", step="one"))
    made.write("shop/template.yaml", "{{ if .x }}: {{ y }}\n")
    made.commit("Add both")
    made.write("shop/all.yaml", config_map("a", step="two"), config_map("b", step="one"))
    made.commit("Change a", author=("Bob", "bob@example.com"))
    made.write("shop/all.yaml", config_map("b", step="one"))
    made.commit("Remove a")
    return made


def test_as_of_each_commit_the_objects_are_as_its_files_say(
    dsel: Shell, repository: GitRepository, app_id: str
) -> None:
    ended = dsel.ok("import", "git", repository.folder)
    assert (
        ended.out.splitlines()[0]
        == f"3 commits, 2 objects of the app {app_id}: 3 applied, 1 deleted, 0 moved, 0 came back"
    )
    assert "left out 1 times, because a file is a template:" in ended.out
    assert "  shop/template.yaml (" in ended.out
    assert ended.out.splitlines()[-1].startswith("4 stored, 0 there already, 0 refused (")
    for sha in repository.line():
        objects = list(yaml.safe_load_all(repository.git("show", f"{sha}:shop/all.yaml")))
        living = {each["metadata"]["name"]: each for each in objects}
        for name in ("a", "b"):
            assert seen(dsel, name, time_of(repository, sha)) == living.get(name)


def test_authors_are_actors_and_messages_are_comments(dsel: Shell, repository: GitRepository) -> None:
    dsel.ok("import", "git", repository.folder)
    history = dsel.ok("history", "ConfigMap", "shop/a").rows
    assert [(row[3], row[4]) for row in history] == [
        ("ann@example.com", "Remove a"),
        ("bob@example.com", "Change a"),
        ("ann@example.com", "Add both"),
    ]


def test_the_same_command_again_brings_only_what_is_new(dsel: Shell, repository: GitRepository) -> None:
    dsel.ok("import", "git", repository.folder)
    ended = dsel("import", "git", repository.folder)
    assert ended.code == 0
    assert ended.out.splitlines()[0].startswith("0 commits, ")
    assert ended.out.splitlines()[-1].startswith("0 stored, 0 there already, 0 refused")
    assert "Began after commit" in ended.err
    repository.write("shop/all.yaml", config_map("b", step="two"))
    repository.commit("Change b")
    ended = dsel("import", "git", repository.folder)
    assert ended.out.splitlines()[-1].startswith("1 stored, 0 there already, 0 refused")
    ended = dsel.ok("import", "git", repository.folder, "--again")
    assert ended.out.splitlines()[-1].startswith("0 stored, 5 there already, 0 refused")
    assert seen(dsel, "b", "0s")["data"] == {"step": "two"}


def test_a_server_that_lost_everything_gets_all_of_it_again(
    dsel: Shell, repository: GitRepository, mongodb_uri: str, free_port: int
) -> None:
    for _ in range(2):  # each with a database of its own, at the same address
        with serving(mongodb_uri, port=free_port) as address:
            ended = dsel.ok("import", "git", repository.folder, DSEL_SERVER=address)
            assert ended.out.splitlines()[-1].startswith("4 stored")


def test_a_note_that_cannot_be_kept_is_no_obstacle(dsel: Shell, repository: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = dsel("import", "git", repository.folder, XDG_STATE_HOME=str(tmp_path / "file"))
    assert ended.code == 0
    assert "How far it is cannot be noted in" in ended.err
    assert "4 stored" in ended.out


def test_a_template_says_which_app_an_object_belongs_to(dsel: Shell, repository: GitRepository, app_id: str) -> None:
    dsel.ok("import", "git", repository.folder, "--app-id", "{repo}:{path[0]}")
    assert dsel.ok("get", "ConfigMap", "-a", f"{app_id}:shop", "-o", "name").out == "ConfigMap/shop/b\n"


def test_files_are_chosen_by_patterns_and_all_that_were_left_out_are_listed_when_asked(
    dsel: Shell, repository: GitRepository
) -> None:
    for index in range(5):
        repository.write(f"charts/{index}.yaml", f"{{{{ template{index} }}}}: x: y\n")
    repository.write("archive/old.yaml", thing("old"))
    repository.commit("More")
    ended = dsel.ok("import", "git", repository.folder, "--exclude", "archive/*")
    assert ended.out.count("  charts/") + ended.out.count("  shop/template.yaml") == 3
    ended = dsel.ok("import", "git", repository.folder, "--exclude", "archive/*", "--again", "--list-skipped")
    assert ended.out.count("  charts/") == 5
    assert dsel("get", "Deployment.apps").out == ""


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("no-such-folder",), "no-such-folder is no folder"),
        ((".", "--branch", "no-such"), "'no-such' names no commit"),
        ((".", "--app-id", "{x}"), "there is no {x}. Fields are {repo}"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    dsel: Shell,
    repository: GitRepository,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    problem: str,
) -> None:
    monkeypatch.chdir(repository.folder)
    ended = dsel("import", "git", *arguments)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert problem in ended.err


def test_two_repositories_do_not_share_an_app_unless_somebody_says_so(
    dsel: Shell, repository: GitRepository, tmp_path: Path, app_id: str
) -> None:
    dsel.ok("import", "git", repository.folder)
    other = GitRepository(tmp_path / "elsewhere" / app_id)
    other.write("b.yaml", config_map("b", step="other"))
    sha = other.commit("Add another b")
    refused = dsel("import", "git", other.folder)
    assert refused.code == 1
    assert f"the app '{app_id}' holds the history of another repository" in refused.err
    assert "--app-id" in refused.err
    assert len(dsel.ok("history", "ConfigMap", "shop/b").rows) == 1
    dsel.ok("import", "git", other.folder, "--app-id", app_id)
    assert seen(dsel, "b", time_of(other, sha))["data"] == {"step": "other"}


def test_a_folder_that_does_not_name_its_repository_is_called_like_the_one_above(
    dsel: Shell, repository: GitRepository, tmp_path: Path, app_id: str
) -> None:
    for place in (f"{app_id}-bare/repo", f"{app_id}-named.git"):
        clone = tmp_path / place
        repository.git("clone", "--quiet", "--bare", str(repository.folder), str(clone))
        name = place.partition("/")[0].removesuffix(".git")
        first = dsel.ok("import", "git", clone).out.splitlines()[0]
        assert first.startswith(f"3 commits, 2 objects of the app {name}: ")


def test_what_only_commits_had_that_were_rewritten_away_ends_with_the_next_import(
    dsel: Shell, repository: GitRepository
) -> None:
    repository.write("late.yaml", config_map("late", step="one"))
    repository.commit("Add one more")
    dsel.ok("import", "git", repository.folder)
    repository.git("reset", "--quiet", "--hard", repository.line()[1])
    repository.write("shop/all.yaml", config_map("a", step="three"), config_map("b", step="one"))
    sha = repository.commit("Change a otherwise")
    ended = dsel("import", "git", repository.folder)
    assert ended.code == 0
    assert "The branch was rewritten since the last import" in ended.err
    assert seen(dsel, "a", time_of(repository, sha))["data"] == {"step": "three"}
    assert seen(dsel, "late", time_of(repository, sha)) is None
    assert dsel("get", "ConfigMap", "shop/late").code == 1


def test_a_terminal_shows_how_far_it_is(dsel: Shell, repository: GitRepository) -> None:
    code, screen = dsel.in_terminal("import", "git", repository.folder)
    assert code == 0
    assert "100 %" in screen
    assert "events/s" in plain(screen)
