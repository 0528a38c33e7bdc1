"""Why a model answered as it did: whole explanations of networks whose evidence is known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from keras import layers

from reportgen import registry
from reportgen.evidence.why import METHODS, WhyResult
from reportgen.models.compiling import runnable
from reportgen.models.subject import Subject
from reportgen.options import make
from reportgen.probes import why
from reportgen.probes.why import affording, carrying
from tests.probes import subjects

Array = npt.NDArray[Any]
SIDE = 20


def squares(count: int = 24, side: int = SIDE) -> tuple[Array, list[int], list[tuple[int, int]]]:
    """Grey noise with a square of 4 by 4 somewhere: red in class 0, green in class 1, blue in class 2."""
    rng = np.random.default_rng(5)
    images = rng.uniform(0.3, 0.5, (count, side, side, 1)).repeat(3, axis=-1).astype(np.float32)
    labels, places = [], []
    for index, image in enumerate(images):
        label = index % 3
        top, left = (int(place) for place in rng.integers(0, side - 4, 2))
        image[top : top + 4, left : left + 4] = 0.1
        image[top : top + 4, left : left + 4, label] = 0.9
        labels.append(label)
        places.append((top, left))
    return images, labels, places


def colours(channels: int = 3, activation: str | None = "softmax") -> Any:
    """A network that answers with the colour of the square: how much each colour exceeds the others, on average."""
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, channels)),
            layers.Conv2D(3, 1, activation="relu", name="excess"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation=activation, name="answer"),
        ]
    )
    kernel = np.full((1, 1, 3, 3), -0.5, np.float32)
    kernel[0, 0][np.eye(3, dtype=bool)] = 1
    model.get_layer("excess").set_weights([kernel, np.full(3, -0.1, np.float32)])
    model.get_layer("answer").set_weights([np.eye(3, dtype=np.float32) * 160, np.array([0.5, 0.2, 0.0], np.float32)])
    return model


def earlier(subject: Subject, chosen: Sequence[int], **options: Any) -> Subject:
    """The subject as the probe gets it: with the results of the probes that it needs."""
    known: dict[str, Any] = {}
    wish = make({"pick": f"index:{','.join(map(str, chosen))}", **options})
    for name in why.NEEDS:
        module = registry.load("probes", name)
        known[name] = module.run(replace(subject, earlier=known), wish)
        subject = module.leave(subject, known[name]) if hasattr(module, "leave") else subject
    return replace(subject, earlier=known)


def explain(model: Any, dataset: Any, *chosen: int, **options: Any) -> WhyResult:
    subject = earlier(subjects.subject(model, dataset), chosen)
    found = why.run(subject, make(options))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found() -> WhyResult:
    images, labels, _ = squares()
    return explain(colours(), subjects.data(images, labels, ("red", "green", "blue")), 0, 1, 2)


def test_evidence_is_where_it_was_put_and_is_supported(found: WhyResult) -> None:
    _, _, places = squares()
    for one, (top, left) in zip(found.explanations, places, strict=False):
        assert one.main is not None
        assert one.main.verdict is not None
        assert one.main.method == "integrated-gradients"
        assert one.main.verdict.twins.p_value <= 0.1
        assert one.outline is not None
        assert one.outline.mask[top : top + 4, left : left + 4].all()
        assert one.outline.share == pytest.approx(0.08, abs=0.02)
        assert one.outline.left <= one.whole / 2 < one.outline.elsewhere
    words = [one.main.verdict.word for one in found.explanations if one.main and one.main.verdict]
    assert words.count("supported") >= 2
    assert [one.class_name for one in found.explanations] == ["red", "green", "blue"]


def test_all_methods_stand_side_by_side(found: WhyResult) -> None:
    for one in found.explanations:
        assert [each.method for each in one.maps] == ["integrated-gradients", "occlusion", "grad-cam"]
        assert all(each.verdict is not None for each in one.maps)
        assert abs(1 - (one.maps[0].complete or 0)) <= 0.05


def test_maps_that_should_fail_are_put_to_the_test(found: WhyResult) -> None:
    """How often they fail is measured on networks that were trained, in the benchmark: this one has twelve weights."""
    assert {control.kind: control.number for control in found.controls} == {"shuffled weights": 3, "runner-up": 3}
    assert all(control.supported < control.number for control in found.controls)


def test_score_is_a_sum_over_channels_with_nothing_left_over(found: WhyResult) -> None:
    for one in found.explanations:
        assert one.worked_sum is not None
        assert one.worked_sum.rest == pytest.approx(0, abs=1e-4)
        total = one.worked_sum.bias + sum(each.share for each in one.worked_sum.channels) + one.worked_sum.others
        assert total == pytest.approx(one.worked_sum.score, abs=1e-4)
        assert one.worked_sum.channels[0].channel == one.class_index


def test_score_and_lead_are_sums_over_places_too(found: WhyResult) -> None:
    for one in found.explanations:
        lead = one.contrasts[0]
        assert one.worked_sum is not None
        assert lead.worked_sum is not None
        assert lead.worked_sum.score == pytest.approx(lead.lead, abs=1e-4)
        for part in (one.worked_sum, lead.worked_sum):
            assert part.cells == (), "20 by 20 places are too many for numbers"
            total = part.bias + sum(each.share for each in part.channels) + part.others
            assert total == pytest.approx(part.score, abs=1e-4)


def test_cells_of_a_worked_sum_stand_where_the_places_do() -> None:
    added = np.arange(6.0).reshape(2, 3)
    assert carrying._cells(added) == ((0.0, 1.0, 2.0), (3.0, 4.0, 5.0))
    assert carrying._cells(np.zeros((9, 8))) == ()
    assert carrying._cells(np.zeros(5)) == ()


def test_outline_holds_what_each_other_place_leaves(found: WhyResult) -> None:
    for one in found.explanations:
        assert one.outline is not None
        assert len(one.outline.each_elsewhere) == one.outline.num_elsewhere
        assert np.mean(one.outline.each_elsewhere) == pytest.approx(one.outline.elsewhere)


def test_channel_that_carried_the_answer_is_its_colour(found: WhyResult) -> None:
    for one in found.explanations:
        (part,) = one.carried
        assert part.channels[0].channel == one.class_index
        assert part.complete == pytest.approx(1, abs=0.05)
        shares = sum(each.share for each in part.channels) + part.others
        assert shares == pytest.approx(part.change * part.complete, rel=1e-6)
        assert part.for_it + part.against_it == pytest.approx(shares, rel=1e-6)


def test_painted_image_has_lost_its_square(found: WhyResult) -> None:
    images, _, places = squares()
    for one, image, (top, left) in zip(found.explanations, images, places, strict=False):
        assert one.outline is not None
        assert one.class_index is not None
        before = image[top : top + 4, left : left + 4, one.class_index].mean()
        after = one.outline.painted[top : top + 4, left : left + 4, one.class_index].mean() / 255
        assert after < before - 0.1


def test_runner_up_is_explained_behind_a_linear_head_and_the_true_class_where_it_is_wrong() -> None:
    images, labels, _ = squares()
    labels[0] = 2  # a wrong label: red is said to be blue
    result = explain(colours(), subjects.data(images, labels, ("red", "green", "blue")), 0, 1)
    wrong, right = result.explanations
    assert (wrong.contrasts[0].other, wrong.contrasts[0].is_true) == ("blue", True)
    assert [each.is_true for each in right.contrasts] == [False]
    first = wrong.contrasts[0]
    assert first.lead == pytest.approx(wrong.worked_sum.score - 0.0, abs=5) if wrong.worked_sum else False
    assert first.carried is not None
    assert first.carried.channels[0].channel == 0


def hashed(model: Any) -> str:
    return hashlib.sha256(b"".join(np.asarray(weight).tobytes() for weight in model.weights)).hexdigest()


def test_weights_come_back_bit_for_bit_and_the_same_seed_gives_the_same_result() -> None:
    images, labels, _ = squares()
    data = subjects.data(images, labels)
    model = colours()
    before = hashed(model)
    first, second = (repr_of(explain(model, data, 0, 4, seed=3)) for _ in range(2))
    assert hashed(model) == before
    assert first == second
    assert first != repr_of(explain(model, data, 0, 4, seed=4))


def repr_of(value: Any) -> Any:
    """Everything in a result, arrays as bytes."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, tuple):
        return tuple(map(repr_of, value))
    if hasattr(value, "__dataclass_fields__"):
        return tuple(repr_of(getattr(value, name)) for name in value.__dataclass_fields__)
    return value


