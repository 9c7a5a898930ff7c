from typing import Any

import pytest

from domain import objects


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ({"meta": {"name": "vpc"}}, "vpc"),
        ({"metadata": {"name": "web"}}, "web"),
        ({"metadata": {"name": "web", "namespace": "prod"}}, "prod/web"),
        ({"metadata": {"name": "web", "namespace": ""}}, "web"),
        ({"meta": {"name": "ours"}, "metadata": {"name": "theirs"}}, "ours"),
        ({"meta": {"name": 5}}, None),
        ({"meta": "vpc"}, None),
        ({}, None),
    ],
)
def test_the_name_of_an_object_holds_its_namespace(state: dict[str, Any], name: str | None) -> None:
    assert objects.name_of(state) == name


@pytest.mark.parametrize(
    ("meta", "labels"),
    [
        ({"labels": {"team": "platform", "count": 3, "none": None}}, {"team": "platform"}),
        ({"labels": ["team"]}, {}),
        ({}, {}),
    ],
)
def test_labels_are_those_that_are_texts(meta: dict[str, Any], labels: dict[str, str]) -> None:
    assert objects.labels_of({"meta": meta}) == objects.labels_of({"metadata": meta}) == labels


@pytest.mark.parametrize(
    ("api_version", "group"),
    [("v1", ""), ("apps/v1", "apps"), ("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io"), (None, "")],
)
def test_the_group_stands_before_the_version(api_version: str | None, group: str) -> None:
    state = {} if api_version is None else {"apiVersion": api_version}
    assert objects.group_of(state) == group
