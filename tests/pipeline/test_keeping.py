"""The page keeps to its budget, measured in bytes of written files, and says what it leaves out."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from reportgen import explain, write
from reportgen.errors import OptionsError, RenderError
from reportgen.models.inspection import inspect
from reportgen.options import make
from reportgen.pipeline import keeping
from reportgen.renderers import forms
from reportgen.renderers.tools import Tools
from reportgen.sections.maps import Content
from tests.commands import here

SIDE = 32


def bottlenecks() -> Any:
    """A small network of ResNet's kind: grids of many positions first, of many channels last."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    x = image = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(64, 7, 2, padding="same", name="stem")(keras.layers.Resizing(64, 64)(x))
    for stage, channels in enumerate((32, 64)):
        y = layers.Conv2D(channels, 1, 2, activation="relu", name=f"reduce_{stage}")(x)
        y = layers.Conv2D(channels, 3, padding="same", activation="relu", name=f"look_{stage}")(y)
        x = layers.Add()(
            [layers.Conv2D(channels * 2, 1, name=f"widen_{stage}")(y), layers.Conv2D(channels * 2, 1, 2)(x)]
        )
    return keras.Model(image, layers.Dense(3, "softmax")(layers.GlobalAveragePooling2D(name="pool")(x)))


IMAGES = np.random.default_rng(1).random((4, SIDE, SIDE, 3)).astype(np.float32)
SKIP = ("activations", "edges", "pooling", "names", "calculations", "why", "channels")
FEW = "900kB"  # of one sample all maps take 1.3 MB by the plan, one map in each grid 0.8 MB


@pytest.fixture(scope="module")
def model() -> Any:
    return bottlenecks()


@cache
def explained(model: Any, num_samples: int, options: tuple[tuple[str, Any], ...]) -> Any:
    """The report with these options, which several tests write."""
    pick = "index:" + ",".join(map(str, range(num_samples)))
    return explain(model, IMAGES, pick=pick, **{"skip_section": SKIP, **dict(options)})


def pages(folder: Path, model: Any, num_samples: int = 2, assets_dir: str | None = None, **options: Any) -> Any:
    """The report, the bytes of its page with what stands beside it, and its facts."""
    report = explained(model, num_samples, tuple(options.items()))
    write(report, folder, ("html", "json"), assets_dir=assets_dir)
    size_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.suffix != ".json" and path.is_file())
    return report, size_bytes, json.loads((folder / "report.json").read_bytes())


def grids(report: Any) -> list[Any]:
    (content,) = (section.content for section in report.sections if section.name == "maps")
    assert isinstance(content, Content)
    return [layer for sample in content.samples for layer in sample.layers]


@pytest.mark.keras
def test_page_that_was_made_for_a_trial_is_the_one_that_is_written(tmp_path: Path, model: Any) -> None:
    report, _, _ = pages(tmp_path, model, max_size=FEW)
    trials = dict(report.made)
    assert set(trials) == {".html", ".json"}
    anew = replace(report, made=())
    for suffix, data in trials.items():
        assert (tmp_path / f"report{suffix}").read_bytes() == data
        assert forms.ending_in(suffix).render(anew, Tools()) == data
    # Far from its budget no page is made for a trial.
    assert explain(model, IMAGES, pick="index:0", skip_section=(*SKIP, "maps")).made == ()


@pytest.mark.keras
@pytest.mark.parametrize("num_samples", [1, 3])
def test_plan_estimates_no_less_than_what_is_written(tmp_path: Path, model: Any, num_samples: int) -> None:
    report, size_bytes, _ = pages(tmp_path, model, num_samples)
    planned = keeping.planned(inspect(model), num_samples, make({"skip_section": SKIP}))
    assert size_bytes <= planned.html_bytes <= 3 * size_bytes
    assert (tmp_path / "report.json").stat().st_size <= planned.json_bytes
    assert [layer.shown for layer in grids(report)] == [None] * len(planned.grids)
    assert "RG501" not in {finding.code for finding in report.findings}


