"""Findings: what triggers each, what does not, and their order."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import reportgen.findings
from reportgen.document.report import Finding, Report
from reportgen.evidence.performance import PerformanceResult, Sureness, share
from reportgen.evidence.pooling import PooledWindow
from reportgen.evidence.samples import Answer
from reportgen.findings import families, pages
from reportgen.language.cleaning import layer_anchor
from reportgen.records.data import Broken, Doubt, Reason
from reportgen.records.model import LayerRecord, ModelRecord, TensorRecord, WeightFault, Window
from reportgen.records.places import last_conv, spatial_shape
from tests import made

# 8 pixels of 100 are a small patch, 60 are not; the dense layer holds 6 of 16 parameters.
WIDE = (TensorRecord("image", (100, 100, 1), "float32"),)


def healthy(**others: Any) -> ModelRecord:
    """A model of which nothing is to be said but that its comparisons agree."""
    layers = others.pop("layers", (made.conv(receptive_field=(3, 3)), made.pool(), made.flatten(), balanced()))
    return made.model(*layers, **others)


def balanced() -> Any:
    return made.dense(parameters=10)


def judge(model: ModelRecord, **results: Any) -> tuple[Finding, ...]:
    return families.judge(made.bare(model=model, findings=(), **results))


def found(model: ModelRecord | None = None, **results: Any) -> list[Finding]:
    return [finding for finding in judge(model or healthy(), **results) if finding.severity != "passed"]


def broken_maps() -> Any:
    return made.activations(
        made.maps("conv", made.numbers(0, num_nonfinite=1), made.numbers(1)), made.maps("pool", side=1), indices=(2, 5)
    )


def unequal_poolings() -> Any:
    results = (PooledWindow("max", ((1.0,),), True, ()), PooledWindow("average", ((1.0,),), False, ()))
    return made.pooling(results=results)


def tensor_check(agrees: bool) -> Any:
    check = made.check("output shape", (2, 2, 1), (2, 2, 1) if agrees else (3, 3, 1), "the tensor that came out")
    return replace(made.activations(checked=False), checks=(("conv", check),))


WRONG = made.sample(7, correct=False, label="dog")


def replace_head(found: PerformanceResult, **others: Any) -> PerformanceResult:
    return PerformanceResult(tuple(replace(head, **others) for head in found.heads))


TRIGGERS: dict[str, tuple[ModelRecord | None, Mapping[str, Any], str, str, str]] = {
    "weights that are no numbers": (
        healthy(faults=(WeightFault("conv/kernel", 1, 2, 9),)),
        {},
        "failed",
        "The weights conv/kernel hold NaN or infinity.",
        "Of 9\xa0values, 1 is NaN and 2 are infinite.",
    ),
    "activations that are no numbers": (
        None,
        {"activations": broken_maps()},
        "failed",
        "Activations of conv hold NaN or infinity.",
        "This affects 1\xa0channel.",
    ),
    "answers that are no numbers": (
        None,
        {"predictions": made.predictions(num_nonfinite=3)},
        "failed",
        "3\xa0predictions hold NaN or infinity.",
        "for 3 of 10 images.",
    ),
    "a formula against the model": (
        healthy(layers=(made.conv(checks=(made.check("parameters", (10,), (11,)),)), balanced())),
        {},
        "failed",
        "conv: formula and model disagree (parameters).",
        "Formula: 10; the model's own count: 11.",
    ),
    "a formula against the tensor": (
        None,
        {"activations": tensor_check(agrees=False)},
        "failed",
        "conv: formula and model disagree (output shape).",
        "the tensor that came out: 3\u202f×\u202f3\u202f×\u202f1.",
    ),
    "names that change the answers": (
        None,
        {"names": made.names(identical=False, largest_difference=0.25)},
        "failed",
        "Renaming the layers changed the predictions.",
        "The largest difference over 10\xa0images is 0.25.",
    ),
    "a pooling that Keras computes otherwise": (
        None,
        {"pooling": unequal_poolings()},
        "failed",
        "The average pooling by hand differs from Keras's.",
        "",
    ),
    "most parameters in one layer": (
        healthy(layers=(made.conv(), made.dense(parameters=30))),
        {},
        "note",
        "75\u202f% of the parameters are in one layer.",
        "scores (Dense) has 30 of 40; all conv layers together have 10.",
    ),
    "a scaling that another one beats": (
        None,
        {"scaling": made.scaling(*reversed(made.scaling().ways))},
        "warning",
        "The images may be scaled wrongly.",
        "Compare with --preprocess 1/255.",
    ),
    "a scaling that the model itself speaks against": (
        None,
        {"dataset": made.dataset(doubts=(Doubt("none", "It rescales itself."), Doubt("", "The values are odd.")))},
        "warning",
        "The images may be scaled wrongly.",
        "It rescales itself. Compare with --preprocess none. The values are odd.",
    ),
    "a scaling of signals": (
        healthy(inputs=(TensorRecord("t", (100, 1), "float32"),)),
        {"dataset": made.dataset(doubts=(Doubt("", "The values are odd."),))},
        "warning",
        "The signals may be scaled wrongly.",
        "The values are odd.",
    ),
    "small patches": (
        healthy(inputs=WIDE),
        {},
        "note",
        "The last conv layer sees only 3\u202f×\u202f3 of 100\u202f×\u202f100 pixels at a time.",
        "One position of conv depends on parts of an object, not on the whole of it.",
    ),
    "kinds without a formula": (
        healthy(layers=(made.conv(), balanced(), made.layer("odd", "Odd", has_formula=False, parameters=0))),
        {},
        "note",
        "There is no formula for 1\xa0layer.",
        "Kinds: Odd.",
    ),
    "images that cannot be read": (
        None,
        {
            "dataset": made.dataset(
                broken=(Broken("a", "is empty"),), broken_reasons=(Reason("is empty", 2), Reason("does not exist", 1))
            )
        },
        "warning",
        "3\xa0images of 13 cannot be read.",
        "No number in this report includes them. What is wrong: is empty (2), does not exist (1).",
    ),
    "channels that stay silent": (
        None,
        {"activations": made.activations(made.maps("conv", made.numbers(0, constant=True), made.numbers(1)))},
        "note",
        "1\xa0channel is constant on the image shown.",
        "conv: 1 of 2.",
    ),
    "a wrong and sure answer": (
        None,
        {"samples": (made.sample(2), WRONG), "predictions": made.predictions()},
        "note",
        "It was 90\u202f% sure of a wrong prediction: image 7, dog read as cat.",
        "this is the surest, with a probability of 90.0\u202f%.",
    ),
    "a class that is missed": (
        None,
        {"performance": made.missed(24, 1)},
        "warning",
        "The class cat is recognised in 76.0\u202f% of its images, the other classes in 99.0\u202f%.",
        "It has 24 of all 25\xa0mistakes on 100\xa0images (95 % interval of its recall 66.8\u202f% to 83.3\u202f%)",
    ),
    "two classes that are missed": (
        None,
        {"performance": made.missed(40, 35, 0, 0)},
        "warning",
        "The class cat is recognised in 60.0\u202f% of its images, the other classes in 88.3\u202f%.",
        "1\xa0more class stands out so.",
    ),
    "how far confidence can be trusted": (
        None,
        {
            "performance": made.performance(
                sureness=Sureness(0.9, share(921, 930), share(44, 70)), right=share(965, 1000)
            )
        },
        "note",
        "Over 90\u202f% sure: 921 of 930 correct; less sure: 44 of 70.",
        "Passing the 70\xa0unsure images to a person would catch 26 of 35\xa0mistakes.",
    ),
    "confidence in few answers": (
        None,
        {
            "performance": made.performance(
                sureness=Sureness(0.9, share(177, 180), share(385, 820)), right=share(562, 1000)
            )
        },
        "note",
        "Over 90\u202f% sure: 177 of 180 correct; less sure: 385 of 820.",
        "It is so sure of 180 of 1\u202f000\xa0images only; these hold 3 of 438\xa0mistakes.",
    ),
    "a wrong answer without a probability": (
        None,
        {"samples": (replace(WRONG, answers=(Answer(0, "cat", 7.5),)),)},
        "note",
        "It can be wrong: image 7, dog read as cat.",
        "Of the mistakes among the images shown, this is the surest.",
    ),
    "broken answers at a further output": (
        None,
        {"predictions": made.predictions(name="digit", others=(made.predictions(name="slant", num_nonfinite=3),))},
        "failed",
        "3\xa0predictions hold NaN or infinity.",
        "for 3 of 10 images at the output slant.",
    ),
    "images made to fit": (
        None,
        {"dataset": made.dataset(notes=("They were divided by 255.", "An axis was added."))},
        "note",
        "What was done to the images.",
        "They were divided by 255. An axis was added.",
    ),
}


@pytest.mark.parametrize("case", list(TRIGGERS))
def test_each_finding_is_found_alone(case: str) -> None:
    model, results, severity, title, detail = TRIGGERS[case]
    (finding,) = found(model, **results)
    assert (finding.severity, finding.title) == (severity, title)
    assert detail in finding.detail


@pytest.mark.parametrize(
    ("model", "results"),
    [
        (None, {}),
        (None, {"activations": made.activations(), "predictions": made.predictions(), "dataset": made.dataset()}),
        (None, {"pooling": made.pooling(), "names": made.names(), "samples": (made.sample(),)}),
        (None, {"activations": tensor_check(agrees=True)}),
        (healthy(layers=(made.conv(parameters=10), made.dense(parameters=10))), {}),
        (healthy(layers=(made.conv(),)), {}),
        (healthy(inputs=(TensorRecord("image", (6, 100, 1), "float32"),)), {}),
        (healthy(inputs=WIDE, layers=(made.conv(whole_image=True, receptive_field=None), balanced())), {}),
        (healthy(inputs=WIDE, layers=(made.pool(), balanced(), made.dense("more", parameters=10))), {}),
        (None, {"activations": made.activations(made.maps("pool", made.numbers(constant=True), side=1))}),
        (None, {"samples": (made.sample(correct=None), made.sample(3, correct=False, answers=()))}),
        (None, {"performance": made.missed(9, 4)}),
        (None, {"performance": made.missed(0, 0)}),
        (None, {"performance": replace_head(made.missed(9, 9), commonest=None)}),
        (None, {"performance": made.performance()}),
        (None, {"performance": made.missed(100, 0)}),
    ],
    ids=[
        "nothing ran",
        "healthy activations",
        "healthy poolings, names and samples",
        "tensor as expected",
        "half of the parameters in one layer",
        "one layer alone",
        "as wide as the patch in one direction",
        "whole image",
        "no conv layer",
        "maps of one position",
        "samples without a verdict",
        "classes that differ by chance",
        "no mistakes",
        "several classes to an image",
        "too few images, and none that it is sure of",
        "no better than the commonest class",
    ],
)
def test_nothing_is_found_without_a_reason(model: ModelRecord | None, results: dict[str, Any]) -> None:
    assert found(model, **results) == []


def test_channel_is_silent_only_if_it_is_on_all_samples() -> None:
    still = made.activations(made.maps("conv", made.numbers(0, constant=True)))
    lively = made.activations(made.maps("conv", made.numbers(0)), indices=(5,))
    both = replace(still, samples=(*still.samples, *lively.samples))
    assert found(activations=both) == []


def test_surest_mistake_is_told() -> None:
    samples = (replace(WRONG, answers=(Answer(0, "cat", 0.6),)), replace(WRONG, index=9))
    (finding,) = found(samples=samples, predictions=made.predictions())
    assert (finding.title, finding.anchor) == (
        "It was 90\u202f% sure of a wrong prediction: image 9, dog read as cat.",
        "sample-9",
    )


def test_without_mistakes_nobody_is_told_to_look_for_them() -> None:
    sureness = Sureness(0.9, share(69, 69), share(11, 11))
    scores = made.performance(right=share(80, 80), sureness=sureness)
    (found,) = (each for each in judge(healthy(), performance=scores) if each.title.startswith("Over 90"))
    assert found.detail == "Without a mistake these images cannot show whether to trust it less when it is unsure."


def test_mistake_without_a_first_answer_is_passed_over() -> None:
    (finding,) = found(samples=(made.sample(3, correct=False, answers=()), WRONG), predictions=made.predictions())
    assert finding.title == "It was 90\u202f% sure of a wrong prediction: image 7, dog read as cat."


@pytest.mark.parametrize(
    ("activations", "total", "against"),
    [
        (None, 2, "Keras's own shape rules and parameter counts."),
        (tensor_check(agrees=True), 3, ", and with the tensors that came out."),
    ],
    ids=["formulas", "formulas and tensors"],
)
def test_comparisons_that_all_agree_are_counted(activations: Any, total: int, against: str) -> None:
    model = healthy(layers=(made.conv(), made.pool()))
    (finding,) = judge(model, activations=activations)
    assert (finding.severity, finding.title) == (
        "passed",
        f"All {total} comparisons between formula and model agree.",
    )
    assert finding.detail.endswith(against)


def test_without_comparisons_none_are_praised() -> None:
    assert judge(healthy(layers=(made.pool(),))) == ()


def test_one_failed_comparison_takes_the_praise_away() -> None:
    assert "passed" not in {finding.severity for finding in judge(healthy(), activations=tensor_check(agrees=False))}


def test_findings_stand_by_weight() -> None:
    model = healthy(layers=(made.conv(), made.dense(parameters=30)), faults=(WeightFault("w", 1, 0, 9),), inputs=WIDE)
    findings = judge(model, samples=(WRONG,), names=made.names(identical=False))
    severities = [finding.severity for finding in findings]
    assert severities == ["failed", "failed", "note", "note", "note", "passed"]
    assert findings[0].code == "RG101"


def test_what_concerns_the_most_predictions_comes_first_among_findings_of_one_weight() -> None:
    """A weak class, and how far confidence can be trusted, stand before where parameters sit."""
    sureness = Sureness(0.9, share(190, 190), share(5, 10))
    performance = replace_head(made.missed(24, 1), sureness=sureness)
    model = healthy(layers=(made.conv(), made.dense(parameters=30)), inputs=WIDE)
    broken = made.dataset(broken=(Broken("a", "is empty"),), broken_reasons=(Reason("is empty", 2),))
    codes = [each.code for each in judge(model, samples=(WRONG,), performance=performance, dataset=broken)]
    assert codes == ["RG312", "RG202", "RG313", "RG311", "RG131", "RG132", "RG110"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [({"names": made.names(identical=False)}, True), ({"samples": (WRONG,)}, False), ({}, False)],
    ids=["failed", "note", "passed"],
)
def test_report_fails_with_a_failed_finding_only(results: dict[str, Any], expected: bool) -> None:
    report = Report("t", "s", healthy(), made.run(), judge(healthy(), **results), ())
    assert report.failed == expected


def test_anchor_of_a_layer_is_that_of_its_row() -> None:
    assert layer_anchor("backbone/conv#2") == "layer-backbone--conv-23-2"


@pytest.mark.parametrize(
    ("shape", "data_format", "expected"),
    [((28, 30, 1), "channels_last", (28, 30)), ((1, 28, 30), "channels_first", (28, 30)), ((9, 2), None, (9,))],
)
def test_spatial_axes_of_the_input(shape: tuple[int, ...], data_format: str | None, expected: tuple[int, ...]) -> None:
    model = made.model(made.conv(data_format=data_format), inputs=(TensorRecord("i", shape, "float32"),))
    assert spatial_shape(model) == expected


def test_last_conv_layer_is_found() -> None:
    model = made.model(made.conv("a"), made.conv("b"), made.pool())
    last = last_conv(model)
    assert last is not None
    assert last.path == "b"
    assert last_conv(made.model(made.pool())) is None


@pytest.mark.parametrize(
    ("call", "shape", "title", "told"),
    [
        (made.conv(), (4, 4, 1), "", ""),
        (
            made.conv(kind="Conv1D", input_shape=(9, 1), output_shape=(7, 4), windows=(Window(3),)),
            (9, 1),
            "Two chapters are left out.",
            "conv reads no pictures with height and width",
        ),
        (
            made.conv(kind="Conv3D", input_shape=(9, 9, 9, 1), output_shape=(7, 7, 7, 4), windows=(Window(3),) * 3),
            (9, 9, 9, 1),
            "Two chapters are left out.",
            "with maps of at least 2 × 2, and there is none",
        ),
        (
            made.conv(input_shape=(5, 4, 4, 1), output_shape=(5, 2, 2, 1), windows=(Window(1), Window(3), Window(3)),
                      time_steps=(5,)),
            (5, 4, 4, 1),
            "One chapter is left out.",
            "with maps of at least 2 × 2, and there is none",
        ),
        (made.conv(windows=(Window(1),) * 2), (4, 4, 1), "One chapter is left out.", "pictures one pixel at a time"),
    ],
    ids=["picture", "signal", "volume", "sequence", "single pixels"],
)  # fmt: skip
def test_chapters_about_pictures_are_not_left_out_silently(
    call: LayerRecord, shape: tuple[int, ...], title: str, told: str
) -> None:
    model = made.model(call, inputs=(TensorRecord("x", shape, "float32"),), parameters=10)
    found = [finding for finding in judge(model) if finding.code == "RG112"]
    assert [finding.title for finding in found] == ([title] if title else [])
    assert all(told in finding.detail for finding in found)


def test_findings_of_a_signal_do_not_speak_of_images() -> None:
    call = made.conv(kind="Conv1D", input_shape=(99, 1), output_shape=(97, 4), windows=(Window(3),),
                     receptive_field=(3,))  # fmt: skip
    model = made.model(call, inputs=(TensorRecord("x", (99, 1), "float32"),), parameters=10)
    everything = judge(
        model,
        dataset=made.dataset(notes=("They were cut.",)),
        predictions=made.predictions(num_nonfinite=2),
        names=made.names(identical=False),
    )
    text = " ".join(f"{finding.title} {finding.detail}" for finding in everything)
    assert "depends on parts of the signal" in text
    assert "What was done to the signals." in text
    assert "of 10 signals" in text
    assert "over 10\xa0signals" in text
    assert "image" not in text
    assert "pixel" not in text


TOY = """
from reportgen.document.rules import Rule

