"""Evidence -> page one: what the network is, six key numbers, one picture, and what this report can and cannot say."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Section
from reportgen.document.sheets import ContactSheet
from reportgen.evidence import Evidence
from reportgen.evidence.activations import CallMaps
from reportgen.evidence.pixels import PixelHead
from reportgen.figures.map_sheets import sheet_of
from reportgen.findings.doubts import in_doubt
from reportgen.language.numerals import number, percent, plural, shape, size
from reportgen.language.vocabulary import Words, words
from reportgen.records.data import DatasetRecord
from reportgen.records.model import ModelRecord, Shape, TensorRecord
from reportgen.records.places import image_of, last_conv, spatial_shape
from reportgen.sections.why.glimpse import Glimpse, glimpse

TITLE = "At a glance"
PART = "body"
NEEDS = ("predictions", "pixels", "activations")


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One key number.

    Attributes:
        name: What it is.
        value: The number; None where it is not known.
        style: How it is written: "number", "short", "percent" or "size".
        detail: What belongs to it: "of 28 × 28", "95 % interval 94.8–97.2 %".
    """

    name: str
    value: int | float | tuple[int, ...] | None
    style: str
    detail: str


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        key_numbers: Six numbers.
        picture: All maps of one layer for the first sample, or None.
        can_say: What the report shows, in whole sentences.
        cannot_say: What it does not show, in whole sentences.
        why: One answer in one picture, with its verdict; None where none was explained.
    """

    key_numbers: tuple[KeyNumber, ...]
    picture: ContactSheet | None
    can_say: tuple[str, ...]
    cannot_say: tuple[str, ...]
    why: Glimpse | None = None


def build(evidence: Evidence) -> Section:
    """Build the chapter; there always is one."""
    return Section(
        "summary",
        TITLE,
        _answer(evidence),
        Content(_keys(evidence), _picture(evidence), _can(evidence), _cannot(evidence), glimpse(evidence)),
    )


def _answer(evidence: Evidence) -> str:
    model, predictions, dataset = evidence.model, evidence.predictions, evidence.dataset
    known = words(model)
    sentence = f"{model.given_name or 'The network'} {_reads(evidence)} and predicts {_answers(evidence)}."
    if predictions is None or dataset is None:
        return f"{sentence} It was inspected without {known.samples}, so nothing is known about its predictions."
    scored = _scored_pixels(evidence)
    if predictions.right is None and scored is not None:
        return f"{sentence} {_said_of_pixels(scored, known)}"
    if predictions.right is None and predictions.mean_error is not None:
        return (
            f"{sentence} Its mean absolute error on {plural(predictions.num_images, known.sample)} is"
            f" {number(predictions.mean_error)}."
        )
    if predictions.right is None:
        return (
            f"{sentence} It was run on {plural(predictions.num_images, known.sample)} without usable labels, so its"
            " accuracy is not known."
        )
    share = percent(predictions.right / predictions.num_images)
    where = f" at {predictions.name}" if predictions.others else ""
    split = "" if dataset.split == "as given" else f", {dataset.split}"
    images = plural(predictions.num_images, known.sample)
    if predictions.counts:
        return f"{sentence} It predicts exactly the true classes of {share} of {images}{split}{where}."
    return f"{sentence} Its accuracy{where} is {share} on {images}{split}."


def _scored_pixels(evidence: Evidence) -> PixelHead | None:
    """The first picture-shaped output of which it is known what is true."""
    heads = evidence.pixels.heads if evidence.pixels else ()
    return next((head for head in heads if head.is_scored), None)


def _said_of_pixels(head: PixelHead, known: Words) -> str:
    over = plural(head.num_images, known.sample)
    if head.by_class is not None and head.by_class.accuracy is not None and head.by_class.mean_iou is not None:
        return (
            f"It predicts the right class for {percent(head.by_class.accuracy.value)} of the pixels of {over}; the mean"
            f" intersection over union is {percent(head.by_class.mean_iou.value)}."
        )
    error = head.by_error.errors.absolute.value if head.by_error else None
    return f"Its mean absolute error on {over} is {number(error)}."


def _reads(evidence: Evidence) -> str:
    inputs = evidence.model.inputs
    main = inputs[evidence.model.main_input]
    if len(inputs) != 1:
        others = ", ".join(f"{record.name} ({shape(record.shape)})" for record in inputs if record is not main)
        return f"{_reads_input(evidence, main.shape)} together with {others}"
    return _reads_input(evidence, main.shape)


def _reads_input(evidence: Evidence, shape_: Shape) -> str:
    if len(shape_) == 3:
        channels = shape_[evidence.model.input_channel_axis(shape_)]
        colour = {1: "grey images", 3: "colour images"}.get(channels or 0, f"images with {number(channels)} channels")
        return f"reads {colour} of {size(spatial_shape(evidence.model))} pixels"
    known = words(evidence.model)
    if len(shape_) == 1:
        return f"reads {known.samples} of {plural(shape_[0] or 0, known.point)}"
    spatial = spatial_shape(evidence.model)
    channels = shape_[evidence.model.input_channel_axis(shape_)]
    several = f" with {plural(channels or 0, 'channel')}" if channels != 1 else ""
    return f"reads {known.samples} of {shape(spatial)} {known.points}{several}"


def _answers(evidence: Evidence) -> str:
    outputs = evidence.model.outputs
    if len(outputs) == 1:
        return _answers_at(evidence, outputs[0])
    return " and ".join(f"{_answers_at(evidence, output)} at {output.name}" for output in outputs)


def _answers_at(evidence: Evidence, output: TensorRecord) -> str:
    last, activation = output.shape, output.activation
    for pixels in evidence.pixels.heads if evidence.pixels else ():
        if pixels.name == output.name:
            return _answers_with_pixels(pixels)
    if len(last) != 1:
        return f"an array of {shape(last)}"
    if last == (1,):
        if (
            evidence.predictions
            and evidence.predictions.name == output.name
            and evidence.predictions.output == "logits"
        ):
            return "one logit"
        return "one probability" if activation == "sigmoid" else "one number"
    predictions = evidence.predictions
    for head in (predictions, *predictions.others) if predictions else ():
        if head.name == output.name and head.counts:
            return f"any number of {plural(last[0] or 0, 'class', 'classes')}"
    names = evidence.dataset.class_names if evidence.dataset else ()
    classes = activation == "softmax" or (bool(names) and (len(evidence.model.outputs) == 1 or len(names) == last[0]))
    return f"one of {plural(last[0] or 0, 'class', 'classes')}" if classes else plural(last[0] or 0, "number")


def _answers_with_pixels(head: PixelHead) -> str:
    if head.by_class is not None:
        return f"one of {plural(len(head.by_class.classes), 'class', 'classes')} for each pixel"
    return "its input again" if head.kind == "input" else f"a map of {shape(head.shape)} values"


def _keys(evidence: Evidence) -> tuple[KeyNumber, ...]:
    model = evidence.model
    seen = model.seen_calls
    convs = sum(call.role == "conv" for call in seen)
    maps = sum((call.output_shape[call.channel_axis] or 0) for call in seen)
    known = words(model)
    return (
        KeyNumber("parameters", model.parameters, "number", f"{number(model.trainable_parameters)} trainable"),
        KeyNumber(f"multiply-adds for one {known.sample}", model.macs, "short", f"biases{_without(model)} not counted"),
        KeyNumber(
            "conv and pooling layers", len(seen), "number", f"{number(convs)} conv, {number(len(seen) - convs)} pooling"
        ),
        KeyNumber(
            f"activation maps for one {known.sample}",
            maps,
            "number",
            _looked_at(evidence),
        ),
        _field(model),
        _accuracy(evidence),
    )


def _without(model: ModelRecord) -> str:
    return f" and {plural(len(model.unknown_calls), 'layer')} without a formula" if model.unknown_calls else ""


def _field(model: ModelRecord) -> KeyNumber:
    """The receptive field of the last conv layer, beside the size of the input that it lies in."""
    name, known, last = "receptive field of the last conv layer", words(model), last_conv(model)
    if last is None or not (last.receptive_field or last.whole_image):
        return KeyNumber(name, None, "size", "no single size here")
    image = image_of(model, last)
    if last.whole_image:
        sizes = tuple(axis for axis in image or () if axis is not None)
        return KeyNumber(name, sizes or None, "size", f"the whole {known.sample}")
    if image is None:
        return KeyNumber(name, last.receptive_field, "size", "in each of several inputs")
    return KeyNumber(
        name,
        last.receptive_field,
        "size",
        f"of {shape(image)} {known.points}" if image else "the input has no positions",
    )


def _looked_at(evidence: Evidence) -> str:
    """How many of all maps are in the report."""
    if not evidence.samples:
        return f"not drawn: no {words(evidence.model).samples}"
    seen, drawn = evidence.model.seen_calls, _drawn(evidence)
    if not drawn:
        return "not drawn in this report"
    if (cut := _cut(evidence)) is not None:
        return f"{number(cut[0])} of them in this report, the most active of each layer"
    if len(drawn) == len(seen):
        return "all of them in this report"
    return f"those of {number(len(drawn))} of {plural(len(seen), 'layer')} in this report"


def _drawn(evidence: Evidence) -> tuple[str, ...]:
    """The conv and pooling calls whose maps are in the report: those chosen, or the one on this page alone."""
    samples = evidence.activations.samples if evidence.activations else ()
    if "activations" not in evidence.chapters:
        shown = _shown(evidence)
        return () if shown is None else (shown.path,)
    return tuple(call.path for call in samples[0].calls) if samples else ()


def _cut(evidence: Evidence) -> tuple[int, int] | None:
    """How many maps of the first sample are shown, and of how many; None where no sample's are cut short."""
    if evidence.activations is None or "activations" not in evidence.chapters:
        return None
    samples = evidence.activations.samples
    if all(call.cut_to is None for maps in samples for call in maps.calls):
        return None
    return sum(len(call.shown) for call in samples[0].calls), sum(len(call.channels) for call in samples[0].calls)