def test_methods_are_those_that_are_asked_for() -> None:
    images, labels, _ = squares()
    result = explain(colours(), subjects.data(images, labels), 0, why=("occlusion",))
    assert [each.method for each in result.explanations[0].maps] == ["occlusion"]
    assert result.explanations[0].outline is not None


def test_few_images_make_no_second_null_so_nothing_is_supported() -> None:
    images, labels, _ = squares(6)
    result = explain(colours(), subjects.data(images, labels), 0)
    verdict = result.explanations[0].maps[0].verdict
    assert verdict is not None
    assert verdict.others is None
    assert verdict.word == "weak"


def test_answer_that_needs_no_evidence_gets_no_verdict() -> None:
    model = colours()
    model.get_layer("answer").set_weights([np.zeros((3, 3), np.float32), np.array([0.0, 9.0, 0.0], np.float32)])
    images, labels, _ = squares()
    one = explain(model, subjects.data(images, labels), 0).explanations[0]
    assert one.main is not None
    assert one.main.verdict is not None
    assert one.main.verdict.word == "no verdict"
    assert one.outline is None
    assert one.empty == pytest.approx(one.whole)


def test_controls_of_an_answer_that_nothing_can_be_taken_from_prove_nothing() -> None:
    model = colours()
    model.get_layer("answer").set_weights([np.zeros((3, 3), np.float32), np.array([0.0, 9.0, 0.0], np.float32)])
    images, labels, _ = squares()
    assert explain(model, subjects.data(images, labels), 0).controls == ()


