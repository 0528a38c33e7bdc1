"""What stands for classes: short where it can be, said what is left out, and no two alike."""

from __future__ import annotations

import random

import pytest

from reportgen.figures.class_labels import apart, labels


def named(*names: str, extra: int = 0) -> tuple[list[str], bool, str, str]:
    found = labels(list(enumerate(names)), len(names) + extra)
    return list(found.names), found.numbered, found.beginning, found.ending


@pytest.mark.parametrize(
    ("names", "short", "beginning", "ending"),
    [
        (["breed_beagle", "breed_basset_hound"], ["beagle", "basset_hound"], "breed_", ""),
        (["breed/dog/beagle", "breed/dog/basset"], ["beagle", "basset"], "breed/dog/", ""),
        (["Afghan hound", "basset hound"], ["Afghan", "basset"], "", " hound"),
        (["dog: wire terrier", "dog: toy terrier"], ["wire", "toy"], "dog: ", " terrier"),
        (["n02085620-Chihuahua", "n02085782-Maltese"], ["n02085620-Chihuahua", "n02085782-Maltese"], "", ""),
        (["automobile", "autobahn-like"], ["automobile", "autobahn-like"], "", ""),
        (["a long name_", "a long name_1"], ["name_", "name_1"], "a long ", ""),
        (["temperature 0.125", "temperature 0.25"], ["0.125", "0.25"], "temperature ", ""),
        (["temperature -1", "temperature -2"], ["-1", "-2"], "temperature ", ""),
        (["__________1", "__________2"], ["__________1", "__________2"], "", ""),
        (["the same name"], ["the same name"], "", ""),
    ],
)
def test_what_all_names_begin_or_end_with_is_left_out_up_to_a_separator(
    names: list[str], short: list[str], beginning: str, ending: str
) -> None:
    found = named(*names)
    assert (found[0], found[2], found[3]) == (short, beginning, ending)


@pytest.mark.parametrize("seed", range(60))
def test_nothing_is_lost_or_made_alike_and_no_name_becomes_empty(seed: int) -> None:
    drawn = random.Random(seed)
    parts = ["breed", "dog", "_", "-", " ", "1", ".", "x", "Ü"]
    several = {
        "dog_breed-" * drawn.randrange(2) + "".join(drawn.choices(parts, k=drawn.randrange(1, 9))) for _ in range(9)
    }
    names = sorted(name for name in several if any(letter.isalnum() for letter in name))
    found = labels(list(enumerate(names)), len(names))
    assert [found.beginning + name + found.ending for name in found.names] == names
    assert all(name.strip(" _-.") for name in found.names)
    assert len(set(found.names)) == len(names)


@pytest.mark.parametrize("size", [2, 9, 10, 20])
def test_digits_stay_as_they_are_and_are_not_numbered(size: int) -> None:
    names = [str(place) for place in range(size)]
    for extra in (0, 1):
        assert named(*names, extra=extra) == (names, False, "", "")
    assert labels(list(enumerate(names)), size).heads == tuple(names)


def test_short_names_keep_their_common_beginning() -> None:
    assert named("a_1", "a_2") == (["a_1", "a_2"], False, "", "")


def test_names_that_do_not_fit_are_numbered_from_one() -> None:
    found = labels([(7, "automobile"), (8, "aeroplane")], 2)
    assert (found.numbered, found.heads) == (True, ("1", "2"))


def test_what_is_left_out_is_said_in_one_sentence() -> None:
    assert labels([(0, "breed_a dog"), (1, "breed_b dog")], 2).left_out == (
        " Names without the common beginning “breed_” and the common ending “ dog”."
    )
    assert labels([(0, "cat"), (1, "dog")], 2).left_out == ""


def test_classes_of_one_name_are_told_apart_by_their_indices() -> None:
    assert named("crane", "crane", "tench")[0] == ["crane (class 0)", "crane (class 1)", "tench"]


@pytest.mark.parametrize("seed", range(40))
def test_shortened_names_have_room_and_differ_where_names_differ_in_one_word(seed: int) -> None:
    drawn = random.Random(seed)
    words = ["".join(drawn.choices("abcdefgh", k=3)) + str(place) for place in range(6)]
    before, after = "begin " * drawn.randrange(6), " end" * drawn.randrange(6)
    names = [f"{before}{word}{after}" for word in words]
    found = apart(names, 20)
    assert all(len(label) <= 20 for label in found)
    assert len(set(found)) == len(names)
    assert all(label == name for label, name in zip(found, names, strict=True) if len(name) <= 20)