def _accuracy(evidence: Evidence) -> KeyNumber:
    predictions, dataset = evidence.predictions, evidence.dataset
    scored = _scored_pixels(evidence)
    if scored is not None and (predictions is None or predictions.right is None):
        return _pixel_score(evidence, scored)
    if predictions is not None and predictions.mean_error is not None:
        detail = f"of {plural(predictions.num_images, words(evidence.model).sample)}; output {predictions.name}"
        return KeyNumber("mean absolute error", predictions.mean_error, "number", detail)
    if predictions is None or dataset is None or predictions.right is None or predictions.interval is None:
        return KeyNumber("accuracy", None, "percent", "not measured")
    low, high = predictions.interval
    detail = (
        f"of {plural(predictions.num_images, words(evidence.model).sample)}; 95 % interval {percent(low)} to"
        f" {percent(high)}"
    )
    if predictions.others:
        detail += f"; output {predictions.name}"
    if in_doubt(evidence):
        detail += "; in doubt"
    name = "all classes right" if predictions.counts else "accuracy"
    name += "" if dataset.split == "as given" else ", held out"
    return KeyNumber(name, predictions.right / predictions.num_images, "percent", detail)


def _pixel_score(evidence: Evidence, head: PixelHead) -> KeyNumber:
    scores = head.by_class
    accuracy = scores.accuracy if scores else head.by_error.errors.absolute if head.by_error else None
    style = "percent" if scores else "number"
    detail = f"of {plural(head.num_images, words(evidence.model).sample)}"
    if accuracy is not None and accuracy.interval is not None:
        low, high = ((percent if scores else number)(end) for end in accuracy.interval)
        detail += f"; 95 % interval {low} to {high}"
    if len(evidence.model.outputs) > 1:
        detail += f"; output {head.name}"
    if in_doubt(evidence):
        detail += "; in doubt"
    name = "pixels predicted correctly" if scores else "mean absolute error"
    return KeyNumber(name, None if accuracy is None else accuracy.value, style, detail)


