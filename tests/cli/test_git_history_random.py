"""Random histories: whatever people do to files, the events tell exactly what the files say."""

from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from cli.git_history import Checkpoint, History, Options
from domain import instants
from git_repositories import START, Replay, Tree, by_commit, entity_of, thing
from git_stream import write_commits

_PATHS = [f"{folder}/{name}.yaml" for folder in ("a", "b", "a/c") for name in ("one", "two", "three")]


class Team:
    """People who edit, move, split, swap, break and delete files of objects; a broken file is None."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        self._files: dict[str, list[Any] | None] = {}

    def times(self, count: int) -> list[int]:
        """Commit times that step back now and then, and often stand still."""
        times = [START]
        for _ in range(count - 1):
            times.append(times[-1] + self._dice.choice([0, 0, 1, 60, 3_600, 86_400, -30, -7_200]))
        return times

    def commit(self) -> dict[str, str | None]:
        before = {path: _text(path, objects) for path, objects in self._files.items()}
        for _ in range(self._dice.choice([1, 1, 1, 2, 3, 6])):
            self._act()
        after = {path: _text(path, objects) for path, objects in self._files.items()}
        changes: dict[str, str | None] = {path: text for path, text in after.items() if before.get(path) != text}
        return changes | dict.fromkeys(before.keys() - after.keys(), None)

    def _act(self) -> None:
        dice, whole = self._dice, sorted(path for path, objects in self._files.items() if objects is not None)
        action = dice.choice("add add add edit edit edit drop twice move move split swap break mend delete".split())
        target, source = dice.choice(_PATHS), dice.choice(whole) if whole else None
        there = self._files.get(target, [])
        if action == "add" and there is not None:
            self._files[target] = [*there, self._object()]
        elif action == "break" and target in self._files:
            self._files[target] = None
        elif action == "mend" and there is None:
            self._files[target] = [self._object() for _ in range(dice.randrange(3))]
        elif source is not None:
            self._change(action, source, target)

    def _change(self, action: str, source: str, target: str) -> None:
        dice, here = self._dice, list(self._files[source] or [])
        if action in ("edit", "drop", "twice", "split") and here:
            chosen = here.pop(dice.randrange(len(here)))
            if action == "edit":
                here.insert(dice.randrange(len(here) + 1), {**chosen, "spec": {"size": dice.randrange(5)}})
            elif action == "twice":
                here += [chosen, {**chosen, "spec": {"size": dice.randrange(5)}}]
            elif action == "split" and self._files.get(target, []) is not None and target != source:
                self._files[target] = [*(self._files.get(target) or []), chosen]
            self._files[source] = here
        elif action == "move" and target not in self._files:
            self._files[target] = self._files.pop(source)
        elif action == "swap" and self._files.get(target) is not None:
            self._files[source], self._files[target] = self._files[target], self._files[source]
        elif action == "delete":
            del self._files[source]

    def _object(self) -> Any:
        dice = self._dice
        kind, api = dice.choice([("Deployment", "apps/v1"), ("Deployment", "extensions/v1"), ("Service", "v1")])
        return thing(dice.choice("pqr"), kind, api, dice.choice([None, "ns"]), size=dice.randrange(5))


def _text(path: str, objects: list[Any] | None) -> str:
    if objects is None:
        return f"metadata: [ # of {path}\n"  # each another, so that git calls none renamed
    return "---\n".join(yaml.safe_dump(each) for each in objects) or "# nothing\n"


@pytest.mark.parametrize("seed", range(8))
def test_the_events_tell_exactly_what_the_files_say(seed: int, tmp_path: Path) -> None:
    team = Team(seed)
    commits, times = [team.commit() for _ in range(60)], team.times(60)
    repository = write_commits(tmp_path / "random", commits, times)
    checkpoints: list[Checkpoint] = []
    history = History(repository.folder, progress=lambda _: checkpoints.append(history.checkpoint()))
    events = list(history)
    groups, tree, replay = by_commit(events), Tree(), Replay()
    texts: dict[str, str] = {}
    for sha, changes in zip(repository.line(), commits, strict=True):
        texts = {path: text for path, text in (texts | changes).items() if text is not None}
        assert replay.take(groups.get(sha, [])) == tree.become(texts)
    _check_lives(events)
    dice = Random(seed)
    some = dice.choice(checkpoints)
    assert list(History(repository.folder, checkpoint=some)) == list(
        History(repository.folder, Options(after=some.sha))
    )
    past = list(History(repository.folder, Options(branch=dice.choice(repository.line()))))
    assert [each["meta"] for each in past] == [each["meta"] for each in events[: len(past)]]


def _check_lives(events: list[dict[str, Any]]) -> None:
    """Ids are unique, times of one object never step back, and only what lives is deleted."""
    assert len({each["meta"]["eventId"] for each in events}) == len(events)
    lives: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for event in events:
        lives.setdefault(entity_of(event), []).append(event)
    for life in lives.values():
        assert life[0]["kind"].endswith("AppliedEvent")
        for before, after in pairwise(life):
            assert before["meta"]["timestamp"] <= after["meta"]["timestamp"]
            assert before["kind"].endswith("AppliedEvent") or after["kind"].endswith("AppliedEvent")
        for event in life:
            at, written = event["meta"]["timestamp"], event["spec"]["metadata"]["committedAt"]
            assert instants.parse(at) >= instants.parse(written)
