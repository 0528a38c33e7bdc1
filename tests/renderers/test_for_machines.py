"""Model card and bill of materials, before readers that are not ours; both agree with report.json, number by number."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from reportgen import registry
from reportgen.document.report import Fact, Finding, Report
from reportgen.evidence import Evidence
from reportgen.evidence.samples import Answer
from reportgen.language.cleaning import clean
from reportgen.records.model import TensorRecord
from reportgen.renderers import json as as_json
from reportgen.renderers import measured, ml_bom, model_card
from reportgen.writing.ours import check_ours
from tests import made
from tests.renderers.reports import HOSTILE

CHAPTERS = ("summary", "performance", "pixels", "samples", "provenance", "card")
FIRST = "a classifier"
REGRESSION = made.model(made.conv(), outputs=(TensorRecord("number", (1,), "float32", "linear"),), parameters=10)
VALUES = made.predictions(right=None, interval=None, output="values", mean_error=0.25)
PICTURES: dict[str, Any] = {"predictions": VALUES, "performance": None}
CASES = {
    FIRST: made.evidence(pixels=None),
    "no labels": made.evidence(
        pixels=None, performance=None, predictions=made.predictions(right=None, interval=None),
        dataset=made.dataset(has_labels=False),
    ),
    "values": made.evidence(
        model=REGRESSION, pixels=None, performance=None, predictions=VALUES,
        samples=(made.sample(answers=(Answer(0, "value 0", 3.25),), correct=None),),
    ),
    "no data": made.bare(),
    "masks": made.evidence(**PICTURES),
    "a reconstruction": made.evidence(**PICTURES, pixels=made.pixels(made.pixel_head("input"))),
    "two outputs": made.evidence(
        pixels=made.pixels(made.pixel_head(name="masks"), made.pixel_head("values", name="depth"))
    ),
    "hostile names": made.evidence(
        model=made.model(made.conv(HOSTILE), name=HOSTILE),
        dataset=made.dataset(name=HOSTILE, split=HOSTILE),
        pixels=made.pixels(made.pixel_head(name=HOSTILE)),
        findings=(Finding("RG401", "note", HOSTILE, HOSTILE),),
        card=made.card(**dict.fromkeys(("model_name", "model_provider", "model_intended_users"), HOSTILE)),
    ),
}  # fmt: skip
each_case = pytest.mark.parametrize("case", list(CASES))
STRICT = JsonStrictValidator(SchemaVersion.V1_6)


def bill(what: Report) -> dict[str, Any]:
    return dict(json.loads(ml_bom.render(what)))


def card(what: Report) -> Any:
    """The card as the Hub's own library reads it."""
    return ModelCard(model_card.render(what).decode())


@cache
def report(case: str) -> Report:
    return built(CASES[case])


def built(seen: Evidence) -> Report:
    """The report of some evidence, as far as these files read it."""
    chapters = [registry.load("sections", name).build(seen) for name in CHAPTERS]
    return Report(seen.title, "What toy sees", seen.model, seen.run, seen.findings, tuple(filter(None, chapters)))


def owned(**stated: str | tuple[str, ...]) -> Report:
    """A report with a card."""
    return built(replace(CASES[FIRST], card=made.card(**stated)))


@each_case
def test_strict_schema_of_cyclonedx_takes_every_bill(case: str) -> None:
    assert STRICT.validate_str(ml_bom.render(report(case)).decode()) is None


