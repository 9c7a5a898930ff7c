"""The complete domain objects: how each looks at first, and how a change makes the next one."""

from copy import deepcopy
from typing import Any

from cli.demo.dice import digest
from cli.demo.envelope import Entity, Json
from cli.demo.inventory import App, Artifact, Deployment
from cli.demo.settings import CONFIGS, Config


def changed(state: Json, *, spec: Json | None = None, status: Json | None = None) -> Json:
    """A copy of a state with these keys of its spec and status set, and the others as they were."""
    new = deepcopy(state)
    new["spec"].update(spec or {})
    new["status"].update(status or {})
    return new


def artifact_state(artifact: Artifact, version: str, regions: list[str], size: int) -> Json:
    """A release, freshly published: a checksum and a commit of its own."""
    folder = artifact.name if artifact.app_name == "platform-modules" else "."
    spec = {
        "version": version,
        "description": artifact.description,
        "source": {
            "repository": f"https://git.example.com/{artifact.app_name}",
            "path": folder,
            "commit": commit(artifact.name, version),
        },
        "regions": regions,
        "bundles": [_bundle(artifact, artifact.name, artifact.kind, version, size), *_charts(artifact, version)],
    }
    return _object(artifact.entity, artifact.app.labels, spec, {"phase": "PUBLISHED"})


def _bundle(artifact: Artifact, stem: str, kind: str, version: str, size: int) -> Json:
    suffix = {"terraform": ".zip", "helm": ".tgz", "image": ".tar", "archive": ".zip"}[kind]
    return {
        "name": stem + suffix,
        "type": kind,
        "location": f"s3://example-artifacts/{artifact.app.id}/{artifact.name}/{version}/{stem}{suffix}",
        "checksum": f"sha256:{digest(f'{stem} {version}', 64)}",
        "sizeBytes": size,
    }


def _charts(artifact: Artifact, version: str) -> list[Json]:
    """An image comes with the values for the chart that deploys it."""
    if artifact.kind != "image":
        return []
    return [_bundle(artifact, f"{artifact.name}-values", "helm", version, 4_096)]


def deployment_state(deployment: Deployment) -> Json:
    """A deployment before its first release: wanted, nothing running."""
    owner = deployment.artifact.app
    spec: Json = {
        "artifact": {"name": deployment.artifact_name, "appId": owner.id},
        "environment": deployment.environment,
        "region": deployment.region,
        "strategy": deployment.strategy,
        "configs": [_config_reference(name, deployment.app) for name in deployment.configs],
    }
    status: Json = {"phase": "PENDING"}
    if deployment.replicas:
        spec["replicas"] = deployment.replicas
        spec["resources"] = {"cpu": f"{deployment.cpu}m", "memory": f"{deployment.memory}Mi"}
        status["readyReplicas"] = 0
    labels = deployment.app.labels | {"environment": deployment.environment}
    return _object(deployment.entity, labels, spec, status, _annotations(deployment.app))


def _config_reference(name: str, reader: App) -> Json:
    owner = CONFIGS[name].app
    return {"name": name} if owner == reader else {"name": name, "appId": owner.id}


def _annotations(app: App) -> dict[str, str]:
    return {
        "platform.example.com/runbook": f"https://runbooks.example.com/{app.name}",
        "platform.example.com/channel": f"#team-{app.team}",
    }


def config_state(config: Config) -> Json:
    """A configuration with the first value of every setting."""
    spec: dict[str, Any] = {
        "environment": config.environment,
        "format": config.format,
        "data": {name: values[0] for name, values in config.data.items()},
        "immutable": config.days == 0,
    }
    if config.limits:
        spec["limits"] = dict(zip(("requestsPerSecond", "timeoutSeconds", "maxBytes"), config.limits, strict=True))
    labels = config.app.labels | {"environment": config.environment}
    return _object(config.entity, labels, spec, {"phase": "VALIDATED"})


def commit(*words: str) -> str:
    return digest("commit " + " ".join(words), 7)


def _object(
    entity: Entity, labels: dict[str, str], spec: Json, status: Json, annotations: dict[str, str] | None = None
) -> Json:
    meta: Json = {"name": entity.name, "appId": entity.app_id, "labels": labels}
    if annotations:
        meta["annotations"] = annotations
    return {"apiVersion": "v1alpha1", "kind": entity.type, "meta": meta, "spec": spec, "status": status}
