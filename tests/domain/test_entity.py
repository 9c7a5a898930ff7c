import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from domain.entity import Entity, entity, from_key, key_range
from domain.errors import InvalidArgument

LETTERS = st.characters(categories=["L", "M", "N", "P", "S"])
PARTS = st.one_of(
    st.text(st.sampled_from("a/%0.25F2"), min_size=1, max_size=8),
    st.text(LETTERS, min_size=1, max_size=8),
    st.builds("{} {}".format, st.text(LETTERS, min_size=1, max_size=4), st.text("a/%0", min_size=1, max_size=4)),
)
TYPES = PARTS.map(lambda text: text.replace("/", "!"))
ENTITIES = st.builds(Entity, TYPES, PARTS, PARTS)


@given(ENTITIES)
@example(Entity("A", "a%2Fb", "n"))
@example(Entity("A", "a%252Fb/%25", "n"))
def test_a_key_names_one_entity_and_leads_back_to_it(one: Entity) -> None:
    assert from_key(one.key) == one == entity(*one)


@given(ENTITIES, ENTITIES)
@example(Entity("A", "a/b", "n"), Entity("A", "a%2Fb", "n"))
@example(Entity("A", "a", "b/c"), Entity("A", "a/b", "c"))
def test_two_entities_never_share_a_key(one: Entity, other: Entity) -> None:
    assume(one != other)
    assert one.key != other.key


@given(ENTITIES, TYPES, PARTS)
def test_the_range_of_a_type_holds_its_entities_and_no_others(one: Entity, type_: str, app_id: str) -> None:
    """Keys are compared as MongoDB does, by their UTF-8 bytes."""
    start, end = (bound.encode() for bound in key_range(type_))
    assert (start <= one.key.encode() < end) == (one.type == type_)
    start, end = (bound.encode() for bound in key_range(type_, app_id))
    assert (start <= one.key.encode() < end) == (one.type == type_ and one.app_id == app_id)


def test_the_range_of_an_app_leaves_out_apps_that_begin_alike() -> None:
    start, end = key_range("Artifact", "a")
    keys = [Entity("Artifact", app_id, "x").key for app_id in ("a", "a ", "a!", "a/", "a/b", "a0", "aa", "A")]
    assert [key for key in keys if start <= key < end] == ["Artifact/a/x"]


def test_a_kubernetes_name_keeps_its_slash() -> None:
    assert entity("Deployment.apps", "09287", "prod/web").key == "Deployment.apps/09287/prod/web"


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (("", "1", "a"), "type ''"),
        (("A", "", "a"), "appId ''"),
        (("A", "1", ""), "name ''"),
        (("A", "1", " a"), "name ' a'"),
        (("A", "1\u2003", "a"), "appId"),
        (("A/B", "1", "a"), "holds a slash"),
        (("A", "1", "a\nb"), "cannot be printed"),
        (("A", "1", "a\u202eb"), "cannot be printed"),
        (("A", "1", "a" * 513), "513 characters, 512 are allowed"),
    ],
)
def test_a_part_that_cannot_name_anything_is_refused_by_name_and_value(
    parts: tuple[str, str, str], problem: str
) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        entity(*parts)


@pytest.mark.parametrize("key", ["", "Artifact", "Artifact/1", "/1/a", "A//a", "A/1/"])
def test_another_text_is_no_key(key: str) -> None:
    with pytest.raises(InvalidArgument):
        from_key(key)
