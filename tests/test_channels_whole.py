"""Models and data of every kind -> what the written report says of channels: in report.json and on the page, alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from reportgen.options import Options
from reportgen.probes import watching
from tests import channels_made
from tests.channels_written import (
    CASES,
    IMAGES,
    LABELS,
    NAMED,
    NO_CLASSES,
    ONE_CLASS,
    SEVERAL,
    VALUES,
    Written,
    case,
    conv,
    ending,
    explained,
    overflowing,
    small,
    text,
)
from tests.commands import Files, here
from tests.probes import subjects

pytestmark = [pytest.mark.keras, pytest.mark.slow]


@pytest.mark.parametrize("name", CASES)
def test_page_says_what_the_record_says(name: str) -> None:
    """Every sentence of the record is on the page, and the numbers in a layer's answer are those of its channels."""
    written = case(name)
    chapter = written.found["sections"]["channels"]
    said = [chapter["answer"], *written.channels["methods"], *written.channels["limits"]]
    for layer in written.channels["layers"]:
        said += [
            layer["answer"],
            layer["words"],
            layer["silent"],
            *(each for card in layer["cards"] for each in card["said"]),
        ]
        states = [channel["state"] for channel in layer["channels"]]
        for state in ("dead", "stuck"):
            assert layer[state] == [place for place, each in enumerate(states) if each == state]
        assert not {*layer["dead"], *layer["stuck"]} & {card["channel"] for card in layer["cards"]}
        assert set(layer["counts"]["needed"][:3]) <= {card["channel"] for card in layer["cards"]}
        for state in ("dead", "stuck", "nearly dead"):
            told = re.search(rf"(\d+|none) (is|are) {state}\b", layer["answer"])
            own = [channel["state"] for channel in layer["channels"] if not channel["origin"]]
            assert (int(told[1]) if told and told[1] != "none" else 0) == own.count(state)
        assert layer["counts"]["speaking"] in {None, sum(channel["speaks"] for channel in layer["channels"])}
    assert [sentence for sentence in said if text(sentence).strip() not in written.page] == []


@pytest.mark.parametrize("name", CASES)
def test_extremes_and_counts_are_those_of_the_layers_own_answers(name: str) -> None:
    """Keras runs the model up to each layer; the record has its lowest and highest values, and how many there are."""
    written = case(name)
    if name in {"two inputs", "shared", "nested", "film", "steps", "signal", "volume", "no numbers", "one image"}:
        pytest.skip("looked at in tests of their own, or the same as others")
    number = written.channels["num_images"]
    images = {"one class": IMAGES[LABELS == 2], "a class without images": IMAGES[LABELS != 1]}.get(name, IMAGES)
    for layer in written.channels["layers"]:
        outputs = keras.Model(written.model.inputs[0], written.model.get_layer(layer["path"]).output)(images[:number])
        values = np.asarray(outputs).reshape(-1, len(layer["channels"]))
        found = [(each["minimum"], each["maximum"], each["mean"]) for each in layer["channels"]]
        oracle = np.stack([values.min(axis=0), values.max(axis=0), values.astype(np.float64).mean(axis=0)], axis=1)
        np.testing.assert_allclose(found, oracle, rtol=1e-5, atol=1e-6)
        assert {each["count"] for each in layer["channels"]} == {len(values)}


def test_faults_are_named_in_record_and_page_and_the_other_network_has_none() -> None:
    faulty, healthy = case("faulty"), case("healthy")
    faults = {"RG401", "RG403", "RG405"}
    assert faults <= set(faulty.findings)
    assert all(each["title"] in faulty.page for each in faulty.found["findings"] if each["code"] in faults)
    assert "Speaks for check: selectivity" in faulty.page
    assert not {*faults, "RG402"} & set(healthy.findings)
    assert not [each["channel"] for each in healthy.every if each["state"] or each["copy_of"] is not None]
    assert "Never above zero" in faulty.page
    assert "never above zero: " not in healthy.page


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no labels", NO_CLASSES),
        ("values", VALUES),
        ("numbers", VALUES),
        ("segmentation", NO_CLASSES),
        ("multi-label", SEVERAL),
        ("one class", ONE_CLASS),
        ("one image", ONE_CLASS),
    ],
)
def test_without_classes_one_line_says_why_and_the_rest_is_there(name: str, line: str) -> None:
    written = case(name)
    assert written.page.count(line) == 1
    assert [other for other in (NO_CLASSES, VALUES, SEVERAL, ONE_CLASS) if other in written.page] == [line]
    assert {(each["selectivity"], each["favourite"], each["chance"], each["speaks"]) for each in written.every} == {
        (None, None, None, False)
    }
    assert {layer["counts"]["speaking"] for layer in written.channels["layers"]} == {None}
    assert "Class selectivity" not in written.page.split("What the words mean")[0]
    assert [card for layer in written.channels["layers"] for card in layer["cards"] if card["block"]]
    assert written.channels["dreams"]


