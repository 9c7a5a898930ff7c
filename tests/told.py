"""Envelopes as a platform reports them, in short."""

from datetime import datetime
from typing import Any

from domain.entity import Entity
from domain.instants import write
from domain.kinds import lower_camel
from examples import artifact

Json = dict[str, Any]


def told(
    kind: str,
    app_id: str,
    name: str = "vpc",
    /,
    *,
    at: datetime | None = None,
    by: str | None = None,
    state: Json | None = None,
    spec: Json | None = None,
    **meta: Any,
) -> Json:
    """An envelope about one object of an app; with a state under its own key when one is given."""
    said = {"timestamp": write(at) if at else None, "userId": by, "name": name, "appId": app_id, **meta}
    body = {lower_camel(state["kind"]): state} if state is not None else {}
    return {
        "apiVersion": "v1alpha1",
        "kind": kind,
        "meta": {key: value for key, value in said.items() if value is not None},
        "spec": body | (spec or {}),
    }


def applied(
    app_id: str, name: str = "vpc", /, *, at: datetime | None = None, by: str | None = None, **spec: Any
) -> Json:
    """An ArtifactAppliedEvent with a complete object; `spec` are further properties of its spec, and its labels."""
    state = artifact(Entity("Artifact", app_id, name), spec.pop("labels", None), **spec)
    return told("ArtifactAppliedEvent", app_id, name, at=at, by=by, state=state)


def deployment(app_id: str, name: str, **spec: Any) -> Json:
    """A deployment of the artifact `vpc` that its schema accepts."""
    return {
        "apiVersion": "v1alpha1",
        "kind": "Deployment",
        "meta": {"name": name, "appId": app_id},
        "spec": {"artifact": {"name": "vpc"}, "environment": "production", **spec},
    }


def config(app_id: str, name: str, **spec: Any) -> Json:
    """A configuration that its schema accepts."""
    return {
        "apiVersion": "v1alpha1",
        "kind": "Config",
        "meta": {"name": name, "appId": app_id},
        "spec": spec,
    }
