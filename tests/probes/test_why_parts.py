"""The parts of an explanation by themselves: painting over, maps, ranks, twins, the verdict, outlines, the budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from reportgen.evidence.why import MOST_OTHERS, MOST_TWINS, SHARES, Null
from reportgen.models.explaining import Explained, Goal
from reportgen.models.subject import Array
from reportgen.probes.why import affording, judging, mapping, outlining, painting
from reportgen.probes.why.affording import Extent
from reportgen.probes.why.judging import Answered
from tests.formula_net import SIZE, explain, image, network


def painted(picture: Array, keep: Array) -> Array:
    filled = painting.paint(tf.constant(picture[None], tf.float32), tf.constant(keep[None], tf.float32))
    return np.asarray(filled[0])


@pytest.mark.parametrize("sizes", [(8, 8), (7, 5), (13,), (6, 5, 4), (1, 9), (224, 100)])
def test_what_is_kept_is_not_touched_and_one_colour_stays(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    keep = rng.random(sizes) < 0.6
    keep.flat[0] = True
    picture = rng.normal(size=(*sizes, 3)).astype(np.float32)
    found = painted(picture, keep)
    assert found.shape == picture.shape
    assert np.array_equal(found[keep], picture[keep])
    low, high = picture[keep].min(axis=0), picture[keep].max(axis=0)
    assert np.all(found >= low - 1e-4)
    assert np.all(found <= high + 1e-4)
    even = np.full((*sizes, 2), 0.7, np.float32)
    assert painted(even, keep) == pytest.approx(even, abs=1e-5)


def test_hole_is_filled_from_its_surroundings_and_loses_its_own_colour() -> None:
    picture = np.zeros((16, 16, 1), np.float32)
    picture[:, 8:] = 1
    picture[6:9, 2:5] = 9  # in the dark half
    keep = np.ones((16, 16))
    keep[6:9, 2:5] = 0
    assert painted(picture, keep)[6:9, 2:5].max() < 0.3


def test_fill_of_a_hole_of_one_pixel_worked_by_hand() -> None:
    """Two by two: the mean of the three that are known, then 1-2-1 between one block and itself."""
    picture = np.array([[0.0, 3.0], [6.0, 100.0]], np.float32)[..., None]
    keep = np.array([[1.0, 1.0], [1.0, 0.0]])
    assert painted(picture, keep)[1, 1, 0] == pytest.approx(3.0)


def test_empty_image_has_the_median_of_each_channel() -> None:
    picture = np.array([[[0.0, 5.0], [1.0, 5.0], [9.0, 6.0]]])
    assert painting.empty(picture).tolist() == [[[1.0, 5.0]] * 3]


@pytest.mark.parametrize("places", [1, 2, 63, 64, 1000, 4097])
@pytest.mark.parametrize("kind", ["different", "alike", "few at the front", "every 64th"])
def test_empty_image_has_the_median_that_numpy_gives(places: int, kind: str) -> None:
    values = np.random.default_rng(places).normal(size=(places, 1)).astype(np.float32)
    values = {"different": values, "alike": np.rint(values)}.get(kind, np.sort(values, axis=0))
    if kind == "every 64th":  # those that are looked at first are the lowest of all
        values = values[::-1].copy()
        values[::64] = values.min() - 1
    assert np.array_equal(painting.empty(values), np.broadcast_to(np.median(values, axis=0), values.shape))


def test_integrated_gradients_are_those_of_captum() -> None:
    """Sum with 50 points of Gauss and Legendre from zero, score of the top class: captum 0.9 gave the same."""
    for head, total, change in (("flatten", 0.099072, 0.091144), ("gap", 0.510387, 0.511609)):
        x = image()
        model = explain(network(head), np.repeat(x[None], 10, axis=0))
        goal = Goal.of(3, int(model.scores([x[None]])[0].argmax()))

        def slopes(line: Array, model: Explained = model, goal: Goal = goal) -> Array:
            return model.slopes([line], goal)

        found = mapping.integrated(x, np.zeros_like(x), slopes, 50)
        assert float(found.sum()) == pytest.approx(total, abs=1e-5)
        ends = goal.odds(model.scores([np.stack([x, np.zeros_like(x)])]))
        assert float(ends[0] - ends[1]) == pytest.approx(change, abs=1e-5)


def test_occlusion_is_that_of_captum() -> None:
    """Windows of 3 at steps of 1, zero in them, each place the mean over its windows: captum 0.9 gave the same sum."""
    for head, total in (("flatten", 2.574732), ("gap", -5.460246)):
        x = image()
        model = explain(network(head), np.repeat(x[None], 9, axis=0))
        goal = Goal.of(3, int(model.scores([x[None]])[0].argmax()))
        places: list[tuple[slice, ...]] = [
            (slice(row, row + 3), slice(column, column + 3)) for row in range(6) for column in range(6)
        ]
        masks = np.stack(list(mapping.covers(SIZE[:2], places)))
        losses = goal.odds(model.scores([x[None]])) - goal.odds(model.scores([x[None] * ~masks[..., None]]))
        assert float(mapping.spread(losses, SIZE[:2], places).sum()) == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize("sizes", [(28, 28), (224, 224), (96, 40), (400,), (16, 16, 16), (7, 7), (8, 3)])
@pytest.mark.parametrize("coarse", [False, True])
def test_windows_cover_every_place_and_are_few(sizes: tuple[int, ...], coarse: bool) -> None:
    places = mapping.windows(sizes, coarse)
    assert np.stack(list(mapping.covers(sizes, places))).any(axis=0).all()
    assert len(places) <= max(mapping.MOST_WINDOWS, 343)


def test_enlarged_as_tensorflow_does() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 7, 5))
    theirs = tf.image.resize(maps[..., None], (30, 11)).numpy()[..., 0]
    assert mapping.enlarged(maps, (30, 11)) == pytest.approx(theirs, abs=1e-6)


def test_smoothing_keeps_the_sum_and_is_as_wide_as_it_says() -> None:
    maps = np.zeros((1, 224, 224))
    maps[0, 100, 100] = 1
    found = mapping.smoothed(maps)[0]
    assert found.sum() == pytest.approx(1)
    rows = np.arange(224) - 100
    assert np.sqrt((found.sum(axis=1) * rows**2).sum()) == pytest.approx(4, abs=0.05)


def test_tops_go_by_place_where_values_tie() -> None:
    maps = np.array([[[1.0, 3.0], [3.0, 0.0]]])
    assert judging.tops(maps, (0.25, 0.75))[0].tolist() == [
        [[False, True], [False, False]],
        [[True, True], [True, False]],
    ]


@pytest.mark.parametrize("sizes", [(28, 28), (13,), (5, 7), (3, 4, 5), (50,)])
def test_tops_are_those_of_a_stable_sort(sizes: tuple[int, ...]) -> None:
    maps = np.random.default_rng(0).integers(-3, 4, (6, *sizes)).astype(float)
    order = np.argsort(np.argsort(-maps.reshape(6, -1), axis=1, kind="stable"), axis=1).reshape(maps.shape)
    found = judging.tops(maps)
    for place, share in enumerate(SHARES):
        assert np.array_equal(found[:, place], order < share * np.prod(sizes))


def test_twins_have_the_values_of_the_map() -> None:
    heat = np.random.default_rng(0).normal(size=(6, 6))
    found = list(judging.twins(heat, 20, np.random.default_rng(1)))
    assert all(np.array_equal(np.sort(twin.ravel()), np.sort(heat.ravel())) for twin in found)
    assert len({twin.tobytes() for twin in found}) > 15
    wide = np.stack(list(judging.twins(np.zeros((4, 9)), 5, np.random.default_rng(1))))
    assert wide.shape == (5, 4, 9)


def certain(*_: object) -> Answered:
    return Answered(odds=4.0, empty=-4.0)


def of_patch(place: tuple[slice, slice]) -> judging.Left:
    """An answer that hangs on a patch: the more of it is painted over, the less is left."""

    def left(masks: Iterable[Array]) -> Array:
        return np.array([4 - 8 * mask[place].mean() for mask in masks])

    return left


PATCH = (slice(3, 8), slice(10, 15))


def heat_at(place: tuple[slice, slice]) -> Array:
    heat = np.zeros((28, 28))
    heat[place] = 1
    return heat


def nulls(heat: Array, seed: int = 0) -> tuple[list[Array], list[Array]]:
    rng = np.random.default_rng(seed)
    others = [mapping.smoothed(rng.normal(size=(1, 28, 28)))[0] for _ in range(MOST_OTHERS)]
    return list(judging.twins(heat, MOST_TWINS, rng)), others


def test_map_of_the_patch_is_supported_with_the_smallest_p_values() -> None:
    heat = heat_at(PATCH)
    verdict = judging.judge(heat, certain(), of_patch(PATCH), *nulls(heat))
    assert verdict.word == "supported"
    assert verdict.twins.p_value <= 0.05
    assert verdict.others is not None
    assert verdict.others.p_value == pytest.approx(1 / 20)
    assert verdict.whole == pytest.approx(judging.chance(np.array([4.0]))[0])


def test_constant_map_has_a_p_value_of_one() -> None:
    """Its twins are itself."""
    heat = np.ones((28, 28))
    verdict = judging.judge(heat, certain(), of_patch(PATCH), judging.twins(heat, 39, np.random.default_rng(0)), ())
    assert verdict.twins.p_value == 1
    assert verdict.word == "not supported"


def test_hardly_any_nonsense_map_is_supported() -> None:
    """A hundred smooth random fields: the two nulls let at most a few through."""
    supported = 0
    for seed in range(100):
        heat = mapping.smoothed(mapping.smoothed(np.random.default_rng([1, seed]).normal(size=(1, 28, 28))))[0]
        supported += judging.judge(heat, certain(), of_patch(PATCH), *nulls(heat, seed)).word == "supported"
    assert supported <= 5


def test_one_map_for_all_images_is_never_supported() -> None:
    """The same map of every image, right as it is for this one, says nothing of this image."""
    heat = heat_at(PATCH)
    own, _ = nulls(heat)
    verdict = judging.judge(heat, certain(), of_patch(PATCH), own, [heat] * 19)
    assert verdict.word == "not specific"


NULL = Null(39, 0.025, 0.4, (1.0,) * 3, (1.0,) * 3, (1.0,) * 3)


@pytest.mark.parametrize(
    ("own", "others", "word"),
    [
        (NULL, NULL, "supported"),
        (replace(NULL, p_value=0.05), replace(NULL, p_value=0.10), "supported"),
        (replace(NULL, p_value=0.075), NULL, "weak"),
        (NULL, None, "weak"),
        (replace(NULL, p_value=0.225), NULL, "not supported"),
        (replace(NULL, effect=0.09), NULL, "not supported"),
        (NULL, replace(NULL, p_value=0.15), "not specific"),
        (NULL, replace(NULL, effect=0.05), "not specific"),
    ],
)
def test_words_follow_the_bounds(own: Null, others: Null | None, word: str) -> None:
    assert judging.word_of(certain(), own, others) == word


def test_answer_that_an_empty_image_gets_has_no_verdict() -> None:
    assert judging.word_of(Answered(4.0, 0.0), NULL, NULL) == "no verdict"
    assert judging.word_of(Answered(4.0, -0.1), NULL, NULL) == "supported"
    assert judging.word_of(Answered(2.5, 2.5, is_value=True), NULL, NULL) == "no verdict"


def test_of_two_answers_one_half_is_nothing() -> None:
    """An empty image that gets 50 % says neither, and half of what is known lies between that and the whole."""
    assert judging.word_of(Answered(4.0, 0.0, base=0.5), NULL, NULL) == "supported"
    assert judging.word_of(Answered(4.0, 3.0, base=0.5), NULL, NULL) == "no verdict"
    answered = Answered(float(np.log(0.9 / 0.1)), 0.0, base=0.5)
    assert answered.shares(np.array([0.9, 0.7, 0.5])) == pytest.approx([1, 0.5, 0])


def test_what_is_left_of_a_value_is_its_distance_from_the_empty_image() -> None:
    answered = Answered(odds=10.0, empty=2.0, is_value=True)
    assert answered.left(np.array([10.0, 6.0, 2.0, 0.0])).tolist() == [1.0, 0.5, 0.0, -0.25]


def test_specks_and_holes_go_and_one_piece_stays() -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:25, 10:25] = True
    mask[17, 17] = False
    mask[2, 2] = True
    expected = np.zeros((40, 40), bool)
    expected[10:25, 10:25] = True
    assert np.array_equal(outlining.tidied(mask), expected)


def test_of_nothing_but_specks_the_largest_stay() -> None:
    mask = np.zeros((64, 64), bool)
    mask[::8, ::8] = True
    mask[0, 1] = True
    found = outlining.tidied(mask)
    assert found.sum() == 2
    assert found[0, 0]
    assert found[0, 1]


def test_long_winding_part_is_one_piece() -> None:
    mask = np.zeros((41, 41), bool)
    mask[::2] = True
    for place, row in enumerate(range(1, 41, 2)):
        mask[row, 40 if place % 2 else 0] = True
    assert outlining._pieces(mask).max() == 1


EXTENT = Extent(3, 1000, (224, 224), ("occlusion", "integrated-gradients", "cam"), False)


def test_nothing_gives_way_where_the_budget_is_large() -> None:
    how, gave_way = affording.afford(EXTENT, 10**7, 10**13)
    assert how is not None
    assert not gave_way
    assert (how.twins, how.others, how.judged, how.samples) == (39, 19, 3, 3)


def test_things_give_way_in_order_and_the_rest_is_within_the_budget() -> None:
    seen: list[int] = []
    for budget in np.geomspace(10**13, 3 * 10**11, 30):
        how, gave_way = affording.afford(EXTENT, 10**9, int(budget))
        if how is None:
            continue
        seen.append(len(gave_way))
        assert how.twins >= 19
        assert how.others == 0 or how.others >= 9
        if how.samples > 1:
            assert affording.cost(EXTENT, how, 10**9) <= budget
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_network_far_beyond_the_budget_is_not_explained() -> None:
    how, _ = affording.afford(EXTENT, 10**12, 10**12)
    assert how is None


def test_three_samples_of_resnet_50_are_explained_by_default() -> None:
    """It takes 3.9 billion multiply-adds for an image; it is done as little thoroughly as may be."""
    how, gave_way = affording.afford(
        EXTENT, 3_857_973_248, affording.USUAL_MACS, affording.STRETCH * affording.USUAL_MACS
    )
    assert how is not None
    assert (how.samples, how.twins, how.others, how.coarse) == (3, 19, 9, True)
    assert not any("samples" in words for words in gave_way)


@pytest.mark.parametrize(
    ("macs", "controls"), [(41_000_000, 3), (300_000_000, 1), (569_000_000, 1), (3_857_973_248, 1)]
)
def test_published_networks_keep_controls_by_default(macs: int, controls: int) -> None:
    """MobileNet of a quarter of the channels, MobileNetV2, MobileNet, ResNet-50."""
    how, gave_way = affording.afford(EXTENT, macs, affording.USUAL_MACS, affording.STRETCH * affording.USUAL_MACS)
    assert how is not None
    assert (how.samples, how.controls) == (3, controls)
    said = affording.said(affording.USUAL_MACS, gave_way)
    assert ("maps that should fail tested for one answer only" in said) == (controls == 1)


def test_controls_go_before_samples_do_and_that_is_said() -> None:
    how, gave_way = affording.afford(EXTENT, 10**9, 12 * 10**11)
    assert how is not None
    assert (how.samples, how.controls) == (2, 0)
    said = affording.said(12 * 10**11, gave_way).replace("\u00a0", " ")
    assert said.startswith("To stay near 1.2 trillion multiply-adds (--why-budget): ")
    assert said.endswith("no maps that should fail tested and only 2 samples of 3 explained.")
    assert "one answer only" not in said
    assert affording.said(10**12, ()) == ""
