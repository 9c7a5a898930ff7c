"""What a schema says of the places in the objects that it describes."""

import pytest

from domain.errors import InvalidManifest
from domain.places import marked
from manifests import knot


def test_a_mark_in_a_definition_stands_wherever_the_definition_is_used_but_inside_itself() -> None:
    assert dict(marked(knot(2, mark=1), "mark")) == {("spec", "own"): 1, ("spec", "to1", "own"): 1}


def test_definitions_that_refer_to_each_other_cost_nothing_where_nothing_is_marked() -> None:
    assert list(marked(knot(40), "mark")) == []


@pytest.mark.parametrize("mark", ["x-dsel-ref", "x-dsel-index"])
def test_a_mark_at_more_places_than_can_be_written_out_is_refused(mark: str) -> None:
    with pytest.raises(InvalidManifest, match="too many places"):
        list(marked(knot(40, **{mark: "Artifact"}), mark))