def _picture(evidence: Evidence) -> ContactSheet | None:
    """The first sample's maps of that layer."""
    shown = _shown(evidence)
    return None if shown is None else sheet_of(evidence, 0, shown, name="picture")


def _shown(evidence: Evidence) -> CallMaps | None:
    """The layer in which a channel follows the first sample's object beyond doubt; without one, the first layer."""
    if not evidence.activations or not evidence.activations.samples:
        return None
    calls = [call for call in evidence.activations.samples[0].calls if call.levels[0].size > 1]
    return max(calls, key=_closeness, default=None)


def _closeness(call: CallMaps) -> tuple[float, float]:
    if call.closest is None or not call.closest.follows:
        return -1.0, 0.0
    return -call.closest.p_value, call.closest.correlation


def _can(evidence: Evidence) -> tuple[str, ...]:
    unknown = len(evidence.model.unknown_calls)
    which = f", except for {plural(unknown, 'layer')} without a formula," if unknown else ""
    said = [
        f"What every layer is, what it costs and what comes out of it: worked out by formula{which} and checked against"
        " the model."
    ]
    seen, drawn = evidence.model.seen_calls, _drawn(evidence)
    if drawn:
        channel = (
            "every conv and pooling channel"
            if len(drawn) == len(seen)
            else f"every channel of {number(len(drawn))} of {number(len(seen))} conv and pooling layers"
        )
        computes = f"{channel} computes"
        if _cut(evidence) is not None:
            where = "each conv and pooling layer" if len(drawn) == len(seen) else f"{plural(len(drawn), 'layer')}"
            computes = f"the most active channels of {where} compute"
        said.append(f"What {computes} on the samples shown.")
    if evidence.why and not evidence.why.missing and "why" in evidence.chapters:
        said.append(
            "Where the evidence for each answer shown is, tested by painting over it: each picture says whether it"
            " holds."
        )
    if evidence.responses and "channels" in evidence.chapters:
        over = plural(evidence.responses.num_images, words(evidence.model).sample)
        lost = ", and what the network loses without it" if evidence.ablation and not evidence.ablation.missing else ""
        said.append(f"What each conv channel does over {over}: its strongest patches, its health{lost}.")
    return tuple(said)


