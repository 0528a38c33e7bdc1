"""What was told from chance: every pattern beside its null, in the chapter on how the report was made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reportgen.document.report import Report
from reportgen.evidence.ablation import CopyAblation
from reportgen.evidence.pixels import Estimate
from reportgen.records.model import TensorRecord
from reportgen.renderers import html
from reportgen.sections import provenance
from reportgen.sections.provenance.claims import Claim, claims
from tests import made, why_made


def rows(**others: Any) -> dict[str, Claim]:
    return {each.pattern: each for each in claims(made.bare(findings=(), **others))}


def test_nothing_is_told_where_nothing_was_looked_for() -> None:
    assert rows() == {}


def test_every_pattern_of_a_whole_report_is_beside_its_null() -> None:
    found = claims(made.evidence())
    assert {each.pattern for each in found} >= {
        "another scaling of the pixels under which the true class is more probable",
        "channel that follows the object",
        "channel that prefers an orientation",
        "channel that is dead or stuck",
    }
    for each in found:
        assert each.null
        assert each.correction
        assert (each.num_found or 0) <= each.num_looked_at or each.num_looked_at == 0
        assert each.num_found is None or each.level is not None or each.num_draws == 0


def test_maps_that_carry_their_answers_are_counted_where_both_comparisons_were_made() -> None:
    one, two, three = (
        why_made.explanation(maps=(why_made.evidence_map(verdict=why_made.verdict(word)),))
        for word in ("supported", "weak", "no verdict")
    )
    row = rows(why=why_made.why(one, two, three))["map that carries its answer"]
    assert (row.num_looked_at, row.num_found, row.num_draws, row.level) == (2, 1, 39, 0.05)
    assert row.correction == "none: each answer by itself"
    alone = why_made.explanation(maps=(why_made.evidence_map(verdict=why_made.verdict("weak", others=None)),))
    row = rows(why=why_made.why(alone))["map that carries its answer"]
    assert (row.num_found, row.level) == (None, None)
    assert "too few other images" in row.remark


def test_channels_that_speak_for_a_class_are_counted_among_those_that_were_tested() -> None:
    channels = (made.channel(0, chance=0.005, speaks=True), made.channel(1, chance=0.5), made.channel(2, chance=None))
    row = rows(responses=made.responses(made.call("conv", *channels)))["channel that speaks for one class"]
    assert (row.num_looked_at, row.num_found) == (2, 1)


def test_what_cannot_be_tested_is_said_to_be_so() -> None:
    result = replace(made.responses(), untestable="There are too few.", num_permutations=0)
    row = rows(responses=result)["channel that speaks for one class"]
    assert (row.num_found, row.level, row.remark) == (None, None, "There are too few.")


def test_scalings_without_labels_are_not_tested() -> None:
    row = rows(scaling=replace(made.scaling(), num_flips=0))[
        "another scaling of the pixels under which the true class is more probable"
    ]
    assert (row.num_looked_at, row.num_found, row.num_draws) == (1, None, 0)


@pytest.mark.parametrize(("changed", "said"), [(0, "2 replaced, 1 without"), (3, "2 replaced, 0 without")])
def test_copies_are_told_with_what_their_substitution_showed(changed: int, said: str) -> None:
    copies = tuple(CopyAblation("conv", 1, 0, 20, number, 4, -0.1, (-0.2, 0.0)) for number in (changed, 5))
    responses = made.responses(made.call("conv", made.channel(0), made.channel(1, copy_of=0)))
    row = rows(responses=responses, ablation=made.ablation(copies=copies))["channel that does the same as another"]
    assert row.num_found == 1
    assert row.remark.startswith(said)


def test_dead_channels_that_follow_from_others_are_counted_once() -> None:
    channels = (replace(made.dead(0), proven=True), replace(made.dead(1), origin="before"), made.channel(2))
    row = rows(responses=made.responses(made.call("conv", *channels)))["channel that is dead or stuck"]
    assert (row.num_looked_at, row.num_found) == (3, 1)
    assert row.remark.startswith("1 proven; ")


def test_pixels_stand_beside_what_one_class_would_reach() -> None:
    row = rows(pixels=made.pixels())["pixel accuracy above that of one class"]
    assert (row.num_looked_at, row.num_found) == (1, 1)
    assert row.null.startswith("always predicting sky: ")
    assert row.remark.replace("\u202f", " ") == (
        "pixel accuracy 87.5 %, and 75.0 % for that; mean intersection over union 74.1 %, and 37.5 %"
    )


@pytest.mark.parametrize(("gain", "found"), [((-0.7, -0.3), 0), ((0.1, 0.3), 1), (None, None)])
def test_error_stands_beside_that_of_the_mean_picture(gain: tuple[float, float] | None, found: int | None) -> None:
    error = made.by_error(gain=Estimate(0.2, gain, 10))
    row = rows(pixels=made.pixels(made.pixel_head("input", by_error=error)))["error below that of the mean picture"]
    assert (row.num_found, row.level is None) == (found, gain is None)
    assert ("that is not tested" in row.remark) is (gain is None)


def test_pixels_without_truth_stand_beside_nothing() -> None:
    assert rows(pixels=made.pixels(made.pixel_head("values", by_error=None))) == {}


def test_level_of_channels_that_none_was_picked_of_is_not_said_to_be_corrected() -> None:
    needed = "channel that the predictions need"
    some = rows(ablation=made.ablation(made.ablated(0), made.spared(1)))[needed]
    none = rows(ablation=made.ablation(made.spared(0), made.spared(1), confirming=np.arange(0)))[needed]
    assert some.correction == "Holm, over the 1 that were picked on 5 and tested on 5\xa0other images"
    assert none.correction == "nothing to correct: on 5\xa0images none was picked for the test"


def test_silent_channels_of_which_none_is_proven_are_counted_in_a_word() -> None:
    dead = made.responses(made.call("conv", made.dead(0), made.channel(1)))
    assert rows(responses=dead)["channel that is dead or stuck"].remark.startswith("none proven; of the others")


def test_nulls_name_the_samples_as_the_report_does() -> None:
    network = made.model(inputs=(TensorRecord("wave", (400, 1), "float32"),))
    found = rows(model=network, why=why_made.why(), performance=made.performance())
    assert found["map that carries its answer"].null == "its own shape elsewhere, and maps of other signals"
    assert not any("image" in each.null for each in found.values())


def test_cell_of_a_claim_without_a_correction_begins_with_its_remark() -> None:
    evidence = made.evidence(responses=replace(made.responses(), untestable="There are too few.", num_permutations=0))
    section = provenance.build(evidence)
    assert section is not None
    page = html.document(Report("t", "s", evidence.model, evidence.run, (), (section,)), "screen")
    assert "<td>There are too few.</td>" in page
