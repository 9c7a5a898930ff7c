"""Kinds of repositories, branches and commits, names of applications, and runs that go on where one stopped."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.git_history import History, Options, Report, read_checkpoint
from cli.git_history.actors import author
from cli.git_history.manifests import Reason
from domain.errors import InvalidArgument
from git_repositories import DAY, START, GitRepository, Replay, Tree, by_commit, entity_of, state_of, thing

Envelope = dict[str, Any]
NOW = datetime.fromtimestamp(START + 30 * DAY, UTC)


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """Three commits: made, changed, deleted and another made."""
    repository = GitRepository(tmp_path / "shop-config")
    _write_three(repository)
    return repository


def _write_three(repository: GitRepository) -> None:
    repository.write("clusters/west/web.yaml", thing("web"))
    repository.commit("first")
    repository.write("clusters/west/web.yaml", thing("web", replicas=2))
    repository.commit("second")
    repository.remove("clusters/west/web.yaml")
    repository.write("clusters/east/db.yaml", thing("db"))
    repository.commit("third")


def imported(folder: Path, **options: Any) -> list[Envelope]:
    return list(History(folder, Options(**options)))


def kinds(events: list[Envelope]) -> list[str]:
    return [each["kind"] for each in events]


def ids(events: list[Envelope]) -> list[str]:
    return [each["meta"]["eventId"] for each in events]


THREE = ["DeploymentAppliedEvent", "DeploymentAppliedEvent", "DeploymentAppliedEvent", "DeploymentDeletedEvent"]


@pytest.mark.parametrize("arguments", [["--bare"], ["--mirror"], []])
def test_a_clone_tells_the_same_as_its_origin(repository: GitRepository, tmp_path: Path, arguments: list[str]) -> None:
    clone = tmp_path / "clones" / "shop-config.git"
    repository.git("clone", "--quiet", *arguments, str(repository.folder), str(clone))
    assert imported(clone) == imported(repository.folder)
    assert kinds(imported(clone)) == THREE


def test_a_work_tree_and_the_folder_of_git_itself_are_taken(repository: GitRepository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "shop-config-2"))
    assert ids(imported(tmp_path / "shop-config-2", repo="shop-config")) == ids(imported(repository.folder))
    assert imported(repository.folder / ".git") == imported(repository.folder)


def test_a_shallow_clone_begins_with_all_that_stood_there(repository: GitRepository, tmp_path: Path) -> None:
    repository.git("clone", "--quiet", "--depth=2", f"file://{repository.folder}", str(tmp_path / "shallow"))
    history = History(tmp_path / "shallow")
    assert kinds(list(history)) == THREE[1:]
    assert history.report.shallow


def test_a_repository_of_sha_256_is_read(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "modern", "--object-format=sha256")
    _write_three(repository)
    events = imported(repository.folder)
    assert kinds(events) == THREE
    assert {len(each["meta"]["correlationId"]) for each in events} == {64}


def test_settings_of_the_user_and_the_environment_change_nothing(
    repository: GitRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.move("clusters/east/db.yaml", "clusters/east/data.yaml")
    repository.commit("move")
    before = imported(repository.folder)
    settings = (
        "[diff]\nrenames=false\nrelative=true\n[log]\nshowRoot=false\nshowSignature=true\n[core]\nquotePath=true\n"
    )
    (tmp_path / "gitconfig").write_text(settings + "[i18n]\nlogOutputEncoding=latin1\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert imported(repository.folder) == before


def test_a_path_that_is_no_repository_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, words in (
        (tmp_path, "is no git repository"),
        (tmp_path / "no", "no folder"),
        (tmp_path / "file", "no folder"),
    ):
        with pytest.raises(InvalidArgument, match=words) as refused:
            imported(path)
        assert str(path) in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_folder_inside_a_repository_is_refused(repository: GitRepository) -> None:
    with pytest.raises(InvalidArgument, match="lies inside a git repository") as refused:
        imported(repository.folder / "clusters")
    assert str(repository.folder) in (refused.value.hint or "")


def test_an_empty_repository_is_told(tmp_path: Path) -> None:
    GitRepository(tmp_path / "empty")
    with pytest.raises(InvalidArgument, match="is an empty repository: it has no commits"):
        imported(tmp_path / "empty")


def test_a_branch_that_is_not_there_is_named_with_those_that_are(repository: GitRepository) -> None:
    repository.git("branch", "release")
    with pytest.raises(InvalidArgument, match="'production' names no commit") as refused:
        imported(repository.folder, branch="production")
    assert refused.value.hint == "Its branches are: main, release."
    with pytest.raises(InvalidArgument, match="'--all' names no commit"):
        imported(repository.folder, branch="--all")


def test_another_branch_has_its_own_line(repository: GitRepository) -> None:
    repository.git("branch", "release", "HEAD~1")
    events = imported(repository.folder, branch="release", app_id="{repo}:{branch}")
    assert kinds(events) == THREE[:2]
    assert {(each["spec"]["metadata"]["gitBranch"], each["meta"]["appId"]) for each in events} == {
        ("release", "shop-config:release")
    }


def test_a_detached_head_has_no_branch(repository: GitRepository) -> None:
    repository.git("checkout", "--quiet", "--detach", "HEAD")
    assert all("gitBranch" not in each["spec"]["metadata"] for each in imported(repository.folder))


def test_broken_authors_and_dates_are_taken_as_they_are(repository: GitRepository) -> None:
    good = f"Bo <bo@example.com> {START + DAY} +0530"
    lines = [
        "Ann <ann@example.com> 99999999999999999999 +0000",
        "Ann <ann@example.com>",
        " <> 1700090000 -0000",
        "R\udcfcdiger\x07 <r@example.com> 1700091000 +9999",
        "Ann <ann@example.com> -5 +0000",
        "Ann <ann@example.com> 4102444800000 +0000",
    ]
    for number, line in enumerate(lines):
        repository.write("clusters/east/db.yaml", thing("db", replicas=10 + number))
        repository.raw_commit(line, good if number == 0 else line)
    history = History(repository.folder, Options(now=NOW))
    events = list(history)[-len(lines) :]
    assert [state_of(each)["spec"]["replicas"] for each in events] == [10, 11, 12, 13, 14, 15]
    assert [each["meta"]["userId"] for each in events] == [
        "ann@example.com", "ann@example.com", "unknown", "r@example.com", "ann@example.com", "ann@example.com"
    ]  # fmt: skip
    assert events[0]["spec"]["metadata"]["committedAt"] == "2023-11-16T03:43:20+05:30"
    assert "committedAt" not in events[1]["spec"]["metadata"]
    assert events[1]["meta"]["timestamp"] == events[0]["meta"]["timestamp"] == "2023-11-15T22:13:20.000Z"
    assert events[3]["spec"]["metadata"]["author"]["name"] == "R\\xfcdiger\x07"
    assert history.report.undated == 3


def test_an_event_from_the_future_is_of_now(repository: GitRepository) -> None:
    repository.write("clusters/east/db.yaml", thing("db", replicas=9))
    repository.commit("tomorrow", at=START + 31 * DAY)
    repository.write("clusters/east/db.yaml", thing("db", replicas=8))
    repository.commit("today")
    history = History(repository.folder, Options(now=NOW))
    events = list(history)[-2:]
    assert [each["meta"]["timestamp"] for each in events] == ["2023-12-14T22:13:20.000Z"] * 2
    assert events[0]["spec"]["metadata"]["committedAt"].startswith("2023-12-16T00:13:20")
    assert (history.report.future, history.report.raised) == (2, 0)


def test_a_long_message_is_cut(repository: GitRepository) -> None:
    repository.write("clusters/east/db.yaml", thing("db", replicas=9))
    repository.commit("s" * 500 + "\n\n" + "b" * 5000 + "\n")
    metadata = imported(repository.folder)[-1]["spec"]["metadata"]
    assert (len(metadata["message"]), len(metadata["messageBody"])) == (300, 2000)
    assert metadata["message"].endswith("s…")


def test_files_that_are_too_large_or_missing_are_listed_and_the_others_read(repository: GitRepository) -> None:
    repository.write("a.yaml", thing("a"))
    repository.write("huge.json", '{"apiVersion": "v1", "data": "' + "x" * 15_000_000 + '"}')
    repository.write("big.json", '{"apiVersion": "v1", "data": "' + "x" * 600_000 + '"}')
    repository.write("lost.yaml", thing("lost"))
    repository.write("z.yaml", thing("z"))
    repository.commit("large")
    lost = repository.git("rev-parse", "HEAD:lost.yaml")
    (repository.folder / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    history = History(repository.folder)
    assert [each["meta"]["name"] for each in history][-2:] == ["shop/a", "shop/z"]
    assert {reason: list(each.examples) for reason, each in history.report.skipped.items()} == {
        Reason.NO_OBJECT: ["big.json"],
        Reason.LARGE: ["huge.json"],
        Reason.MISSING: ["lost.yaml"],
    }


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com", "SERVICE"),
        ("dependabot[bot]", "support@github.com", "SERVICE"),
        ("GitHub Actions", "actions@github.com", "SERVICE"),
        ("github-actions", "", "SERVICE"),
        ("fluxcdbot", "fluxcdbot@users.noreply.github.com", "SERVICE"),
        ("Weave Flux", "support@weave.works", "SERVICE"),
        ("argocd-image-updater", "noreply@argoproj.io", "SERVICE"),
        ("", "ci-bot@example.com", "SERVICE"),
        ("Ann Abbott", "ann@bots.example.com", "HUMAN"),
        ("Robot Smith", "smith@example.com", "SERVICE"),
        ("Jane Fluxman", "jane@example.com", "HUMAN"),
        ("", "", "HUMAN"),
    ],
)
def test_bots_are_services(name: str, address: str, expected: str) -> None:
    assert author(name, address).type == expected


@pytest.mark.parametrize(
    ("template", "first", "last"),
    [
        ("{repo}", "shop-config", "shop-config"),
        ("{repo}:{path[1]}", "shop-config:west", "shop-config:east"),
        ("{path[-1]}/{file}", "west/web.yaml", "east/db.yaml"),
        ("{path[7]}", "shop-config", "shop-config"),
        ("{dir}|{kind}|{namespace}|{name}", "clusters/west|Deployment|shop|web", "clusters/east|Deployment|shop|db"),
        ("{path}", "clusters/west/web.yaml", "clusters/east/db.yaml"),
        ("fixed", "fixed", "fixed"),
    ],
)
def test_a_template_says_which_application_an_object_belongs_to(
    repository: GitRepository, template: str, first: str, last: str
) -> None:
    apps = {each["meta"]["name"]: each["meta"]["appId"] for each in imported(repository.folder, app_id=template)}
    assert apps == {"shop/web": first, "shop/db": last}


@pytest.mark.parametrize(
    "template", ["", "{", "{repo", "{nope}", "{kind[0]}", "{repo.__class__}", "{path[x]}", "{{repo}}"]
)
def test_a_template_that_cannot_be_filled_is_refused(repository: GitRepository, template: str) -> None:
    with pytest.raises(InvalidArgument, match="makes no appId") as refused:
        imported(repository.folder, app_id=template)
    assert "{path[0]}" in (refused.value.hint or "")


def test_an_object_keeps_its_application_when_it_moves(repository: GitRepository) -> None:
    repository.move("clusters/east/db.yaml", "clusters/north/db.yaml")
    repository.commit("move")
    moved = imported(repository.folder, app_id="{path[1]}")[-1]
    assert moved["spec"]["metadata"]["path"] == "clusters/north/db.yaml"
    assert moved["meta"]["appId"] == "east"


def test_objects_of_our_own_kind_bring_their_name_and_application(repository: GitRepository) -> None:
    own = 'apiVersion: v1alpha1\nkind: Artifact\nmeta: {name: vpc, appId: "09287"}\n'
    repository.write("artifacts.yaml", own, own.replace('"', "").replace("vpc", "unquoted"))
    repository.commit("ours")
    history = History(repository.folder)
    assert entity_of(list(history)[-1]) == ("Artifact", "09287", "vpc")
    assert "quote it" in history.report.skipped[Reason.UNNAMEABLE].examples["artifacts.yaml"]


def test_a_walk_goes_on_from_a_checkpoint_as_if_it_had_never_stopped(repository: GitRepository, tmp_path: Path) -> None:
    odd = os.fsdecode(b"odd-\xff.yaml")
    for replicas in range(4):
        repository.write(odd, thing("db", replicas=replicas), thing("db", replicas=50 + replicas))
        repository.commit("more", at=START + 5 * DAY - replicas * 3600)
    whole = History(repository.folder, progress=lambda report: whole.checkpoint().write(tmp_path / report.sha))
    events = list(whole)
    for sha in repository.line():
        checkpoint = read_checkpoint(tmp_path / sha)
        assert checkpoint is not None
        rest = History(repository.folder, checkpoint=checkpoint)
        assert list(rest) == imported(repository.folder, after=sha)
        assert rest.report.resumed
        assert rest.report.commits == rest.report.commits_total
        assert rest.checkpoint() == whole.checkpoint()
    assert len(events) == 12


def test_a_checkpoint_of_other_options_is_not_used(repository: GitRepository) -> None:
    first = History(repository.folder)
    everything = list(first)
    other = History(repository.folder, Options(app_id="{dir}"), checkpoint=first.checkpoint())
    assert len(list(other)) == len(everything)
    assert other.report.resumed is False


def _leave(repository: GitRepository) -> None:
    """Two commits that the branch will leave: they add, change, remove and move, and are dated late."""
    repository.write("added.yaml", thing("added"))
    repository.write("changed.yaml", thing("changed", replicas=7))
    repository.commit("left", at=START + DAY)
    repository.remove("removed.yaml")
    repository.move("moved.yaml", "elsewhere/moved.yaml")
    repository.commit("left too", at=START + DAY + 60)


@pytest.mark.parametrize("commits", [0, 1, 3])
def test_a_branch_that_was_rewritten_goes_on_from_what_it_left(repository: GitRepository, commits: int) -> None:
    """Whatever the commits that are gone did, the objects become what the new commits say, and stay in order."""
    for name in ("changed", "removed", "moved"):
        repository.write(f"{name}.yaml", thing(name))
    fork = repository.commit("fork")
    _leave(repository)
    first = History(repository.folder)
    replay = Replay()
    before = list(first)
    replay.take(before)
    repository.git("reset", "--quiet", "--hard", fork)
    repository.now = START + 600
    for number in range(commits):
        repository.write("changed.yaml", thing("changed", replicas=number + 2))
        repository.write(f"new-{number}.yaml", thing(f"new-{number}"))
        repository.commit(f"new {number}")
    second = History(repository.folder, checkpoint=first.checkpoint())
    after = by_commit(second)
    tree = Tree()
    for sha in repository.line()[-max(commits, 1) :]:
        assert replay.take(after.pop(sha)) == tree.become(repository.texts(sha))
    assert after == {}
    assert (second.report.resumed, second.report.rewritten) == (True, True)
    events = [*before, *History(repository.folder, checkpoint=first.checkpoint())]
    assert len(set(ids(events))) == len(events)
    for entity in {entity_of(each) for each in events}:
        times = [each["meta"]["timestamp"] for each in events if entity_of(each) == entity]
        assert times == sorted(times)
    assert list(History(repository.folder, checkpoint=second.checkpoint())) == []


def test_a_branch_whose_last_commit_is_nowhere_any_more_is_walked_again(
    repository: GitRepository, tmp_path: Path
) -> None:
    first = History(repository.folder)
    assert kinds(list(first)) == THREE
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.write("new.yaml", thing("new"))
    repository.commit("another third")
    clone = tmp_path / "fresh" / "shop-config"
    repository.git("clone", "--quiet", f"file://{repository.folder}", str(clone))
    rewritten = History(clone, checkpoint=first.checkpoint())
    assert kinds(list(rewritten)) == THREE[:3]
    assert (rewritten.report.resumed, rewritten.report.rewritten) == (False, False)


def test_a_file_that_is_no_checkpoint_is_none(tmp_path: Path) -> None:
    (tmp_path / "torn").write_bytes(b"\x1f\x8b\x08torn")
    assert read_checkpoint(tmp_path / "torn") is read_checkpoint(tmp_path / "missing") is None


def test_a_commit_that_is_not_on_the_line_is_refused(repository: GitRepository) -> None:
    repository.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    sha = repository.commit("aside")
    repository.git("checkout", "--quiet", "main")
    with pytest.raises(InvalidArgument, match=f"the commit {sha} is not on the first-parent line"):
        imported(repository.folder, after=sha)


def test_an_import_that_is_left_early_leaves_no_process(repository: GitRepository) -> None:
    before = children()
    events = iter(History(repository.folder))
    next(events)
    assert children() > before
    events.close()  # type: ignore[attr-defined]
    assert children() == before


def children() -> set[int]:
    """The processes that this one started and has not buried; others may be a mongod of the run."""
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return {int(pid) for pid, name in (line.split(None, 1) for line in listed.stdout.splitlines()) if "git" in name}


def test_progress_is_told_after_each_commit(repository: GitRepository) -> None:
    seen: list[tuple[int, int, int]] = []

    def note(report: Report) -> None:
        seen.append((report.commits, report.commits_total, report.events))

    list(History(repository.folder, progress=note))
    assert seen == [(1, 3, 1), (2, 3, 2), (3, 3, 4)]
