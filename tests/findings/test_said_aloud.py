"""Findings whose sentences depend on how many there are, and on what they are about."""

import pytest

from reportgen.findings import channels, shortcuts
from tests import made, why_made


@pytest.mark.parametrize(
    ("indices", "words"), [((0,), "the image shown"), ((0, 1), "both images shown"), ((0, 1, 2), "all 3 images shown")]
)
def test_number_of_images_is_said_as_people_say_it(indices: tuple[int, ...], words: str) -> None:
    maps = made.maps("conv", made.numbers(0, constant=True), made.numbers(1))
    seen = made.bare(findings=(), activations=made.activations(maps, indices=indices))
    titles = [found.title.replace("\u00a0", " ") for found in channels.judge(seen)]
    assert f"1 channel is constant on {words}." in titles


def test_class_of_the_other_images_is_named_again() -> None:
    seen = made.bare(findings=(), shortcuts=why_made.shortcuts(why_made.alarm()))
    (found,) = (each for each in shortcuts.judge(seen) if "alone makes" in each.title)
    assert found.detail.endswith(" The same place of the other images called “cat” turned 3.")
