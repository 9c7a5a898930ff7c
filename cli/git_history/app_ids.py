"""Which application an object belongs to, by a template such as `{repo}:{path[1]}`."""

import re
from collections.abc import Iterator, Mapping

from cli.git_history.manifests import ObjectKey
from cli.git_history.texts import printable
from domain.errors import InvalidArgument

_PART = re.compile(r"\{(?P<field>\w+)(?:\[(?P<folder>-?\d{1,4})\])?\}|(?P<text>[^{}]+)")
_FIELDS = ("repo", "branch", "namespace", "kind", "name", "path", "dir", "file")
_LONGEST = 512


class AppIds:
    """Fields: `{repo}`, `{branch}`; of the object `{namespace}`, `{kind}`, `{name}`; of the file `{path}`, `{dir}`,
    `{file}` and `{path[i]}`, its i-th folder from 0, or from the end below 0. What is not there is empty.

    Raises InvalidArgument for a template with anything else in braces.
    """

    def __init__(self, template: str, repo: str, branch: str) -> None:
        self._parts = list(_parts(template))
        self._fixed = {"repo": repo, "branch": branch}

    def of(self, key: ObjectKey, path: str) -> str:
        """The object's own appId if it says one, else what the template makes of it; never empty: at least the
        repository's name."""
        if key.app_id is not None:
            return key.app_id
        fields = self._fixed | _fields(key, path)
        text = "".join(_filled(part, fields) for part in self._parts)
        return printable(text)[:_LONGEST].strip() or self._fixed["repo"]


def _fields(key: ObjectKey, path: str) -> dict[str, str]:
    (namespace, _, name), (folder, _, file) = key.name.rpartition("/"), path.rpartition("/")
    return {"namespace": namespace, "kind": key.kind, "name": name, "path": path, "dir": folder, "file": file}


def _parts(template: str) -> Iterator[re.Match[str]]:
    matches = list(_PART.finditer(template))
    if not matches or "".join(match[0] for match in matches) != template:
        raise _refused(template, "its braces do not match" if template else "it is empty")
    for match in matches:
        if match["field"] not in (None, *_FIELDS) or (match["folder"] and match["field"] != "path"):
            raise _refused(template, f"there is no {match[0]}")
        yield match


def _filled(part: re.Match[str], fields: Mapping[str, str]) -> str:
    if part["text"] is not None:
        return part["text"]
    if part["folder"] is None:
        return fields[part["field"]]
    folders, index = fields["dir"].split("/"), int(part["folder"])
    return folders[index] if -len(folders) <= index < len(folders) else ""


def _refused(template: str, fault: str) -> InvalidArgument:
    known = ", ".join(f"{{{field}}}" for field in (*_FIELDS, "path[0]"))
    return InvalidArgument(f"'{template}' makes no appId: {fault}", hint=f"Fields are {known}.")
