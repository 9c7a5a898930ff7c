import pytest

from repository.fields import HEADER, LAST, NOTHING, STATE, WHOLE, Fields, union

VERSION = Fields(frozenset({("spec", "version")}), header=frozenset(), last=False)
SPEC = Fields(frozenset({("spec",)}), header=frozenset(), last=False)
KIND = Fields(header=frozenset({"kind"}), last=False)


@pytest.mark.parametrize(
    ("read", "needed", "covers"),
    [
        (HEADER, NOTHING, True),
        (NOTHING, HEADER, False),
        (HEADER, KIND, True),
        (KIND, NOTHING, True),
        (NOTHING, KIND, False),
        (KIND, HEADER, False),
        (KIND, LAST, False),
        (HEADER, LAST, True),
        (SPEC, VERSION, True),
        (VERSION, SPEC, False),
        (STATE, VERSION, True),
        (SPEC, STATE, False),
        (STATE, WHOLE, False),
        (WHOLE, STATE, True),
    ],
)
def test_what_was_read_covers_what_is_a_part_of_it(read: Fields, needed: Fields, covers: bool) -> None:
    assert read.cover(needed) is covers


def test_a_union_has_everything_that_a_part_has_and_nothing_else() -> None:
    assert union([]) == NOTHING
    assert union([VERSION, KIND]) == Fields(VERSION.state, header=KIND.header, last=False)
    assert union([VERSION, STATE, KIND]) == STATE
    assert union([VERSION, LAST]).last
    assert union([KIND, HEADER]) == HEADER