def test_answer_that_is_no_number_is_left_out_with_a_sentence() -> None:
    model = colours()
    model.get_layer("answer").set_weights([np.full((3, 3), np.nan, np.float32), np.zeros(3, np.float32)])
    images, labels, _ = squares()
    result = explain(model, subjects.data(images, labels), 0)
    assert not result.explanations
    assert "no sample" in result.missing.lower()


class Sub(keras.Model):  # type: ignore[misc]
    """A model of one's own, that no graph can be made of."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = colours()

    def call(self, x: Any, training: bool = False) -> Any:
        if not tf.executing_eagerly() and not isinstance(x, keras.KerasTensor):
            raise RuntimeError("no graph")
        return self.inside(x)


def _signal() -> tuple[Any, Array]:
    rng = np.random.default_rng(0)
    given = rng.normal(0, 0.1, (24, 64, 1)).astype(np.float32)
    for index, signal in enumerate(given):
        start = int(rng.integers(0, 58))
        signal[start : start + 6] += 1 if index % 2 else -1
    model = keras.Sequential(
        [
            keras.Input((64, 1)),
            layers.Conv1D(2, 3, activation="relu", name="c"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    kernel = np.stack([np.full((3, 1), -1.0), np.full((3, 1), 1.0)], axis=-1).astype(np.float32)
    model.layers[0].set_weights([kernel, np.full(2, -0.5, np.float32)])
    model.layers[-1].set_weights([np.eye(2, dtype=np.float32) * 15, np.zeros(2, np.float32)])
    return model, given


def _volume() -> tuple[Any, Array]:
    rng = np.random.default_rng(0)
    given = rng.uniform(0, 0.1, (24, 6, 8, 8, 1)).astype(np.float32)
    for index, volume in enumerate(given):
        volume[index % 5, 2:4, (index * 3) % 6 : (index * 3) % 6 + 2] = 1
    model = keras.Sequential(
        [
            keras.Input((6, 8, 8, 1)),
            layers.Conv3D(1, 1, activation="relu", name="c"),
            layers.GlobalAveragePooling3D(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="even",
    )
    model.layers[0].set_weights([np.ones((1, 1, 1, 1, 1), np.float32), np.full(1, -0.2, np.float32)])
    model.layers[-1].set_weights([np.full((1, 1), 800, np.float32), np.full(1, -4.0, np.float32)])
    return model, given


def _film() -> tuple[Any, Array]:
    images, _, _ = squares()
    films = np.stack([images, images], axis=1)
    inside = colours(activation=None)
    given = keras.Input((2, SIDE, SIDE, 3))
    steps = layers.TimeDistributed(layers.Conv2D(3, 1, activation="relu", name="c"), name="t")
    found = layers.Flatten()(layers.AveragePooling3D((2, SIDE, SIDE))(steps(given)))
    model = keras.Model(given, layers.Dense(3, activation="softmax")(found))
    steps.layer.set_weights(inside.get_layer("excess").get_weights())
    model.layers[-1].set_weights([np.eye(3, dtype=np.float32) * 300, np.zeros(3, np.float32)])
    return model, films


@pytest.mark.slow
@pytest.mark.parametrize(("make_", "rank"), [(_signal, 1), (_volume, 3), (_film, 3)])
def test_signals_volumes_and_films_are_explained_along_their_axes(make_: Any, rank: int) -> None:
    model, given = make_()
    result = explain(model, subjects.data(given), 0, 1)
    assert not result.missing
    for one in result.explanations:
        assert one.main is not None
        assert one.main.levels.ndim == rank
        assert one.main.verdict is not None
        assert one.main.verdict.twins.p_value <= 0.1, one.main.verdict
        assert one.main.verdict.twins.effect > 0.1
        assert bool(one.carried) == (
            model.name != "even"
        )  # every volume holds as much: no channel departs from its mean


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["logits", "one sigmoid", "many sigmoids", "value", "eager", "whole numbers"])
def test_every_kind_of_answer_is_explained(kind: str) -> None:
    images, labels, _ = squares()
    data = subjects.data(images, labels)
    model = colours(activation=None if kind == "logits" else "softmax")
    if kind == "one sigmoid":
        model = keras.Sequential([*colours(activation=None).layers[:-1], layers.Dense(1, activation="sigmoid")])
        model.build((None, SIDE, SIDE, 3))
        model.layers[-1].set_weights([np.array([[200.0], [-200.0], [0.0]], np.float32), np.zeros(1, np.float32)])
        data = subjects.data(images)
    if kind == "many sigmoids":
        model = colours(activation="sigmoid")
        model.get_layer("answer").set_weights([np.eye(3, dtype=np.float32) * 300, np.full(3, -3.0, np.float32)])
        data = replace(subjects.data(images), targets=(("output_0", np.eye(3)[labels]),))
    if kind == "value":
        model = keras.Sequential([*colours(activation=None).layers[:-1], layers.Dense(1)])
        model.build((None, SIDE, SIDE, 3))
        model.layers[-1].set_weights([np.array([[9.0], [-9.0], [9.0]], np.float32), np.zeros(1, np.float32)])
        data = replace(subjects.data(images), targets=(("output_0", np.zeros((len(images), 1))),))
    if kind == "eager":
        model = Sub()
        model(images[:1])
    if kind == "whole numbers":
        inside = colours()
        given = keras.Input((SIDE, SIDE, 3), dtype="uint8")
        model = keras.Model(given, inside(layers.Rescaling(1 / 255)(given)))
        data = subjects.data(np.rint(images * 255), labels)
    result = explain(model, data, 0, 1)
    assert not result.missing, result.missing
    expected = {"value": "value", "one sigmoid": "sigmoid", "many sigmoids": "sigmoid"}.get(kind, "softmax")
    assert result.kind == expected
    assert len(result.explanations) == 2
    for one in result.explanations:
        assert one.main is not None
        assert one.main.verdict is not None
        assert one.main.method == ("occlusion" if kind == "whole numbers" else "integrated-gradients")
        assert one.main.verdict.word in {"supported", "not specific"}, (one, one.main.verdict)
        assert bool(one.carried) == (kind != "eager")
    assert bool(result.notes) == (kind in {"eager", "whole numbers"}), result.notes


def _structured(kind: str) -> Any:
    """The network of colours, built in another way."""
    given, inside = keras.Input((SIDE, SIDE, 3)), colours()
    excess, mean, answer = inside.layers
    if kind == "nested":
        return keras.Model(given, inside(given))
    if kind == "shared":
        return keras.Model(given, answer(mean(excess(excess(given)))))
    if kind == "separate softmax":
        return keras.Model(given, layers.Softmax()(colours(activation=None)(given)))
    if kind == "two outputs":
        return keras.Model(given, [answer(mean(excess(given))), layers.Dense(2, activation="softmax")(mean(given))])
    order = {"data_format": "channels_first"} if kind == "channels first" else {}
    given = keras.Input((3, SIDE, SIDE)) if order else given
    own = {"dtype": "mixed_float16"} if kind == "half precision" else {}
    conv = layers.Conv2D(3, 1, activation="relu", name="excess", **order, **own)
    found = layers.GlobalAveragePooling2D(**order, **own)(conv(given))
    model = keras.Model(given, layers.Dense(3, activation="softmax")(found))
    conv.set_weights(excess.get_weights())
    model.layers[-1].set_weights(answer.get_weights())
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["nested", "shared", "separate softmax", "two outputs", "half precision", "channels first"]
)
def test_every_structure_is_explained(kind: str) -> None:
    images, labels, _ = squares()
    given = np.moveaxis(images, -1, 1) if kind == "channels first" else images
    with runnable(model := _structured(kind)):
        result = explain(model, subjects.data(given, labels), 0, 1)
    assert not result.missing, result.missing
    assert not result.notes
    for one in result.explanations:
        assert one.main is not None
        assert one.main.levels.shape == (SIDE, SIDE)
        assert one.main.verdict is not None
        assert one.main.verdict.word in {"supported", "not specific"}, one.main.verdict
        assert one.carried
        assert one.carried[0].channels[0].channel == one.class_index


def test_of_two_inputs_the_image_is_painted_over_and_the_other_stays() -> None:
    images, labels, _ = squares()
    first, second = keras.Input((SIDE, SIDE, 3), name="image"), keras.Input((4,), name="table")
    inside = colours(activation=None)
    model = keras.Model([first, second], layers.Softmax()(layers.Add()([inside(first), layers.Dense(3)(second)])))
    table = np.random.default_rng(0).normal(size=(len(images), 4)).astype(np.float32)
    data = subjects.data(images, labels)
    further = replace(subjects.data(table), shape=(4,))
    result = explain_two(model, replace(data, further=(("table", further),)))
    one = result.explanations[0]
    assert one.main is not None
    assert one.main.levels.shape == (SIDE, SIDE)
    assert one.main.complete == pytest.approx(1, abs=0.05)


def explain_two(model: Any, data: Any) -> WhyResult:
    from reportgen.models.inspection import inspect

    record = inspect(model, {"image": (SIDE, SIDE, 3), "table": (4,)})
    result = why.run(earlier(Subject(model, record, data), (0, 1)), make({}))
    assert result is not None
    return result


def test_output_for_each_place_is_left_out_with_a_sentence() -> None:
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(3, 1, activation="softmax", name="c")])
    images, _, _ = squares()
    result = explain(model, subjects.data(images), 0)
    assert "each place" in result.missing


def test_nothing_without_samples() -> None:
    assert why.run(subjects.subject(colours()), make({})) is None


def test_signal_of_eight_values_has_no_place_to_move_a_map_to() -> None:
    """Sixteen twins, itself among them: it could never be told from chance, and that would not be the map's fault."""
    model = keras.Sequential([keras.Input((8, 1)), layers.Conv1D(2, 3, name="c"), layers.Flatten(), layers.Dense(2)])
    given = np.random.default_rng(0).normal(size=(24, 8, 1)).astype(np.float32)
    result = explain(model, subjects.data(given, [0, 1] * 12), 0)
    assert any("no map can be moved elsewhere" in note for note in result.notes)
    assert all(each.verdict is None for each in result.explanations[0].maps)
    assert not result.controls


