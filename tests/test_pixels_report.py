"""Networks that answer with pictures -> whole reports: what they say, and what their JSON holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from reportgen import explain
from reportgen.commands.outcome import outcome
from reportgen.document.report import Report
from reportgen.errors import DataError
from reportgen.renderers import html
from reportgen.renderers import json as json_renderer
from tests.commands import here

layers = keras.layers
pytestmark = pytest.mark.keras
SIDE, COUNT = 16, 8
RANDOM = np.random.default_rng(5)
MASKS: NDArray[np.uint8] = np.zeros((COUNT, SIDE, SIDE), np.uint8)
for place in range(COUNT):
    MASKS[place, 2 : 5 + place, 3:12] = 1 + place % 2
PICTURES = (
    np.stack([MASKS == 0, MASKS == 1, MASKS == 2], axis=-1) * 0.8 + RANDOM.random((COUNT, SIDE, SIDE, 3)) / 5
).astype(np.float32)


def unet(*, name: str = "small_unet", heads: bool = False) -> Any:
    """Down, up, and across: a class for each pixel, the brightest channel; with a second head for the whole image."""
    image = keras.Input((SIDE, SIDE, 3), name="image")
    near = layers.Conv2D(4, 3, padding="same", activation="relu", name="near")(image)
    deep = layers.Conv2D(4, 3, padding="same", activation="relu", name="deep")(layers.MaxPooling2D(name="down")(near))
    both = layers.Concatenate(name="across")([layers.UpSampling2D(name="up")(deep), image])
    last = layers.Conv2D(3, 1, activation="softmax", name="masks")
    masks = last(both)
    kernel = np.zeros((1, 1, 7, 3), np.float32)
    kernel[0, 0, 4:] = np.eye(3) * 9
    last.set_weights([kernel, np.zeros(3, np.float32)])
    if not heads:
        return keras.Model(image, masks, name=name)
    kind = layers.Dense(2, activation="softmax", name="kind")(layers.GlobalMaxPooling2D(name="pool")(deep))
    return keras.Model(image, [kind, masks], name=name)


def autoencoder() -> Any:
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3), name="image"),
            layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="down"),
            layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="sigmoid", name="again"),
        ],
        name="small_autoencoder",
    )


def depth_net() -> Any:
    return keras.Sequential(
        [keras.Input((SIDE, SIDE, 3), name="image"), layers.Conv2D(1, 3, padding="same", name="depth")], name="deep"
    )


QUICK: dict[str, Any] = {"section": ["summary", "pixels", "samples", "provenance"]}


def contents(report: Report) -> Any:
    return json.loads(json_renderer.render(report))["sections"]


@pytest.mark.slow
def test_whole_report_on_a_small_unet_says_how_good_it_is_pixel_by_pixel() -> None:
    names = ["background", "circle", "square"]
    report = explain(unet(), PICTURES, MASKS, class_names=names, ablation_budget="50", dream_steps=2)
    found = contents(report)
    (head,) = found["pixels"]["content"]["heads"]
    assert head["by_class"]["accuracy"]["value"] == 1.0
    assert [each["name"] for each in head["by_class"]["classes"]] == names
    assert [each["iou"]["value"] for each in head["by_class"]["classes"]] == [1.0, 1.0, 1.0]
    assert "predicts one of 3\xa0classes for each pixel" in found["summary"]["answer"]
    assert "right class for 100.0" in found["summary"]["answer"]
    (sample, *_) = found["samples"]["content"]["samples"]
    assert [panel["title"] for panel in sample["pixels"][0]["panels"]] == ["true", "predicted", "where they differ"]
    assert outcome(report)[0].startswith("Pixel accuracy: 100.0")
    assert "pixel accuracy 100.0" in repr(report)
    page = html.render(report).decode()
    assert "mean intersection over union" in page
    assert {finding.code for finding in report.findings} & {"RG331", "RG332"} == set()


def test_numbers_of_the_page_stand_in_the_json() -> None:
    wrong = np.roll(MASKS, 3, axis=1)
    report = explain(unet(), PICTURES, wrong, **QUICK)
    (head,) = contents(report)["pixels"]["content"]["heads"]
    given = PICTURES.argmax(axis=-1)
    assert head["by_class"]["accuracy"]["value"] == pytest.approx((given == wrong).mean())
    for index, each in enumerate(head["by_class"]["classes"]):
        either = ((given == index) | (wrong == index)).sum()
        assert each["iou"]["value"] == pytest.approx(((given == index) & (wrong == index)).sum() / either)
    means = [
        np.mean(
            [
                ((g == k) & (w == k)).sum() / ((g == k) | (w == k)).sum()
                for k in range(3)
                if (g == k).any() or (w == k).any()
            ]
        )
        for g, w in zip(given, wrong, strict=True)
    ]
    assert [worst["score"] for worst in head["worst"]] == pytest.approx(sorted(means)[:4])
    assert sum(each["number"] for each in head["by_class"]["confusions"]) == wrong.size


@pytest.mark.parametrize("form", ["batches", "one by one", "generator", "PyDataset", "dictionary"])
def test_masks_come_in_every_habit(form: str) -> None:
    model = unet()
    pairs = tf.data.Dataset.from_tensor_slices((PICTURES, MASKS))

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            chosen = slice(4 * index, 4 * index + 4)
            return PICTURES[chosen], MASKS[chosen]

    given: dict[str, tuple[Any, ...]] = {
        "batches": (pairs.batch(3),),
        "one by one": (pairs,),
        "generator": ((pair for pair in zip(PICTURES, MASKS, strict=True)),),
        "PyDataset": (Batches(),),
        "dictionary": (PICTURES, {"masks": MASKS}),
    }
    (head,) = contents(explain(model, *given[form], **QUICK))["pixels"]["content"]["heads"]
    assert (head["by_class"]["num_pixels"], head["by_class"]["accuracy"]["value"]) == (MASKS.size, 1.0)


def test_reconstruction_and_depth_are_compared_with_what_they_should_be() -> None:
    model = autoencoder()
    (head,) = contents(explain(model, PICTURES, **QUICK))["pixels"]["content"]["heads"]
    expected = np.abs(np.asarray(model(PICTURES)) - PICTURES).mean()
    assert head["kind"] == "input"
    assert head["by_error"]["errors"]["absolute"]["value"] == pytest.approx(expected, rel=1e-4)
    model, depth = depth_net(), PICTURES[..., 0] * 4
    report = explain(model, PICTURES, depth, **QUICK)
    (head,) = contents(report)["pixels"]["content"]["heads"]
    off = np.asarray(model(PICTURES))[..., 0] - depth
    assert head["kind"] == "values"
    assert head["by_error"]["errors"]["absolute"]["value"] == pytest.approx(np.abs(off).mean(), rel=1e-4)
    assert head["by_error"]["errors"]["squared"]["value"] == pytest.approx((off**2).mean(), rel=1e-4)
    assert outcome(report)[0].startswith("Mean absolute error: ")


def test_segmentation_beside_a_classifier_has_both_chapters() -> None:
    labels = np.arange(COUNT) % 2
    report = explain(
        unet(heads=True), PICTURES, {"kind": labels, "masks": MASKS}, section=["performance", "pixels", "samples"]
    )
    found = contents(report)
    assert found["performance"]["content"]["heads"][0]["name"] == "kind"
    assert [head["name"] for head in found["pixels"]["content"]["heads"]] == ["masks"]
    assert [score.output for score in report.scores] == ["kind", "masks"]


def test_masks_of_another_shape_stop_in_one_sentence() -> None:
    with pytest.raises(DataError, match=r"are 8 × 16 for each image, and the output 'masks' answers with 16 × 16 × 3"):
        explain(unet(), PICTURES, MASKS[:, :8])


def test_command_line_reads_a_list_of_pictures_and_masks(tmp_path: Path) -> None:
    rows = ["path,mask"]
    for place in range(COUNT):
        Image.fromarray(np.rint(PICTURES[place] * 255).astype(np.uint8)).save(tmp_path / f"{place}.png")
        Image.fromarray(MASKS[place]).save(tmp_path / f"{place}_mask.png")
        rows.append(f"{place}.png,{place}_mask.png")
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    unet().save(tmp_path / "unet.keras")
    options = ["--data", "list.csv", "--format", "json", "--section", "pixels", "--section", "samples"]
    done = here("build", "unet.keras", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "reportgen-report" / "report.json").read_text(encoding="utf-8"))
    (head,) = found["sections"]["pixels"]["content"]["heads"]
    assert head["by_class"]["accuracy"]["value"] == 1.0


def test_report_on_a_network_of_volumes_scores_all_places_and_draws_slices() -> None:
    volume = keras.Input((6, 8, 8, 1), name="volume")
    near = layers.Conv3D(2, 3, padding="same", activation="relu", name="near")(volume)
    model = keras.Model(volume, layers.Conv3D(2, 1, activation="softmax", name="masks")(near), name="small_volume")
    images = RANDOM.random((COUNT, 6, 8, 8, 1)).astype(np.float32)
    masks = model.predict(images, verbose=0).argmax(axis=-1)
    masks[:, 0] = 1 - masks[:, 0]  # the first of six slices
    report = explain(model, images, masks, **QUICK)
    found = contents(report)
    (head,) = found["pixels"]["content"]["heads"]
    assert head["by_class"]["accuracy"]["value"] == pytest.approx(5 / 6)
    assert "Each position of a volume counts as a pixel; pictures show 4 of its slices" in found["pixels"]["answer"]
    page = html.render(report).decode("utf-8")
    assert "white where the predicted class is not the true one: 16.7" in page.replace("\u202f", " ")
    assert "For each position of 4 slices the share of wrong predictions over 8" in page.replace("\xa0", " ")
