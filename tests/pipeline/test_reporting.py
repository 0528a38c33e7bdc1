"""A model in memory -> a report: every way to build a model, the same report every time, and the model as it was."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import keras
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reportgen import writing
from reportgen.document.report import Fact, Report
from reportgen.errors import DataError, ModelError, OptionsError, UnknownNameError
from reportgen.language.numerals import unbroken
from reportgen.options import make
from reportgen.pipeline import feeding, origins, reporting
from reportgen.pipeline.explain import explain
from reportgen.renderers import html
from reportgen.renderers import json as json_renderer
from reportgen.renderers.published import published_schema
from tests import typefaces
from tests.golden_files import json_differences, page_differences
from tests.links import lost
from tests.models import toys
from tests.sources.examples import example, write

GOLDEN = Path(__file__).parents[1] / "golden"
EPOCH = "1767225600"

pytestmark = pytest.mark.keras


def images(shape: tuple[int, ...], count: int = 6) -> npt.NDArray[np.float32]:
    """Images in which every pixel is one of a few numbers that every number format holds exactly."""
    values = np.arange(count * int(np.prod(shape))) * 7 % 16 / 16
    return values.reshape(count, *shape).astype(np.float32)


def contents(report: Report) -> Any:
    return json.loads(json_renderer.render(report))


@cache
def usual_model() -> Any:
    return toys.sequential()


def usual_report() -> Report:
    """The report on the sequential toy, with labels."""
    return explain(usual_model(), images((6, 6, 1)), [0, 1, 2, 0, 1, 2], class_names=["ant", "bee", "cat"])


@pytest.fixture(scope="module")
def usual() -> Report:
    return usual_report()


@pytest.mark.parametrize(
    ("build", "shape", "paths"),
    [
        (toys.sequential, (6, 6, 1), ["conv", "pool", "flat", "scores"]),
        (toys.functional, (4, 4, 1), ["left", "right", "join"]),
        (toys.nested, (4, 4, 1), ["middle/core/conv", "middle/relu", "pool"]),
        (toys.shared, (4, 4, 1), ["sh", "sh#2", "sh#3", "join"]),
        (toys.subclassed, (6, 6, 1), ["start", "branches/first", "branches/second", "branches/pool", "head"]),
    ],
    ids=["sequential", "functional", "nested", "shared", "subclassed"],
)
def test_every_call_of_every_kind_of_model_is_reported(
    build: Callable[[], Any], shape: tuple[int, ...], paths: list[str]
) -> None:
    model = build()
    batch = images(shape)
    before = np.asarray(model(batch))
    report = explain(model, batch, pick="index:0", **toys.SHORT)
    assert [call.path for call in report.model.layers] == paths
    assert [finding.title for finding in report.findings if finding.severity == "failed"] == []
    assert not report.failed
    assert np.array_equal(np.asarray(model(batch)), before)
    assert html.render(report).startswith(b"<!DOCTYPE html>")


def test_a_report_is_what_its_schema_says(usual: Report) -> None:
    schema = json.loads(published_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(contents(usual), schema)


@pytest.mark.usefixtures("true_charts")
def test_two_reports_on_one_model_are_equal(usual: Report) -> None:
    second = usual_report()
    assert json_renderer.render(usual) == json_renderer.render(second)
    assert html.render(usual) == html.render(second)


def test_new_names_stand_in_the_report_and_the_model_keeps_its_own() -> None:
    model = toys.sequential()
    weights = [weight.copy() for weight in model.get_weights()]
    report = explain(model, images((6, 6, 1)), rename=["conv=first", "pool=conv"], layers="conv", **toys.SHORT)
    assert [call.path for call in report.model.layers] == ["first", "conv", "flat", "scores"]
    assert [layer.name for layer in model.layers] == ["conv", "pool", "flat", "scores"]
    assert all(np.array_equal(*pair) for pair in zip(weights, model.get_weights(), strict=True))
    assert report.model.weights_sha256 == explain(model, images((6, 6, 1)), section="summary").model.weights_sha256


@pytest.mark.parametrize(
    ("names", "error", "sentence"),
    [
        (["conv=first", "pool=first"], OptionsError, "'pool' cannot be called 'first': another layer has that name"),
        (["conv=pool"], OptionsError, "'conv' cannot be called 'pool': another layer has that name"),
        (["conv=first", "conv=second"], UnknownNameError, "no layer called 'conv'. Expected one of: pool, flat"),
        (["conv=a/b"], OptionsError, "without '/'"),
    ],
    ids=["same-new-name", "taken", "same-old-name", "slash"],
)
def test_a_rename_that_fails_halfway_leaves_all_names(names: list[str], error: type[Exception], sentence: str) -> None:
    model = toys.sequential()
    with pytest.raises(error, match=re.escape(sentence)):
        explain(model, images((6, 6, 1)), rename=names)
    assert [layer.name for layer in model.layers] == ["conv", "pool", "flat", "scores"]


@pytest.mark.parametrize(
    ("labels", "class_names", "expected"),
    [
        ([0, 2, 1, 0, 1, 2], (), ["0", "2", "1", "0", "1", "2"]),
        (np.eye(3)[[0, 2, 1, 0, 1, 2]], (), ["0", "2", "1", "0", "1", "2"]),
        ([0, 2, 1, 0, 1, 2], ("ant", "bee", "cat"), ["ant", "cat", "bee", "ant", "bee", "cat"]),
        (["cat", "ant", "bee", "cat", "ant", "bee"], (), ["cat", "ant", "bee", "cat", "ant", "bee"]),
        (None, (), [None] * 6),
    ],
    ids=["numbers", "one-hot", "named", "words", "none"],
)
def test_labels_come_in_many_forms(labels: Any, class_names: tuple[str, ...], expected: list[str | None]) -> None:
    report = explain(
        toys.sequential(),
        images((6, 6, 1)),
        labels,
        class_names=class_names,
        pick="index:0,1,2,3,4,5",
        section="samples",
    )
    samples = contents(report)["sections"]["samples"]["content"]["samples"]
    assert [sample["label"] for sample in samples] == expected


def test_chosen_chapters_are_the_ones_in_the_report_in_its_order() -> None:
    report = explain(
        toys.sequential(), images((6, 6, 1)), section=["glossary", "architecture", "names"], skip_section="names"
    )
    assert [section.name for section in report.sections] == ["architecture", "glossary"]


@cache
def chapter_alone(section: str) -> Report:
    """The usual report, of one chapter."""
    return explain(toys.sequential(), images((6, 6, 1)), [0, 1, 2, 0, 1, 2], section=section)


@pytest.mark.parametrize("section", ["summary", "architecture", "activations"])
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_a_chapter_that_stands_alone_links_to_nothing_that_is_left_out(section: str, medium: html.Medium) -> None:
    page = html.document(chapter_alone(section), medium)
    assert f' id="{section}"' in page
    assert lost(page) == set()


@pytest.mark.parametrize(
    ("given", "said"),
    [((), ""), ((images((6, 6, 1)),), ", images"), ((images((6, 6, 1)), [0, 1, 2, 0, 1, 2]), ", images, labels")],
    ids=["nothing", "images", "labels"],
)
def test_what_was_called_is_how_it_is_made_again(given: tuple[Any, ...], said: str) -> None:
    report = explain(toys.sequential(), *given, section="provenance")
    assert report.run.command == f"reportgen.explain(model{said}, …)"


def test_without_data_chapters_that_need_images_are_left_out() -> None:
    origin = origins.Origin(toys.sequential(), ())
    report = reporting.make_report(origin, None, make({}))
    names = [section.name for section in report.sections]
    assert {"summary", "architecture", "calculations", "provenance", "glossary"} <= set(names)
    assert not {"samples", "activations", "names"} & set(names)


@pytest.mark.parametrize(
    ("choices", "error", "sentence"),
    [
        (
            {"layers": "dense*"},
            UnknownNameError,
            "no conv or pooling layer called 'dense*'. Expected one of: conv, pool",
        ),
        ({"pick": "index:6"}, DataError, "no sample 6 in data of 6 images. Expected 0 to 5. Change pick="),
        ({"pick": "wrong:1"}, DataError, "it needs labels"),
        ({"pick": "best:1"}, OptionsError, "Samples cannot be picked by 'best:1'"),
        ({"section": "dreams"}, OptionsError, "no chapter called 'dreams'. Expected one of: summary, policy"),
        (
            {"pdf_annexes": "edges"},
            OptionsError,
            "'edges' is no annex: the PDF has it in any case. Expected all, none, or",
        ),
        ({"section": "names", "skip_section": "names"}, OptionsError, "No chapter is left"),
        ({"colour": "red"}, OptionsError, "no argument 'colour'. Did you mean 'colormap'"),
        ({"colormap": "red"}, OptionsError, "colormap got 'red'. Expected: 'gray' or 'viridis'"),
        ({"seed": -1}, OptionsError, "seed got -1"),
    ],
    ids=["layers", "index", "labels", "pick", "section", "annex", "nothing", "unknown", "value", "seed"],
)
def test_a_choice_that_means_nothing_is_one_sentence(
    choices: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        explain(toys.sequential(), images((6, 6, 1)), **choices)


def test_picking_without_images_is_one_sentence() -> None:
    with pytest.raises(OptionsError, match=r"picked by wrong:1: there are no images\..* Give them with --data"):
        reporting.make_report(origins.Origin(toys.sequential(), ()), None, make({"pick": "wrong:1"}))


def test_a_model_without_conv_layers_is_one_sentence() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)], name="flat")
    with pytest.raises(ModelError, match="'flat' has no conv or pooling layer; its layers are Dense, Flatten"):
        explain(model, images((4, 4, 1)))


@pytest.mark.parametrize(("resize", "words"), [("crop", "proportions kept"), ("stretch", "proportions not kept")])
def test_images_of_another_size_are_fitted_and_the_samples_say_so(resize: str, words: str) -> None:
    report = explain(toys.sequential(), images((9, 12, 3)), resize=resize, section="samples")
    said = f"resized to 6 × 6 pixels (bilinear, {words}): 9 × 12 × 3 became 6 × 6 × 1."
    assert unbroken(said) in html.render(report).decode()


def test_what_was_chosen_about_reading_reaches_the_data(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.repeat(np.arange(12, dtype=np.uint8)[None] * 20, 6, axis=0)).save(stream, "PNG")
    spec = write(tmp_path / "a", [example(scan=stream.getvalue(), kind=b"cat")])
    options = make({"feature": ["image=scan", "label=kind"], "resize": "stretch"})
    dataset = feeding.opened(toys.sequential(), spec, options)
    assert dataset.class_names == ("cat",)
    # Stretched, the ends of the strip are there still: 0, 20, 40 … come out as 10, 50, 90 …, but for the first and the
    # last, whose triangle of weights ends at the border: (0.75 · 0 + 0.75 · 20 + 0.25 · 40) / 1.75 = 14.3.
    assert dataset.read([0])[0, 0, :, 0].tolist() == [14, 50, 90, 130, 170, 206]


def test_images_of_another_shape_are_one_sentence() -> None:
    with pytest.raises(DataError, match=r"5 × 5 × 2.*Expected images of 6 × 6 × 1"):
        explain(toys.sequential(), images((5, 5, 2)))


def test_as_many_labels_as_images_are_needed() -> None:
    with pytest.raises(DataError, match="6 images and 2 labels"):
        explain(toys.sequential(), images((6, 6, 1)), [0, 1])


@pytest.mark.numbers
@pytest.mark.parametrize("value", [np.nan, np.inf], ids=["nan", "infinity"])
def test_weights_that_are_no_numbers_fail_the_report_and_are_named(value: float) -> None:
    model = toys.sequential()
    kernel, bias = model.layers[0].get_weights()
    kernel[0, 0, 0, 1] = value
    model.layers[0].set_weights([kernel, bias])
    report = explain(model, images((6, 6, 1)), [0, 1, 2, 0, 1, 2], pick="index:0", **toys.SHORT)
    assert report.failed
    failed = [finding.title for finding in report.findings if finding.severity == "failed"]
    assert any(title.endswith("conv/kernel hold NaN or infinity.") for title in failed)
    assert "Activations of conv hold NaN or infinity." in failed
    jsonschema.validate(contents(report), json.loads(published_schema()))
    assert html.render(report).startswith(b"<!DOCTYPE html>")


@pytest.mark.numbers
def test_numbers_that_overflow_inside_the_network_fail_the_report() -> None:
    model = toys.sequential()
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([np.full_like(kernel, 3e38), bias])
    report = explain(model, images((6, 6, 1)), **toys.SHORT)
    assert report.failed
    assert ("RG102", "conv") in [(finding.code, finding.where) for finding in report.findings]
    assert html.render(report).startswith(b"<!DOCTYPE html>")


def test_a_formula_that_disagrees_with_the_model_fails_the_report() -> None:
    model = toys.sequential()
    model.layers[-1].use_bias = False  # its configuration now says what its weights do not
    report = explain(model, images((6, 6, 1)), section=["summary", "calculations"])
    assert report.failed
    failed = [finding for finding in report.findings if finding.severity == "failed"]
    # 8 inputs, 3 units: 8 · 3 by formula, and 3 biases that are there all the same.
    assert [(finding.title, finding.detail) for finding in failed] == [
        (
            "scores: formula and model disagree (parameters).",
            "Formula: 24; the model's own count: 27.",
        )
    ]


def test_hostile_names_are_text() -> None:
    hostile = ("<script>alert(1)<", "x" * 5000, "a\x1b[31m\u202eb", "卷积{{ 7*7 }}")
    model = toys.sequential()
    for layer, name in zip(model.layers, hostile, strict=True):
        layer.name = name
    choices: dict[str, Any] = {"class_names": hostile[:3], "title": " ".join(hostile), "pick": "index:0", **toys.SHORT}
    report = explain(model, images((6, 6, 1)), [0, 1, 2, 0, 1, 2], **choices)
    page = html.render(report).decode("utf-8")
    assert "<script" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    assert "{{ 7*7 }}" in page
    assert tuple(layer["path"] for layer in contents(report)["model"]["layers"]) == hostile


@pytest.mark.parametrize(
    ("epoch", "created"), [(None, None), ("0", "1970-01-01T00:00:00Z"), (EPOCH, "2026-01-01T00:00:00Z")]
)
def test_the_time_is_that_of_the_environment_or_none(
    monkeypatch: pytest.MonkeyPatch, epoch: str | None, created: str | None
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    if epoch is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert reporting.created() == created


@pytest.mark.parametrize("epoch", ["now", "1.5", "9" * 30])
def test_a_time_that_is_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(OptionsError, match=f"SOURCE_DATE_EPOCH is '{epoch}'. Expected seconds since 1970"):
        reporting.created()


@pytest.mark.numbers
@pytest.mark.parametrize("name", ["report.json", "report.html"])
def test_golden_report(usual: Report, name: str, update_golden: bool) -> None:
    report = _without_this_machine(usual)
    made = _without_last_digits(report) if name == "report.json" else _without_looks(html.render(report).decode())
    if update_golden:
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(made, encoding="utf-8")
    differences = json_differences if name == "report.json" else page_differences
    assert differences(made, (GOLDEN / name).read_text(encoding="utf-8")) == []


def _without_this_machine(report: Report) -> Report:
    run = replace(
        report.run, created="2026-01-01T00:00:00Z", versions=(Fact("reportgen", "1"),), machine=(Fact("threads", 1),)
    )
    contents: list[Any] = [section.content for section in report.sections]
    sections = tuple(
        replace(section, content=replace(content, run=run)) if hasattr(content, "run") else section
        for section, content in zip(report.sections, contents, strict=True)
    )
    return replace(report, run=run, sections=sections)


def _without_last_digits(report: Report) -> str:
    """The JSON, its numbers to six digits, without the hashes and sizes of pictures, which follow their libraries."""
    text = json_renderer.render(report).decode()
    text = re.sub(r'"size_bytes": \d+,\n(\s*)"sha256": "[0-9a-f]{64}"', r'"size_bytes": 0,\n\1"sha256": "…"', text)
    plain = json.loads(text, parse_float=lambda digits: float(f"{float(digits):.6g}"))
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def _without_looks(page: str) -> str:
    """The page without its style sheet and fonts, hashes of these and of the JSON, and the bytes of its pictures."""
    page = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", page)
    page = re.sub(r"<style>.*?</style>", "<style>…</style>", page, flags=re.DOTALL)
    page = re.sub(r"sha256-[A-Za-z0-9+/=]{44}", "sha256-…", page)
    return re.sub(r"data:([a-z/+0-9-]+);base64,[A-Za-z0-9+/=]+", r"data:\1;base64,…", page)


def test_characters_without_a_glyph_are_a_warning_that_every_format_tells(tmp_path: Path) -> None:
    others: dict[str, Any] = {"section": ["summary", "performance", "samples"]}
    report = _named(("ant", "層", "猫層"), **others)
    found = [finding for finding in report.findings if finding.code == "RG701"]
    assert [finding.severity for finding in found] == ["warning"]
    assert found[0].title == "The report's fonts have no glyph for 2\u00a0characters."
    assert found[0].detail.startswith("層 (U+5C64), 猫 (U+732B): ")
    assert "U+5C64, U+732B: the PDF" in html.document(report, "print"), "each number once"
    assert contents(report)["findings"] == [json.loads(json.dumps(asdict(each))) for each in report.findings]
    typefaces.save("層", tmp_path / "layer.ttf")
    covered = _named(("ant", "層"), font_dir=[tmp_path], **others)
    assert covered.findings == _named(("ant", "bee"), **others).findings


def test_fonts_of_the_user_s_are_in_the_provenance_without_their_folder(tmp_path: Path) -> None:
    font = typefaces.save("層", tmp_path / "fonts" / "layer.ttf")
    report = _named(("ant", "層"), font_dir=[tmp_path / "fonts"], section=["provenance"])
    digest = hashlib.sha256(font.read_bytes()).hexdigest()
    assert contents(report)["run"]["look"] == [{"name": "SHA-256 of the font layer.ttf", "value": digest}]
    page = html.document(report, "screen")
    assert digest in page
    assert str(tmp_path) not in page + json_renderer.render(report).decode()
    assert Fact("font-dir", ("fonts",)) in report.run.options


def test_changed_templates_are_told_with_their_hashes(tmp_path: Path) -> None:
    (tmp_path / "report.css").write_text("p { color: #123456 }", encoding="utf-8")
    report = _named(("ant", "bee"), templates=tmp_path, section=["summary", "provenance"])
    assert [finding.code for finding in report.findings].count("RG702") == 1
    digest = hashlib.sha256((tmp_path / "report.css").read_bytes()).hexdigest()
    assert contents(report)["run"]["look"] == [{"name": "SHA-256 of the template report.css", "value": digest}]
    page = html.document(report, "screen")
    assert "p { color: #123456 }" in page
    assert digest in page
    assert page == html.document(report, "screen")


def _named(classes: tuple[str, ...], **choices: Any) -> Report:
    labels = [place % len(classes) for place in range(6)]
    return explain(toys.sequential(), images((6, 6, 1)), labels, class_names=classes, **choices)


@pytest.mark.parametrize(
    ("name", "argument", "called"),
    [
        ("toy", "pets.keras", "toy"),
        ("functional", "pets.keras", "pets"),
        ("sequential_12", "models/pets.v2.h5", "pets.v2"),
        ("model_1", "", "model_1"),
        ("functional_forms", "pets.keras", "functional_forms"),
    ],
)
def test_model_without_a_name_of_its_own_is_called_by_its_file(name: str, argument: str, called: str) -> None:
    model = toys.sequential()
    model.name = name
    report = reporting.make_report(origins.Origin(model, (), argument), None, make({"section": "summary"}))
    assert report.title == f"What {called} sees"
    (summary,) = report.sections
    assert summary.answer.startswith(f"{name} reads" if called == name and argument else "The network reads")


def test_what_the_owner_states_is_in_the_report_and_a_policy_may_ask_for_it(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    card, policy = tmp_path / "mine.toml", tmp_path / "policy.toml"
    card.write_text('version = 1\n[model]\nname = "Reader"\nreadme = "README.md"\n', encoding="utf-8")
    policy.write_text('version = 1\n[card]\nrequired = ["model.name", "model.provider"]\n', encoding="utf-8")
    sections = ("summary", "policy", "provenance", "card", "technical")
    report = explain(toys.sequential(), images((6, 6, 1)), card=card, policy=policy, section=sections)
    assert [section.name for section in report.sections] == list(sections)
    made = contents(report)
    stated = {each["key"]: each["values"] for table in made["sections"]["card"]["content"]["tables"]
              for each in table["statements"] if each["values"]}  # fmt: skip
    assert stated == {"model.name": ["Reader"], "model.license": ["mit"]}
    results = made["sections"]["policy"]["content"]["results"]
    assert [(each["code"], each["where"], each["outcome"]) for each in results] == [
        ("RG721", "model.provider", "fail"), ("RG721", "model.name", "pass"),
    ]  # fmt: skip
    (ai_act, *_) = made["sections"]["technical"]["content"]["frameworks"]
    named = {each["chapter"] for point in ai_act["points"] for each in point["here"]}
    assert named == {"policy", "provenance"}
    facts = {fact["name"]: fact["value"] for fact in made["run"]["options"]}
    assert facts["card"] == ["mine.toml"]
    assert facts["SHA-256 of the card"] == hashlib.sha256(card.read_bytes()).hexdigest()
    assert facts["SHA-256 of the README that the card names"] == (
        hashlib.sha256((tmp_path / "README.md").read_bytes()).hexdigest()
    )
    written = writing.write(report, tmp_path / "made", ("model-card", "ml-bom"))
    assert [path.name for path in written] == ["report-model-card.md", "report.cdx.json"]
    assert written[0].read_text(encoding="utf-8").startswith('---\nlicense: "mit"\n')
    assert json.loads(written[1].read_bytes())["metadata"]["component"]["name"] == "Reader"
    assert writing.write(report, tmp_path / "made", "model-card") == written[:1]
    plain = explain(toys.sequential(), images((6, 6, 1)), section=sections)
    assert [section.name for section in plain.sections] == ["summary", "provenance"]


@pytest.mark.parametrize(
    ("demand", "code", "outcome"),
    [
        ("[cost]\nparameters = { max = 1 }", 4, "fail"),
        ("[cost]\nparameters = { max = 1_000_000 }", 0, "pass"),
        ("[performance]\naccuracy = { min = 0.99 }", 5, "unmeasured"),
    ],
)
def test_a_report_is_held_against_its_policy(tmp_path: Path, demand: str, code: int, outcome: str) -> None:
    (tmp_path / "mine.toml").write_text(f"version = 1\n{demand}\n", encoding="utf-8")
    report = explain(toys.sequential(), images((6, 6, 1)), policy=tmp_path / "mine.toml", section=("summary", "policy"))
    assert [section.name for section in report.sections] == ["summary", "policy"]
    assert report.verdict_code == code
    content = contents(report)["sections"]["policy"]["content"]
    assert [each["outcome"] for each in content["results"]] == [outcome]
    said = {
        0: "It meets the policy mine.toml.",
        4: "It does not meet the policy mine.toml: 1 of 1\u00a0demand is not met.",
        5: "These data cannot decide the policy mine.toml.",
    }[code]
    summary = contents(report)["sections"]["summary"]
    assert summary["answer"].endswith(f" {said}")
    assert "".join(phrase["text"] for phrase in summary["content"]["lead"]) == summary["answer"]
    named = {fact["name"]: fact["value"] for fact in contents(report)["run"]["options"]}
    assert named["policy"] == ["mine.toml"]
    assert named["SHA-256 of the policy"] == content["policy_sha256"]
    with pytest.raises(OptionsError, match="the chapter 'policy', which says what came of it, is left out"):
        explain(toys.sequential(), images((6, 6, 1)), policy=tmp_path / "mine.toml", section=("summary",))
