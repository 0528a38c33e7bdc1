"""The chapter on picture-shaped answers, on hand-written evidence: its sentences, its tables and what it leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.evidence.pixels import ClassByPixel, PixelHead
from reportgen.sections import pixels
from tests import made


def built(*heads: PixelHead, **others: Any) -> tuple[str, pixels.Content]:
    section = pixels.build(made.evidence(pixels=made.pixels(*heads), **others))
    assert section is not None
    assert isinstance(section.content, pixels.Content)
    return plain(section.answer), section.content


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_answer_says_accuracy_overlap_intervals_and_what_the_commonest_class_would_reach() -> None:
    answer, _ = built(made.pixel_head())
    assert answer.startswith(
        "It predicts the right class for 87.5 % of the pixels of 10 images (95 % interval 80.0 % to 95.0 %, if they"
        " were drawn at random); the mean intersection over union is 74.1 % (95 % interval 60.0 % to 88.0 %). Always"
        " predicting sky would reach 75.0 % and 37.5 %."
    )


def test_answer_on_few_images_says_that_there_is_no_interval() -> None:
    few = made.by_class(accuracy=made.estimate(0.5, num_images=3), mean_iou=made.estimate(0.4, num_images=3))
    answer, _ = built(made.pixel_head(by_class=few, num_images=3))
    assert "of 3 images (too few for an interval); the mean intersection over union is 40.0 %." in answer


def test_answer_of_a_reconstruction_names_the_mean_picture() -> None:
    answer, content = built(made.pixel_head("input"))
    assert answer.startswith(
        "The mean absolute error between the input and what comes out is 0.25 on 10 images (95 % interval 0.2 to 0.3,"
        " if they were drawn at random). Always predicting the mean of the other images would give 1."
    )
    assert plain(content.heads[0].gain).endswith(
        "0.75 smaller than that of the mean picture (95 % interval 0.6 to 0.9)."
    )


def test_worse_than_the_mean_picture_is_said_as_larger() -> None:
    worse = made.by_error(gain=made.estimate(-0.5, -0.7, -0.3))
    _, content = built(made.pixel_head("input", by_error=worse))
    assert plain(content.heads[0].gain).endswith("0.5 larger than that of the mean picture (95 % interval 0.3 to 0.7).")


def test_class_that_the_masks_lack_is_named() -> None:
    classes = (*made.by_class().classes, ClassByPixel(2, "road", 0, 4, 0, 0, None))
    _, content = built(made.pixel_head(by_class=made.by_class(classes=classes)))
    assert content.heads[0].absent.startswith(
        "The masks have no pixel of the class road: nothing can be said of how well it is"
    )


def test_rows_are_shares_of_the_pixels_of_a_class() -> None:
    _, content = built(made.pixel_head())
    (sky, of_sky), (tree, of_tree) = content.heads[0].rows
    assert (sky.name, tree.name) == ("sky", "tree")
    assert of_sky == pytest.approx((26 / 30, 4 / 30))
    assert of_tree == pytest.approx((0.1, 0.9))


def test_chapter_is_left_out_where_values_are_drawn_only() -> None:
    unknown = made.pixel_head("values", by_error=None, error_map=None, worst=(), worst_scores=())
    assert pixels.build(made.evidence(pixels=made.pixels(unknown))) is None
    assert pixels.build(made.evidence(pixels=None)) is None
