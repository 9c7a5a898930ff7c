from domain.words import comment_words, words


def test_a_word_is_found_in_any_letter_case_and_once() -> None:
    assert words("INC-1042: Rolled back, ROLLED Straße") == ["inc", "1042", "rolled", "back", "strasse"]
    assert words(" … ") == []


def test_a_comment_is_that_of_the_intent_or_the_message_of_an_imported_commit() -> None:
    assert comment_words({"comment": "Release 4"}) == ["release", "4"]
    assert comment_words({"metadata": {"message": "Fix it"}}) == ["fix", "it"]
    for odd in ({}, {"comment": 4}, {"metadata": "text"}, {"metadata": {"message": ["no"]}}):
        assert comment_words(odd) == []


def test_of_a_long_comment_the_first_words_are_kept() -> None:
    assert comment_words({"comment": " ".join(map(str, range(1000)))}) == [str(number) for number in range(64)]
    assert comment_words({"comment": "x" * 1000}) == ["x" * 64]