def _cannot(evidence: Evidence) -> tuple[str, ...]:
    said, known = [], words(evidence.model)
    if evidence.dataset and evidence.predictions and evidence.predictions.right is not None:
        said.append(scope(evidence.dataset, known))
    elif evidence.dataset and _scored_pixels(evidence) is not None:
        said.append(scope(evidence.dataset, known, "score"))
    if evidence.samples:
        said.append(
            "A bright map shows that a filter responded there, and a supported outline that this answer hangs on what"
            f" it marks: not that nothing else matters, nor that it would be so on other {known.samples}."
        )
    said.append("Whether the network is fit for a purpose: that is for people to judge.")
    return tuple(said)


def scope(dataset: DatasetRecord, known: Words, score: str = "accuracy") -> str:
    """Say what the data are, and what a score on them must not be called.

    Args:
        dataset: The data.
        known: The words for what the model reads.
        score: What the score is called.
    """
    held = dataset.split != "as given"
    what = (
        f"The {known.samples} are {dataset.split}" if held else f"Where the {known.samples} come from is not known here"
    )
    rest = (
        "this is not a score on MNIST's test set"
        if dataset.split.startswith("held out from MNIST")
        else f"the {score} says nothing about other kinds of {known.samples}"
    )
    return f"{what}: {rest}."