def test_the_schema_refuses_what_is_none() -> None:
    found = bill(report(FIRST))
    metric = found["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]
    metric["value"] = float(metric["value"])
    assert STRICT.validate_str(json.dumps(found)) is not None


@each_case
def test_the_hub_reads_every_card(case: str) -> None:
    read = card(report(case))
    assert read.data.library_name == "keras"
    assert "reportgen" in read.data.tags
    assert read.text.lstrip().startswith(model_card.MARK)


@each_case
def test_all_files_agree_number_by_number(case: str) -> None:
    what = report(case)
    plain = json.loads(as_json.render(what))
    contents = {name: each["content"] for name, each in plain["sections"].items()}
    known: dict[tuple[str, str], tuple[float, list[float] | None]] = {}
    for head in contents.get("performance", {}).get("heads", []):
        known["Accuracy", head["name"]] = (head["right"]["value"], head["right"]["interval"])
        if head["calibration"]:
            error = head["calibration"]
            known["Expected calibration error", head["name"]] = (error["error"], error["error_interval"])
    for head in contents.get("pixels", {}).get("heads", []):
        scores, errors = head["by_class"] or {}, (head["by_error"] or {}).get("errors") or {}
        for name, found in (
            ("Pixel accuracy", scores.get("accuracy")), ("Mean intersection over union", scores.get("mean_iou")),
            ("Mean absolute error", errors.get("absolute")), ("Mean squared error", errors.get("squared")),
        ):  # fmt: skip
            if found:
                known[name, head["name"]] = (found["value"], found["interval"])
    samples = contents.get("samples", {})
    for head in ({"name": "", **samples}, *samples.get("others", [])) if samples else ():
        if head["mean_error"] is not None:
            # Of an output that is a picture, the chapter on its pixels says it with an interval.
            known.setdefault(("Mean absolute error", head["name"]), (head["mean_error"], None))
    known = {key: each for key, each in known.items() if each[0] is not None}
    expected = [(f"{name} ({clean(output)})" if output else name, *each) for (name, output), each in known.items()]

    in_bill = bill(what)["metadata"]["component"]
    metrics = in_bill["modelCard"].get("quantitativeAnalysis", {}).get("performanceMetrics", [])
    assert [
        (
            each["type"],
            float(each["value"]),
            [float(each["confidenceInterval"][end]) for end in ("lowerBound", "upperBound")]
            if "confidenceInterval" in each
            else None,
        )
        for each in metrics
    ] == expected
    read = card(what)
    results = read.data.eval_results or []
    if "dataset" in contents["provenance"] and contents["provenance"]["dataset"]:
        assert [
            (each.metric_name, each.metric_value, each.metric_args.get("interval_95")) for each in results
        ] == expected
        assert {each.dataset_args["sha256"] for each in results} <= {contents["provenance"]["dataset"]["sha256"]}
    properties = {each["name"]: each["value"] for each in in_bill["properties"]}
    assert int(properties["reportgen:parameters"]) == plain["model"]["parameters"]
    assert int(properties["reportgen:multiply-adds"]) == plain["model"]["macs"]
    assert properties["reportgen:weights:sha256"] == plain["model"]["weights_sha256"]
    codes = re.findall(r"^- (RG\d{3}), (\w+):", read.text, re.MULTILINE)
    assert codes == [(each["code"], each["severity"]) for each in plain["findings"]]


def test_numbers_in_the_text_are_those_of_the_head() -> None:
    read = card(report(FIRST))
    rows = re.findall(r"^\| (.+?) \| (.+?) \| .+? \| (\d+) \|$", read.text, re.MULTILINE)
    assert [(name, round(float(value.split("\u202f")[0]) / 100, 3), int(images)) for name, value, images in rows] == [
        (each.metric_name, round(each.metric_value, 3), each.metric_args["images"])
        for each in read.data.eval_results or []
    ]


def test_what_the_owner_states_is_in_both() -> None:
    what = owned(
        model_name="Digit reader", model_version="1.2.0", model_license="Apache-2.0", model_tags=("digits", "grey"),
        model_provider="Example GmbH", model_contact="models@example.org", limits_known=("Digits are centred.",),
        model_intended_purpose="Reads digits.", data_training_name="MNIST", model_out_of_scope=("Letters",),
    )  # fmt: skip
    read = card(what)
    assert (read.data.license, read.data.tags) == ("apache-2.0", ["digits", "grey", "reportgen"])
    assert read.data.model_name == "Digit reader"
    assert "- **Intended purpose:** Reads digits.\n" in read.text
    assert "- **Intended users:** not provided\n" in read.text
    component = bill(what)["metadata"]["component"]
    assert (component["name"], component["version"]) == ("Digit reader", "1.2.0")
    assert component["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert component["supplier"] == {"name": "Example GmbH", "contact": [{"name": "models@example.org"}]}
    assert component["tags"] == ["digits", "grey"]
    considered = component["modelCard"]["considerations"]
    assert considered == {
        "useCases": ["Reads digits."], "technicalLimitations": ["Digits are centred.", "Out of scope: Letters"],
    }  # fmt: skip
    trained, evaluated = component["modelCard"]["modelParameters"]["datasets"]
    assert trained["name"] == "MNIST"
    assert trained["description"].startswith("Training data, as the owner states; not checked.")
    assert {each["name"]: each["value"] for each in evaluated["contents"]["properties"]}["reportgen:sha256"]
    assert STRICT.validate_str(ml_bom.render(what).decode()) is None


def test_every_license_that_is_translated_is_one_of_spdx() -> None:
    for name in (*ml_bom._SPDX, "mine, all mine"):
        what = owned(model_license=name)
        assert STRICT.validate_str(ml_bom.render(what).decode()) is None
        assert card(what).data.license == name


def test_names_in_the_text_are_no_markup() -> None:
    hostile = f"{HOSTILE} [a](javascript:alert(1)) ![b](http://192.0.2.1/c.png) www.example.org | <!-- `d` **e** :f:"
    what = owned(model_name=hostile, model_provider=hostile, model_tags=(hostile,), model_license=hostile)
    read = card(what)
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("table")
    tokens = [each for token in parser.parse(read.text) for each in (token, *(token.children or ()))]
    kinds = {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "html_inline", "em_open", "s_open", "fence", "code_block"}
    assert [token.content.strip() for token in tokens if token.type == "html_block"] == [model_card.MARK]
    shown = "".join(token.content for token in tokens if token.type in {"text", "text_special"})
    assert " ".join(clean(hostile).split()) in shown
    assert read.data.tags[0] == clean(hostile)
    assert STRICT.validate_str(ml_bom.render(what).decode()) is None


def test_the_same_report_gives_the_same_bytes_and_another_one_another_number() -> None:
    what = report(FIRST)
    assert ml_bom.render(what) == ml_bom.render(what)
    dated = replace(what, run=replace(what.run, created="2026-11-30T00:00:00Z"))
    assert bill(dated)["serialNumber"] != bill(what)["serialNumber"]
    assert bill(dated)["metadata"]["timestamp"] == "2026-11-30T00:00:00Z"
    assert STRICT.validate_str(ml_bom.render(dated).decode()) is None


def test_libraries_are_components_by_their_addresses() -> None:
    versions = (Fact("python", "3.12.1"), Fact("reportgen", "0.1.0"), Fact("tensorflow", "2.21.0+local"))
    what = replace(report(FIRST), run=replace(report(FIRST).run, versions=versions))
    (only,) = bill(what)["components"]
    assert only["purl"] == "pkg:pypi/tensorflow@2.21.0%2Blocal"
    assert bill(what)["dependencies"][0] == {"ref": "model", "dependsOn": [only["bom-ref"]]}
    assert STRICT.validate_str(ml_bom.render(what).decode()) is None


def test_both_are_known_as_ours_and_may_be_written_over(tmp_path: Any) -> None:
    for module in (model_card, ml_bom):
        path = tmp_path / f"report{module.SUFFIX}"
        path.write_bytes(module.render(report(FIRST)))
        check_ours(path)
        assert module.estimate(None) >= path.stat().st_size


def test_what_a_network_does_is_called_as_the_hub_does() -> None:
    assert {case: measured.task(report(case)) for case in CASES} == {
        FIRST: "image-classification",
        "no labels": "image-classification",
        "values": "",
        "no data": "",
        "masks": "image-segmentation",
        "a reconstruction": "image-to-image",
        "two outputs": "image-classification",
        "hostile names": "image-classification",
    }
    signals = made.model(made.conv(), inputs=(TensorRecord("signal", (8, 1), "float32"),))
    assert measured.task(built(replace(CASES[FIRST], model=signals))) == ""
