"""Two models that look at other places: images lost, what their answers hang on, and whether the evidence moved."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from reportgen.document.difference import Difference
from reportgen.errors import ModelError
from reportgen.options import make
from reportgen.pipeline import differing

pytestmark = [pytest.mark.keras, pytest.mark.slow]
SIDE, SPOT = 12, 4
HERE, THERE = (slice(1, 1 + SPOT), slice(1, 1 + SPOT)), (slice(7, 7 + SPOT), slice(7, 7 + SPOT))


def looking_at(place: tuple[slice, slice]) -> keras.Model:
    """A model that answers 1 where a place is bright, and 0 else."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1), name="image"),
            layers.Conv2D(1, 1, activation="relu", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(2, activation="softmax", name="answer"),
        ],
        name="looking",
    )
    weights = np.zeros((SIDE, SIDE, 2), np.float32)
    weights[(*place, 1)] = 10 / SPOT**2
    model.get_layer("conv").set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    model.get_layer("answer").set_weights([weights.reshape(-1, 2), np.array([5.0, 0.0])])
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both models and images: bright at both places or at none, and five at the first place only."""
    found = tmp_path_factory.mktemp("looking")
    for name, place in (("old", HERE), ("new", THERE)):
        looking_at(place).save(found / f"{name}.keras")
    draws = np.random.default_rng(0)
    images = 0.02 * draws.random((45, SIDE, SIDE, 1))
    labels = np.arange(45) % 2
    labels[40:] = 1
    for image, label, index in zip(images, labels, range(45), strict=True):
        for place in (HERE, THERE) if index < 40 else (HERE,):
            image[place] += 0.9 * label
    np.savez(found / "images.npz", images=images.astype(np.float32), labels=labels)
    return found


def difference(folder: Path, old: str, new: str, yardstick: str = "") -> Difference:
    options = make({"data": str(folder / "images.npz")})
    third = folder / yardstick if yardstick else None
    return differing.differ(folder / old, folder / new, options, yardstick=third)


def test_images_that_were_lost_are_shown_with_what_either_answer_hangs_on(folder: Path) -> None:
    found = difference(folder, "old.keras", "new.keras")
    assert found.answers is not None
    lost = {each.index: each for each in found.answers.lost}
    assert set(lost) == set(range(40, 45))
    for each in lost.values():
        assert each.picture is not None
        assert each.picture.data.startswith(b"\x89PNG")
        assert each.old_marked is not None
        # The old model needs the bright place, a ninth of the image; without it, it answers 0.
        assert 0.01 < (each.old_marked.share or 0) < 0.12
        assert (each.old_marked.left or 1) < 0.5 < each.old_confidence
        assert each.new_marked is not None
        # An image of one colour gets the new answer, too: nothing can be taken away from it.
        assert (each.new_marked.share, each.new_marked.left) == (None, None)
        assert "nothing is outlined" in each.new_marked.figure.alt


def test_evidence_that_moved_is_seen_to_have_moved(folder: Path) -> None:
    found = difference(folder, "old.keras", "new.keras", yardstick="old.keras")
    assert found.yardstick is not None
    assert (found.yardstick.file, found.yardstick.lost, found.yardstick.changed) == ("old.keras", 0, 0)
    moved = found.overlap
    assert moved is not None
    assert moved.trainings == 1
    assert moved.overlap < 0.1
    assert moved.above <= 2


def test_a_model_looks_where_it_looks(folder: Path) -> None:
    found = difference(folder, "old.keras", "old.keras")
    assert found.answers is not None
    assert found.answers.lost == ()
    assert found.yardstick is None
    assert found.overlap is not None
    assert found.overlap.trainings is None
    assert (found.overlap.overlap, found.overlap.least) == (1, 1)


def test_a_model_that_is_not_there_ends_in_a_sentence(folder: Path) -> None:
    with pytest.raises(ModelError, match="There is no file"):
        difference(folder, "old.keras", "gone.keras")
