"""Images made to excite channels: of filters whose favourite is known, and of networks made on purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

import reportgen
from reportgen.errors import OptionsError, UnknownNameError
from reportgen.evidence.dreams import DreamsResult
from reportgen.models.compiling import runnable
from reportgen.options import make
from reportgen.pipeline.probing import gathered
from reportgen.probes import ablation, dreams, watching
from reportgen.progress import silent
from reportgen.sections import edges
from tests.channels_made import BLUR, CHECK, DEAD, STUCK, VERTICAL, faulty, pictures
from tests.probes.subjects import costly, data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
UPRIGHT = np.array([[-1.0, 0.0, 1.0]] * 3)


def dream(model: Any, *asked: str, dataset: Any = None, **choices: Any) -> DreamsResult:
    found = dreams.run(subject(model, dataset), make({"dream": list(asked), **choices}))
    assert found is not None
    return found


def one_kernel(kernel: Any, colours: int = 1, data_format: str = "channels_last") -> Any:
    """A network whose only conv layer has one kernel, (height, width), of the same weights for each colour."""
    first = data_format == "channels_first"
    start = keras.Input((colours, 12, 12) if first else (12, 12, colours), name="image")
    conv = keras.layers.Conv2D(1, len(kernel), activation="relu", name="conv", data_format=data_format)
    pooled = keras.layers.GlobalMaxPooling2D(data_format=data_format, name="highest")(conv(start))
    model = keras.Model(start, keras.layers.Dense(2, activation="softmax", name="scores")(pooled), name="one")
    conv.set_weights([np.repeat(np.asarray(kernel)[:, :, None, None], colours, axis=2), np.zeros(1)])
    return model


def answers(picture: npt.NDArray[Any], kernel: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """What a kernel answers to a picture at each position, one window after the other."""
    size, (height, width) = len(kernel), picture.shape
    return np.array(
        [
            [float((picture[top : top + size, left : left + size] * kernel).sum()) for left in range(width - size + 1)]
            for top in range(height - size + 1)
        ]
    )


def test_edge_filter_dreams_of_its_edge() -> None:
    (found,) = dream(one_kernel(UPRIGHT), "conv:0").dreams
    shares = found.picture / 255
    response = answers(shares, UPRIGHT)
    top, left = np.unravel_index(response.argmax(), response.shape)
    patch = shares[top : top + 3, left : left + 3]
    assert np.corrcoef(patch.ravel(), UPRIGHT.ravel())[0, 1] > 0.8
    # No picture of values 0..1 gets more than 3 out of this filter.
    assert 2.8 < found.activation <= 3
    # What is told is what the filter answers to the very picture that is shown.
    assert found.activation == pytest.approx(response.max(), abs=1e-5)


def test_dream_moves_a_channel_more_than_any_real_image() -> None:
    images = np.random.default_rng(0).uniform(0, 1, (30, 16, 16, 1))
    result = dream(faulty(), *(f"conv:{channel}" for channel in (VERTICAL, CHECK, BLUR)), dataset=data(images))
    assert [each.channel for each in result.dreams] == [VERTICAL, CHECK, BLUR]
    assert result.asked
    for found in result.dreams:
        kernel = faulty().get_layer("conv").get_weights()[0][:, :, 0, found.channel]
        bias = faulty().get_layer("conv").get_weights()[1][found.channel]
        padded = np.pad(images.astype(np.float32)[..., 0], ((0, 0), (1, 1), (1, 1)))
        best = max(float(answers(image, kernel).max() + bias) for image in padded)
        assert found.best_real == pytest.approx(max(best, 0), abs=1e-5)
        assert found.activation > best + 0.1


def test_separate_activation_is_looked_behind() -> None:
    images = data(np.random.default_rng(0).uniform(0, 1, (5, 16, 16, 1)))
    (fused,) = dream(faulty(), f"conv:{VERTICAL}", dataset=images).dreams
    (apart,) = dream(faulty(separate=True), f"conv:{VERTICAL}", dataset=images).dreams
    assert apart.path == "conv"
    assert (apart.activation, apart.best_real) == pytest.approx((fused.activation, fused.best_real), abs=0.05)


def test_same_seed_makes_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (
        dream(faulty(), f"conv:{CHECK}", f"conv:{BLUR}", dream_steps=12, seed=seed).dreams for seed in (3, 3, 4)
    )
    assert [each.picture.tobytes() for each in first] == [each.picture.tobytes() for each in again]
    assert [each.activation for each in first] == [each.activation for each in again]
    assert first[0].picture.tobytes() != other[0].picture.tobytes()
    assert [(each.num_steps, each.seed) for each in first] == [(12, 3), (12, 3)]


# Three pictures, two passes a step: 10^12 multiply-adds pay for 64 steps of 2.6 · 10^9 for an image.
@pytest.mark.parametrize(("macs", "steps"), [(10**6, 64), (10**12 // 6 // 20, 20), (10**12, 16)])
def test_big_network_takes_fewer_steps_unless_they_are_asked_for(macs: int, steps: int) -> None:
    big = costly(subject(faulty()), macs)
    for choices, expected in (({}, steps), ({"dream_steps": 3}, 3)):
        result = dreams.run(big, make({"dream": [f"conv:{CHECK}"], **choices}))
        assert result is not None
        assert [each.num_steps for each in result.dreams] == [expected]


def test_model_is_left_as_it_was() -> None:
    model = faulty(separate=True)
    before, calls = model.get_weights(), [vars(layer).get("call") for layer in model.layers]
    dream(model, f"conv:{CHECK}", dream_steps=3)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert [vars(layer).get("call") for layer in model.layers] == calls


def test_channel_that_nothing_moves_is_said_to_stay_silent() -> None:
    result = dream(faulty(), f"conv:{DEAD}", f"conv:{STUCK}", dream_steps=4)
    assert [each.activation for each in result.dreams] == [0.0, 0.5]
    assert result.notes == (f"No image was found that raises these channels above zero: conv:{DEAD}.",)


def test_channel_without_numbers_has_no_dream() -> None:
    model = one_kernel(UPRIGHT * np.nan)
    result = dream(model, "conv:0", dream_steps=2)
    assert result.dreams == ()
    assert result.notes == ("No image was made for channels that give NaN or infinity: conv:0.",)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_colour_picture_has_its_colours_last(data_format: str) -> None:
    model = one_kernel(UPRIGHT, 3, data_format)
    with runnable(model):
        (found,) = dream(model, "conv:0").dreams
    assert found.picture.shape == (12, 12, 3)
    response = answers(found.picture.sum(axis=-1) / 255, UPRIGHT)
    assert found.activation == pytest.approx(response.max(), abs=1e-4)
    assert found.activation > 8


@pytest.mark.parametrize(("low", "high"), [(0.0, 255.0), (-1.0, 1.0), (-20.0, 7.0)])
def test_range_of_the_images_is_kept(low: float, high: float) -> None:
    images = np.random.default_rng(0).uniform(low, high, (6, 12, 12, 1))
    images[0, 0, 0], images[0, 0, 1] = low, high
    (found,) = dream(one_kernel(UPRIGHT), "conv:0", dataset=data(images)).dreams
    values = low + (high - low) * found.picture / 255
    assert found.activation == pytest.approx(answers(values, UPRIGHT).max(), rel=1e-4)
    assert found.activation > 0.9 * 3 * (high - low)


def test_without_names_the_channels_that_cost_most_are_shown() -> None:
    images, labels = pictures(30)
    plain = subject(faulty(), data(images, labels.tolist()))
    costs = ablation.run(replace(plain, earlier={"watching": watching.run(plain, make({}))}), make({}))
    assert costs is not None
    result = dreams.run(replace(plain, earlier={"ablation": costs}), make({"dream_steps": 2}))
    assert result is not None
    assert not result.asked
    # These two decide about a class each; of the others none costs anything.
    assert {each.channel for each in result.dreams[:2]} == {CHECK, BLUR}
    assert len(result.dreams) == 3


def test_without_ablation_the_channels_that_vary_most_are_shown() -> None:
    images, _ = pictures(30)
    result = dream(faulty(), dataset=data(images), dream_steps=2)
    model = faulty()
    maps = np.asarray(keras.Model(model.inputs, model.get_layer("conv").output).predict(images, verbose=0))
    assert [each.channel for each in result.dreams] == np.argsort(-maps.std(axis=(0, 1, 2)), kind="stable")[:3].tolist()


def layered(*layers: Any, shape: tuple[int, ...], dtype: str = "float32") -> Any:
    start = keras.Input(shape, name="start", dtype=dtype)
    return keras.Sequential([start, *layers, keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: layered(keras.layers.Conv1D(2, 3, name="conv"), shape=(16, 1)), "reads signals and no images"),
        (lambda: layered(keras.layers.Conv2D(2, 3, name="conv"), shape=(8, 8, 2)), "other than one or three channels"),
        (
            lambda: layered(
                keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(2, 3, name="conv"), shape=(8, 8, 1), dtype="uint8"
            ),
            "takes whole numbers",
        ),
    ],
)
def test_where_no_image_can_be_made_the_result_says_why(model: Any, message: str) -> None:
    result = dream(model(), "conv:0")
    assert result.dreams == ()
    assert message in result.missing


def test_without_images_channels_have_to_be_named() -> None:
    assert "Name channels with --dream." in dream(faulty()).missing
    (found,) = dream(faulty(), f"conv:{BLUR}", dream_steps=2).dreams
    assert found.best_real is None


def test_unknown_layer_or_channel_is_one_sentence() -> None:
    with pytest.raises(UnknownNameError, match=r"There is no conv layer called 'highest'. Expected one of: conv\."):
        dream(faulty(), "highest:0")
    with pytest.raises(OptionsError, match=r"'conv' has no channel 6\. Expected 0 to 5\."):
        dream(faulty(), "conv:6")


def test_model_with_a_batch_size_and_a_further_input_of_its_own() -> None:
    image = keras.Input(batch_shape=(2, 12, 12, 1), name="image")
    extra = keras.Input(batch_shape=(2, 3), name="extra")
    conv = keras.layers.Conv2D(3, 3, activation="relu", name="conv")(image)
    joined = keras.layers.Concatenate(name="both")([keras.layers.GlobalMaxPooling2D(name="highest")(conv), extra])
    model = keras.Model([image, extra], keras.layers.Dense(2, activation="softmax", name="scores")(joined), name="two")
    result = dream(model, "conv:0", "conv:1", "conv:2", dream_steps=2)
    assert [each.channel for each in result.dreams] == [0, 1, 2]


def test_pipeline_hands_what_ablation_found_to_the_dreams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "NEEDS", ("ablation", "dreams"))
    images, labels = pictures(30)
    options = make({"dream_steps": 2})
    evidence = gathered(subject(faulty(), data(images, labels.tolist())), ["edges"], options, silent)
    assert evidence.ablation is not None
    assert evidence.dreams is not None
    costs = sorted(evidence.ablation.channels, key=lambda each: (not each.needed, each.log_probability_change))
    assert [each.channel for each in evidence.dreams.dreams] == [each.channel for each in costs[:3]]


def test_unknown_layer_is_refused_before_anything_is_run() -> None:
    images, _ = pictures(3)
    with pytest.raises(UnknownNameError, match=r"There is no conv layer called 'nowhere'\. Expected one of: conv\."):
        reportgen.explain(faulty(), images, dream=["nowhere:0"])