@pytest.mark.parametrize("name", ["no labels", "values", "numbers", "segmentation"])
def test_without_classes_there_is_no_chapter_on_right_answers(name: str) -> None:
    written = case(name)
    assert "performance" not in written.found["sections"]
    assert {each["ablation"] and each["ablation"]["accuracy_change"] for each in written.every} == {None}


def test_without_labels_what_matters_is_measured_on_the_answers_themselves() -> None:
    known = {each["channel"]: each["ablation"] for each in case("no labels").every}
    without = {channel: lost["log_probability_change"] for channel, lost in known.items() if lost}
    costly = sorted(without, key=without.__getitem__)[:2]
    assert set(costly) == {channels_made.CHECK, channels_made.BLUR}
    assert known[channels_made.DEAD] is None


@pytest.mark.parametrize("name", ["values", "numbers", "segmentation"])
def test_where_nothing_can_be_lost_one_line_says_so(name: str) -> None:
    written = case(name)
    assert written.page.count("Whether a channel matters was not measured.") == 1
    assert {each["ablation"] for each in written.every} == {None}


def test_of_several_labels_all_must_be_right() -> None:
    written = case("multi-label")
    truth = np.random.default_rng(1).integers(0, 2, (60, 3))
    right = ((written.model.predict(IMAGES, verbose=0) > 0.5) == truth).all(axis=1)
    (head,) = written.found["sections"]["performance"]["content"]["heads"]
    assert (head["output"], head["right"]["part"], head["right"]["whole"]) == ("multi-label", int(right.sum()), 60)


def test_random_labels_let_no_channel_speak() -> None:
    written = case("random labels")
    assert [each["channel"] for each in written.every if each["speaks"]] == []
    assert "none speaks for one class" in written.found["sections"]["channels"]["answer"]
    assert re.findall(r"Speaks for (?!no class)", written.page) == []


def test_of_many_random_labellings_few_let_a_channel_speak() -> None:
    """At a level of 5 % no more than 2 of 12 labellings may let any of 24 channels speak (P < 0.02 for 3 and more)."""
    keras.utils.set_random_seed(5)
    model = small(conv(24), *ending(3, "softmax"))
    speaking = 0
    for seed in range(12):
        labels = np.random.default_rng(100 + seed).permutation(LABELS)
        watched = subjects.subject(model, subjects.data(IMAGES, labels.tolist()))
        found = watching.run(watched, Options(class_selectivity=0.01, class_level=0.05))
        assert found is not None
        result = found.responses
        assert result.thresholds.level == 0.05
        speaking += any(each.speaks for call in result.calls for each in call.channels)
    assert speaking <= 2


def test_every_conv_call_of_two_inputs_is_judged_on_its_own_input() -> None:
    written, model = case("two inputs"), case("two inputs").model
    for name, images in (("main", IMAGES), ("beside", IMAGES[:, ::2, ::2])):
        highest = np.asarray(model.get_layer(name)(images)).max(axis=(0, 1, 2))
        np.testing.assert_allclose([each["maximum"] for each in written.layer(name)["channels"]], highest, rtol=1e-5)
    assert all(card["block"] for card in written.layer("main")["cards"] if card["patches"])
    assert not any(card["block"] for card in written.layer("beside")["cards"])
    assert written.page.count("No patches are drawn for layers that do not read the image itself: beside.") == 1


def test_every_call_of_a_shared_layer_has_its_own_numbers() -> None:
    written, layer = case("shared"), case("shared").model.get_layer("conv")
    smaller = IMAGES.reshape(-1, 8, 2, 8, 2, 1).max(axis=(2, 4))
    assert {each["path"] for each in written.channels["layers"]} == {"conv", "conv#2"}
    found = {tuple(each["count"] for each in layer["channels"]) for layer in written.channels["layers"]}
    assert found == {(60 * 14 * 14,) * 3, (60 * 6 * 6,) * 3}
    for path in ("conv", "conv#2"):
        images = IMAGES if written.layer(path)["channels"][0]["count"] == 60 * 14 * 14 else smaller
        highest = np.asarray(layer(images)).max(axis=(0, 1, 2))
        np.testing.assert_allclose([each["maximum"] for each in written.layer(path)["channels"]], highest, rtol=1e-5)


