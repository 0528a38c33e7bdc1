"""What changed from one report to another: layers, answers image by image or by counts, channels, findings."""

from __future__ import annotations

import copy
import io
import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.commands.differing import FORMATS
from reportgen.document.difference import Counted
from reportgen.errors import DataError, OptionsError, RenderError
from reportgen.evidence.answers import MARK, PACKED, packed, unpacked
from reportgen.policy import aligning, differing, pairing, telling
from reportgen.policy.checking import check
from reportgen.policy.reading import parse
from tests.policy.pairs import GOLDEN, LABELS, pair, several

CONV, POOL, FLAT, DENSE = GOLDEN["model"]["layers"]


def layer(of: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {**copy.deepcopy(of), **others}


def named_anew(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same layers under other names."""
    return [
        layer(each, path=f"new_{each['path']}", inputs=[path and f"new_{path}" for path in each["inputs"]])
        for each in layers
    ]


def changed(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found, _ = aligning.changes(old, new)
    return [(each.change, each.path) for each in found]


def test_layers_are_aligned_by_what_they_are_and_not_by_their_names() -> None:
    plain = [CONV, POOL, FLAT, DENSE]
    assert changed(plain, plain) == []
    assert changed(plain, named_anew(plain)) == [("renamed", f"new_{each['path']}") for each in plain]
    more, pool = layer(CONV, path="more", inputs=["conv"]), layer(POOL, path="pool_2", inputs=["more"])
    assert changed(plain, [CONV, more, pool, layer(FLAT, inputs=["pool_2"]), DENSE]) == [
        ("added", "more"), ("renamed", "pool_2"),
    ]  # fmt: skip
    assert changed(plain, [CONV, layer(FLAT, inputs=["conv"]), DENSE]) == [("removed", POOL["path"])]
    wider = layer(CONV, parameters=99, output_shape=[4, 4, 9])
    assert changed(plain, [wider, POOL, FLAT, DENSE]) == [("changed", CONV["path"])]
    ((found,), same) = aligning.changes(plain, [wider, POOL, FLAT, DENSE])
    assert found.what[-1].endswith("became 99")
    assert len(same) == 4


def wired(**inputs: list[str]) -> list[dict[str, Any]]:
    """Conv layers with these inputs, by their names; one of two inputs adds them."""
    return [
        layer(CONV, path=path, inputs=given, kind="Add" if len(given) > 1 else CONV["kind"])
        for path, given in inputs.items()
    ]


def test_a_branch_that_leads_elsewhere_is_a_change() -> None:
    old = wired(a=[], b=["a"], c=["b"], add=["c", "a"])
    assert changed(old, old) == []
    # The same names for the same wires mean nothing by themselves.
    assert changed(old, wired(one=[], two=["one"], three=["two"], add=["three", "one"])) == [
        ("renamed", "one"), ("renamed", "two"), ("renamed", "three"),
    ]  # fmt: skip
    ((found,), _) = aligning.changes(old, wired(a=[], b=["a"], c=["b"], add=["c", "b"]))
    assert (found.change, found.path, found.what) == ("changed", "add", ("reads b, c in place of a, c",))


def test_a_layer_that_came_between_changes_no_wire() -> None:
    old = wired(a=[], b=["a"], add=["b", "a"])
    between = [CONV | {"path": "a", "inputs": []}, layer(POOL, path="pool", inputs=["a"])]
    new = [*between, *wired(b=["pool"], add=["b", "pool"])]
    assert changed(old, new) == [("added", "pool")]
    assert changed(new, old) == [("removed", "pool")]


# Lost, won, and the exact p value, from runs of other code on 1,000 images.
@pytest.mark.parametrize(("lost", "won", "p_value"), [(4, 9, 0.267), (5, 10, 0.302), (6, 16, 0.052), (0, 0, 1.0)])
def test_p_values_are_exact(lost: int, won: int, p_value: float) -> None:
    assert pairing.mcnemar(lost, won) == pytest.approx(p_value, abs=5e-4)
    total = lost + won
    whole = sum(math.comb(total, count) for count in range(min(lost, won) + 1)) * 2 / 2**total
    assert pairing.mcnemar(lost, won) == pytest.approx(min(1.0, whole))


def test_counts_alone_have_the_interval_of_newcombe() -> None:
    # The example of Newcombe 1998, table II, case (a): 56/70 minus 48/80 is 0.2, from 0.0524 to 0.3339.
    found = pairing.unpaired_interval(Counted(48, 80), Counted(56, 70))
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_answers_are_compared_image_by_image(tmp_path: Path) -> None:
    old, new = (differing.read(path) for path in pair(tmp_path))
    found = differing.differ(old, new)
    answers = found.answers
    assert answers is not None
    shift = answers.accuracy
    assert (shift.lost, shift.won, shift.new.whole, answers.changed, answers.wrong_twice) == (6, 16, 1000, 22, 0)
    assert [round(100 * end, 1) for end in (shift.low, shift.high)] == [0.1, 2.1]
    assert shift.told
    assert sum(each.shift.lost or 0 for each in answers.classes) == 6
    assert sum(each.number for each in answers.flips) == 22
    assert sum(each.won for each in answers.flips) == 16
    assert [each.index for each in answers.lost] == [105, 104, 103, 102, 101, 100]
    assert telling.headline(found) == "Of 1\u202f000\u00a0images 6 are now wrong and 16 now right"
    assert any("in 5\u202f% of cases" in each for each in telling.about_answers(answers))


def test_without_kept_answers_the_counts_are_compared(tmp_path: Path) -> None:
    old, new = pair(tmp_path)
    (tmp_path / "new" / "report-answers.npz").unlink()
    found = differing.differ(differing.read(old), differing.read(new))
    assert found.answers is not None
    assert found.answers.accuracy.lost is None
    assert found.answers.changed is None
    assert any("--keep-answers" in each for each in telling.about_answers(found.answers))


def test_answers_of_another_run_are_refused(tmp_path: Path) -> None:
    _old, new = pair(tmp_path)
    new.with_name("report-answers.npz").write_bytes(b"others")
    with pytest.raises(RenderError, match="is not the one that"):
        differing.read(new)


@pytest.mark.parametrize("data", [b"", b"PK", b"\x93NUMPY", packed(LABELS, LABELS / 3, None)[:-40]])
def test_what_is_no_file_of_answers_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="holds no answers"):
        unpacked(data, "report-answers.npz")


def test_answers_come_back_from_their_file() -> None:
    data = packed(np.array([3, -1, 70_000]), np.array([0.5, np.nan, 1.0]), None)
    found = unpacked(data, "x")
    assert found.answered.tolist() == [3, -1, 70_000]
    assert found.confidence.tolist() == [0.5, 0.0, 1.0]
    assert found.labels.tolist() == [-1, -1, -1]
    assert packed(np.array([3, -1, 70_000]), np.array([0.5, np.nan, 1.0]), None) == data
    assert len(packed(LABELS, LABELS / 3, LABELS)) < 4 * 1000 + 1200


@pytest.mark.parametrize(
    ("num_classes", "bytes_an_image", "farthest"),
    [(2, 4, 2**-12), (128, 4, 2**-12), (129, 5, 2**-17), (1000, 5, 2**-17), (4095, 5, 2**-17), (4096, 5, 2**-15),
     (32_767, 5, 2**-11), (32_768, 6, 2**-12)],
)  # fmt: skip
def test_any_number_of_classes_takes_few_bytes_and_no_class_is_lost(
    num_classes: int, bytes_an_image: int, farthest: float
) -> None:
    generator = np.random.default_rng(num_classes)
    last = num_classes - 1
    answered = np.concatenate([[last, 0, -1], generator.integers(-1, last, 997)])
    labels = np.concatenate([[0, last, -1], generator.integers(-1, last, 997)])
    confidence = np.concatenate([[1.0, 0.0, np.nan], generator.uniform(0, 1, 997) ** 0.01])
    data = packed(answered, confidence, labels)
    assert 0 <= len(data) - bytes_an_image * 1000 < 1200
    found = unpacked(data, "x")
    assert found.answered.tolist() == answered.tolist()
    assert found.labels.tolist() == labels.tolist()
    assert np.abs(found.confidence - np.nan_to_num(confidence)).max() <= farthest * 1.01
    assert found.confidence[:2].tolist() == [1.0, 0.0]
    assert packed(found.answered, found.confidence.astype(np.float64), found.labels) == data


@pytest.mark.parametrize(
    ("bits", "answers"),
    [
        (8, np.zeros((3, 4), np.uint8)),
        (8, np.zeros(5, np.uint8)),
        (8, np.zeros((3, 5), np.int8)),
        (7, None),
        (99, None),
    ],
)
def test_packed_answers_of_another_shape_are_refused(bits: int, answers: Any) -> None:
    file = io.BytesIO()
    held = np.zeros((3, 5), np.uint8) if answers is None else answers
    arrays: dict[str, Any] = {MARK: np.array(PACKED), "bits": np.array(bits), "answers": held}
    np.savez(file, **arrays)
    with pytest.raises(DataError, match="holds no answers"):
        unpacked(file.getvalue(), "x")


def test_answers_that_were_kept_before_are_read_still() -> None:
    file = io.BytesIO()
    classes, confidence = np.array([500, -1], np.int16), np.array([0.5, 0.25], np.float16)
    arrays: dict[str, Any] = {"answered": classes, "confidence": confidence, "labels": classes[::-1]}
    np.savez(file, **{MARK: np.array(1), **arrays})
    found = unpacked(file.getvalue(), "x")
    assert (found.answered.tolist(), found.labels.tolist()) == ([500, -1], [-1, 500])
    assert found.confidence.tolist() == [0.5, 0.25]


def other_data(report: dict[str, Any]) -> None:
    report["sections"]["provenance"]["content"]["dataset"]["sha256"] = "0" * 64


def reordered(report: dict[str, Any]) -> None:
    report["sections"]["provenance"]["content"]["dataset"]["class_names"].reverse()


def scaled(report: dict[str, Any]) -> None:
    next(each for each in report["run"]["options"] if each["name"] == "preprocess")["value"] = ["none"]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (other_data, "The data are others"),
        (reordered, "names are in another order"),
        (scaled, "--preprocess is another"),
    ],
)
def test_numbers_on_the_data_are_not_compared_where_the_question_is_another(
    tmp_path: Path, edit: Any, said: str
) -> None:
    old, new = (differing.read(path) for path in pair(tmp_path, edit=edit))
    found = differing.differ(old, new)
    assert found.answers is None
    assert any(said in each for each in found.apart)


def test_channels_findings_and_versions_are_compared(tmp_path: Path) -> None:
    old, new = (differing.read(path) for path in pair(tmp_path, edit=several))
    found = differing.differ(old, new)
    assert not found.same_weights
    assert [(each.path, each.channel, each.old, each.new) for each in found.channels] == [("conv", 1, "copy", "dead")]
    assert [each.code for each in found.findings if each.change == "new"] == ["RG401"]
    assert [each.code for each in found.findings if each.change == "gone"] == [GOLDEN["findings"][0]["code"]]
    assert [(each.name, each.old, each.new) for each in found.facts] == [("reportgen", "1", "2")]
    assert {each.name: each.new for each in found.costs}["multiply-adds"] is None


def test_what_was_found_of_a_layer_is_found_under_its_new_name(tmp_path: Path) -> None:
    def named(report: dict[str, Any]) -> None:
        with_new_names(report)
        for each in report["findings"]:
            each["where"] = f"new_{each['where']}" if each["where"] in {CONV["path"], DENSE["path"]} else each["where"]

    found = differing.differ(*(differing.read(path) for path in pair(tmp_path, edit=named)))
    assert {each.change for each in found.findings} == {"as before"}
    assert any(each.where.startswith("new_") for each in found.findings)


def test_a_report_does_not_differ_from_itself(tmp_path: Path) -> None:
    old = differing.read(pair(tmp_path)[0])
    found = differing.differ(old, old)
    assert (found.layers, found.channels, found.facts, found.same_weights) == ((), (), (), True)
    assert {each.change for each in found.findings} == {"as before"}
    assert telling.headline(found).startswith("All 1\u202f000 answers")


@pytest.mark.parametrize("lost", ["layers", "run", "findings"])
def test_what_lacks_a_part_is_refused_in_a_sentence(tmp_path: Path, lost: str) -> None:
    def cut(report: dict[str, Any]) -> None:
        del (report["model"] if lost == "layers" else report)[lost]

    paths = pair(tmp_path, edit=cut)
    with pytest.raises(RenderError, match="lacks what a report has"):
        differing.differ(*map(differing.read, paths))


def test_formats_are_those_that_help_names() -> None:
    assert FORMATS == ("text", "html", "pdf", "json")


BASELINE = """\
version = 1
[baseline]
report = "old/report.json"
accuracy-drop = {{ max = {drop} }}
negative-flips = {{ max-share = {flips} }}
class-drop = {{ max = 0.1 }}
new-findings = "warning"
dead-channels-more = {{ max = 0 }}
parameters-growth = {{ max-share = 0.1 }}
calibration-growth = {{ max = 0.1 }}
same-architecture = true
same-classes = true
same-data = true
"""


def calibrated(path: Path, error: float, images: int = 1000) -> None:
    """Have a report say of its images, all 90 % sure, that so many fewer are right."""
    report = json.loads(path.read_bytes())
    for head in report["sections"]["performance"]["content"]["heads"]:
        bins = head["calibration"]["bins"]
        for each in bins:
            each["right"] = None
        bins[8].update(confidence=0.9, right={"part": round((0.9 - error) * images), "whole": images})
        head["calibration"]["error"] = error
    path.write_text(json.dumps(report), "utf-8")


def gated(folder: Path, drop: float = 0.01, flips: float = 0.02, edit: Any = None, **others: Any) -> dict[str, str]:
    for path in pair(folder, edit=edit, **others):
        calibrated(path, 0.02)
    new = folder / "new" / "report.json"
    (folder / "policy.toml").write_text(BASELINE.format(drop=drop, flips=flips), "utf-8")
    found = check(new, folder / "policy.toml", date(2026, 11, 29))
    return {each.code: each.outcome for each in found.results}


def test_a_policy_holds_a_report_against_its_baseline(tmp_path: Path) -> None:
    assert gated(tmp_path) == dict.fromkeys(
        ("RG601", "RG602", "RG603", "RG604", "RG605", "RG606", "RG607", "RG608", "RG609", "RG610"), "pass"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("drop", "lost", "won", "expected"),
    [(0.01, 0, 0, "pass"), (0.002, 6, 6, "undecided"), (0.01, 60, 2, "fail"), (0.03, 12, 12, "pass")],
)
def test_a_drop_is_decided_by_the_paired_interval(
    tmp_path: Path, drop: float, lost: int, won: int, expected: str
) -> None:
    assert gated(tmp_path, drop, lost=lost, won=won)["RG601"] == expected


@pytest.mark.parametrize(("flips", "expected"), [(0.02, "pass"), (0.007, "undecided"), (0.001, "fail")])
def test_flips_are_decided_by_their_exact_interval(tmp_path: Path, flips: float, expected: str) -> None:
    assert gated(tmp_path, flips=flips)["RG602"] == expected


def test_what_is_worse_than_the_baseline_fails_under_its_rule(tmp_path: Path) -> None:
    def worse(report: dict[str, Any]) -> None:
        several(report)
        report["sections"]["channels"]["content"]["layers"][0]["counts"]["dead"] = 1
        report["model"]["parameters"] = 99

    found = gated(tmp_path, edit=worse)
    assert {code for code, outcome in found.items() if outcome == "fail"} == {"RG401", "RG605", "RG609"}


def test_other_data_leave_the_answers_unmeasured(tmp_path: Path) -> None:
    found = gated(tmp_path, edit=other_data)
    unmeasured = {code for code, outcome in found.items() if outcome == "unmeasured"}
    assert unmeasured == {"RG601", "RG602", "RG603", "RG604"}
    assert found["RG608"] == "fail"


def test_a_baseline_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    _, new = pair(tmp_path)
    (tmp_path / "policy.toml").write_text(BASELINE.format(drop=0.01, flips=0.1).replace("old/", "gone/"), "utf-8")
    found = check(new, tmp_path / "policy.toml", date(2026, 11, 29))
    assert {each.outcome for each in found.results} == {"unmeasured"}
    assert found.exit_code == 5
    assert all("'gone/report.json' is not there" in each.message for each in found.results)


@pytest.mark.parametrize("table", ["[baseline]\nsame-data = true", "[baseline]\nreport = 3"])
def test_a_baseline_without_a_report_is_refused(table: str) -> None:
    with pytest.raises(OptionsError, match="released/report"):
        parse(f"version = 1\n{table}".encode(), "policy.toml")


@pytest.mark.parametrize(
    ("error", "images", "expected"),
    [
        (0.02, 1000, "pass"),
        (0.11, 1000, "undecided"),
        (0.10, 100, "undecided"),
        (0.3, 1000, "fail"),
        (0.2, 30, "undecided"),
    ],
)
def test_a_calibration_that_grew_is_decided_by_its_interval(
    tmp_path: Path, error: float, images: int, expected: str
) -> None:
    old, new = pair(tmp_path)
    calibrated(old, 0.02)
    calibrated(new, error, images)
    (tmp_path / "policy.toml").write_text(BASELINE.format(drop=0.01, flips=0.02), "utf-8")
    (result,) = (
        each for each in check(new, tmp_path / "policy.toml", date(2026, 11, 29)).results if each.code == "RG604"
    )
    assert result.outcome == expected
    assert result.measured == pytest.approx(error - 0.02)
    assert f"Calibration error {100 * error:g} % now, 2 % before" in result.message


def test_a_report_without_a_calibration_leaves_its_growth_unmeasured(tmp_path: Path) -> None:
    def without(report: dict[str, Any]) -> None:
        for head in report["sections"]["performance"]["content"]["heads"]:
            head["calibration"] = None

    _, new = pair(tmp_path, edit=without)
    (tmp_path / "policy.toml").write_text(BASELINE.format(drop=0.01, flips=0.02), "utf-8")
    found = check(new, tmp_path / "policy.toml", date(2026, 11, 29))
    assert {each.code for each in found.results if each.outcome == "unmeasured"} == {"RG604"}


def with_new_names(report: dict[str, Any]) -> None:
    report["model"]["layers"] = named_anew(report["model"]["layers"])


def built_otherwise(report: dict[str, Any]) -> None:
    report["model"]["layers"].insert(1, layer(CONV, path="more"))


@pytest.mark.parametrize(("edit", "expected"), [(with_new_names, "pass"), (built_otherwise, "fail"), (several, "pass")])
def test_an_architecture_is_the_same_whatever_its_layers_are_called(tmp_path: Path, edit: Any, expected: str) -> None:
    assert gated(tmp_path, edit=edit)["RG606"] == expected


def nameless(report: dict[str, Any]) -> None:
    report["sections"]["provenance"]["content"]["dataset"]["class_names"] = []


def renamed(report: dict[str, Any]) -> None:
    report["sections"]["provenance"]["content"]["dataset"]["class_names"][0] = "another"


@pytest.mark.parametrize("edit", [reordered, renamed, nameless])
def test_classes_in_another_order_fail(tmp_path: Path, edit: Any) -> None:
    assert gated(tmp_path, edit=edit)["RG607"] == "fail"


def test_classes_without_names_in_both_are_not_measured(tmp_path: Path) -> None:
    old, _ = pair(tmp_path, edit=nameless)
    report = json.loads(old.read_bytes())
    nameless(report)
    old.write_text(json.dumps(report), "utf-8")
    (tmp_path / "policy.toml").write_text(BASELINE.format(drop=0.01, flips=0.02), "utf-8")
    found = check(tmp_path / "new" / "report.json", tmp_path / "policy.toml", date(2026, 11, 29))
    assert {each.code: each.outcome for each in found.results}["RG607"] == "unmeasured"


@pytest.mark.parametrize(
    ("share", "said"),
    [({"part": 5, "whole": 4}, "5 of 4"), ({"part": -1, "whole": 4}, "'-1' where a number of things was expected")],
)
def test_a_share_that_is_none_is_refused_in_a_sentence(tmp_path: Path, share: dict[str, int], said: str) -> None:
    def wrong(report: dict[str, Any]) -> None:
        report["sections"]["performance"]["content"]["heads"][0]["right"] = share

    old, new = pair(tmp_path, edit=wrong)
    (tmp_path / "new" / "report-answers.npz").unlink()
    with pytest.raises(RenderError, match=said):
        differing.differ(differing.read(old), differing.read(new))
