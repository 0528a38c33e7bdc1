"""What was measured of channels, joined and put into sentences: counted by hand beside each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.document.report import Finding
from reportgen.evidence import Evidence
from reportgen.evidence.ablation import ChannelAblation, CopyAblation
from reportgen.evidence.channels import Channel, Counts, count, joined, ranked, shown
from reportgen.evidence.responses import CallResponses, ChannelResponses, ResponsesResult, Thresholds
from reportgen.findings import channels as family
from reportgen.records.model import TensorRecord
from reportgen.sections.channels import lines
from reportgen.sections.channels import sentences as told
from tests import made


def channels(*known: ChannelResponses, lost: tuple[ChannelAblation, ...] = ()) -> tuple[Channel, ...]:
    call = made.call("conv", *known)
    return joined(call, made.responses(call), made.ablation(*lost) if lost else None, None, Channel)


def test_what_probes_found_of_a_channel_stands_together() -> None:
    call = made.call("conv", made.channel(0), made.channel(1), made.channel(2))
    edges = made.edges(made.tuning(0), made.tuning(1, selectivity=0.1, prefers=False), made.tuning(2, prefers=False))
    ablation = made.ablation(made.ablated(0), made.spared(1), estimates=(("conv", (0.5, 0.25, float("nan"))),))
    first, second, third = joined(call, made.responses(call), ablation, edges, Channel)
    assert first.favourite == "cat"
    assert (first.needed, second.needed, third.needed) == (True, False, False)
    assert (first.loss, second.loss, third.loss) == (0.25, -0.01, 0.0)
    assert (first.estimated_move, second.estimated_move, third.estimated_move) == (0.5, 0.25, None)
    assert (second.ablation, third.ablation) == (ablation.channels[1], None)
    assert [each.orientation for each in (first, second, third)] == [90.0, None, None]
    assert [each.orientation_selectivity for each in (first, second, third)] == [0.6, 0.1, 0.6]


def test_tuning_and_losses_of_another_call_are_not_taken() -> None:
    call = made.call("other", made.channel(0))
    (found,) = joined(call, made.responses(call), made.ablation(), made.edges(), Channel)
    assert (found.orientation_selectivity, found.ablation) == (None, None)


def test_layer_is_counted() -> None:
    known = (
        made.channel(0, speaks=True),
        made.dead(1),
        made.dead(2, state="nearly dead"),
        made.channel(3, state="stuck", copy_of=0, copy_correlation=1.0),
        made.channel(4, copy_of=0, copy_correlation=1.0),
        made.channel(5, state="no number"),
    )
    lost = (made.ablated(0), made.ablated(4, accuracy_change=-0.5), made.spared(2))
    found = count(channels(*known, lost=lost), labelled=True)
    assert found == Counts(6, None, 1, 1, 1, 0, 1, 1, 1, 3, 2, (4, 0))
    assert count(channels(*known), labelled=False) == Counts(6, None, 1, 1, 1, 0, 1, 1, None, 0, 0, ())


COUNTS = Counts(32, 27, 3, 0, 0, 0, 0, 0, 5, 32, 4, (17,))


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            COUNTS,
            (
                "Of 32\xa0channels 27 prefer an orientation; 3 are dead; 5 speak for one class; the network needs"
                " conv_1/17."
            ),
        ),
        (
            replace(COUNTS, oriented=1, dead=1, copies=1, stuck=2, speaking=1, needed=(), confirmed=0),
            (
                "Of 32\xa0channels 1 prefers an orientation; 1 is dead; 2 are stuck; 1 does the same as another; 1"
                " speaks for one class."
            ),
        ),
        (
            replace(COUNTS, oriented=None, dead=0, speaking=0, needed=()),
            (
                "Of 32\xa0channels none is dead; none speaks for one class; none of the 4 tested is needed beyond"
                " chance."
            ),
        ),
        (
            replace(COUNTS, oriented=None, speaking=None, needed=(), confirmed=1),
            "Of 32\xa0channels 3 are dead; the one tested is not needed beyond chance.",
        ),
        (
            replace(COUNTS, oriented=None, dead=0, following=3, speaking=None, needed=()),
            (
                "Of 32\xa0channels none is dead; 3 follow dead or stuck ones; none of the 4 tested is needed beyond"
                " chance."
            ),
        ),
        (
            replace(COUNTS, oriented=None, dead=0, speaking=None, needed=(17, 7)),
            "Of 32\xa0channels none is dead; the network needs conv_1/17 and conv_1/7.",
        ),
        (
            replace(COUNTS, oriented=None, dead=0, speaking=None, needed=(17, 7, 8, 9, 1)),
            "Of 32\xa0channels none is dead; the network needs conv_1/17, conv_1/7 and conv_1/8 and 2 more.",
        ),
    ],
    ids=["as the issue has it", "single ones", "none needed", "one tested", "following", "two", "many"],
)
def test_layer_is_answered_in_two_lines(counts: Counts, words: str) -> None:
    assert told.layer_answer("conv_1", counts) == words


def test_chapter_is_answered_over_all_layers() -> None:
    layers = [("a", COUNTS), ("b", replace(COUNTS, channels=8, dead=1, speaking=0))]
    ablation = made.ablation(made.ablated(2, "b"), made.ablated(17, "a", accuracy_change=-0.6), made.spared())
    assert told.chapter_answer(layers, made.responses(), ablation, "image") == (
        "Over 10\xa0images, 4 of 40\xa0channels in 2\xa0conv layers are dead, none does the same as another and 5"
        " speak for one class. The network needs a/17 (accuracy −60\xa0points, 95 % interval −70 to −5) and b/2"
        " (accuracy −40\xa0points, 95 % interval −70 to −5): set to their means one at a time, on 5\xa0images other"
        " than those that picked them."
    )


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ((made.ablated(needed=False),), "No single channel's loss can be told from chance on 5\xa0images."),
        (
            (made.ablated(accuracy_change=None, accuracy_interval=None),),
            "The network needs conv/0 (log probability −0.25 (−0.4 to −0.1)): set to its mean, on 5\xa0images other"
            " than those that picked it.",
        ),
        (
            tuple(map(made.ablated, range(5))),
            "and conv/2 (accuracy −40\xa0points, 95 % interval −70 to −5), and 2 more: set to their means one at a"
            " time, on 5\xa0images other than those that picked them.",
        ),
    ],
    ids=["none", "without labels", "many"],
)
def test_chapter_names_the_channels_that_are_needed(lost: tuple[ChannelAblation, ...], words: str) -> None:
    answer = told.chapter_answer([("conv", COUNTS)], made.responses(), made.ablation(*lost), "image")
    assert answer.endswith(words)


def test_chapter_says_nothing_of_need_where_nothing_was_measured_again() -> None:
    for ablation in (None, made.ablation(made.spared())):
        assert "need" not in told.chapter_answer([("conv", COUNTS)], made.responses(), ablation, "image")


def test_copy_is_said_to_be_one_by_what_changes_where_it_is_replaced() -> None:
    call = made.call("conv", made.channel(0), made.channel(1, copy_of=0, copy_correlation=0.999))
    copy = CopyAblation("conv", 1, 0, 500, 3, 40, -0.06, (-0.08, -0.04))
    ablation = made.ablation(copies=(copy, replace(copy, both_accuracy_change=None, both_accuracy_interval=None)))
    for words in (", accuracy −6\xa0points (−8 to −4).", ", 40."):
        ablation = replace(ablation, copies=(copy,))
        channel = joined(call, made.responses(call), ablation, None, Channel)[1]
        (said,) = [each for each in told.card_words(channel, made.responses(call), "images") if "Replaced" in each]
        start = "Replaced by what follows from channel 0, 3 of 500 predictions change; with both set to their means"
        assert said == start + words
        copy = replace(copy, both_accuracy_change=None, both_accuracy_interval=None)


def test_channel_that_was_not_switched_off_has_what_the_gradient_says() -> None:
    call = made.call("conv", made.channel(0))
    ablation = made.ablation(made.spared(0, path="other"), estimates=(("conv", (0.5,)),))
    (channel,) = joined(call, made.responses(call), ablation, None, Channel)
    said = told.card_words(channel, made.responses(call), "images")
    assert "Not switched off; by the gradient it moves the log-odds by 0.5." in said


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (
            made.channel(0),
            (
                "Prefers no class beyond chance: selectivity 0.33 (p\u202f=\u202f0.4); highest for cat.",
                "Response in multiples of its layer's: cat 0.6, emu 0.4, dog 0.2.",
                (
                    "Needed: set to its mean on 5\xa0images: accuracy −40\xa0points (−70 to −5), log probability −0.25"
                    " (−0.4 to −0.1), p = 0.012; most for dog, −33.3\xa0points; 3\xa0predictions change."
                ),
                "Fires in 90\u202f% of the images, at 50\u202f% of the positions; mean 0.5, highest 3.",
            ),
        ),
        (
            made.channel(0, state="no number", count=0, num_nan=40, selectivity=None, favourite=None),
            ("NaN 40\xa0times, infinity 0\xa0times.",),
        ),
    ],
    ids=["lively", "no number"],
)
def test_card_says_what_is_known(known: ChannelResponses, words: tuple[str, ...]) -> None:
    lost = (made.ablated(0),) if not known.state else ()
    (channel,) = channels(known, lost=lost)
    assert told.card_words(channel, made.responses(), "images") == words


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (
            {"speaks": True, "chance": 0.012},
            "Speaks for cat: selectivity 0.33 (p\u202f=\u202f0.012).",
        ),
        ({"speaks": True, "chance": 1 / 1001}, "Speaks for cat: selectivity 0.33 (p\u202f≤\u202f0.001)."),
        ({"chance": 0.005}, "Prefers cat a little: selectivity 0.33 (p\u202f=\u202f0.005)."),
        ({"chance": None}, "Responds most to cat: selectivity 0.33, not tested."),
        ({"state": "nearly dead", "firing_share": 0.0004}, "Nearly dead: it fires in 0.04\u202f% of the images."),
        ({"state": "no number", "num_nan": 3}, "NaN 3\xa0times, infinity 0\xa0times."),
        ({"copy_of": 4, "copy_correlation": 0.9995}, "Does the same as channel 4: correlation 0.9995."),
    ],
)
def test_card_says_health_and_class(others: dict[str, object], words: str) -> None:
    (channel,) = channels(made.channel(6, **others))
    assert words in told.card_words(channel, made.responses(), "images")


def test_classes_whose_names_fit_below_bars_are_not_listed() -> None:
    (channel,) = channels(made.channel(0))
    responses = made.responses(classes=("0", "1", "2"))
    assert not any("in multiples" in said for said in told.card_words(channel, responses, "images"))


def test_most_telling_take_turns_and_dead_and_stuck_ones_are_left_out() -> None:
    known = (
        made.channel(0, selectivity=0.1),
        made.channel(1, selectivity=0.9),
        made.channel(2, selectivity=0.5, speaks=True),
        made.channel(3, selectivity=0.6, speaks=True),
        made.dead(4),
        made.channel(5, selectivity=0.2, copy_of=0),
        made.dead(6, state="stuck"),
        made.channel(7, selectivity=0.0, state="nearly dead"),
        made.channel(8, selectivity=0.0, state="no number"),
    )
    lost = (made.ablated(0), made.ablated(1, accuracy_change=0.1, probability_change=0.0))
    # Speaking: 3, 2; needed: 0; not in order: 8 (no number), 7 (nearly dead), 5 (a copy); by selectivity: 1, 3, 2, 5 …
    assert ranked(channels(*known, lost=lost)) == (3, 0, 8, 1, 2, 7, 5)
    # Strongest images of one kind: 5, 7, after what is needed.
    assert ranked(channels(*known, lost=lost), {7: 0.3, 5: 0.4}) == (3, 0, 5, 8, 1, 2, 7)


def test_headline_names_the_channel_that_costs_most_as_the_answer_does() -> None:
    ablation = made.ablation(made.ablated(2, "a"), made.ablated(17, "b", accuracy_change=-0.6))
    counts = [("a", replace(COUNTS, speaking=0, needed=(2,))), ("b", replace(COUNTS, speaking=0, needed=(17,)))]
    assert told.headline(counts, ablation).startswith("The network needs b/17 and 1 more of ")
    assert "The network needs b/17 (" in told.chapter_answer(counts, made.responses(), ablation, "image")


@pytest.mark.parametrize("num_speaking", [0, 1, 5])
def test_needed_channel_is_among_the_first_two_whatever_others_cost_where_they_were_picked(num_speaking: int) -> None:
    known = [made.channel(number, speaks=number < num_speaking, selectivity=0.5) for number in range(20)]
    lost = [made.spared(number, log_probability_change=-1.0) for number in range(20)]
    lost[17] = made.ablated(17, log_probability_change=-0.1)
    assert 17 in ranked(channels(*known, lost=tuple(lost)))[:2]


def test_shown_channels_are_the_most_telling_as_many_as_there_is_room_for() -> None:
    known = [*map(made.dead, range(12)), *(made.channel(number, selectivity=number / 100) for number in range(12, 30))]
    call = made.call("conv", *known)
    ablation = made.ablation(made.ablated(13), num_channels=30)
    calls = [call, *(made.call(f"conv_{place}") for place in range(127))]
    # 512 are shared by 128 calls: four for each.
    assert shown(call, made.responses(*calls), ablation, None) == (13, 29, 28, 27)
    assert len(shown(call, made.responses(call), ablation, None)) == 18
    nothing = made.call("conv", *map(made.dead, range(3)))
    assert shown(nothing, made.responses(nothing), None, None) == ()


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ([made.channel(0), made.channel(1)], ""),
        ([made.channel(0), made.dead(1)], "Never above zero: 1."),
        ([made.dead(0), made.dead(1), made.channel(2), made.dead(3)], "Never above zero: 0, 1 and 3."),
        ([made.dead(0), made.dead(1)], "All 2 channels are dead: none is ever above zero."),
        ([made.dead(0)], "Never above zero: 0."),
        (
            [made.dead(0, state="stuck", mean=0.25), made.dead(1), made.dead(2, state="stuck", mean=-3.0)],
            "Never above zero: 1. Stuck: 0 (always 0.25) and 2 (always −3).",
        ),
        (
            [made.channel(0), *map(made.dead, range(1, 2000))],
            (
                "Never above zero: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 and"
                " 1\u202f979 more (report.json lists all)."
            ),
        ),
        (
            [made.channel(0), *map(made.dead, range(1, 22))],
            ("Never above zero: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 and 21."),
        ),
    ],
    ids=["none", "one", "several", "all", "the only one", "stuck", "many", "one more than fit"],
)
def test_dead_and_stuck_channels_share_one_line(known: list[ChannelResponses], line: str) -> None:
    assert lines.silent_words(channels(*known)) == line


@pytest.mark.parametrize(
    ("num_at_maximum", "words"),
    [
        (0, ""),
        (9, ""),
        (10, "10 images reach its highest value, 6; those shown are drawn at random."),
        (1028, "1\u202f028 images reach its highest value, 6; those shown are drawn at random."),
    ],
)
def test_patches_that_are_drawn_among_more_than_nine_say_so(num_at_maximum: int, words: str) -> None:
    (channel,) = channels(made.channel(0, maximum=6.0, num_at_maximum=num_at_maximum))
    assert lines.drawn_words(channel, "images", capped=False) == words


def test_patches_of_a_capped_activation_say_by_what_they_are_ranked() -> None:
    few, many = (channels(made.channel(0, maximum=6.0, num_at_maximum=number))[0] for number in (9, 1000))
    assert lines.drawn_words(few, "images", capped=True) == ""
    assert lines.drawn_words(many, "images", capped=True) == (
        "1\u202f000 images reach the cap of 6; patches are ranked by what goes into the activation."
    )


def found(*calls: CallResponses) -> list[Finding]:
    return list(family.judge(made.bare(responses=made.responses(*calls))))


def test_channels_in_order_are_no_finding() -> None:
    assert found(made.call("conv", made.channel(0, speaks=True), made.channel(1))) == []
    assert list(family.judge(made.bare())) == []


@pytest.mark.parametrize(
    ("channel", "severity", "title", "detail"),
    [
        (
            made.dead(1),
            "warning",
            "1\xa0channel is dead.",
            "Never above zero on any of 10\xa0images, so with 95 % confidence in under 25.9\u202f% of such images."
            " conv: 1 of 2 (channel 1).",
        ),
        (
            made.channel(1, state="stuck"),
            "warning",
            "1\xa0channel is stuck.",
            "The same value everywhere on all of 10\xa0images. conv: 1 of 2 (channel 1).",
        ),
        (
            made.channel(1, state="nearly dead"),
            "note",
            "1\xa0channel is nearly dead.",
            "Above zero in under 0.1\u202f% of 10\xa0images. conv: 1 of 2 (channel 1).",
        ),
        (
            made.channel(1, state="no number"),
            "failed",
            "1\xa0channel gives NaN or infinity.",
            "conv: 1 of 2 (channel 1).",
        ),
        (
            made.channel(1, copy_of=0, copy_correlation=1.0),
            "note",
            "Channels 0 and 1 of conv do the same job (correlation 1).",
            "Their responses correlate above 0.99 with those of another channel. conv: 1 of 2 (channel 1 like 0).",
        ),
    ],
)
def test_each_fault_is_a_finding(channel: ChannelResponses, severity: str, title: str, detail: str) -> None:
    (finding,) = found(made.call("conv", made.channel(0), channel))
    assert (finding.severity, finding.title, finding.detail) == (severity, title, detail)
    assert (finding.anchor, finding.chapter) == ("channels-conv", "channels")


def test_few_dead_channels_are_a_note_and_many_are_counted() -> None:
    sound = [made.channel(number) for number in range(99)]
    (note,) = found(made.call("conv", *sound, made.dead(99), judged_at="relu", through=("relu",)))
    assert (note.severity, note.detail.endswith("conv: 1 of 100 (channel 99), measured after relu.")) == ("note", True)
    calls = [made.call(f"c{place}", *map(made.dead, range(10))) for place in range(14)]
    (warning,) = found(*calls)
    assert warning.title == "140\xa0channels are dead."
    assert "c0: 10 of 10 (channels 0, 1, 2, 3, 4, 5, 6, 7, 2 more);" in warning.detail
    assert warning.detail.endswith("; and in 10\xa0more layers.")


UNDRAWN = replace(made.patch(), picture=None, box=())


def said(evidence: Evidence) -> str:
    return " ".join((*told.methods(evidence), *told.limits(evidence)))


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (made.evidence(), "Measured on 10\xa0images: toys."),
        (made.evidence(dataset=made.dataset(name="10 images from list.csv")), "Measured on 10 images from list.csv."),
        (
            made.evidence(responses=made.responses(num_available=500, seed=7), dataset=made.dataset(split="held out")),
            "Measured on 10\xa0images drawn at random from 500 (--limit, seed 7): toys, held out.",
        ),
        (made.evidence(responses=made.responses(thresholds=Thresholds(nearly_dead=0.02))), "fires in under 2.0\u202f%"),
        (made.evidence(responses=made.responses(thresholds=Thresholds(copy=0.95))), "correlate above 0.95"),
        (
            made.evidence(responses=made.responses(thresholds=Thresholds(level=0.01, selectivity=0.5))),
            "is at least 0.5, and if in at most 1.0\u202f% of 1\u202f000 permutations of the labels of 10\xa0images"
            " any of all 2\xa0channels stands out as much.",
        ),
        (made.evidence(responses=made.responses(num_permuted=6)), "the labels of 6\xa0images drawn at random any"),
        (made.evidence(responses=made.responses(num_tested_classes=2)), "1\xa0class has too few images to be compared"),
        (made.evidence(), "each response is divided by the mean of its layer's channels on the same image."),
        (made.evidence(), "2 of 2\xa0channels were switched off one at a time on 5\xa0images."),
        (made.evidence(), "(accuracy 90.0\u202f%, mean probability of the true class 80.0\u202f%)"),
        (
            made.evidence(),
            "The one without which the true class became least probable was switched off again on 5\xa0images that did",
        ),
        (made.evidence(ablation=made.ablation(num_channels=12)), "2 of 12\xa0channels were switched off one at a time"),
        (made.evidence(ablation=made.ablation(num_channels=12)), "on 5\xa0images, within 500 forward passes."),
        (made.evidence(ablation=None), "Whether a channel matters was not measured in this report."),
        (made.evidence(dreams=None), "No images were made for channels in this report."),
        (made.evidence(edges=None), "The orientation that channels prefer was not measured."),
        (
            made.evidence(responses=made.responses(unlabelled="The data have no classes.")),
            "The data have no classes.",
        ),
        (made.evidence(), "Patches show where a channel responds most, not why"),
        (
            made.evidence(responses=made.responses(seed=7)),
            "Among images that move a channel equally, those shown are drawn at random (seed 7).",
        ),
        (
            made.evidence(responses=made.responses(made.call(quantile_error=0.0212, quantile_places=4096))),
            "taken from 4\u202f096 places in the maps drawn at random: in 95 of 100 draws the share of responses below"
            " each of a channel's quantiles is off by 2.12\xa0points at most",
        ),
        (made.evidence(responses=made.responses(made.call(quantile_error=0.0))), "taken from all of them."),
        (
            made.evidence(
                model=made.model(inputs=(TensorRecord("wave", (400, 12), "float32"),)),
                responses=made.responses(made.call("conv", made.channel(patches=(UNDRAWN,)))),
            ),
            "No patches are drawn of signals like these. The cards give class and response",
        ),
        (
            made.evidence(responses=made.responses(made.call("side", made.channel(patches=(UNDRAWN,))), made.call())),
            "No patches are drawn for layers that do not read the image itself: side.",
        ),
    ],
)
def test_chapter_says_how_it_was_measured_and_what_is_not_known(evidence: Evidence, words: str) -> None:
    assert words in said(evidence)


def test_without_labels_nothing_is_said_of_selectivity() -> None:
    responses: ResponsesResult = made.responses(classes=(), class_counts=(), unlabelled="The data have no classes.")
    assert "Class selectivity" not in said(made.evidence(responses=responses))
    assert "speak" not in told.chapter_answer([("a", replace(COUNTS, speaking=None))], responses, None, "image")


def test_rare_faults_are_in_the_answer_only_where_there_are_any() -> None:
    broken = [("a", replace(COUNTS, stuck=1, no_number=2, nearly_dead=3))]
    answer = told.chapter_answer(broken, made.responses(), None, "image")
    assert "3 are nearly dead, 1 is stuck, 2 give NaN or infinity and" in answer
    assert "stuck" not in told.chapter_answer([("a", COUNTS)], made.responses(), None, "image")


def test_one_image_is_called_one() -> None:
    one = made.responses(made.call("conv", made.dead(0)), num_images=1)
    assert told.chapter_answer([("conv", COUNTS)], one, None, "image").startswith("Over 1\xa0image, ")
    (finding,) = family.judge(made.bare(responses=one))
    assert finding.detail == "Never above zero on the only image. conv: 1 of 1 (channel 0)."


def test_patches_are_drawn_where_the_data_are_pictures_and_nothing_is_said_of_it() -> None:
    assert "No patches" not in said(made.evidence())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (made.call(), "Measured at the layer's own output."),
        (
            made.call(judged_at="relu", through=("norm", "relu"), receptive_field=()),
            "Measured after relu, the activation that follows the layer (through norm).",
        ),
        (
            made.call(rectified=False, receptive_field=()),
            (
                "Measured at the layer's own output, which can be below zero: a channel may respond without"
                " being active."
            ),
        ),
    ],
)
def test_layer_says_where_it_was_judged(call: CallResponses, words: str) -> None:
    assert told.layer_words(call) == words


@pytest.mark.parametrize(
    ("best", "words"),
    [
        (3.0, "It reaches an activation of 7.5, 2.5 times as much as the 3 of the best real patch."),
        (0.0, "It reaches an activation of 7.5; compare the 0 of the best real patch."),
        (None, "It reaches an activation of 7.5."),
    ],
)
def test_made_image_is_called_synthetic_and_compared(best: float | None, words: str) -> None:
    (dream,) = made.dreams(best_real=best).dreams
    caption = told.dream_caption(dream, ["cat", "dog", "cat"], beside=True)
    assert caption.startswith("Synthetic: ")
    assert words in caption
    assert "256\xa0steps of gradient ascent (seed 0)" in caption
    assert "(2 of class cat, 1 of dog)" in caption


@pytest.mark.parametrize(
    ("states", "zero", "line"),
    [
        ({0: "dead", 1: "dead"}, (), ""),
        ({3: "dead"}, (3,), "Channel 3 is dead because its 27 weights are all zero."),
        ({0: "dead", 2: "dead"}, (0, 1, 2), "Channels 0 and 2 are dead because the 27 weights of each are all zero."),
        (
            {0: "stuck", 2: "dead"},
            (0, 2),
            "Channels 0 and 2 are dead or stuck because the 27 weights of each are all zero.",
        ),
        (dict.fromkeys(range(4), "dead"), (0, 1, 2, 3), "All are dead because the 27 weights of each are all zero."),
    ],
    ids=["other reasons", "one", "two of three", "both kinds", "all"],
)
def test_silent_channels_whose_weights_are_zero_are_named(
    states: dict[int, str], zero: tuple[int, ...], line: str
) -> None:
    known = channels(*(made.channel(number, state=states.get(number, "")) for number in range(4)))
    layer = made.conv("conv_1", kernel_weights=4 * 27, zero_kernels=zero)
    assert lines.zero_words(known, layer) == line


@pytest.mark.parametrize(
    ("shape", "said"), [((386, 8), "386 positions · 1\xa0channel"), ((24, 24, 8), "24 × 24 · 1\xa0channel")]
)
def test_maps_of_one_axis_have_positions(shape: tuple[int, ...], said: str) -> None:
    layer = replace(made.conv(), output_shape=shape)
    call = made.call("conv", made.channel(0), receptive_field=())
    assert told.layer_facts(layer, call, "pixels").startswith(said)
