"""Rules: each has a page, fires on evidence that shows it, and rests on evidence that comes close to it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from reportgen import registry
from reportgen.budget.most_active import limited
from reportgen.document.report import Finding, TemplateFile
from reportgen.document.rules import Rule
from reportgen.errors import UnknownNameError
from reportgen.evidence import Evidence
from reportgen.evidence.performance import Sureness, share
from reportgen.evidence.pixels import ClassByPixel, Estimate, PixelsResult
from reportgen.evidence.pooling import PooledWindow
from reportgen.evidence.shortcuts import ShortcutsResult
from reportgen.evidence.why import Control
from reportgen.findings.families import judge, rule, rules
from reportgen.policy.keys import KEYS
from reportgen.records.data import Broken, Doubt, Reason
from reportgen.records.model import TensorRecord, WeightFault, Window
from tests import made, why_made

WIDE = (TensorRecord("image", (100, 100, 1), "float32"),)
BY_HAND = [PooledWindow(kind, ((1.0,),), agrees, ()) for kind, agrees in (("max", True), ("average", False))]
BROKEN = made.activations(made.maps("conv", made.numbers(0, num_nonfinite=2), made.numbers(1)))
CONSTANT = made.activations(made.maps("conv", made.numbers(0, constant=True), made.numbers(1)))
MOVING = replace(
    CONSTANT,
    samples=(*CONSTANT.samples, *made.activations(made.maps("conv", *map(made.numbers, range(2)))).samples),
)
WHOLE = made.maps("conv", *map(made.numbers, range(5)))


def of_channels(*states: str, **others: Any) -> dict[str, Any]:
    """Evidence of one conv layer whose first channels are in these states, and the others in order."""
    faulty = [made.channel(number, state=state) for number, state in enumerate(states)]
    return {"responses": made.responses(made.call("conv", *faulty, made.channel(len(states))), **others)}


def of_a_copy(**others: Any) -> dict[str, Any]:
    copy = made.channel(1, copy_of=0, copy_correlation=0.995, **others)
    return {"responses": made.responses(made.call("conv", made.channel(0), copy))}


def never_found(num_both: int) -> PixelsResult:
    """Masks in which a tree is in five images, and so many of its pixels are found."""
    classes = (
        ClassByPixel(0, "sky", 30, 40 - num_both, 30, 10, made.estimate(0.75, 0.7, 0.8)),
        ClassByPixel(1, "tree", 10, num_both, num_both, 5, made.estimate(0.0)),
    )
    return made.pixels(made.pixel_head(by_class=made.by_class(classes=classes)))


def of_border(mean: float, chance: float) -> ShortcutsResult:
    border = why_made.mean_share(mean, p_value=chance)
    return why_made.shortcuts(classes=(why_made.class_evidence(border=border),))


# For each code: what fires it, and what comes close and does not.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "RG101": ({"model": made.model(faults=(WeightFault("conv/kernel", 1, 2, 9),))}, {"model": made.model()}),
    "RG102": ({"activations": BROKEN}, {"activations": CONSTANT}),
    "RG103": (
        {"predictions": made.predictions(name="digit", num_nonfinite=3)},
        {"predictions": made.predictions(name="digit", right=0)},
    ),
    "RG104": (of_channels("no number"), of_channels("dead", "stuck")),
    "RG110": (
        {"model": made.model(made.conv(checks=(made.check(observed=(11,)),)))},
        {"model": made.model(made.conv(checks=(made.check(observed=(10,)),)))},
    ),
    "RG111": (
        {"model": made.model(made.conv(), made.layer("odd", "Odd", has_formula=False))},
        {"model": made.model(made.conv(), made.layer("odd", "Odd"))},
    ),
    "RG112": (
        {"model": made.model(made.conv(windows=(Window(1), Window(1))))},
        {"model": made.model(made.conv(windows=(Window(1), Window(3))))},
    ),
    "RG121": ({"names": made.names(identical=False, repeats=False)}, {"names": made.names(identical=False)}),
    "RG122": (
        {"names": made.names(identical=False, largest_difference=0.25)},
        {"names": made.names(identical=False, repeats=False)},
    ),
    "RG123": ({"pooling": made.pooling(results=tuple(BY_HAND))}, {"pooling": made.pooling(results=tuple(BY_HAND[:1]))}),
    "RG131": (
        {"model": made.model(made.conv(), made.dense(parameters=11))},
        {"model": made.model(made.conv(), made.dense(parameters=10))},
    ),
    "RG132": (
        {"model": made.model(made.conv(receptive_field=(49, 49)), inputs=WIDE)},
        {"model": made.model(made.conv(receptive_field=(49, 50)), inputs=WIDE)},
    ),
    "RG201": (
        {"scaling": made.scaling(*reversed(made.scaling().ways))},
        {"scaling": made.scaling()},
    ),
    "RG202": (
        {"dataset": made.dataset(broken=(Broken("a", "is empty"),), broken_reasons=(Reason("is empty", 3),))},
        {"dataset": made.dataset()},
    ),
    "RG203": ({"dataset": made.dataset(notes=("They were resized.",))}, {"dataset": made.dataset(notes=())}),
    "RG208": (
        {"dataset": made.dataset(has_labels=False, unmatched="Nothing says which words belong to which classes.")},
        {"dataset": made.dataset(has_labels=False)},
    ),
    "RG311": (
        {"samples": (made.sample(298, correct=False, label="dog"),), "predictions": made.predictions()},
        {"samples": (made.sample(298, correct=None, label=None),), "predictions": made.predictions()},
    ),
    "RG312": ({"performance": made.missed(24, 1)}, {"performance": made.missed(9, 4)}),
    "RG313": (
        {"performance": made.performance(sureness=Sureness(0.9, share(921, 930), share(44, 70)))},
        {"performance": made.performance(sureness=Sureness(0.9, share(921, 930), None))},
    ),
    "RG331": (
        {"pixels": made.pixels(made.pixel_head("input", by_error=made.by_error(gain=made.estimate(0.1, 0.0, 0.2))))},
        {"pixels": made.pixels(made.pixel_head("input", by_error=made.by_error(gain=made.estimate(0.1, 0.01, 0.2))))},
    ),
    "RG332": ({"pixels": never_found(0)}, {"pixels": never_found(1)}),
    "RG401": (of_channels("dead"), of_channels("nearly dead", "stuck")),
    "RG402": (of_channels("nearly dead"), of_channels("dead")),
    "RG403": (of_channels("stuck"), of_channels("dead")),
    "RG405": (of_a_copy(), of_a_copy(state="stuck")),
    "RG406": ({"activations": CONSTANT}, {"activations": MOVING}),
    "RG501": (
        {"activations": made.activations(limited(WHOLE, 2))},
        {"activations": made.activations(limited(WHOLE, 5))},
    ),
    "RG502": (
        {"why": why_made.why(why_made.explanation(maps=(why_made.evidence_map(verdict=why_made.verdict("weak")),)))},
        {"why": why_made.why()},
    ),
    "RG503": (
        {
            "why": why_made.why(
                why_made.explanation(maps=(why_made.evidence_map(verdict=why_made.verdict("no verdict")),))
            )
        },
        {"why": why_made.why()},
    ),
    "RG504": (
        {"why": why_made.why(controls=(Control("shuffled weights", "occlusion", 4, 2),))},
        {"why": why_made.why(controls=(Control("shuffled weights", "occlusion", 4, 1),))},
    ),
    "RG505": ({"shortcuts": why_made.shortcuts(why_made.alarm())}, {"shortcuts": why_made.shortcuts()}),
    "RG506": (
        {"shortcuts": of_border(0.55, 1e-6)},
        {"shortcuts": of_border(0.53, 1e-6)},
    ),
    "RG701": ({"without_glyph": ("層",)}, {"without_glyph": ()}),
    "RG702": ({"templates": (TemplateFile("report.css", "0", "p {}"),)}, {"templates": ()}),
}


def evidence(results: dict[str, Any]) -> Evidence:
    return made.bare(findings=(), **results)


def found(results: dict[str, Any]) -> list[Finding]:
    """What is found that is no check that passed."""
    return [finding for finding in judge(evidence(results)) if finding.severity != "passed"]


def test_every_rule_has_a_case() -> None:
    assert [each.code for each in rules() if each.found_by == "build"] == list(CASES)


def test_every_rule_of_a_policy_is_asked_for_by_a_key_or_said_of_the_policy() -> None:
    asked = {key.code for key in KEYS.values()}
    assert {each.code for each in rules() if each.found_by == "check"} - asked == {"RG901", "RG902", "RG905", "RG906"}


@pytest.mark.parametrize("code", list(CASES))
def test_rule_fires_on_what_shows_it_and_not_on_what_comes_close(code: str) -> None:
    fires, rests = CASES[code]
    assert code in {finding.code for finding in found(fires)}
    assert code not in {finding.code for finding in found(rests)}


def test_check_that_passes_has_the_code_of_the_one_that_fails() -> None:
    (passed,) = (finding for finding in judge(evidence({"model": made.model(made.conv())})) if finding.code == "RG110")
    assert (passed.severity, passed.where) == ("passed", "")


@pytest.mark.parametrize("code", list(CASES))
def test_finding_is_placed_by_name_and_its_facts_are_numbers(code: str) -> None:
    for finding in found(CASES[code][0]):
        assert all(type(fact.value) in {int, float} for fact in finding.facts)
        assert len({fact.name for fact in finding.facts}) == len(finding.facts)
        assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", fact.name) for fact in finding.facts)
        assert finding.where in {"", "conv", "conv/kernel", "odd", "scores", "digit", "average", "cat", "masks", "tree"}


def test_other_sample_is_found_at_the_same_place() -> None:
    one, other = (
        found({"samples": (made.sample(index, correct=False, label="dog"),), "predictions": made.predictions()})
        for index in (3, 298)
    )
    assert [(each.code, each.where) for each in one] == [(each.code, each.where) for each in other]
    assert one != other


def test_finding_in_several_layers_is_about_none_of_them() -> None:
    calls = [made.call(path, made.dead(0), made.channel(1)) for path in ("one", "two")]
    (finding,) = (each for each in found({"responses": made.responses(*calls)}) if each.code == "RG401")
    assert finding.where == ""
    assert {fact.name: fact.value for fact in finding.facts} == {
        "num_channels": 2,
        "num_proven": 0,
        "total_channels": 4,
        "num_layers": 2,
    }


@pytest.mark.parametrize(
    ("zero", "said"),
    [
        ((), ""),
        ((0,), "The weights of 1 of them are all zero, as pruning leaves them. "),
        ((0, 1), "The weights of all of them are all zero, as pruning leaves them. "),
    ],
)
def test_dead_channels_whose_weights_are_zero_are_told_from_others(zero: tuple[int, ...], said: str) -> None:
    case = {**of_channels("dead", "dead"), "model": made.model(made.conv(zero_kernels=zero), made.dense())}
    (finding,) = (each for each in found(case) if each.code == "RG401")
    assert f"{said}conv: 2 of 3 (channels 0, 1)." in finding.detail
    assert ("zero, as" in finding.detail) == bool(said)


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (made.estimate(-0.5, -0.6, -0.4), "above"),
        (made.estimate(0.1, -0.1, 0.3), "not shown to be below"),
        (made.estimate(0.0), "no better than"),
    ],
    ids=["worse", "not shown", "never another"],
)
def test_pixels_that_are_worse_than_a_constant_are_called_so(gain: Estimate, words: str) -> None:
    head = made.pixel_head("input", by_error=made.by_error(gain=gain))
    (found,) = [each for each in judge(made.evidence(pixels=made.pixels(head))) if each.code == "RG331"]
    assert found.title == f"The error is {words} that of always predicting the mean picture."
    assert ("no gain at all" in found.detail) == (gain.interval is None)


def test_too_few_images_are_no_reason_to_call_pixels_no_better_than_a_constant() -> None:
    few = made.by_error(gain=made.estimate(0.0, num_images=3))
    found = judge(made.evidence(pixels=made.pixels(made.pixel_head("input", by_error=few))))
    assert "RG331" not in [each.code for each in found]


def test_facts_are_the_numbers_of_the_words() -> None:
    (finding,) = (each for each in found(CASES["RG131"][0]) if each.code == "RG131")
    assert {fact.name: fact.value for fact in finding.facts} == {
        "parameters": 11,
        "total_parameters": 21,
        "share": 11 / 21,
    }
    (finding,) = (each for each in found(CASES["RG132"][0]) if each.code == "RG132")
    assert {fact.name: fact.value for fact in finding.facts} == {
        "receptive_field_height": 49,
        "receptive_field_width": 49,
        "input_height": 100,
        "input_width": 100,
    }


def test_codes_and_names_are_given_once() -> None:
    every = rules()
    keys = [key for each in every for key in (each.code, each.name)]
    assert len(set(keys)) == len(keys)
    assert [each.code for each in every] == sorted(each.code for each in every)
    assert all(re.fullmatch(r"RG[1-79]\d\d", each.code) for each in every)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", each.name) for each in every)


@pytest.mark.parametrize("family", registry.names("findings"))
def test_family_finds_nothing_but_its_own_rules(family: str) -> None:
    module = registry.load("findings", family)
    codes = {each.code for each in module.RULES}
    assert codes
    for fires, _ in CASES.values():
        assert {finding.code for finding in module.judge(evidence(fires))} <= codes


@pytest.mark.parametrize("each", rules(), ids=lambda each: each.name)
def test_every_part_of_a_page_is_whole_sentences(each: Rule) -> None:
    for part in ("means", "why", "measured", "cannot_tell", "mend"):
        text = getattr(each, part)
        assert re.match(r"[A-Z`]", text), part
        assert text.endswith("."), part
        assert "  " not in text, part
    assert all(getattr(each, field.name) != "" for field in fields(each))
    assert not each.title.endswith(".")


@pytest.mark.parametrize("each", rules(), ids=lambda each: each.name)
def test_codes_and_options_that_a_page_names_exist(each: Rule) -> None:
    from reportgen.commands.cli import main

    text = " ".join((each.means, each.why, each.measured, each.cannot_tell, each.mend))
    options = {option for command in main.commands.values() for known in command.params for option in known.opts}
    assert set(re.findall(r"RG\d+", text)) <= {known.code for known in rules()}
    assert set(re.findall(r"(?<!\w)--[a-z-]+", text)) <= options


@pytest.mark.parametrize("word", ["RG401", "rg401", "dead-channels", "Dead-Channels"])
def test_rule_is_found_by_code_and_by_name(word: str) -> None:
    assert rule(word).code == "RG401"


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("ded-channels", "dead-channels"),
        ("dead", "dead-channels, nearly-dead-channels"),
        ("RG4O1", "RG401"),
        ("xyz", "RG101, RG102, RG103"),
        ("", "RG101, RG102, RG103"),
    ],
)
def test_unknown_rule_is_refused_with_what_is_near(word: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=re.escape(f"There is no rule called {word!r}. Expected one of: {near}")):
        rule(word)


def test_findings_of_one_severity_stand_in_their_usual_order() -> None:
    results = {
        "model": made.model(made.conv(receptive_field=(3, 3)), made.dense(parameters=30), inputs=WIDE),
        "dataset": made.dataset(doubts=(Doubt("", "The values are odd."),), unmatched="No.", notes=("They were cut.",)),
        "predictions": made.predictions(num_nonfinite=3),
        "activations": BROKEN,
        "names": made.names(identical=False),
        "responses": of_channels("dead", "no number", "nearly dead")["responses"],
        "samples": (made.sample(7, correct=False, label="dog"),),
        "without_glyph": ("層",),
        "templates": (TemplateFile("report.css", "0", "p {}"),),
    }
    assert [(finding.severity, finding.code) for finding in judge(evidence(results))] == [
        ("failed", "RG102"),
        ("failed", "RG103"),
        ("failed", "RG122"),
        ("failed", "RG104"),
        ("warning", "RG201"),
        ("warning", "RG701"),
        ("warning", "RG401"),
        ("warning", "RG208"),
        ("note", "RG311"),
        ("note", "RG131"),
        ("note", "RG132"),
        ("note", "RG402"),
        ("note", "RG702"),
        ("note", "RG203"),
        ("passed", "RG110"),
    ]
