"""Networks that read signals, volumes, films or tables: the whole report, in their own words."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.document.report import Report
from reportgen.models.extraction import extract
from reportgen.models.inspection import inspect
from reportgen.pipeline.explain import explain
from reportgen.renderers import html
from reportgen.sections.maps import Content as Maps
from reportgen.sections.samples import Content as Samples
from tests.browser import Browser
from tests.models import toys
from tests.no_pictures import film, signal, table, volume

pytestmark = pytest.mark.keras
layers = keras.layers


MODELS = [(signal, "signal"), (volume, "volume"), (film, "sequence"), (table, "sample")]
each = pytest.mark.parametrize(("build", "word"), MODELS, ids=[word for _, word in MODELS])


@cache
def report_on(build: Any) -> Report:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(build(), name="toy")
    samples = np.random.default_rng(0).normal(size=(6, *model.input_shape[1:])).astype(np.float32)
    return explain(model, samples, [0, 1, 2, 0, 1, 2], **toys.SHORT)


def content(report: Report, name: str) -> Any:
    return next(section.content for section in report.sections if section.name == name)


@each
def test_whole_report_agrees_with_the_model_and_speaks_its_words(build: Any, word: str) -> None:
    report = report_on(build)
    assert [finding.title for finding in report.findings if finding.severity == "failed"] == []
    captions = [
        sheet.figure.caption + sheet.figure.alt
        for sample in content(report, "maps").samples
        for layer in sample.layers
        for sheet in layer.sheets
    ]
    answers = [section.answer for section in report.sections]
    titles = [section.title for section in report.sections] + [finding.title for finding in report.findings]
    glossary = [term.meaning for term in content(report, "glossary").terms if term.term != "activation map"]
    said = " ".join(captions + answers + titles + glossary)
    assert "image" not in said
    assert word in said
    assert f"multiply-adds for one {word}" in html.document(report, "screen")


@each
def test_every_sample_has_a_figure_that_says_how_to_read_it(build: Any, word: str) -> None:
    samples: Samples = content(report_on(build), "samples")
    for sample in samples.samples:
        assert sample.figure.alt.startswith(f"Sample {sample.index}: ")
        assert word in sample.figure.alt
        assert sample.figure.dark_data or "from left to right" in sample.figure.caption


@each
def test_every_channel_of_every_layer_is_shown_once_and_in_order(build: Any, word: str) -> None:
    del word
    maps: Maps = content(report_on(build), "maps")
    assert maps.samples[0].layers
    for layer in maps.samples[0].layers:
        assert [channel for sheet in layer.sheets for channel in sheet.channels] == list(range(layer.shape[-1]))
        assert len(layer.channels) == layer.shape[-1]


def test_long_signal_says_what_a_point_stands_for() -> None:
    model = keras.Sequential([keras.Input((16_000, 1)), layers.Conv1D(2, 9, name="conv")], name="toy")
    signals = np.random.default_rng(0).normal(size=(3, 16_000, 1)).astype(np.float32)
    report = explain(model, signals, section="maps")
    sample = content(report, "maps").samples[0]
    assert "a band from the lowest to the highest of 25 neighbouring positions" in sample.curves.caption
    assert (
        "Each point drawn shows the highest of 13 neighbouring positions." in sample.layers[0].sheets[0].figure.caption
    )
    assert sample.layers[0].shape == (15_992, 2)


@pytest.mark.parametrize(
    ("shape", "given"), [((None, 1), (40, 1)), ((None, None, None, 1), (6, 7, 8, 1)), ((None, 6, 6, 1), (4, 6, 6, 1))]
)
def test_open_sizes_of_signals_volumes_and_films_are_filled_in(
    shape: tuple[int | None, ...], given: tuple[int, ...]
) -> None:
    conv: Any = {2: layers.Conv1D(2, 3), 4: layers.Conv3D(2, 3)}[len(shape)]
    if shape[1:] == (6, 6, 1):
        conv = layers.TimeDistributed(layers.Conv2D(2, 3))
    model = keras.Sequential([keras.Input(shape), conv])
    (call,) = inspect(model, {"": given}).layers
    assert call.input_shape == given
    assert all(check.agrees for check in call.checks)
    assert extract(model, conv.name, {"": given}) is not None


def rows(values: Any, model: Any) -> tuple[Any, str]:
    """The range that a report's first sample had, and what was done to all."""
    found: Samples = content(explain(model, values, pick=["index:0"], section="samples"), "samples")
    return found.samples[0].value_range, " ".join(found.notes)


def test_whole_numbers_of_a_signal_are_left_as_they_are() -> None:
    counts = np.random.default_rng(0).integers(0, 256, (4, 30, 1), dtype=np.uint8)
    counts[0, :2, 0] = 3, 250
    model = keras.Sequential([keras.Input((30, 1)), layers.Conv1D(2, 3), layers.GlobalMaxPooling1D()])
    (low, high), notes = rows(counts, model)
    assert (low, high) == (counts[0].min(), counts[0].max())
    assert "they were left as they are, because they are not pictures" in notes


def test_whole_numbers_of_pictures_without_a_channel_axis_are_divided() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 6, 6), dtype=np.uint8)
    model = keras.Sequential([keras.Input((6, 6)), layers.Reshape((6, 6, 1)), layers.Conv2D(2, 3)])
    (_, high), notes = rows(pictures, model)
    assert high == pytest.approx(pictures[0].max() / 255)
    assert "they were divided by 255" in notes


@pytest.mark.parametrize("keeps", [True, False])
def test_film_of_channels_first_has_the_maps_of_the_same_film_with_channels_last(keeps: bool) -> None:
    last = keras.Sequential(
        [keras.Input((4, 6, 5, 3)), layers.ConvLSTM2D(2, 3, return_sequences=keeps, name="conv")], name="toy"
    )
    first = keras.Sequential(
        [
            keras.Input((4, 3, 6, 5)),
            layers.ConvLSTM2D(2, 3, return_sequences=keeps, data_format="channels_first", name="conv"),
        ],
        name="toy",
    )
    first.set_weights(last.get_weights())
    films = np.random.default_rng(0).random((2, 4, 6, 5, 3), dtype=np.float32)
    reports = [
        explain(model, each, pick=["index:1"], section=["summary", "samples", "maps"])
        for model, each in ((last, films), (first, np.moveaxis(films, -1, 2)))
    ]
    shown = [content(report, "samples").samples[0].figure.data for report in reports]
    assert shown[0] == shown[1]
    layers_ = [content(report, "maps").samples[0].layers[0] for report in reports]
    for one, other in zip(layers_[0].channels, layers_[1].channels, strict=True):
        np.testing.assert_allclose((one.minimum, one.mean), (other.minimum, other.mean), rtol=1e-4, atol=1e-6)
    answers = [next(section.answer for section in report.sections if section.name == "summary") for report in reports]
    assert answers[0].split(" and predicts")[0] == answers[1].split(" and predicts")[0]
    assert "4\N{NARROW NO-BREAK SPACE}×\N{NARROW NO-BREAK SPACE}6\N{NARROW NO-BREAK SPACE}×" in answers[0]


def test_no_page_scrolls_sideways_on_a_phone(tmp_path: Path) -> None:
    with Browser() as browser:
        for build, word in MODELS:
            file = tmp_path / f"{word}.html"
            file.write_text(html.document(report_on(build), "screen"), encoding="utf-8")
            page = browser.open(file.as_uri(), width=360)
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0, word
