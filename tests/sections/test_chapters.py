"""The shorter chapters: their answers and contents, case by case."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.evidence import Evidence
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.evidence.names import NamesResult
from reportgen.evidence.pooling import PooledWindow
from reportgen.evidence.samples import Answer
from reportgen.language.numerals import plural
from reportgen.records.data import Broken, Reason
from reportgen.records.model import LayerRecord
from reportgen.sections import architecture, edges, glossary, names, pooling, provenance, samples
from tests import made


@pytest.mark.parametrize(
    ("layers", "answer"),
    [
        (
            (),
            "It has 1\xa0conv layer, 1\xa0pooling layer, 1\xa0dense layer and 1\xa0layer of other kinds. One place of"
            " its last map can see 3 pixels.",
        ),
        ((made.pool(macs=0),), "It has 1\xa0pooling layer. One place of its last map can see the whole image."),
        (
            (made.conv("a"), made.conv("a#2", shared_with="a")),
            "It has 2\xa0conv layers. One place of its last map can see 3 pixels.",
        ),
    ],
    ids=["of all kinds", "without weights", "shared"],
)
def test_architecture_counts_layers_by_kind(layers: tuple[LayerRecord, ...], answer: str) -> None:
    assert architecture.build(made.evidence(model=made.model(*layers))).answer == answer


def of_architecture(evidence: Evidence) -> architecture.Content:
    content = architecture.build(evidence).content
    assert isinstance(content, architecture.Content)
    return content


def test_architecture_adds_up_its_columns() -> None:
    content = of_architecture(made.evidence())
    assert (content.parameters, content.macs, content.activation_bytes, content.adds_up) == (16, 39, 36, True)


def test_architecture_says_when_weights_belong_to_no_call() -> None:
    assert not of_architecture(made.evidence(model=made.model(parameters=20))).adds_up


def test_pooling_names_the_kinds_that_the_model_uses() -> None:
    section = pooling.build(made.evidence())
    assert section is not None
    assert section.answer.endswith("This model uses max pooling.")
    assert isinstance(section.content, pooling.Content)
    assert [each.result.kind for each in section.content.poolings] == ["max", "average", "global max", "global average"]
    assert "a frame marks rows 2 to 3 and columns 4 to 7." in section.content.map.alt


@pytest.mark.parametrize(
    ("used", "words"),
    [((), "none of the four."), (("max", "global average"), "max and global average pooling.")],
)
def test_pooling_answer_follows_the_model(used: tuple[str, ...], words: str) -> None:
    kinds = ("max", "average", "global max", "global average")
    results = tuple(PooledWindow(kind, ((1.0,),), True, ("p",) if kind in used else ()) for kind in kinds)
    section = pooling.build(made.evidence(pooling=made.pooling(results=results)))
    assert section is not None
    assert section.answer.endswith(f"This model uses {words}")


@pytest.mark.parametrize(("colormap", "words"), [("gray", "black its minimum"), ("viridis", "dark violet its minimum")])
def test_pooling_caption_tells_the_scale(colormap: str, words: str) -> None:
    section = pooling.build(made.evidence(colormap=colormap))
    assert section is not None
    assert isinstance(section.content, pooling.Content)
    assert words in section.content.map.caption


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (made.edges(chance=0.001), "0.4 are on average: more than chance gives (p\u202f≤\u202f0.001)."),
        (made.edges(chance=0.1), "0.4 are on average: no more than chance gives (p\u202f=\u202f0.1)."),
        (made.edges(), "Taken one by one, and corrected for all 2, 1 can be told from chance."),
        (made.edges(made.tuning(prefers=False)), "corrected for all 1, none can be told from chance."),
        (made.edges(chance=None), "; chance was not measured, because the layer is no plain convolution."),
    ],
    ids=["more", "not more", "one by one", "none", "no control"],
)
def test_edges_are_measured_against_chance(result: EdgesResult, words: str) -> None:
    section = edges.build(made.evidence(edges=result))
    assert section is not None
    assert section.answer.startswith(f"1 of {plural(len(result.tunings), 'channel')} of conv is selective for edges")
    assert words in section.answer


def test_edges_name_the_most_selective_channel_and_the_silent_ones() -> None:
    section = edges.build(made.evidence(edges=made.edges(made.tuning(0), made.tuning(1, selectivity=0.9), silent())))
    assert section is not None
    assert isinstance(section.content, edges.Content)
    assert "channel 1 is the most selective, index 0.9, for edges at 90 degrees." in section.content.curves.alt
    assert "1\xa0channel responds to no grating." in section.content.curves.caption


def test_kernels_say_what_their_colours_mean_and_where_their_number_stands() -> None:
    def caption(*shape: int) -> str:
        kernels = np.zeros(shape, np.uint8)
        section = edges.build(made.evidence(edges=made.edges(kernels=kernels)))
        assert section is not None
        assert isinstance(section.content, edges.Content)
        assert section.content.kernels is not None
        return section.content.kernels.figure.caption

    assert "Above each: its channel. The weights for red, green and blue are drawn in these colours" in caption(
        2, 3, 3, 3
    )
    assert "The channel is the number of the row plus that above. Mid-grey is zero, white" in caption(64, 3, 3)


def silent() -> ChannelTuning:
    return made.tuning(2, responds=False, selectivity=0.0, responses=(0.0,) * 4)


def test_samples_show_image_label_and_answers() -> None:
    section = samples.build(made.evidence(samples=(made.sample(2), made.sample(7, label=None, answers=()))))
    assert section is not None
    assert isinstance(section.content, samples.Content)
    first, second = section.content.samples
    assert first.figure.alt == "Sample 2: grey image of 4 by 4 pixels, labelled cat, predicted cat."
    assert second.figure.alt == "Sample 7: grey image of 4 by 4 pixels."
    assert section.answer == (
        "2 of 10\xa0images are shown in detail, as the network gets them: 4\u202f×\u202f4 pixels. Over all images the"
        " accuracy is 90.0\u202f%."
    )


def test_samples_say_what_was_done_to_the_images_and_name_the_first_that_cannot_be_read() -> None:
    broken = tuple(Broken(f"{number}.png", "is empty") for number in range(30))
    reasons = (Reason("is empty", 31), Reason("does not exist", 9))
    dataset = made.dataset(notes=("They were divided by 255.",), broken=broken, broken_reasons=reasons)
    section = samples.build(made.evidence(dataset=dataset))
    assert section is not None
    assert isinstance(section.content, samples.Content)
    assert (section.content.notes, section.content.broken) == (("They were divided by 255.",), broken)
    assert (section.content.num_broken, section.content.num_unnamed) == (40, 10)
    assert section.content.broken_reasons == reasons


def test_samples_without_labels_claim_no_share() -> None:
    section = samples.build(made.evidence(predictions=made.predictions(right=None, interval=None)))
    assert section is not None
    assert section.answer.endswith("4\u202f×\u202f4 pixels.")


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (
            made.names(),
            "Changing a layer's name changes nothing else: every layer was given another name for a trial, and the"
            " predictions are identical, to the last bit.",
        ),
        (
            made.names(trial=False, renamed=(("conv", "first"),)),
            "Changing a layer's name changes nothing else: 1\xa0layer was renamed, and the predictions are identical,"
            " to the last bit.",
        ),
        (
            made.names(trial=False, identical=False, largest_difference=0.25),
            "Changing a layer's name should change nothing else, but it did: 2\xa0layers were renamed, and the"
            " predictions differ by up to 0.25.",
        ),
    ],
    ids=["trial", "renamed", "differs"],
)
def test_names_state_the_largest_difference(result: NamesResult, answer: str) -> None:
    section = names.build(made.evidence(names=result))
    assert section is not None
    assert section.answer == answer


def checked(evidence: Evidence) -> str:
    content = provenance.build(evidence).content
    assert isinstance(content, provenance.Content)
    return " ".join(content.checked)


def test_provenance_lists_only_what_was_checked() -> None:
    full, bare = checked(made.evidence()), checked(made.bare())
    for words in ("tensor that came out", "four poolings worked by hand", "predictions before and after"):
        assert words in full
        assert words not in bare
    assert "every parameter count against the model's own" in bare


def terms(evidence: Evidence) -> list[str]:
    content = glossary.build(evidence).content
    assert isinstance(content, glossary.Content)
    return [term.term for term in content.terms]


def test_glossary_is_in_the_order_of_the_alphabet() -> None:
    found = terms(made.evidence())
    assert found == sorted(found, key=str.casefold)
    assert found[found.index("Grad-CAM, HiResCAM") + 1] == "gradient ascent"
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("evidence", "term", "expected"),
    [
        (made.evidence(), "receptive field", True),
        (made.evidence(), "activation map", True),
        (made.bare(), "activation map", False),
        (made.bare(), "grating", False),
        (made.bare(edges=made.edges()), "grating", True),
        (made.evidence(), "logits", False),
        (made.evidence(predictions=made.predictions(output="logits")), "logits", True),
        (made.evidence(predictions=made.predictions(right=None)), "held out", False),
        (made.evidence(), "held out", True),
    ],
)
def test_glossary_explains_the_words_that_are_used(evidence: Evidence, term: str, expected: bool) -> None:
    assert (term in terms(evidence)) == expected


def test_answers_of_a_sample_keep_their_numbers() -> None:
    answers = (Answer(0, "cat", 7.5), Answer(1, "dog", -3.0))
    section = samples.build(
        made.evidence(samples=(made.sample(answers=answers),), predictions=made.predictions(output="logits"))
    )
    assert section is not None
    assert isinstance(section.content, samples.Content)
    assert (section.content.samples[0].answers, section.content.output) == (answers, "logits")