TOY = Rule(
    code="RG150", name="toy-rule", severity="note", since="9.9", title="A toy", means="It is a toy.",
    why="It matters not.", measured="By its model's name.", cannot_tell="Always.", mend="Play.",
)
RULES = (TOY,)


def judge(evidence):
    yield TOY.finding("A toy was found.", "", where=evidence.model.name, facts={"num_toys": 1})
"""


def test_family_that_is_added_is_found_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy.py").write_text(TOY, encoding="utf-8")
    monkeypatch.setattr(reportgen.findings, "NAMES", (*reportgen.findings.NAMES, "toy"))
    monkeypatch.setattr(reportgen.findings, "__path__", [*reportgen.findings.__path__, str(tmp_path)])
    try:
        assert "RG150" in [finding.code for finding in judge(healthy())]
        assert families.rule("toy-rule") in families.rules()
        assert "### RG150 toy-rule" in pages.rules_markdown()
    finally:
        sys.modules.pop("reportgen.findings.toy", None)
        vars(reportgen.findings).pop("toy", None)


DOUBTFUL = made.scaling(made.scaled("none", high=255.0, saturated=0.99, confidence=0.99), made.scaled("1/255"))


def test_doubt_about_the_images_stands_beside_every_finding_that_was_made_on_them() -> None:
    results = {
        "responses": made.responses(made.call("conv", made.dead(0), made.channel(1))),
        "activations": broken_maps(),
    }
    plain, doubted = found(**results), found(**results, scaling=DOUBTFUL)
    beside = {each.code for each in doubted if each.detail.endswith("In doubt: the images may be scaled wrongly.")}
    assert beside == {each.code for each in plain if each.code.startswith(("RG3", "RG4"))}
    assert {"RG401"} <= beside
    assert not any("In doubt" in each.detail for each in plain)


@pytest.mark.parametrize(
    ("proven", "said"),
    [
        ((False, False), ""),
        ((True, False), "By their weights, 1 of them has one value for every picture, seen or not. "),
        ((True, True), "By their weights, that is so for every picture, seen or not. "),
    ],
)
def test_dead_channels_are_told_apart_from_those_that_cannot_fire(proven: tuple[bool, ...], said: str) -> None:
    channels = [replace(made.dead(number), proven=each) for number, each in enumerate(proven)]
    (finding,) = (
        each for each in found(responses=made.responses(made.call("conv", *channels))) if each.code == "RG401"
    )
    assert f"{said}conv: 2 of 2" in finding.detail
    assert ("By their weights" in finding.detail) == bool(said)