@pytest.mark.keras
@pytest.mark.parametrize(("max_size", "assets_dir"), [("1MB", None), (FEW, None), (FEW, "beside")])
def test_page_never_takes_more_than_its_budget(
    tmp_path: Path, model: Any, max_size: str, assets_dir: str | None
) -> None:
    report, size_bytes, facts = pages(tmp_path, model, max_size=max_size, assets_dir=assets_dir)
    assert size_bytes <= make({"max_size": max_size}).max_size
    cut = [layer for layer in grids(report) if layer.shown is not None]
    assert cut
    title = next(found.title for found in report.findings if found.code == "RG501")
    every = sum(len(layer.channels) for layer in grids(report))
    left = sum(len(layer.shown or layer.channels) for layer in grids(report))
    assert re.sub(r"[\u202f\xa0]", "", title).startswith(f"{left} of {every} activation maps are shown")
    assert ["max-size", [max_size]] in [[fact["name"], fact["value"]] for fact in facts["run"]["options"]]
    for layer in facts["sections"]["maps"]["content"]["samples"][0]["layers"]:
        assert [numbers["channel"] for numbers in layer["channels"]] == list(range(layer["shape"][-1]))


def cards(report: Any) -> list[int]:
    """How many cards of channels each layer has."""
    (content,) = (section.content for section in report.sections if section.name == "channels")
    return [len(layer.cards) for layer in content.layers]


@pytest.mark.keras
def test_cards_of_channels_give_way_before_maps_and_maps_before_the_last_card(tmp_path: Path, model: Any) -> None:
    # The image that is made for a channel of the first layer takes the least time.
    spare: dict[str, Any] = {
        "ablation_budget": "50", "dream": ("stem:0",), "dream_steps": 1,
        "section": ("maps", "channels"), "skip_section": (),
    }  # fmt: skip
    whole, _, _ = pages(tmp_path / "whole", model, 1, **spare)
    without = keeping.planned(inspect(model), 1, make({"skip_section": ("channels",)})).html_bytes
    # Cards may take a fifth; what is left of this is room for every map.
    bound = without * 3 // 2
    report, size_bytes, _ = pages(tmp_path / "cards", model, 1, max_size=bound, **spare)
    assert size_bytes <= bound
    assert [layer.shown for layer in grids(report)] == [None] * len(grids(whole))
    assert sum(cards(report)) < sum(cards(whole))
    assert all(1 <= fewer <= more for fewer, more in zip(cards(report), cards(whole), strict=True))
    text = (tmp_path / "cards" / "report.html").read_text(encoding="utf-8")
    (content,) = (section.content for section in report.sections if section.name == "channels")
    for layer in content.layers:
        assert re.search(rf"\b{len(layer.cards)} of (the other )?{layer.num_lively} below, the most telling;", text)
    least, size_bytes, _ = pages(tmp_path / "least", model, 1, max_size="1850kB", **spare)
    assert size_bytes <= 1_850_000
    assert any(layer.shown is not None for layer in grids(least))
    assert min(cards(least)) >= 1
    assert sum(cards(least)) <= sum(cards(report))


class _Page(HTMLParser):
    """What a reader finds in each layer's part of the page: captions, titles, numbers below tiles."""

    def __init__(self) -> None:
        super().__init__()
        self.layers: list[dict[str, list[str]]] = []
        self._into = ""
        self._numbered = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        if tag == "details" and known.get("class") == "layer":
            self.layers.append({"caption": [], "alt": [], "tile": []})
        names = {"figcaption": "caption", "title": "alt"}
        if tag == "g":
            self._numbered = known.get("class") == "tile-numbers"
        into = names.get(tag, "")
        if tag == "text" and self._numbered:
            into = "tile"
        if into and self.layers:
            self._into = into
            self.layers[-1][into].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"figcaption", "title", "text"}:
            self._into = ""
        if tag == "g":
            self._numbered = False

    def handle_data(self, data: str) -> None:
        if self._into and self.layers and self.layers[-1][self._into]:
            self.layers[-1][self._into][-1] += data


