"""JSON read back: the same records, the same bytes when written again, and a sentence for what is no report."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from reportgen import registry
from reportgen.document.report import Fact, Figure, FontFile, Report, Score, Section, TemplateFile
from reportgen.errors import RenderError
from reportgen.evidence.activations import ChannelNumbers
from reportgen.pipeline.read import contents
from reportgen.records.model import Setting
from reportgen.renderers import json as renderer
from reportgen.renderers import parsing
from reportgen.sections import NAMES, summary
from tests import made
from tests.renderers import drawn, reports

GOLDEN = Path(__file__).parents[1] / "golden" / "report.json"
CONTENTS = contents()
TOY = {"activations": reports.Content}
MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
SOME = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def parsed(report: Report, known: Mapping[str, type] | None = None) -> Report:
    """A report after it was written and read; written again, it has the same bytes."""
    data = renderer.render(report)
    found = parsing.parse(data, known or CONTENTS)
    assert renderer.render(found) == data
    return found


def with_sections(*sections: Section) -> Report:
    return Report("What toy sees", "A toy", made.model(), made.run(), made.evidence().findings, sections)


@MANY
@given(drawn.reports(drawn.chapters(CONTENTS)))
def test_every_report_is_read_as_it_was_written(report: Report) -> None:
    assert drawn.differences(report, parsed(report)) == []


@pytest.mark.parametrize("name", NAMES)
@SOME
@given(some.data())
def test_content_of_every_chapter_is_read_as_it_was_written(name: str, data: some.DataObject) -> None:
    content = data.draw(drawn.values(CONTENTS[name]))
    report = with_sections(Section(name, "Title", "Answer.", content))
    assert drawn.differences(report, parsed(report)) == []


@SOME
@given(drawn.reports(some.just(())))
def test_a_report_that_was_read_stays_the_same_from_then_on(report: Report) -> None:
    once = parsed(report)
    assert drawn.differences(once, parsed(once)) == []


@pytest.fixture(scope="module")
def chapters() -> list[Section]:
    """All chapters of a small classifier."""
    return [registry.load("sections", name).build(made.evidence()) for name in NAMES]


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "in reverse"])
def test_all_chapters_of_a_small_classifier_are_read_in_their_order(order: int, chapters: list[Section]) -> None:
    report = with_sections(*chapters[::order])
    found = parsed(report)
    assert [section.name for section in found.sections] == list(NAMES[::order])
    assert drawn.differences(report, found) == []
    assert found.lacks_pictures


def test_golden_report_is_read() -> None:
    data = GOLDEN.read_bytes()
    found = parsing.parse(data, CONTENTS)
    assert renderer.render(found) == data
    # The model answers with classes, not with pictures, nothing was asked of it, and its owner stated nothing.
    missing = {"pixels", "policy", "card", "technical"}
    assert [section.name for section in found.sections] == [name for name in NAMES if name not in missing]
    assert found.model.layers[0].receptive_field == (3, 3)


def test_what_json_leaves_out_is_empty() -> None:
    report = Report(
        **{name: getattr(reports.report(), name) for name in ("title", "subject", "model", "run", "findings")},
        sections=reports.report().sections,
        fonts=(FontFile("plex.ttf", "ab", Path("plex.ttf")),),
        templates=(TemplateFile("report.html", "cd", "<p>"),),
        max_size_bytes=9,
        scores=(Score("scores", "probabilities", 10, 9, (0.6, 0.9), None),),
    )
    found = parsed(report, TOY)
    assert (found.fonts, found.templates, found.max_size_bytes, found.scores) == ((), (), 0, ())


def test_a_picture_keeps_its_size_and_hash_and_loses_its_bytes() -> None:
    (section,) = parsed(reports.report(), TOY).sections
    figure: Figure = section.content.figures[0]  # type: ignore[attr-defined]
    original = Figure("maps", "image/png", reports.png(), 2, 2, alt="Maps")
    assert (figure.data, figure.dark_data) == (b"", b"")
    assert (figure.size_bytes, figure.sha256) == (len(reports.png()), original.sha256)
    assert (figure.alt, figure.caption) == ("Maps of block_1/conv", "Maps of block_1/conv ⌊grey⌋")


@pytest.mark.parametrize("share", [math.nan, math.inf, -math.inf])
def test_a_number_that_may_be_missing_and_is_none_is_none(share: float) -> None:
    (section,) = parsed(reports.report(share=share), TOY).sections
    assert section.content.share is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("mean", [math.nan, math.inf, -math.inf])
def test_a_number_that_cannot_be_missing_and_is_none_is_nan(mean: float) -> None:
    numbers = made.numbers(mean=mean)
    found = parsing.parse(renderer.render(with_sections(Section("names", "", "", numbers))), {"names": ChannelNumbers})
    assert math.isnan(found.sections[0].content.mean)  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [1, 1.0, True, "1", "", (), (1, 2), -0.0, 10**30, 1e300], ids=repr)
def test_a_value_of_several_types_keeps_its_own(value: Any) -> None:
    content = summary.Content((), (), None, None, None, (), ())
    model = made.model(made.conv(settings=(Setting("kernel", value),)))
    report = Report("", "", model, made.run(), (), (Section("summary", "", "", content),))
    (setting,) = parsed(report).model.layers[0].settings
    assert (type(setting.value), repr(setting.value)) == (type(value), repr(value))
    assert parsed(report).run.machine[2] == Fact("accelerators", ())


def refusal(data: bytes) -> str:
    with pytest.raises(RenderError) as caught:
        parsing.parse(data, CONTENTS, "'report.json'")
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "'report.json' cannot be read as JSON (EOF while parsing"),
        (b"<!DOCTYPE html>", "cannot be read as JSON (expected value at line 1 column 1). Expected the whole file."),
        (b"%PDF-1.7\n\xff\xfe", "cannot be read as JSON"),
        (b'{"title": "\xff"}', "cannot be read as JSON (invalid unicode"),
        (b'{"title": NaN}', "cannot be read as JSON"),
        (b"[" * 1_000_000, "cannot be read as JSON (recursion limit exceeded"),
        (b'{"a":' * 100_000, "cannot be read as JSON (recursion limit exceeded"),
        (b"9" * 100_000, "cannot be read as JSON (number out of range"),
        (b"[]", "holds a list of 0. Expected an object with the key 'schema'."),
        (b"null", "holds null. Expected an object with the key 'schema'."),
        (b"{}", "does not name its format. Expected a report in the format 'reportgen/2'."),
        (b'{"schema": "reportgen/1"}', "has the format 'reportgen/1'. Expected a report in the format 'reportgen/2'."),
        (b'{"schema": null}', "has the format null. Expected a report in the format"),
    ],
    ids=lambda value: value[:16].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_what_is_no_report_is_refused_in_one_sentence(data: bytes, message: str) -> None:
    refused = refusal(data)
    assert message in refused
    assert refused.endswith("Give a report.json as this version of reportgen wrote it, or make the report again.")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(share: float) -> None:
    data = GOLDEN.read_bytes()
    assert "cannot be read as JSON (EOF while parsing" in refusal(data[: int(len(data) * share)])


class _Gone:
    """Stands for a key that is taken away; its name is the same in every process that collects the tests."""

    def __repr__(self) -> str:
        return "gone"


GONE = _Gone()
LAYER = ("model", "layers", 0)
VIEW = ("sections", "architecture", "content", "picture")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("title",), 3, "has 3 at title. Expected text."),
        (("titel",), "x", "has a key 'titel'. Expected the keys schema, title, subject,"),
        (("model",), GONE, "has no 'model'. Expected the keys schema, title, subject,"),
        (("model",), [], "has a list of 0 at model. Expected an object."),
        (("run", "created"), 4, "has 4 at run.created. Expected text."),
        (("findings",), None, "has null at findings. Expected a list."),
        pytest.param(("findings",), [1] * 100_000, "has 1 at findings[0]. Expected an object.", id="many"),
        (("findings", 0, "severity"), "fatal", "Expected 'failed', 'warning', 'note' or 'passed'."),
        ((*LAYER, "macs"), "36", "has '36' at model.layers[0].macs. Expected a whole number."),
        ((*LAYER, "macs"), 36.0, "has 36.0 at model.layers[0].macs. Expected a whole number."),
        ((*LAYER, "index"), True, "has true at model.layers[0].index. Expected a whole number."),
        ((*LAYER, "whole_image"), 1, "has 1 at model.layers[0].whole_image. Expected true or false."),
        ((*LAYER, "path"), None, "has null at model.layers[0].path. Expected text."),
        ((*LAYER, "notes"), GONE, "lacks 'notes' at model.layers[0]. Expected all keys of the format"),
        ((*LAYER, "colour"), 1, "has an unknown key at model.layers[0].colour. Expected no keys but those"),
        ((*LAYER, "jump", 0), "1", "has '1' at model.layers[0].jump[0]. Expected a whole number or a number or null."),
        ((*LAYER, "settings", 0, "value"), {}, "has an object at model.layers[0].settings[0].value. Expected text or"),
        (("sections",), [], "has a list of 0 at sections. Expected chapters by name."),
        (("sections", "zoo"), {}, "has a chapter 'zoo'. Expected chapters among summary, policy,"),
        (("sections", "edges"), {}, "has an object at sections.edges. Expected one with the keys title, part,"),
        (("sections", "edges", "title"), 1, "has 1 at sections.edges.title. Expected text."),
        (
            (*VIEW, "alt"),
            " \n",
            "has an object at sections.architecture.content.picture. Expected a picture with a text",
        ),
        ((*VIEW, "width_px"), 1.5, "has 1.5 at sections.architecture.content.picture.width_px. Expected a whole"),
        ((*VIEW, "sha256"), GONE, "lacks 'sha256' at sections.architecture.content.picture."),
        ((*VIEW, "data"), "x", "has an unknown key at sections.architecture.content.picture.data."),
        (("sections", "edges", "content", "threshold"), "x", "edges.content.threshold. Expected a number or null."),
        (("sections", "edges", "content", "threshold"), True, "has true at sections.edges.content.threshold."),
    ],
    ids=str,
)
def test_what_is_not_of_the_format_is_named_by_its_place(place: tuple[Any, ...], value: object, message: str) -> None:
    plain = copy.deepcopy(json.loads(GOLDEN.read_bytes()))
    inner = plain
    for step in place[:-1]:
        inner = inner[step]
    if value is GONE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    assert message in refusal(json.dumps(plain).encode())


@settings(max_examples=25, deadline=None)
@given(some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
))  # fmt: skip
def test_any_other_json_is_refused_without_a_traceback(value: Any) -> None:
    refusal(json.dumps(value).encode())
    plain = json.loads(GOLDEN.read_bytes())
    refusal(json.dumps({**plain, "run": value}).encode())
    refusal(json.dumps({**plain, "sections": {"edges": value}}).encode())