def test_passes_that_were_made_are_counted() -> None:
    images, labels, _ = squares()
    result = explain(colours(), subjects.data(images, labels), 0, why=("occlusion",))
    assert result.spent is not None
    windows, test = 64, 3 * (1 + 39 + 19)
    assert result.spent.made >= 20 * windows + test
    assert result.spent.made <= result.spent.passes + 2 * 20 + 2 * 24


def test_small_budget_leaves_the_controls_of_one_answer() -> None:
    images, labels, _ = squares()
    subject = earlier(subjects.subject(colours(), subjects.data(images, labels)), (0, 1, 2))
    extent, macs = affording.Extent(3, len(images), (SIDE, SIDE), METHODS, is_small=True), subject.record.macs
    each = macs + affording.PAINTING * SIDE * SIDE
    budgets = [each * passes for passes in range(6000, 1000, -200)]
    affordable = {budget: affording.afford(extent, macs, budget)[0] for budget in budgets}
    budget = next(budget for budget, how in affordable.items() if how and (how.samples, how.controls) == (3, 1))
    result = why.run(subject, make({"why_budget": str(budget)}))
    assert result is not None
    assert {control.kind: control.number for control in result.controls} == {"shuffled weights": 1, "runner-up": 1}
    assert len(result.explanations) == 3


def test_budget_is_kept_to_and_what_gave_way_is_said() -> None:
    images, labels, _ = squares()
    subject = earlier(subjects.subject(colours(), subjects.data(images, labels)), (0, 1, 2))
    budget = 1000 * (subject.record.macs + affording.PAINTING * SIDE * SIDE)
    result = why.run(subject, make({"why_budget": str(budget)}))
    assert result is not None
    assert result.spent is not None
    assert result.spent.gave_way
    assert result.spent.passes <= 1000
