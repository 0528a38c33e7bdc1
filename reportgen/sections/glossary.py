"""Nothing but words -> what the technical terms of this report mean, one plain sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reportgen.document.report import Section
from reportgen.evidence import Evidence
from reportgen.evidence.activations import CallMaps
from reportgen.language.vocabulary import volumes, words

TITLE = "Glossary"
PART = "annex"
NEEDS = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A term and what it means."""

    term: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Content:
    """The terms, in alphabetical order."""

    terms: tuple[Term, ...]


_ALWAYS = {
    "channel": "One of the slices of a layer's output; a conv layer has one channel for each of its filters.",
    "conv layer": (
        "A layer that moves small windows of weights over its input and writes down, at every position, how well each"
        " of them matches."
    ),
    "dense layer": "A layer in which every output number is a weighted sum of all input numbers.",
    "dilation": "The distance between neighbouring positions that a window reads; 1 means that there are no gaps.",
    "filter": (
        "The weights that make one channel of a conv layer's output: one kernel for each input channel, and a bias."
    ),
    "jump": (
        "How many {points} of the {sample} lie between neighbouring positions of a layer's output; also called"
        " effective stride."
    ),
    "kernel": "The small window of weights that a conv layer moves over its input.",
    "multiply-adds": (
        "How many multiplications, each with an addition, a layer does for one {sample}; biases are not counted, and"
        " floating-point operations are twice as many."
    ),
    "padding": (
        "Positions added around the input so that windows fit at its border: “valid” adds none, “same” adds as many"
        " zeros as keep the size at stride 1."
    ),
    "parameters": (
        "The numbers in a layer that were set by training: weights, biases, and the statistics that normalisation"
        " keeps."
    ),
    "pooling layer": "A layer that replaces each small block of a map by one number, its highest or its mean.",
    "receptive field": "The patch of the {sample} that one position of a layer's output depends on.",
    "stride": "How far a window moves from one position to the next.",
}
_WITH_SAMPLES = {
    "activation": "A number in the output of a layer; above zero it is called active.",
    "activation map": (
        "One channel of an activation volume: the responses of one filter at every position, drawn as {drawn}."
    ),
    "activation volume": "The whole output of a layer for one {sample}: a block of numbers, {volume}.",
    "constant map": "A map that holds one value everywhere; it says nothing about this {sample}.",
}
_WHERE_CUT = {
    "most active": (
        "Of the channels of a layer, those whose maps are farthest from zero: the order is that of the root mean square"
        " over all positions, √(mean² + deviation²)."
    ),
}
_WITH_PICTURES = {
    "correlation": (
        "How closely two pictures rise and fall together: 1 in step, 0 unrelated, −1 in opposition (Pearson's"
        " coefficient)."
    ),
    "object": (
        "What differs from the plain background of a sample; nothing is called an object where the background is not"
        " plain."
    ),
}
_WITH_ANSWERS = {
    "95 % interval": "The range of accuracies that are compatible with the {samples} seen (Wilson's interval).",
    "accuracy": "The share of the {samples} that are classified correctly.",
    "held out": "Kept away from training, so the network sees it for the first time when it is tested.",
    "logits": (
        "The numbers that a network gives to its classes before they are turned into probabilities; the highest wins."
    ),
    "probability": ("How sure a network is of a class, from 0 to 1; this need not be how often it is right."),
}
_WITH_SCORES = {
    "precision": "Of the predictions of a class, the share that is correct.",
    "recall": "Of the {samples} of a class, the share that was predicted as that class.",
}
_WITH_CALIBRATION = {
    "confidence": "The probability that a network gives to the class that it predicts.",
    "expected calibration error": (
        "How far confidence lies from accuracy, on average over predictions of about equal confidence; 0 if a network"
        " is right as often as it is confident."
    ),
}
_WITH_EDGES = {
    "grating": "A pattern of parallel light and dark stripes.",
    "orientation selectivity": (
        "0 if a channel responds to stripes of all orientations alike, 1 if it responds to one orientation only."
    ),
}
_WITH_RESPONSES = {
    "copy": "A channel that rises and falls with another one, everywhere.",
    "dead channel": "A channel that is never above zero after its activation, so it passes nothing on.",
    "patch": "The part of the {sample} that one position of a channel sees: its receptive field there.",
    "quantile": "A value that a given share of all numbers lies below: half of them below the quantile of 50\u202f%.",
    "stuck channel": "A channel that has one value everywhere, whatever the {sample}.",
}
_WITH_CLASSES = {
    "class selectivity": (
        "How much more a channel responds to its favourite class than to the others on average: 0, to all alike; 1, to"
        " that class alone."
    ),
    "permutation test": (
        "A test against chance: the labels are shuffled many times, and a result counts only if shuffled labels seldom"
        " give as much."
    ),
}
_WITH_ABLATION = {
    "ablation": (
        "Switching a part of the network off to see what it loses; here a channel is set to its mean over the data."
    ),
}
_WITH_DREAMS = {
    "feature visualisation": (
        "An image made by computation so that a channel responds as much as possible; also called activation"
        " maximisation."
    ),
    "gradient ascent": "Changing an image step by step in the direction in which a channel's response grows most.",
}


