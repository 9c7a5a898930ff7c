"""Domain objects as they come: ours with `meta`, Kubernetes' with `metadata`."""

from collections.abc import Mapping
from typing import Any


def name_of(state: Mapping[str, Any]) -> str | None:
    """The object's own name: `name`, or `namespace/name` as Kubernetes has it."""
    meta = meta_of(state)
    name, namespace = meta.get("name"), meta.get("namespace")
    if not isinstance(name, str):
        return None
    return f"{namespace}/{name}" if isinstance(namespace, str) and namespace else name


def meta_of(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """`meta`, or Kubernetes' `metadata`."""
    meta = state.get("meta", state.get("metadata"))
    return meta if isinstance(meta, dict) else {}


def labels_of(state: Mapping[str, Any]) -> dict[str, str]:
    """The labels that are texts."""
    labels = meta_of(state).get("labels")
    return {key: value for key, value in labels.items() if isinstance(value, str)} if isinstance(labels, dict) else {}


def group_of(state: Mapping[str, Any]) -> str:
    """The group of its apiVersion: `apps` of `apps/v1`, nothing of `v1alpha1`."""
    return str(state.get("apiVersion", "")).rpartition("/")[0]
