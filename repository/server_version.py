"""Which MongoDB servers have known holes."""

from repository.driver import Database

# CVE-2025-14847 reads memory through zlib-compressed messages, CVE-2025-10060 stops the server by an upsert.
_PATCHED = {6: (6, 0, 27), 7: (7, 0, 28), 8: (8, 0, 17)}


async def warning(database: Database) -> str | None:
    """What to tell the operator about the server, if anything."""
    version = (await database.command({"buildInfo": 1}))["version"]
    return warning_about(version)


def warning_about(version: str) -> str | None:
    parts = tuple(int(part) for part in version.split("-")[0].split(".")[:3])
    patched = _PATCHED.get(parts[0])
    if parts[0] > max(_PATCHED) or (patched is not None and parts >= patched):
        return None
    wanted = ".".join(map(str, patched or _PATCHED[max(_PATCHED)]))
    return f"MongoDB {version} has known security holes (CVE-2025-14847, CVE-2025-10060); take {wanted} or newer."
