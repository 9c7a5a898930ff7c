import pytest

from domain import kinds
from domain.event import Phase


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ArtifactApplied", ["Artifact", "Applied"]),
        ("HTTPRouteRolledBack", ["HTTP", "Route", "Rolled", "Back"]),
        ("PersistentVolumeClaimBound", ["Persistent", "Volume", "Claim", "Bound"]),
        ("", []),
    ],
)
def test_a_name_falls_into_words(name: str, words: list[str]) -> None:
    assert kinds.words(name) == words


@pytest.mark.parametrize("name", ["ArtifactApplied", "HTTPRoute", "a-b.c", "x9Y", "ÄÖ", "S3"])
def test_no_character_of_a_name_is_lost(name: str) -> None:
    assert "".join(kinds.words(name)) == name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Artifact", "artifact"),
        ("HTTPRoute", "httpRoute"),
        ("ConfigMap", "configMap"),
        ("API", "api"),
        ("A", "a"),
        ("terraform-module", "terraform-module"),
        ("", ""),
    ],
)
def test_the_key_of_a_type_begins_lower(name: str, key: str) -> None:
    assert kinds.lower_camel(name) == key


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("artifact", "artifacts"),
        ("policy", "policies"),
        ("gateway", "gateways"),
        ("ingress", "ingresses"),
        ("box", "boxes"),
        ("batch", "batches"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert kinds.plural(one) == many


@pytest.mark.parametrize("action", ["Applied", "RolledBack", "Built", "Undone", "FoundGuilty", "ChecksumVerified"])
def test_past_tense_is_an_outcome(action: str) -> None:
    assert kinds.phase_of(action) is Phase.OUTCOME


@pytest.mark.parametrize("action", ["Apply", "RollBack", "Proceed", "Exceed", "Feed", "Scan", ""])
def test_anything_else_is_an_intent(action: str) -> None:
    assert kinds.phase_of(action) is Phase.INTENT


@pytest.mark.parametrize(
    ("stem", "type_", "action"),
    [
        ("WidgetApplied", "Widget", "Applied"),
        ("WidgetRolledBack", "Widget", "RolledBack"),
        ("HTTPRouteApply", "HTTPRoute", "Apply"),
        ("ComplianceCheckPassed", "ComplianceCheck", "Passed"),
        ("UsedCarSold", "UsedCar", "Sold"),
        ("Applied", "Applied", ""),
        ("", "", ""),
    ],
)
def test_a_kind_of_an_unknown_type_is_split_before_its_last_word_in_the_past(
    stem: str, type_: str, action: str
) -> None:
    assert kinds.split(stem) == (type_, action)


@pytest.mark.parametrize(
    ("intent", "outcome"),
    [("Apply", "Applied"), ("Delete", "Deleted"), ("Stop", "Stopped"), ("RollBack", "RolledBack"), ("Fix", "Fixed")],
)
def test_an_outcome_answers_the_intent_whose_past_tense_it_is(intent: str, outcome: str) -> None:
    assert kinds.answers(outcome, intent)
    assert not kinds.answers(outcome, "Approve")
    assert not kinds.answers(intent, intent)
    assert len(kinds.words(intent)) > 1 or kinds.past(intent) == outcome