@pytest.mark.keras
def test_cut_grid_says_how_many_it_shows_and_which_one_every_tile_is(tmp_path: Path, model: Any) -> None:
    report, _, _ = pages(tmp_path, model, 1, max_size=FEW)
    page = _Page()
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page.feed(text.partition('id="maps"')[2].partition('id="provenance"')[0])
    found = grids(report)
    assert len(page.layers) == len(found)
    first = keras.Model(model.input, model.get_layer("stem").output)(IMAGES[:1]).numpy()[0]
    strongest = [int(place) for place in np.argsort(-np.sqrt((first.astype(np.float64) ** 2).mean((0, 1))))]
    for layer, told in zip(found, page.layers, strict=True):
        total, shown = len(layer.channels), layer.shown
        if shown is None:
            continue
        words = f"{len(shown)} of {total} shown, most active first"
        assert told["caption"][0].partition(". ")[2].startswith(words)
        assert told["alt"][0].startswith(words)
        assert [int(number) for number in told["tile"]] == list(shown)
    stem = next(layer for layer in found if layer.path == "stem")
    assert stem.shown is not None
    assert list(stem.shown) == strongest[: len(stem.shown)]
    sheet = stem.sheets[0]
    drawn = np.asarray(Image.open(io.BytesIO(sheet.figure.data)))
    tile = drawn[: sheet.tile_height_px - sheet.number_px, : sheet.tile_width_px].astype(np.float64)
    volume = first[..., stem.shown[0]]
    assert np.allclose(tile, 255 * (volume - volume.min()) / (volume.max() - volume.min()), atol=1)


@pytest.mark.keras
def test_what_the_plan_cannot_know_is_measured_and_gives_way(tmp_path: Path, model: Any) -> None:
    # Templates of the user's own may say everything twice: no estimate can know it.
    (tmp_path / "own").mkdir()
    parts = (Path(__file__).parents[2] / "templates" / "parts.html").read_text(encoding="utf-8")
    twice = parts.replace(
        "{{ caption(item.figure, number) }}", "<p hidden>{{ 'long ' * 30000 }}</p>{{ caption(item.figure, number) }}"
    )
    assert twice != parts
    (tmp_path / "own" / "parts.html").write_text(twice, encoding="utf-8")
    report, size_bytes, _ = pages(tmp_path / "out", model, 1, max_size="2200kB", templates=tmp_path / "own")
    assert 1_500_000 < size_bytes <= 2_200_000
    assert any(layer.shown is not None for layer in grids(report))


@pytest.mark.keras
def test_command_says_what_gave_way(tmp_path: Path, model: Any) -> None:
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", IMAGES)
    left_out = [word for name in SKIP for word in ("--skip-section", name)]
    shown = here(
        "build", "model.keras", "--data", "images.npy", "--pick", "index:0", "--format", "html",
        "--max-size", FEW, *left_out, cwd=tmp_path,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    told = r"[\d\s]+ of [\d\s]+ activation maps are shown, to keep the page within 0\.9\sMB\."
    assert [re.fullmatch(told, line) is not None for line in shown.stderr.splitlines()].count(True) == 1, shown.stderr
    assert (tmp_path / "reportgen-report" / "report.html").stat().st_size <= 900_000


@pytest.mark.keras
def test_budget_that_even_the_least_does_not_keep_is_refused(model: Any) -> None:
    with pytest.raises(OptionsError, match=r"takes 0\.\d+.MB without any map .* Expected at most 0\.1.MB\. Raise"):
        explain(model, IMAGES, pick="index:0", max_size=100_000, skip_section=SKIP)


@pytest.mark.keras
def test_page_above_its_bound_is_never_written(tmp_path: Path, model: Any) -> None:
    report = replace(explained(model, 1, ()), max_size_bytes=150_000)
    with pytest.raises(RenderError, match=r"report\.html takes .* Expected at most 0\.15.MB"):
        write(report, tmp_path, ("html",))
    assert not (tmp_path / "report.html").exists()


@pytest.mark.keras
@pytest.mark.parametrize("max_size", ["25MB", FEW])
def test_paper_has_a_sheet_of_its_own_and_says_where_the_rest_is(tmp_path: Path, model: Any, max_size: str) -> None:
    report, _, _ = pages(tmp_path, model, 1, max_size=max_size, pdf_channels=8)
    for layer in grids(report):
        (sheet,) = layer.sheets_on_paper
        elsewhere = "all" if layer.shown is None else len(layer.shown)
        assert len(sheet.channels) == 8
        assert re.match(
            rf"8 of {len(layer.channels)} shown, most active first; {elsewhere} in the HTML: activation maps of",
            sheet.figure.caption,
        )
        assert layer.sheets[0].figure.data != sheet.figure.data
    assert any(layer.shown is not None for layer in grids(report)) == (max_size != "25MB")
