"""Every kind of network, with samples from every place that they come from: what was planted is found.

A cell is a kind and a place. The facts are planted in the model: one channel is dead, and as many predictions are
right as the labels were made to agree with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import reportgen
from reportgen import registry
from reportgen.options import make
from reportgen.pipeline.feeding import opened
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.reporting import make_report
from reportgen.pipeline.result import Report
from tests import kinds
from tests.kinds import CLASSES, COUNT, DEAD, KINDS, MISTAKES, NAMES
from tests.links import lost

pytestmark = [
    pytest.mark.keras,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method:UserWarning"),
]

PLACES = ("arrays", "tf.data", "folder", "list")
SHORT = ("summary", "architecture", "performance", "pixels", "channels")
# The first of the places that make sense for a kind, and of the kinds for each place.
USUAL = {(name, PLACES[place % len(PLACES)]) for place, name in enumerate(KINDS)}
WHOLE = (("sequential", "folder"), ("several outputs", "arrays"), ("volume", "tf.data"))
WITHOUT_MULTIPLY_ADDS = {"BatchNormalization", "LayerNormalization"}


def makes_sense(name: str, place: str) -> bool:
    """Files hold pictures; folders hold one class to each of them."""
    kind = KINDS[name]
    if place == "folder":
        return kind.is_picture and kind.answer in {"classes", "pictures"}
    if place == "list":
        return kind.is_picture and kind.answer in {"classes", "pictures"}
    return True


def cells() -> Iterator[Any]:
    for name in KINDS:
        sensible = [place for place in PLACES if makes_sense(name, place)]
        first = next((place for place in sensible if (name, place) in USUAL), sensible[0])
        for place in sensible:
            marks = [] if place == first else [pytest.mark.exhaustive]
            yield pytest.param(name, place, id=f"{name}, {place}", marks=marks)


def truth(name: str, answered: Any) -> Any:
    """What the labels say, so that as many predictions are right as was planned; None for a reconstruction."""
    main = np.asarray(answered["kind"] if isinstance(answered, dict) else answered, np.float32)
    answer = KINDS[name].answer
    if answer == "classes":
        return kinds.mistaken(main.argmax(axis=1))
    if answer == "labels":
        several = (main > 0.5).astype(np.int64)
        several[:MISTAKES] = 1 - several[:MISTAKES]
        return several
    if name == "segmentation":
        masks = main.argmax(axis=-1)
        masks[:, 0] = (masks[:, 0] + 1) % CLASSES  # the first row of each is another class
        return masks
    return main[:, 0] + 0.5 if answer == "values" else None


def given(name: str, images: Any) -> Any:
    """The samples by input, where there are several."""
    table = np.random.default_rng(6).random((COUNT, 3)).astype(np.float32)
    return {"picture": images, "table": table} if KINDS[name].inputs else images


def reported(name: str, place: str, folder: Path, **choices: Any) -> tuple[Any, Report, Any]:
    """Return a model, its report and the labels that it was made with."""
    model, images = kinds.planted(name), kinds.samples(name)
    samples = given(name, images)
    answered = model.predict(samples, verbose=0)
    labels = truth(name, answered)
    if place in {"folder", "list"} and KINDS[name].answer == "pictures":
        labels = None
    if place in {"folder", "list"}:
        return model, from_files(model, images, labels, folder / place, place, choices), labels
    heads = {"kind": labels} if isinstance(answered, dict) and labels is not None else labels
    if place == "arrays":
        return model, reportgen.explain(model, samples, heads, preprocess="none", **choices), labels
    pairs = samples if labels is None else (samples, labels)
    dataset = tf.data.Dataset.from_tensor_slices(pairs).batch(5)
    return model, reportgen.explain(model, dataset, preprocess="none", **choices), labels


def from_files(model: Any, images: Any, labels: Any, folder: Path, place: str, choices: dict[str, Any]) -> Report:
    """The report on PNG files: in a folder for each class, or with a list."""
    lines = ["path,label" if labels is not None else "path"]
    for number, image in enumerate(np.rint(images * 255).astype(np.uint8)):
        label = number % CLASSES if labels is None else int(labels[number])
        file = folder / (NAMES[label] if place == "folder" and labels is not None else "") / f"{number:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
        lines.append(f"{file.name},{label}" if labels is not None else file.name)
    if place == "list":
        (folder / "list.csv").write_text(
            "\n".join(lines if labels is not None else [line.partition(",")[0] for line in lines])
        )
    options = make({"preprocess": "1/255", **choices})
    spec = str(folder / "list.csv" if place == "list" else folder)
    return make_report(Origin(model, ()), opened(model, spec, options), options)


def assert_planted_facts_are_told(name: str, report: Report, labels: Any) -> None:
    states = {each.channel: each.state for each in report.channels("conv")}
    assert states[DEAD] == "dead"
    assert len(states) == 4
    assert "RG401" in {finding.code for finding in report.findings}
    assert [finding.title for finding in report.findings if finding.severity == "failed"] == []
    answer = KINDS[name].answer
    if answer in {"classes", "labels"}:
        (score,) = (each for each in report.scores if each.right is not None)
        assert (score.right, score.num_images) == (COUNT - MISTAKES, COUNT)
        assert len(labels) == COUNT
    elif answer == "values":
        (score,) = report.scores
        assert score.mean_error == pytest.approx(0.5, abs=1e-5)
    elif name == "segmentation" and labels is not None:
        pixels: Any = next(section.content for section in report.sections if section.name == "pixels")
        assert pixels.heads[0].by_class.accuracy.value == pytest.approx(1 - 1 / kinds.SIDE)
    elif name == "autoencoder":
        pixels = next(section.content for section in report.sections if section.name == "pixels")
        model = kinds.planted(name)
        error = np.abs(model.predict(kinds.samples(name), verbose=0) - kinds.samples(name)).mean()
        assert pixels.heads[0].by_error.errors.absolute.value == pytest.approx(error, rel=1e-3)


def assert_no_zero_is_silent(model: Any, report: Report) -> None:
    """A number that was not worked out is not a nought, and a chapter that is there says something."""
    record = report.model
    assert record.parameters == model.count_params() or any("int8" in str(each.dtype) for each in model.weights)
    for call in record.layers:
        if call.parameters and call.shared_with is None and call.kind not in WITHOUT_MULTIPLY_ADDS:
            assert call.macs is None or call.macs > 0, call.path
            assert call.macs is not None or not call.has_formula, call.path
    assert record.macs > 0
    summary: Any = next(section.content for section in report.sections if section.name == "summary")
    for key in summary.key_numbers:
        assert key.value is not None or key.detail, key.name
        assert key.value != 0 or key.name == "accuracy", key.name
    assert all(section.answer for section in report.sections)
    written = json.loads(report.to_json())
    channels = written["sections"]["channels"]["content"]
    assert channels["num_images"] == COUNT
    assert all(layer["cards"] for layer in channels["layers"])


@pytest.mark.parametrize(("name", "place"), list(cells()))
def test_what_was_planted_is_found(name: str, place: str, tmp_path: Path) -> None:
    model, report, labels = reported(
        name, place, tmp_path, section=SHORT, ablation_budget="40", dream_steps=1, pick="index:0"
    )
    assert_planted_facts_are_told(name, report, labels)
    assert_no_zero_is_silent(model, report)


@pytest.mark.parametrize(
    ("name", "place"),
    [pytest.param(*cell, marks=() if cell in WHOLE[:1] else pytest.mark.exhaustive) for cell in WHOLE],
)
def test_whole_report_has_every_chapter_and_is_written(name: str, place: str, tmp_path: Path) -> None:
    model, report, labels = reported(name, place, tmp_path, ablation_budget="40", dream_steps=1, pick="index:0")
    assert_planted_facts_are_told(name, report, labels)
    assert_no_zero_is_silent(model, report)
    left_out = set(registry.names("sections")) - {section.name for section in report.sections}
    # No policy and no card was given, classes are no pictures, and a volume has no height and width for gratings of
    # pixels and for its poolings.
    assert left_out <= {"policy", "card", "technical", "pixels", *(("edges", "pooling") if name == "volume" else ())}
    files = report.save(tmp_path / "report", ("html", "json"))
    assert [file.name for file in files] == ["report.html", "report.json"]
    assert lost(files[0].read_text(encoding="utf-8")) == set()
    again = reportgen.read(files[1])
    assert [each.title for each in again.findings] == [each.title for each in report.findings]


def test_kinds_are_what_they_are_called() -> None:
    made = {name: kinds.planted(name) for name in ("mixed precision", "int8", "pruned", "subclassed", "nested")}
    assert made["mixed precision"].get_layer("conv").compute_dtype == "bfloat16"
    assert any(str(weight.dtype) == "int8" for weight in made["int8"].weights)
    assert min(
        float((weights == 0).mean()) for weights in made["pruned"].layers[-1].get_weights()[:1]
    ) == pytest.approx(kinds.QUARTER, abs=0.05)
    assert not isinstance(made["subclassed"], keras.Sequential)
    assert any(isinstance(layer, keras.Model) for layer in made["nested"].layers)