_WITH_REASONS = {
    "evidence map": "A picture of where in the {sample} the evidence for an answer is: how much each place adds to it.",
    "Grad-CAM, HiResCAM": (
        "The channels of a late layer, each times how fast the answer rises with it, summed; enlarged to the {sample}."
    ),
    "integrated gradients": (
        "How fast the answer rises with each place, averaged on the way from an empty {sample} to this one; the parts"
        " add up to the whole change."
    ),
    "log-odds": (
        "How probable something is against all else, as the logarithm of p / (1 − p): 0 at one half, 4.6 at 99 %."
    ),
    "occlusion": "Painting over one window after the other, and looking how much of the answer each takes away.",
    "supported": (
        "Of an evidence map: painting over what it marks lowers the answer more than its own shape elsewhere does, and"
        " more than the maps of other {samples} do."
    ),
}
_WITH_MASKS = {
    "intersection over union": (
        "Of the pixels that are of a class or predicted as it, the share that is both; also called Jaccard index."
    ),
    "mask": "A picture that says of each pixel of an {sample} which class it belongs to.",
    "segmentation": "Predicting a class for each pixel of an {sample}.",
}
_WITH_INPUT_AGAIN = {
    "reconstruction": "An {sample} that a network makes of what it kept of its input, to be as like it as possible.",
}


def build(evidence: Evidence) -> Section:
    """Build the chapter, with the terms that the report uses."""
    terms = dict(_ALWAYS)
    known = words(evidence.model)
    if evidence.samples:
        terms |= _WITH_SAMPLES | (_WITH_PICTURES if known.is_picture else {})
    if evidence.activations and any(_is_cut(call, evidence.activations.pdf_channels) for call in _calls(evidence)):
        terms |= _WHERE_CUT
    if evidence.predictions and evidence.predictions.right is not None:
        terms |= {name: meaning for name, meaning in _WITH_ANSWERS.items() if name != "logits"}
    if evidence.predictions and evidence.predictions.output == "logits":
        terms["logits"] = _WITH_ANSWERS["logits"]
    if evidence.why and not evidence.why.missing:
        terms |= _WITH_REASONS
    if evidence.performance:
        terms |= _WITH_SCORES
        if any(head.calibration for head in evidence.performance.heads):
            terms |= _WITH_CALIBRATION
    for head in evidence.pixels.heads if evidence.pixels else ():
        terms |= _WITH_MASKS if head.kind == "classes" else _WITH_INPUT_AGAIN if head.kind == "input" else {}
    if evidence.edges:
        terms |= _WITH_EDGES
    if evidence.responses:
        terms |= _WITH_RESPONSES | ({} if evidence.responses.unlabelled else _WITH_CLASSES)
    if evidence.ablation and not evidence.ablation.missing:
        terms |= _WITH_ABLATION
    if evidence.dreams and evidence.dreams.dreams:
        terms |= _WITH_DREAMS
    said = {
        "sample": known.sample,
        "samples": known.samples,
        "points": known.points,
        "volume": volumes(evidence.model),
        "drawn": "a little image" if known.is_picture else "strips or slices where it is no picture",
    }
    content = Content(tuple(Term(name, terms[name].format(**said)) for name in sorted(terms, key=str.casefold)))
    return Section("glossary", TITLE, "The technical terms of this report, one sentence each.", content)


def _calls(evidence: Evidence) -> Iterator[CallMaps]:
    for sample in evidence.activations.samples if evidence.activations else ():
        yield from sample.calls


def _is_cut(call: CallMaps, on_paper: int | None) -> bool:
    return call.cut_to is not None or len(call.channels) > (on_paper or len(call.channels))