def test_layers_of_a_nested_model_are_named_by_their_way_and_judged() -> None:
    written = case("nested")
    inner = written.model.get_layer("inner")
    first = np.asarray(inner.get_layer("conv")(IMAGES))
    for path, values in (("inner/conv", first), ("inner/second", np.asarray(inner.get_layer("second")(first)))):
        found = [each["maximum"] for each in written.layer(path)["channels"]]
        np.testing.assert_allclose(found, values.max(axis=(0, 1, 2)), rtol=1e-5)
    assert all(each["ablation"] or each["state"] in {"dead", "stuck"} for each in written.every)


def test_one_image_is_called_one_image() -> None:
    written = case("one image")
    assert written.channels["num_images"] == 1
    assert not re.search(r"\b1[ \xa0]images\b", written.page)
    assert "The only image is" in written.page
    assert "Over 1\xa0image, " in written.page


def test_class_without_images_is_left_out_and_told_apart_from_no_class() -> None:
    written = case("a class without images")
    assert (written.channels["classes"], written.channels["class_counts"]) == (["thin bars", "check"], [20, 20])
    assert [each["channel"] for each in written.every if each["speaks"]] == [channels_made.CHECK]
    assert {len(each["class_means"]) for each in written.every} == {2}


def test_answers_that_are_no_numbers_fail_the_report_and_spoil_nothing_else() -> None:
    written = case("no numbers")
    broken = {each["channel"] for each in written.every if each["state"] == "no number"}
    with np.errstate(over="ignore", invalid="ignore"):
        layer = written.model.get_layer("conv")
        # Before the activation, which makes 0 of minus infinity.
        values = np.asarray(keras.ops.conv(overflowing(), layer.kernel, layer.strides, layer.padding) + layer.bias)
    assert broken == set(np.flatnonzero(~np.isfinite(values).all(axis=(0, 1, 2))).tolist())
    assert [each["num_nan"] + each["num_infinite"] for each in written.every] == [
        int(number) for number in (~np.isfinite(values)).sum(axis=(0, 1, 2))
    ]
    failed = [each["title"] for each in written.found["findings"] if each["severity"] == "failed"]
    assert f"{len(broken)}\xa0channels give NaN or infinity." in failed
    assert written.found["sections"]["performance"]["content"]["heads"][0]["num_nonfinite"] == 1
    assert {each["channel"] for each in written.every if each["state"] == "dead"} == {channels_made.DEAD}


@pytest.mark.parametrize(
    ("name", "word", "axes", "drawn"),
    [
        ("signal", "signals", 1, True),
        ("volume", "volumes", 3, True),
        ("film", "sequences", 3, True),
        ("steps", "sequences", 2, False),
    ],
)
def test_what_is_no_picture_has_patches_where_they_can_be_drawn_or_one_line_says_why(
    name: str, word: str, axes: int, drawn: bool
) -> None:
    written = case(name)
    line = f"No patches are drawn of {word} like these."
    assert written.page.count(line) == (not drawn)
    cards = [card for layer in written.channels["layers"] for card in layer["cards"]]
    assert {card["block"] is not None for card in cards} == {drawn}
    assert {len(patch["position"]) for card in cards for patch in card["patches"]} == {axes}
    assert {len(patch["box"]) for card in cards for patch in card["patches"]} == {4 if drawn else 0}
    assert f"{word} that move each most" in written.page
    assert (
        f"The model reads {word} and no images, so an image made for a channel would be nothing to look at."
        in written.page
    )


def test_limit_takes_a_seeded_sample_and_says_so() -> None:
    model = channels_made.faulty()
    one, again, other = (
        explained(model, IMAGES, LABELS, section=["channels"], limit=12, seed=seed, **NAMED) for seed in (5, 5, 6)
    )
    assert "Measured on 12\xa0images drawn at random from 60 (--limit, seed 5)" in one.page
    assert (one.channels["num_images"], one.channels["num_available"], one.channels["seed"]) == (12, 60, 5)
    assert one.channels["layers"] == again.channels["layers"]

    def looked_at(written: Written) -> set[int]:
        cards = written.channels["layers"][0]["cards"]
        return {patch["image"] for card in cards for patch in card["patches"]}

    assert looked_at(one) != looked_at(other)
    assert len(looked_at(one)) <= 12
    assert {each["count"] for each in one.every} == {12 * 16 * 16}


