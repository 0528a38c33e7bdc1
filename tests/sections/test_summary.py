"""Page one: sentences and key numbers for every kind of model and data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.evidence import Evidence
from reportgen.records.model import TensorRecord
from reportgen.sections.summary import Content, KeyNumber, build
from tests import made


def tensor(*shape: int | None) -> tuple[TensorRecord, ...]:
    return (TensorRecord("t", shape, "float32"),)


def content(evidence: Evidence) -> Content:
    found = build(evidence).content
    assert isinstance(found, Content)
    return found


def keys(evidence: Evidence) -> dict[str, KeyNumber]:
    return {key.name: key for key in content(evidence).key_numbers}


UNLABELLED = {"right": None, "interval": None}


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        (
            made.evidence(),
            "toy reads grey images of 4\u202f×\u202f4 pixels and predicts one of 3\xa0classes: cat, dog and"
            " emu. It is right for 9 of 10 images, so for 60 to 98\u202f% of images like these.",
        ),
        (
            made.evidence(dataset=made.dataset(split="held out from MNIST's training split")),
            "toy reads grey images of 4\u202f×\u202f4 pixels and predicts one of 3\xa0classes: cat, dog and"
            " emu. It is right for 9 of 10 images, held out from MNIST's training split, so for 60 to 98\u202f% of"
            " images like these.",
        ),
        (
            made.evidence(predictions=made.predictions(**UNLABELLED), pixels=None),
            "toy reads grey images of 4\u202f×\u202f4 pixels and predicts one of 3\xa0classes: cat, dog and"
            " emu. It was run on 10\xa0images without usable labels, so how often it is right is not known.",
        ),
        (
            made.evidence(
                model=made.model(outputs=(TensorRecord("masks", (2, 2, 2), "float32", "softmax"),)),
                predictions=made.predictions(**UNLABELLED),
            ),
            "toy reads grey images of 4\u202f×\u202f4 pixels and predicts one of 2\xa0classes for each pixel. It"
            " predicts the right class for 87.5\u202f% of the pixels of 10\xa0images; the mean intersection over union"
            " is 74.1\u202f%.",
        ),
        (
            made.evidence(
                model=made.model(outputs=(TensorRecord("masks", (4, 4, 1), "float32", "sigmoid"),)),
                predictions=made.predictions(**UNLABELLED),
                pixels=made.pixels(made.pixel_head("input")),
            ),
            "toy reads grey images of 4\u202f×\u202f4 pixels and predicts its input again. Its mean absolute error on"
            " 10\xa0images is 0.25.",
        ),
        (
            made.bare(),
            "toy reads grey images of 4\u202f×\u202f4 pixels and predicts one of 3\xa0classes. It was inspected"
            " without images, so nothing is known about its predictions.",
        ),
    ],
    ids=["labels", "held out", "no labels", "masks", "reconstruction", "no data"],
)
def test_answer_says_what_the_network_is_and_how_often_it_is_right(evidence: Evidence, answer: str) -> None:
    assert build(evidence).answer == answer


@pytest.mark.parametrize(
    ("inputs", "data_format", "words"),
    [
        (tensor(28, 28, 1), "channels_last", "reads grey images of 28\u202f×\u202f28 pixels"),
        (tensor(28, 32, 3), "channels_last", "reads colour images of 28\u202f×\u202f32 pixels"),
        (tensor(28, 32, 5), "channels_last", "reads images with 5 channels of 28\u202f×\u202f32 pixels"),
        (tensor(3, 28, 32), "channels_first", "reads colour images of 28\u202f×\u202f32 pixels"),
        (tensor(100, 2), "channels_last", "reads signals of 100 positions with 2\xa0channels"),
        (tensor(2, 100), "channels_first", "reads signals of 100 positions with 2\xa0channels"),
        (tensor(8, 24, 25, 1), "channels_last", "volumes of 8\u202f×\u202f24\u202f×\u202f25 positions and"),
        (tensor(64), "channels_last", "reads samples of 64\xa0values"),
        (
            tensor(4) + tensor(8, 9, 1),
            "channels_last",
            "reads grey images of 8\u202f×\u202f9 pixels together with t (4)",
        ),
    ],
    ids=[
        "grey",
        "colour",
        "many channels",
        "channels first",
        "signal",
        "signal, channels first",
        "volume",
        "table",
        "two inputs",
    ],
)
def test_input_is_told_in_words(inputs: tuple[TensorRecord, ...], data_format: str, words: str) -> None:
    model = made.model(made.conv(data_format=data_format), inputs=inputs)
    assert words in build(made.bare(model=model)).answer


@pytest.mark.parametrize(
    ("outputs", "activation", "words"),
    [
        (tensor(10), "softmax", "one of 10\xa0classes"),
        (tensor(1), "sigmoid", "one probability"),
        (tensor(1), "linear", "one number"),
        (tensor(4), "linear", "4\xa0numbers"),
        (tensor(4, 4), "linear", "an array of 4\u202f×\u202f4"),
        (tensor(4) + tensor(1), None, "4\xa0numbers (output t) and one number (output t)"),
    ],
    ids=["classes", "probability", "number", "numbers", "array", "two outputs"],
)
def test_output_is_told_in_words(outputs: tuple[TensorRecord, ...], activation: str | None, words: str) -> None:
    model = made.model(made.conv(), outputs=tuple(replace(output, activation=activation) for output in outputs))
    assert f"predicts {words}." in build(made.bare(model=model)).answer


def test_named_classes_make_logits_classes() -> None:
    model = made.model(made.conv(), outputs=tuple(replace(output, activation="linear") for output in tensor(3)))
    assert "one of 3\xa0classes" in build(made.evidence(model=model)).answer


def test_six_key_numbers() -> None:
    assert content(made.evidence()).key_numbers == (
        KeyNumber("parameters", 16, "number", "16 trainable"),
        KeyNumber("multiply-adds for one image", 39, "short", "biases not counted"),
        KeyNumber("conv and pooling layers", 2, "number", "1 conv, 1 pooling"),
        KeyNumber("activation maps for one image", 2, "number", "all of them in this report"),
        KeyNumber("receptive field of the last conv layer", (3, 3), "size", "of 4\u202f×\u202f4 pixels"),
        KeyNumber("accuracy", 0.9, "percent", "of 10\xa0images; 95 % interval 59.6\u202f% to 98.2\u202f%"),
    )


def test_without_data_nothing_is_claimed_about_it() -> None:
    found = keys(made.bare())
    assert found["activation maps for one image"].detail == "not drawn: no images"
    assert (found["accuracy"].value, found["accuracy"].detail) == (None, "not measured")
    assert content(made.bare()).cannot_say == (
        "Whether the network is fit for a purpose: that is for people to judge.",
    )


def test_receptive_field_of_a_layer_that_sees_all_is_the_image() -> None:
    model = made.model(made.conv(whole_image=True, receptive_field=None))
    found = keys(made.bare(model=model))[FIELD]
    assert (found.value, found.detail) == ((4, 4), "the whole image")


FIELD = "receptive field of the last conv layer"


@pytest.mark.parametrize(
    ("inputs", "value", "detail"),
    [
        (("",), (3, 3), "of 9\u202f×\u202f9 pixels"),
        (("/small",), (3, 3), "of 5\u202f×\u202f6 pixels"),
        (("", "/small"), (3, 3), "in each of several inputs"),
        (("/row", "/small"), (3, 3), "of 5\u202f×\u202f6 pixels"),
    ],
    ids=["main input", "other input", "both", "beside a row of numbers"],
)
def test_receptive_field_is_told_of_the_input_that_it_lies_in(
    inputs: tuple[str, ...], value: tuple[int, ...], detail: str
) -> None:
    shapes = {"large": (9, 9, 1), "small": (5, 6, 1), "row": (4,)}
    records = tuple(TensorRecord(name, shape, "float32") for name, shape in shapes.items())
    model = made.model(made.conv(inputs=inputs), made.flatten(inputs=("conv", "")), inputs=records)
    found = keys(made.bare(model=model))[FIELD]
    assert (found.value, found.detail) == (value, detail)


def test_receptive_field_that_cannot_be_said_is_not_put_beside_a_size() -> None:
    model = made.model(made.conv(receptive_field=None))
    found = keys(made.bare(model=model))[FIELD]
    assert (found.value, found.detail) == (None, "no single size here")


def test_layers_without_a_formula_are_named_where_numbers_are_claimed() -> None:
    model = made.model(made.conv(), made.layer("own", "Own", macs=None, has_formula=False))
    evidence = made.evidence(model=model)
    assert keys(evidence)["multiply-adds for one image"].detail == "biases and 1\xa0layer without a formula not counted"


def test_maps_of_chosen_layers_only_are_not_called_all() -> None:
    evidence = made.evidence(activations=made.activations(made.maps("conv")))
    assert keys(evidence)["activation maps for one image"].detail == "those of 1 of 2\xa0layers in this report"


def test_maps_of_a_chapter_that_is_left_out_are_not_called_shown() -> None:
    evidence = made.evidence(chapters=("summary", "samples"))
    assert keys(evidence)["activation maps for one image"].detail == "not drawn in this report"


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        (
            "as given",
            "Where the images come from is not known here: the accuracy says nothing about other kinds of images.",
        ),
        (
            "held out from MNIST's training split",
            "The images are held out from MNIST's training split: this is not a score on MNIST's test set.",
        ),
    ],
)
def test_what_the_share_of_right_answers_is_not_is_said(split: str, sentence: str) -> None:
    assert content(made.evidence(dataset=made.dataset(split=split))).cannot_say[0] == sentence


def test_page_one_does_not_call_all_what_is_cut_short() -> None:
    cut = replace(made.maps("conv", *map(made.numbers, range(5))), cut_to=(4, 1))
    cut = replace(cut, levels=cut.levels[[4, 1]])
    evidence = made.evidence(activations=made.activations(cut))
    content = build(evidence).content
    assert isinstance(content, Content)
    told = next(key.detail for key in content.key_numbers if key.name.startswith("activation maps"))
    assert told == "2 of them in this report, the most active of each layer"
