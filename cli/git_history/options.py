"""What of a repository is read, and how its objects are named."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate

SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    branch: str | None = None
    """A branch, tag or commit; None is what HEAD names."""
    app_id: str = "{repo}"
    """See `AppIds`."""
    repo: str | None = None
    """What `{repo}` stands for; None is the name of the folder."""
    include: tuple[str, ...] = ()
    """Patterns like `clusters/*`, in which * crosses folders; none means every file."""
    exclude: tuple[str, ...] = ()
    with_secrets: bool = False
    """Whether objects of kind Secret are read. What they hold is then in the log for good."""
    after: str | None = None
    """A commit of the line: it and those before it are walked, but make no events."""
    now: datetime | None = None
    """No event is later; None is the machine's clock."""

    def wants(self) -> Callable[[str], bool]:
        """Whether a path is to be read: `.yaml`, `.yml` or `.json`, included and not excluded."""
        include, exclude = _any_of(self.include), _any_of(self.exclude)

        def wanted(path: str) -> bool:
            return (
                path.lower().endswith(SUFFIXES)
                and (include is None or include.match(path) is not None)
                and (exclude is None or exclude.match(path) is None)
            )

        return wanted


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(translate(pattern) for pattern in patterns)) if patterns else None
