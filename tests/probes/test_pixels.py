"""Picture-shaped answers against masks and values: scores counted by hand, whatever form both have."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from reportgen.errors import DataError
from reportgen.evidence.samples import SampleRecord
from reportgen.options import make
from reportgen.pipeline import keeping
from reportgen.probes import pixels
from reportgen.probes.pixels.classes import ClassTally
from tests.probes.pictured import SIDE, classes_of, errors_of, only, passing, probed

layers = keras.layers
pytestmark = pytest.mark.keras
RANDOM = np.random.default_rng(7)
PICTURES: NDArray[np.float32] = RANDOM.random((7, SIDE, SIDE, 3)).astype(np.float32)
MASKS = RANDOM.integers(0, 3, (7, SIDE, SIDE))


def test_accuracy_and_overlap_of_two_small_images_are_those_counted_by_hand() -> None:
    tally = ClassTally(3)
    # First image: 3 of 4 right; one pixel of class 0 taken for 1. Second: one left out, 1 of 3 right.
    given = np.array([[[0, 1], [1, 2]], [[0, 0], [2, 1]]])
    true = np.array([[[0, 0], [1, 2]], [[0, 1], [-1, 2]]])
    means = tally.take(given, true)
    found = tally.result(("sky", "tree", "road"), 2, 2)
    assert found.accuracy is not None
    assert found.mean_iou is not None
    assert found.commonest is not None
    assert (found.num_pixels, found.num_left_out) == (7, 1)
    assert found.accuracy.value == pytest.approx(4 / 7)
    sky, tree, road = found.classes
    assert [(each.num_true, each.num_answered, each.num_both, each.num_images) for each in found.classes] == [
        (3, 3, 2, 2), (2, 3, 1, 2), (2, 1, 1, 2),
    ]  # fmt: skip
    assert [each.iou.value for each in (sky, tree, road) if each.iou] == pytest.approx([2 / 4, 1 / 4, 1 / 2])
    assert found.mean_iou.value == pytest.approx((2 / 4 + 1 / 4 + 1 / 2) / 3)
    assert means == pytest.approx([(1 / 2 + 1 / 2 + 1) / 3, (1 / 2 + 0 + 0) / 3])
    assert found.commonest.name == "sky"
    assert found.commonest.accuracy == pytest.approx(3 / 7)
    assert found.commonest.gain.value == pytest.approx(1 / 7)
    assert {(each.label, each.answered): each.number for each in found.confusions} == {
        (0, 0): 2, (0, 1): 1, (1, 0): 1, (1, 1): 1, (2, 1): 1, (2, 2): 1,
    }  # fmt: skip
    assert found.accuracy.interval is None, "two images say nothing of others"


def test_intervals_are_about_those_of_drawing_the_images_again() -> None:
    generator = np.random.default_rng(0)
    true = (generator.random((200, 8, 8)) < generator.random((200, 1, 1))).astype(int)
    given = np.where(generator.random(true.shape) < generator.random((200, 1, 1)), true, 1 - true)
    tally = ClassTally(2)
    for start in range(0, 200, 64):
        tally.take(given[start : start + 64], true[start : start + 64])
    found = tally.result(("no", "yes"), 200, 200)
    drawn = generator.integers(0, 200, (1000, 200))
    right = (given == true).sum(axis=(1, 2))
    both = ((given == 1) & (true == 1)).sum(axis=(1, 2))
    either = ((given == 1) | (true == 1)).sum(axis=(1, 2))
    other = ((given == 0) & (true == 0)).sum(axis=(1, 2)), ((given == 0) | (true == 0)).sum(axis=(1, 2))
    overlap = both[drawn].sum(axis=1) / either[drawn].sum(axis=1)
    mean = (overlap + other[0][drawn].sum(axis=1) / other[1][drawn].sum(axis=1)) / 2
    yes = found.classes[1].iou
    assert found.accuracy
    assert found.mean_iou
    assert yes
    for estimate, draws in (
        (found.accuracy, right[drawn].sum(axis=1) / (200 * 64)), (yes, overlap), (found.mean_iou, mean),
    ):  # fmt: skip
        assert estimate.interval is not None
        assert np.ptp(estimate.interval) == pytest.approx(np.ptp(np.quantile(draws, (0.025, 0.975))), rel=0.12)


FORMS = {
    "indices": MASKS,
    "indices with an axis": MASKS[..., None],
    "whole floats": MASKS.astype(np.float32),
    "one-hot": np.eye(3)[MASKS],
    "one-hot bytes": np.eye(3, dtype=np.uint8)[MASKS],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ["softmax", "linear", "sigmoid"])
def test_form_of_masks_and_end_of_the_network_do_not_change_the_scores(form: str, activation: str) -> None:
    found = classes_of(only(passing(activation=activation), PICTURES, FORMS[form]))
    assert found.accuracy is not None
    assert found.accuracy.value == pytest.approx((PICTURES.argmax(axis=-1) == MASKS).mean())
    assert len(found.classes) == 3


@pytest.mark.parametrize(("activation", "above"), [("sigmoid", 0.0), ("linear", 0.0)])
def test_one_channel_tells_two_classes(activation: str, above: float) -> None:
    images = PICTURES[..., :1] * 2 - 1
    masks = (RANDOM.random((7, SIDE, SIDE)) < 0.5).astype(np.uint8)
    found = classes_of(only(passing(1, activation), images, masks))
    assert found.accuracy is not None
    assert found.accuracy.value == pytest.approx(((images[..., 0] > above) == masks).mean())
    assert len(found.classes) == 2


def test_black_and_white_masks_are_two_classes() -> None:
    masks = np.where(PICTURES[..., 0] > 0.5, 255, 0).astype(np.uint8)
    subject, found = probed(passing(1, "sigmoid"), PICTURES[..., :1] * 2 - 1, masks)
    assert found is not None
    assert found.heads[0].by_class
    assert found.heads[0].by_class.num_left_out == 0
    assert subject.dataset is not None
    assert any("255 was read as class 1" in note for note in subject.dataset.notes)


@pytest.mark.parametrize("mark", [255, -1])
def test_pixels_that_are_left_out_are_counted_and_said(mark: int) -> None:
    masks = MASKS.copy()
    masks[:, 0] = mark
    subject, found = probed(passing(activation="softmax"), PICTURES, masks)
    assert found is not None
    scores = classes_of(found.heads[0])
    assert scores.accuracy is not None
    assert (scores.num_left_out, scores.num_pixels) == (7 * SIDE, 7 * SIDE * (SIDE - 1))
    assert scores.accuracy.value == pytest.approx((PICTURES.argmax(axis=-1) == MASKS)[:, 1:].mean())
    assert subject.dataset is not None
    assert any(f"{mark} marks pixels that are left out" in note for note in subject.dataset.notes)


def test_class_that_the_masks_lack_has_no_overlap_and_is_left_out_of_the_mean() -> None:
    masks = np.minimum(MASKS, 1)
    found = classes_of(only(passing(activation="softmax"), PICTURES, masks))
    given = PICTURES.argmax(axis=-1)
    ratios = [((given == k) & (masks == k)).sum() / ((given == k) | (masks == k)).sum() for k in (0, 1)]
    assert found.classes[2].iou is None
    assert (found.classes[2].num_true, found.classes[2].num_answered) == (0, (given == 2).sum())
    assert found.mean_iou is not None
    assert found.mean_iou.value == pytest.approx(np.mean(ratios))


def test_without_masks_the_predicted_classes_are_counted_and_nothing_is_scored() -> None:
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(4, 1, activation="softmax", name="masks")])
    head = only(model, PICTURES)
    found = classes_of(head)
    assert (found.accuracy, found.mean_iou, head.worst, head.scored) == (None, None, (), None)
    assert sum(each.num_answered for each in found.classes) == 7 * SIDE * SIDE


def test_answers_that_are_no_number_count_as_wrong() -> None:
    images = PICTURES.copy()
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(3, 1, name="masks")])
    model.layers[0].set_weights([np.eye(3, dtype=np.float32)[None, None], np.array([0, 0, np.nan], np.float32)])
    head = only(model, images, MASKS)
    scores = classes_of(head)
    assert scores.accuracy is not None
    assert (head.num_nonfinite, scores.accuracy.value) == (7, 0.0)
    assert all(each.answered is None for each in scores.confusions)


def test_reconstruction_is_compared_with_the_input_also_where_it_is_given_as_the_truth() -> None:
    model = passing(3, "sigmoid", "again")
    expected = np.abs(1 / (1 + np.exp(-PICTURES)) - PICTURES).mean(axis=(1, 2, 3))
    for truth in (None, PICTURES):
        head = only(model, PICTURES, truth)
        assert (head.kind, head.scale) == ("input", (0.0, 1.0))
        found = errors_of(head)
        assert found.errors.absolute.value == pytest.approx(expected.mean(), rel=1e-5)
        assert head.worst[0].index == int(expected.argmax())
        assert head.worst_scores == pytest.approx(sorted(expected, reverse=True)[:4], rel=1e-5)


def test_reconstruction_of_whole_values_is_compared_with_what_the_network_gets() -> None:
    whole = (PICTURES * 255).astype(np.uint8)
    head = only(passing(3, "sigmoid", "again"), whole, whole)
    scaled = whole.astype(np.float32) / 255
    expected = np.abs(1 / (1 + np.exp(-scaled)) - scaled).mean()
    assert errors_of(head).errors.absolute.value == pytest.approx(expected, rel=1e-4)


def test_mean_picture_is_that_of_the_other_images() -> None:
    head = only(passing(3, "sigmoid", "again"), PICTURES)
    beside = [np.abs(np.delete(PICTURES, k, axis=0).mean(axis=0) - PICTURES[k]).mean() for k in range(7)]
    found = errors_of(head)
    assert found.mean_picture is not None
    assert found.gain is not None
    assert found.mean_picture.absolute.value == pytest.approx(np.mean(beside), rel=1e-5)
    assert found.gain.value == pytest.approx(np.mean(beside) - found.errors.absolute.value, rel=1e-4)
    assert found.gain.interval is not None
    lone = errors_of(only(passing(3, "sigmoid", "again"), PICTURES[:1]))
    assert (lone.mean_picture, lone.gain, lone.errors.absolute.interval) == (None, None, None)


def test_depth_is_compared_with_its_values_and_unknown_ones_are_left_out() -> None:
    depth = (PICTURES[..., 0] * 3 + 0.25).astype(np.float32)
    depth[0, :2] = np.nan
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(1, 1, name="depth")])
    model.layers[0].set_weights([np.array([3, 0, 0], np.float32).reshape(1, 1, 3, 1), np.zeros(1, np.float32)])
    for truth in (depth, depth[..., None]):
        head = only(model, PICTURES, truth)
        found = errors_of(head)
        assert head.kind == "values"
        assert found.errors.absolute.value == pytest.approx(0.25, rel=1e-5)
        assert found.errors.root.value == pytest.approx(0.25, rel=1e-5)
        assert found.num_left_out == 2 * SIDE
        assert head.scale == pytest.approx((np.nanmin(depth), np.nanmax(depth)))


def test_samples_hold_what_is_true_what_was_predicted_and_where_they_differ() -> None:
    masks = MASKS.copy()
    masks[:, 0, 0] = 255
    subject, _ = probed(passing(activation="softmax"), PICTURES, masks, pick=["index:2"])
    record: SampleRecord = subject.earlier["samples"][0]
    (answer,) = record.pixels
    given, true = PICTURES[2].argmax(axis=-1), np.where(masks[2] == 255, -1, masks[2])
    np.testing.assert_array_equal(answer.answer, given)
    assert answer.truth is not None
    np.testing.assert_array_equal(answer.truth, true)
    np.testing.assert_array_equal(answer.error, np.where(true < 0, 128, np.where(given == true, 0, 255)))
    assert answer.accuracy == pytest.approx((given == true)[true >= 0].mean())


def test_best_median_and_worst_image_are_looked_at_and_wrong_asks_for_the_worst() -> None:
    subject, found = probed(passing(activation="softmax"), PICTURES, MASKS)
    assert found is not None
    scored = found.heads[0].scored
    assert scored is not None
    order = np.argsort(scored.losses, kind="stable")
    chosen = [(record.index, record.reason) for record in subject.earlier["samples"]]
    assert chosen == [
        (int(order[0]), "predicted best"), (int(order[3]), "the median"), (int(order[6]), "predicted worst"),
    ]  # fmt: skip
    subject, _ = probed(passing(activation="softmax"), PICTURES, MASKS, pick=["wrong:2"])
    assert [record.index for record in subject.earlier["samples"]] == order[:-3:-1].tolist()


@pytest.mark.parametrize("size", [2, 7])
def test_of_images_that_are_answered_alike_as_many_are_looked_at(size: int) -> None:
    subject, found = probed(
        passing(activation="softmax"), np.repeat(PICTURES[:1], size, 0), np.repeat(MASKS[:1], size, 0)
    )
    assert found is not None
    chosen = {record.reason: record.index for record in subject.earlier["samples"]}
    expected = {
        2: {"predicted best": 0, "predicted worst": 1},
        7: {"predicted best": 0, "the median": 3, "predicted worst": 1},
    }
    assert chosen == expected[size]


def test_masks_beside_labels_go_to_the_output_that_answers_with_pixels() -> None:
    image = keras.Input((SIDE, SIDE, 3), name="image")
    seen = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(image)
    masks = layers.Conv2D(3, 1, activation="softmax", name="masks")(seen)
    kind = layers.Dense(2, activation="softmax", name="kind")(layers.GlobalMaxPooling2D()(seen))
    model = keras.Model(image, [kind, masks])
    labels = np.arange(7) % 2
    subject, found = probed(model, PICTURES, {"kind": labels, "masks": MASKS})
    assert found is not None
    assert [(head.name, head.kind) for head in found.heads] == [("masks", "classes")]
    scores = classes_of(found.heads[0])
    answered = np.asarray(model(PICTURES)[1]).argmax(axis=-1)
    assert scores.accuracy is not None
    assert scores.accuracy.value == pytest.approx((answered == MASKS).mean())
    beside = subject.earlier["predictions"]
    assert (beside.name, beside.right is not None) == ("kind", True)


def test_channels_that_stand_first_are_read_as_such() -> None:
    model = keras.Sequential(
        [
            keras.Input((3, SIDE, SIDE)),
            layers.Conv2D(3, 1, data_format="channels_first", name="masks"),
            layers.Softmax(axis=1, name="shares"),
        ]
    )
    model.layers[0].set_weights([np.eye(3, dtype=np.float32)[None, None], np.zeros(3, np.float32)])
    images = np.moveaxis(PICTURES, -1, 1)
    for truth in (MASKS, np.moveaxis(np.eye(3)[MASKS], -1, 1)):
        found = classes_of(only(model, images, truth))
        assert found.accuracy is not None
        assert found.accuracy.value == pytest.approx((PICTURES.argmax(axis=-1) == MASKS).mean())


class Own(keras.Model):  # type: ignore[misc]
    """A subclassed model, of which nobody knows what it ends in."""

    def __init__(self, *, shares: bool) -> None:
        super().__init__()
        self.conv, self.shares = layers.Conv2D(3, 1, name="masks"), shares

    def call(self, images: Any) -> Any:
        found = self.conv(images)
        return keras.ops.softmax(found) if self.shares else found


@pytest.mark.parametrize("shares", [True, False])
def test_subclassed_model_is_scored(shares: bool) -> None:
    model = Own(shares=shares)
    model(PICTURES[:1])
    found = classes_of(only(model, PICTURES, MASKS))
    answered = np.asarray(model(PICTURES)).argmax(axis=-1)
    assert found.accuracy is not None
    assert found.accuracy.value == pytest.approx((answered == MASKS).mean())


def test_more_batches_than_one_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = only(passing(activation="softmax"), PICTURES, MASKS)
    monkeypatch.setattr("reportgen.models.subject.BATCH_SIZE", 3)
    parts = only(passing(activation="softmax"), PICTURES, MASKS)
    assert classes_of(parts) == classes_of(whole)
    np.testing.assert_array_equal(parts.error_map, whole.error_map)


def test_forecast_counts_a_look_at_the_worst_images_where_an_output_is_a_picture() -> None:
    subject, _ = probed(passing(), PICTURES, MASKS)
    assert subject.dataset is not None
    plan = keeping.planned(subject.record, 3, make({}))
    work = pixels.forecast(subject.record, subject.dataset, make({}), plan)
    assert work is not None
    assert work.macs == pixels.NUM_WORST * subject.record.macs > 0
    plain = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    other, _ = probed(plain, PICTURES)
    assert pixels.forecast(other.record, subject.dataset, make({}), plan) is None


def test_model_without_a_picture_shaped_output_has_no_such_scores() -> None:
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    assert probed(model, PICTURES)[1] is None
    boxes = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(30, 3, strides=4, name="boxes")])
    assert probed(boxes, PICTURES)[1] is None, "30 values at 2 × 2 places of which nothing is known are no picture"


DEEP: NDArray[np.float32] = RANDOM.random((6, 5, 4, 3, 3)).astype(np.float32)
"""Volumes of five slices, four rows and three columns."""


def deep(channels: int = 3, activation: str | None = "softmax") -> Any:
    """A model of volumes whose answer is its input."""
    layer = layers.Conv3D(channels, 1, activation=activation, name="masks")
    model = keras.Sequential([keras.Input((5, 4, 3, channels)), layer])
    layer.set_weights([np.eye(channels, dtype=np.float32)[None, None, None], np.zeros(channels, np.float32)])
    return model


@pytest.mark.parametrize("form", ["numbers", "one channel", "rows"])
def test_accuracy_and_overlap_of_volumes_are_those_over_all_their_places(form: str) -> None:
    masks = RANDOM.integers(0, 3, DEEP.shape[:-1])
    given = {"numbers": masks, "one channel": masks[..., None], "rows": np.eye(3)[masks]}[form]
    head = only(deep(), DEEP, given, answers="classes")
    found, answered = classes_of(head), DEEP.argmax(axis=-1)
    assert found.accuracy is not None
    assert found.accuracy.value == pytest.approx((answered == masks).mean())
    for index, each in enumerate(found.classes):
        both, either = ((answered == index) & (masks == index)).sum(), ((answered == index) | (masks == index)).sum()
        assert each.iou is not None
        assert each.iou.value == pytest.approx(both / either)
    assert head.num_slices == 4
    assert head.error_map is not None
    assert head.error_map.shape == (8, 6), "four slices in rows of two"
    wrong = (answered != masks).mean(axis=0)
    np.testing.assert_allclose(head.error_map[:4, :3] / 255 * head.error_map_top, wrong[0], atol=0.01)
    np.testing.assert_allclose(head.error_map[4:, 3:] / 255 * head.error_map_top, wrong[4], atol=0.01)


def test_reconstruction_of_volumes_is_compared_place_by_place() -> None:
    head = only(deep(activation="linear"), DEEP)
    assert head.kind == "input"
    assert errors_of(head).errors.absolute.value == pytest.approx(0, abs=1e-6)
    values = DEEP + np.float32(0.25)
    head = only(deep(activation="linear"), DEEP, values)
    assert head.kind == "values"
    assert errors_of(head).errors.absolute.value == pytest.approx(0.25, abs=1e-5)


def test_masks_of_volumes_of_another_size_are_refused() -> None:
    with pytest.raises(DataError, match=r"4 × 4 × 3 for each image, .* Expected 5 × 4 × 3"):
        probed(deep(), DEEP, np.zeros((6, 4, 4, 3), np.int64))
