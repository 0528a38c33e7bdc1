from __future__ import annotations

import pytest

from reportgen.errors import DataError
from reportgen.sources.naming import ClassNames, match, read_as_numbers

DOGS = ClassNames(("n02086240-Shih-Tzu", "n02110958-pug", "n02096585-Boston_bull"))
CRANES = ClassNames(("n02012849-crane", "n03126707-crane"))


@pytest.mark.parametrize(
    ("word", "names", "number"),
    [
        ("n02110958-pug", DOGS, 1),
        ("pug", DOGS, 1),
        ("PUG", DOGS, 1),
        ("shih tzu", DOGS, 0),
        ("Shih_Tzu", DOGS, 0),
        ("boston-bull", DOGS, 2),
        ("n02110958", DOGS, 1),
        ("n02110958", ClassNames(("shih-tzu", "pug"), (("n02086240",), ("n02110958",))), 1),
        ("n02110958-pug", ClassNames(("shih-tzu", "pug")), 1),
        ("n03126707-crane", CRANES, 1),
        ("ＰＵＧ", DOGS, 1),
        ("n0211-pug", ClassNames(("n0211-pug",)), 0),
    ],
)
def test_word_stands_for_the_class_of_its_name(word: str, names: ClassNames, number: int) -> None:
    assert match([word], names, "They").numbers == (number,)


def test_exact_name_comes_before_a_similar_one() -> None:
    assert match(["Cat", "cat"], ClassNames(("cat", "Cat")), "They").numbers == (1, 0)


def test_word_that_could_be_two_classes_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"'crane', which could be 'n02012849-crane' \(class 0\), 'n03126707-crane' \(class 1\)"
    ):
        match(["crane"], CRANES, "They")


def test_two_classes_of_one_name_are_never_guessed() -> None:
    with pytest.raises(DataError, match="could be 'crane'"):
        match(["crane"], ClassNames(("crane", "dog", "crane")), "They")


def test_many_unknown_words_are_listed_in_part() -> None:
    with pytest.raises(DataError, match=r"12 words that are not class names.* and 2 more"):
        match([f"unknown {letter}" for letter in "abcdefghijkl"], ClassNames(("pug",)), "They")


def test_words_and_numbers_are_not_mixed() -> None:
    with pytest.raises(DataError, match="'1'"):
        match(["pug", "1"], ClassNames(("pug", "dog")), "They")


@pytest.mark.parametrize(
    ("words", "num_classes", "numbers"),
    [
        (["0", "9"], 10, (0, 9)),
        (["0", "10"], 19, None),
        (["00", "10"], 19, (0, 10)),
        (["0", "10"], 10, None),
        (["-1"], 10, None),
        (["1.0"], 10, None),
        (["²"], 10, None),
        ([], 10, None),
    ],
)
def test_words_are_numbers_where_nothing_else_can_be_meant(
    words: list[str], num_classes: int, numbers: tuple[int, ...] | None
) -> None:
    assert read_as_numbers(words, num_classes) == numbers


def test_numbers_that_are_no_names_are_numbers_of_the_names() -> None:
    found = match(["2", "0"], ClassNames(("zero", "one", "two")), "They")
    assert found.numbers == (2, 0)
    assert "read as class numbers: 2 is two, 0 is zero" in found.note
