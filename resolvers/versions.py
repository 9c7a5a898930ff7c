"""Objects in a version of their type that somebody asks for."""

from domain.errors import InvalidArgument
from domain.event import Document, Event
from domain.registry import Registry


def raw(registry: Registry, event: Event, version: str | None) -> Document | None:
    """The state as it was written, or in a version. Raises InvalidArgument where no conversion leads there."""
    written = event.written
    if version is None or written is None or version == written.get("apiVersion"):
        return written
    domain_type = registry.get(event.entity.type)
    converted = domain_type.conversions.convert(written, version) if domain_type else None
    if converted is None:
        known = ", ".join(each.name for each in domain_type.versions) if domain_type else "none"
        raise InvalidArgument(
            f"no conversion leads from {written.get('apiVersion')} of {event.entity.type} to '{version}'",
            hint=f"Its versions are: {known}. Without a version it is as it came.",
        )
    return converted
