import pytest

from domain.event import ActorType, Phase
from domain.facet import Facet, from_key, keys_of_kind, keys_of_type

APPLIED = Facet("Artifact", Phase.OUTCOME, ActorType.HUMAN, "Applied", "ArtifactAppliedEvent")


def test_a_facet_is_its_key_whatever_its_kind_and_its_action_hold() -> None:
    assert APPLIED.key == "Artifact/OUTCOME/HUMAN/Applied/ArtifactAppliedEvent"
    odd = APPLIED._replace(action="Odd/100%/Ap%2Fplied", kind="Artifact/Odd/AppliedEvent")
    for facet in (APPLIED, odd, APPLIED._replace(action="")):
        assert from_key(facet.key) == facet


def test_a_text_that_is_no_key_is_no_facet() -> None:
    for text in ("", "Artifact", "Artifact/OUTCOME/HUMAN/ArtifactAppliedEvent", "Artifact/MAYBE/HUMAN/Applied/X"):
        assert from_key(text) is None


def test_the_keys_of_a_type_are_a_range_without_those_of_types_that_begin_alike() -> None:
    start, end = keys_of_type("Config")
    assert start <= APPLIED._replace(type="Config").key < end
    for other in ("ConfigMap", "Config.example.com", "Confi", "Config0"):
        assert not start <= APPLIED._replace(type=other).key < end


@pytest.mark.parametrize(
    "type_", ["Artifact", "Artifact.example.com", "Art", "Ar", "A", "A.io", "ArtifactAppliedEvent"]
)
def test_the_keys_of_a_kind_are_in_ranges_without_those_of_most_other_types(type_: str) -> None:
    spans = keys_of_kind("ArtifactAppliedEvent")
    key = APPLIED._replace(type=type_).key
    assert [start <= key < end for start, end in spans].count(True) == 1
    for other in ("Config", "Aardvark", "Bundle", "B", "Artifacts", "ArtifactZone"):
        assert not any(start <= APPLIED._replace(type=other).key < end for start, end in spans)


def test_a_facet_meets_conditions_that_all_hold_and_an_empty_one_always_does() -> None:
    assert APPLIED.is_among((), (), (), (), ())
    assert APPLIED.is_among(("Artifact",), (APPLIED.kind,), ("Applied",), (Phase.OUTCOME,), (ActorType.HUMAN,))
    assert not APPLIED.is_among((), (), ("Deleted",), (), ())
    assert not APPLIED.is_among((), (), (), (Phase.INTENT,), ())
    assert not APPLIED.is_among(("Config",), (), ("Applied",), (), ())
