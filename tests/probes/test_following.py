"""Whether channels follow an object more closely than those of the same network with shuffled weights."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from reportgen.evidence.activations import ActivationsResult
from reportgen.evidence.inference import LEVEL
from reportgen.models.shuffling import shuffling
from reportgen.models.types import Model, Tensor
from reportgen.options import make
from reportgen.probes.activations import following, run
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
GREY = 0.5


def pictures(count: int = 2) -> np.ndarray:
    """Grey pictures with an object whose pixels are white or black, so that only their distance from grey shows it."""
    images = np.full((count, 12, 12, 1), GREY, np.float32)
    for image, generator in zip(images, np.random.default_rng(0).spawn(count), strict=True):
        image[3:9, 3:9, 0] = generator.permutation(36).reshape(6, 6) % 2
    return images


class InPython(keras.layers.Layer):  # type: ignore[misc]
    """Hands on what it gets, by way of NumPy, where no graph can follow."""

    def call(self, inputs: Tensor) -> Tensor:
        return keras.ops.convert_to_tensor(inputs.numpy())

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape


def distance_network() -> Model:
    """A network whose second layer computes the distance from grey: of eight channels of the first it reads two."""
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            keras.layers.Conv2D(8, 1, activation="relu", name="sides"),
            keras.layers.Conv2D(1, 1, name="distance"),
        ]
    )
    signs = np.array([1.0, -1.0, 0, 0, 0, 0, 0, 0])
    model.get_layer("sides").set_weights([signs.reshape(1, 1, 1, 8), -GREY * signs])
    model.get_layer("distance").set_weights([np.abs(signs).reshape(1, 1, 8, 1), np.zeros(1)])
    return model


def test_channel_that_follows_the_object_because_of_its_weights_is_told_so() -> None:
    result = run(subject(distance_network(), data(pictures()), 0, 1), make({}))
    assert result is not None
    assert (result.following.num_copies, result.following.num_grids) == (999, 4)
    for sample in result.samples:
        sides, distance = sample.calls
        assert (sides.follower, distance.follower) == (None, 0)
        assert distance.closest is not None
        assert distance.closest.correlation == pytest.approx(1.0)
        assert distance.closest.p_value <= LEVEL
        assert distance.closest.shuffled_mean < 0.8


def bright_object(*first: keras.Layer) -> ActivationsResult:
    """What is seen of a white square by a network of random weights, behind some other layers."""
    images = np.zeros((1, 12, 12, 1), np.float32)
    images[0, 3:9, 3:9] = 1
    conv = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")
    model = keras.Sequential([keras.Input((12, 12, 1)), *first, conv])
    conv.set_weights([np.random.default_rng(1).normal(size=(3, 3, 1, 4)), np.zeros(4)])
    result = run(subject(model, data(images), 0), make({}))
    assert result is not None
    return result


def test_bright_object_is_followed_by_shuffled_weights_too_and_nothing_is_claimed() -> None:
    (call,) = bright_object().samples[0].calls
    assert call.closest is not None
    assert call.closest.correlation > 0.5
    assert call.follower is None


def test_network_that_cannot_be_traced_is_compared_with_the_same_copies() -> None:
    plain, other = bright_object(), bright_object(InPython())
    assert plain.following == other.following
    assert plain.following.num_copies in {19, 99}
    assert plain.samples[0].calls[0].closest == other.samples[0].calls[0].closest


def test_too_large_a_network_is_not_compared_and_that_is_said() -> None:
    assert [following.num_copies(macs, 3) for macs in (10**7, 3 * 10**7, 6 * 10**8, 4 * 10**9)] == [
        999,
        499,
        199,
        0,
    ]


def test_fewest_copies_are_enough_for_a_claim() -> None:
    null = np.linspace(0.1, 0.3, following.NUM_COPIES[-1])[:, None]
    assert following.p_values(np.array([0.9]), null).tolist() == [pytest.approx(LEVEL)]


def test_copies_of_one_kind_stand_out_no_more_often_than_chance_allows() -> None:
    """The network is a copy like any other: at a level of 0.5 % about 4 of 800 draws of nine grids claim something."""
    made = sum(claims(lambda generator: generator.normal(0.3, 0.1, size=(400, 9)), seed) for seed in range(800))
    assert 1 <= made <= 11


def claims(draw: Callable[[np.random.Generator], np.ndarray], seed: int) -> bool:
    drawn = np.tanh(draw(np.random.default_rng(seed)))
    return bool(following.p_values(drawn[0], drawn[1:]).min() <= LEVEL)


def test_every_grid_is_judged_on_a_scale_of_its_own() -> None:
    generator = np.random.default_rng(0)
    null = np.stack([generator.normal(0.9, 0.02, 99), generator.normal(0.1, 0.05, 99)], axis=1)
    assert following.p_values(np.array([0.9, 0.7]), null).tolist() == [pytest.approx(0.9, abs=0.3), 0.01]


def test_grid_that_never_varies_makes_no_claim() -> None:
    assert following.p_values(np.array([1.0]), np.ones((99, 1))).tolist() == [1.0]


def test_weights_are_what_they_were_after_shuffling_and_after_an_error() -> None:
    model = distance_network()
    before = [np.asarray(weight).copy() for weight in model.weights]
    inside: list[np.ndarray] = []

    def interrupted() -> None:
        with shuffling(model, np.random.default_rng(0)) as shuffle:
            shuffle()
            inside.extend(np.asarray(weight).copy() for weight in model.weights)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        interrupted()
    assert any((one != other).any() for one, other in zip(before, inside, strict=True))
    for one, other, weight in zip(before, inside, model.weights, strict=True):
        np.testing.assert_array_equal(np.sort(one, axis=None), np.sort(other, axis=None))
        np.testing.assert_array_equal(one, np.asarray(weight))
