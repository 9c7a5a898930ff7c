"""Long histories cost time, not memory."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from git_stream import write_commits

_FILES = 2_000
_IMPORT = """
import resource, sys
from pathlib import Path
from cli.git_history import History

history = History(Path(sys.argv[1]))
events = sum(1 for _ in history)
if sys.platform == "linux":  # ru_maxrss begins with what the parent had
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2
print(history.report.commits, events, history.report.objects, peak)
"""


def _commits(count: int) -> Iterator[dict[str, str | None]]:
    for number in range(count):
        file, turn = number % _FILES, number // _FILES
        head = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app-{file}, namespace: team-{file % 20}}}\n"
        yield {f"apps/{file % 40}/{file}.yaml": f"{head}data: {{turn: '{turn}'}}\n"}


def _run(folder: Path) -> list[int]:
    done = subprocess.run([sys.executable, "-c", _IMPORT, str(folder)], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def test_ten_thousand_commits_take_less_than_150_mb(tmp_path: Path) -> None:
    write_commits(tmp_path / "long", _commits(10_000))
    commits, events, objects, megabytes = _run(tmp_path / "long")
    assert (commits, events, objects) == (10_000, 10_000, _FILES)
    assert megabytes < 150


def test_a_commit_of_twenty_thousand_objects_takes_less_than_300_mb(tmp_path: Path) -> None:
    first = {path: text for commit in _commits(_FILES) for path, text in commit.items() if text is not None}
    many = {path: "---\n".join(text.replace("app-", f"n{part}-") for part in range(10)) for path, text in first.items()}
    write_commits(tmp_path / "broad", [many])
    commits, events, objects, megabytes = _run(tmp_path / "broad")
    assert (commits, events, objects) == (1, 20_000, 20_000)
    assert megabytes < 300