def test_thresholds_are_options_and_stand_in_the_report() -> None:
    chosen = {"nearly_dead": 0.5, "copy_correlation": 0.2, "class_level": 0.01, "class_selectivity": 0.9}
    written = explained(channels_made.faulty(), IMAGES, LABELS, section=["channels"], **NAMED, **chosen)
    assert written.channels["thresholds"] == {"nearly_dead": 0.5, "copy": 0.2, "level": 0.01, "selectivity": 0.9}
    words = (
        "fires in under 50.0\u202f% of them",
        "correlate above 0.2 ",
        "is at least 0.9",
        "in at most 1.0\u202f% of 999 permutations",
    )
    assert [word for word in words if word not in written.page] == []
    # The check is on a third of the pictures: under this threshold its channel is nearly dead.
    states = {each["channel"]: each["state"] for each in written.every}
    assert (states[channels_made.CHECK], case("faulty").every[channels_made.CHECK]["state"]) == ("nearly dead", "")


def test_budget_for_ablations_stands_in_the_report_and_is_kept() -> None:
    written = explained(channels_made.faulty(), IMAGES, LABELS, section=["channels"], ablation_budget="40", **NAMED)
    assert written.channels["budget"] == "40\xa0forward passes".replace("\xa0", " ")
    measured = [each for each in written.every if each["ablation"] is not None]
    assert len(measured) > 0
    assert written.channels["num_screening"] + written.channels["num_confirming"] < 60
    assert f"one at a time on {written.channels['num_screening']}\xa0images" in written.page


def test_dreams_are_of_the_channels_that_were_asked_for() -> None:
    written = explained(channels_made.faulty(), IMAGES, LABELS, section=["channels"], dream=["conv:5"], dream_steps=32)
    (dream,) = written.channels["dreams"]
    assert (dream["path"], dream["channel"], written.channels["dreams_asked"]) == ("conv", 5, True)
    assert "The channels were chosen with --dream." in written.page
    assert dream["best_real"] == pytest.approx(written.every[5]["maximum"], rel=1e-5)
    assert "Synthetic: made for channel 5 of conv" in written.page


@pytest.mark.parametrize("name", ["faulty", "random labels", "one image"])
def test_dreams_by_default_are_of_channels_that_matter_or_vary(name: str) -> None:
    dreamt = [dream["channel"] for dream in case(name).channels["dreams"]]
    assert len(dreamt) == 3
    assert not {channels_made.DEAD, channels_made.STUCK} & set(dreamt)


class TestCommandLine:
    def test_options_on_channels_stand_in_what_is_written(self, files: Files, tmp_path: Path) -> None:
        shown = here(
            "build", files.model, "--data", files.data, "--limit", "12", "--ablation-budget", "100",
            "--dream", "conv:3", "--dream-steps", "3", "--nearly-dead", "0.01", "--seed", "4",
            "--format", "html", "--format", "json", "--section", "channels",
            "-q", "-o", "made", cwd=tmp_path,
        )  # fmt: skip
        assert (shown.returncode, shown.stderr) == (0, "")
        page = text((tmp_path / "made" / "report.html").read_text("utf-8"))
        found = json.loads((tmp_path / "made" / "report.json").read_text("utf-8"))["sections"]["channels"]["content"]
        assert "drawn at random from 20 (--limit, seed 4)" in page
        assert (found["num_images"], found["seed"], found["thresholds"]["nearly_dead"]) == (12, 4, 0.01)
        assert [(dream["path"], dream["channel"], dream["num_steps"]) for dream in found["dreams"]] == [("conv", 3, 3)]

    @pytest.mark.parametrize(
        ("dream", "code", "words"),
        [
            ("conv:17", 2, "The conv layer 'conv' has no channel 17. Expected 0 to 3."),
            ("nowhere:0", 1, "nowhere"),
            ("pool:0", 1, "pool"),
        ],
    )
    def test_wrong_dream_is_one_sentence_and_nothing_is_written(
        self, files: Files, tmp_path: Path, dream: str, code: int, words: str
    ) -> None:
        shown = here("build", files.model, "--data", files.data, "--dream", dream, "-q", "-o", "made", cwd=tmp_path)
        assert shown.returncode == code
        (error,) = [line for line in shown.stderr.splitlines() if line.startswith("Error: ")]
        assert words in error
        assert shown.stderr.splitlines()[-1] == error
        assert not (tmp_path / "made" / "report.html").exists()
