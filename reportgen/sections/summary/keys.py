"""Evidence -> key numbers of the network and of its accuracy, for summaries in other forms; and what a score is not."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.evidence import Evidence
from reportgen.evidence.pixels import PixelHead
from reportgen.findings.doubts import in_doubt
from reportgen.language.numerals import number, percent, plural, shape
from reportgen.language.vocabulary import Words, words
from reportgen.records.data import DatasetRecord
from reportgen.records.model import ModelRecord
from reportgen.records.places import image_of, last_conv


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


def keys(evidence: Evidence) -> tuple[KeyNumber, ...]:
    """Return six key numbers: parameters, multiply-adds, layers, maps, receptive field, accuracy."""
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
    """The conv and pooling calls whose maps are in the report: those chosen."""
    samples = evidence.activations.samples if evidence.activations else ()
    if "activations" not in evidence.chapters:
        return ()
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
    scored = scored_pixels(evidence)
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


def scored_pixels(evidence: Evidence) -> PixelHead | None:
    """Return the first picture-shaped output of which it is known what is true; None where there is none."""
    heads = evidence.pixels.heads if evidence.pixels else ()
    return next((head for head in heads if head.is_scored), None)


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
