"""Records and evidence written by hand, for the tests of what reads them: no model, no Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.document.report import Fact, Finding, RunFacts
from reportgen.document.verdict import Result, Verdict
from reportgen.evidence import Evidence
from reportgen.evidence.ablation import AblationResult, ChannelAblation
from reportgen.evidence.activations import (
    ActivationsResult,
    CallMaps,
    ChannelNumbers,
    Closest,
    Following,
    Foreground,
    SampleMaps,
)
from reportgen.evidence.dreams import Dream, DreamsResult
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.evidence.names import NamesResult
from reportgen.evidence.performance import (
    Bin,
    Calibration,
    ClassAccuracy,
    Commonest,
    Confusion,
    HeadScores,
    PerformanceResult,
    Share,
    Sureness,
    share,
)
from reportgen.evidence.pixels import (
    ByClass,
    ByError,
    ClassByPixel,
    Errors,
    Estimate,
    PixelConfusion,
    PixelHead,
    PixelsResult,
    SameClass,
)
from reportgen.evidence.pooling import PooledWindow, PoolingResult
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.responses import CallResponses, ChannelResponses, Patch, ResponsesResult, Thresholds
from reportgen.evidence.samples import Answer, PixelAnswer, PixelShare, SampleRecord
from reportgen.evidence.scaling import ScaledAnswers, ScalingResult
from reportgen.evidence.views import View, ViewsResult
from reportgen.records.card import FIELDS, Card, Statement
from reportgen.records.data import DatasetRecord, TrainingRecord
from reportgen.records.model import Check, LayerRecord, ModelRecord, Setting, Shape, Step, TensorRecord, Window
from reportgen.sections import NAMES
from tests import why_made


def check(quantity: str = "parameters", expected: Shape = (10,), observed: Shape = (10,), against: str = "") -> Check:
    """A comparison."""
    return Check(quantity, expected, observed, against or "the model's own count", expected == observed)


def layer(path: str, kind: str = "Conv2D", **others: Any) -> LayerRecord:
    """A 3 × 3 conv layer on 4 × 4 grey pixels, unless told otherwise."""
    usual: dict[str, Any] = {
        "index": 1,
        "role": {"Conv2D": "conv", "MaxPooling2D": "pool"}.get(kind, "other"),
        "input_shape": (4, 4, 1),
        "output_shape": (2, 2, 1),
        "parameters": 10,
        "trainable_parameters": 10,
        "macs": 36,
        "receptive_field": (3, 3),
        "jump": (1, 1),
        "padding": (0, 0),
        "whole_image": False,
        "activation_bytes": 16,
        "inputs": ("",),
    }
    usual |= others
    usual.setdefault("input_shapes", (usual["input_shape"],))
    return LayerRecord(path=path, kind=kind, **usual)


def steps() -> tuple[Step, ...]:
    """Two lines of calculation."""
    return (
        Step("output height and width", "⌊(input − kernel) / stride⌋ + 1", "⌊(4 − 3) / 1⌋ + 1", 2, "pixels"),
        Step("parameters", "(kernel height · kernel width · input channels + 1) · filters", "(3 · 3 · 1 + 1) · 1", 10,
             "parameters"),
    )  # fmt: skip


def conv(path: str = "conv", **others: Any) -> LayerRecord:
    """A conv layer with its sums, its windows and what they were compared with."""
    usual: dict[str, Any] = {
        "role": "conv",
        "settings": (Setting("kernel", (3, 3)), Setting("stride", (1, 1)), Setting("padding", "valid")),
        "windows": (Window(3), Window(3)),
        "data_format": "channels_last",
        "steps": steps(),
        "checks": (check("output shape", (2, 2, 1), (2, 2, 1), "Keras's own shape rule"), check()),
    }
    return layer(path, **(usual | others))


def pool(path: str = "pool", **others: Any) -> LayerRecord:
    """A pooling layer of one window."""
    usual: dict[str, Any] = {
        "index": 2,
        "input_shape": (2, 2, 1),
        "output_shape": (1, 1, 1),
        "parameters": 0,
        "trainable_parameters": 0,
        "macs": 0,
        "receptive_field": (4, 4),
        "jump": (2, 2),
        "windows": (Window(2, 2), Window(2, 2)),
        "activation_bytes": 4,
        "inputs": ("conv",),
    }
    return layer(path, "MaxPooling2D", **(usual | others))


def flatten(path: str = "flat", **others: Any) -> LayerRecord:
    """A layer that lays a volume flat."""
    usual: dict[str, Any] = {
        "index": 3,
        "input_shape": (1, 1, 1),
        "output_shape": (1,),
        "parameters": 0,
        "trainable_parameters": 0,
        "macs": 0,
        "receptive_field": None,
        "jump": None,
        "padding": None,
        "whole_image": True,
        "activation_bytes": 4,
        "inputs": ("pool",),
    }
    return layer(path, "Flatten", **(usual | others))


def dense(path: str = "scores", **others: Any) -> LayerRecord:
    """A dense layer with one input and three units."""
    usual: dict[str, Any] = {
        "index": 4,
        "input_shape": (1,),
        "output_shape": (3,),
        "parameters": 6,
        "trainable_parameters": 6,
        "macs": 3,
        "receptive_field": None,
        "jump": None,
        "padding": None,
        "whole_image": True,
        "activation_bytes": 12,
        "inputs": ("flat",),
        "settings": (Setting("units", 3), Setting("activation", "softmax"), Setting("bias", value=True)),
        "checks": (check("parameters", (6,), (6,)),),
    }
    return layer(path, "Dense", **(usual | others))


def model(*layers: LayerRecord, **others: Any) -> ModelRecord:
    """A model of these layers; of conv, pooling, flatten and dense without any."""
    calls = layers or (conv(), pool(), flatten(), dense())
    owners = [call for call in calls if call.shared_with is None]
    usual: dict[str, Any] = {
        "name": "toy",
        "kind": "sequential",
        "inputs": (TensorRecord("image", (4, 4, 1), "float32"),),
        "outputs": (TensorRecord("scores", (3,), "float32", "softmax"),),
        "parameters": sum(call.parameters for call in owners),
        "trainable_parameters": sum(call.trainable_parameters for call in owners),
        "macs": sum(call.macs or 0 for call in calls),
        "size_bytes": 4 * sum(call.parameters for call in owners),
        "weights_sha256": "ab" * 32,
    }
    return ModelRecord(layers=tuple(calls), **(usual | others))


def run() -> RunFacts:
    """How a report was made."""
    return RunFacts(
        command="reportgen build toy.keras --data toys.npz",
        created=None,
        versions=(Fact("reportgen", "0.1.0"), Fact("keras", "3.14.1")),
        machine=(Fact("threads", 2), Fact("oneDNN optimisations", value=True), Fact("accelerators", ())),
        options=(Fact("layers", ("*",)), Fact("data", "the default")),
        model=(Fact("file", "toy.keras"), Fact("SHA-256 of the weights", "ab" * 32)),
        data=(Fact("data", "toys"), Fact("SHA-256 of the data", "cd" * 32)),
    )


def dataset(**others: Any) -> DatasetRecord:
    """Ten images of three classes."""
    usual: dict[str, Any] = {
        "name": "toys",
        "split": "as given",
        "size": 10,
        "shape": (4, 4, 1),
        "class_names": ("cat", "dog", "emu"),
        "has_labels": True,
        "sha256": "cd" * 32,
        "notes": (),
    }
    return DatasetRecord(**(usual | others))


def sample(index: int = 2, **others: Any) -> SampleRecord:
    """A grey image of 4 × 4, classified correctly."""
    usual: dict[str, Any] = {
        "name": "",
        "reason": "correct, and most confident",
        "label": "cat",
        "label_index": 0,
        "answers": (Answer(0, "cat", 0.9), Answer(2, "emu", 0.08), Answer(1, "dog", 0.02)),
        "correct": True,
        "image": np.arange(16, dtype=np.uint8).reshape(4, 4) * 17,
        "value_range": (0.0, 1.0),
    }
    return SampleRecord(index=index, **(usual | others))


def predictions(**others: Any) -> PredictionsResult:
    """Nine of ten images classified correctly."""
    usual: dict[str, Any] = {
        "num_images": 10,
        "right": 9,
        "interval": (0.596, 0.982),
        "output": "probabilities",
    }
    return PredictionsResult(**(usual | others))


def performance(*mistakes: SampleRecord, **others: Any) -> PerformanceResult:
    """One emu of ten images taken for a dog, with a confidence of 0.7."""
    wrong = mistakes or (sample(7, label="emu", label_index=2, answers=(Answer(1, "dog", 0.7),), correct=False),)
    usual: dict[str, Any] = {
        "name": "scores",
        "output": "probabilities",
        "num_classes": 3,
        "right": Share(9, 10, 0.9, (0.596, 0.982)),
        "among_five": None,
        "sureness": Sureness(0.9, None, Share(9, 10, 0.9, (0.596, 0.982))),
        "commonest": Commonest(("cat",), Share(4, 10, 0.4, (0.168, 0.687))),
        "num_nonfinite": 0,
        "classes": (
            ClassAccuracy(0, "cat", Share(4, 4, 1.0, (0.51, 1.0)), Share(4, 4, 1.0, (0.51, 1.0))),
            ClassAccuracy(1, "dog", Share(3, 3, 1.0, (0.439, 1.0)), Share(3, 4, 0.75, (0.301, 0.954))),
            ClassAccuracy(2, "emu", Share(2, 3, 2 / 3, (0.208, 0.939)), Share(2, 2, 1.0, (0.342, 1.0))),
        ),
        "confusions": (Confusion(0, 0, 4), Confusion(1, 1, 3), Confusion(2, 1, 1), Confusion(2, 2, 2)),
        "calibration": Calibration(
            (Bin(0.0, 0.5, None, None), Bin(0.5, 1.0, 0.8, Share(9, 10, 0.9, (0.596, 0.982)))),
            Share(9, 10, 0.9, (0.596, 0.982)),
            0.8,
            0.1,
            (0.0, 0.3),
            (0.1, 0.2),
            2000,
        ),
        "num_mistakes": 1,
        "mistakes": wrong,
        "confidences": (0.7,) * len(wrong),
    }
    return PerformanceResult((HeadScores(**(usual | others)),))


def missed(*numbers: int) -> PerformanceResult:
    """A hundred images of each class, of which so many are missed, all with the same confidence."""
    names = ("cat", "dog", "emu", "fox")[: len(numbers)]
    classes = tuple(
        ClassAccuracy(place, name, share(100 - number, 100), share(100 - number, 100))
        for place, (name, number) in enumerate(zip(names, numbers, strict=True))
    )
    total = 100 * len(numbers)
    most = Commonest(names, Share(100, total, 100 / total, (0.0, 1.0)))
    return performance(classes=classes, right=share(total - sum(numbers), total), sureness=None, commonest=most)


def scaled(way: str = "1/255", **others: Any) -> ScaledAnswers:
    """Answers on 100 images of ten classes, 0..255 divided by 255, as a healthy classifier gives them."""
    usual: dict[str, Any] = {
        "low": 0.0,
        "high": 1.0,
        "right": 90,
        "confidence": 0.88,
        "spread": 0.15,
        "saturated": 0.1,
        "num_answered": 10,
        "commonest": 0.15,
    }
    return ScaledAnswers(way=way, **(usual | others))


def scaling(*ways: ScaledAnswers) -> ScalingResult:
    """Images that were divided by 255 and would be answered worse and saturated as they are."""
    compared = {"gained": 2, "lost": 32, "gain": -0.9, "gain_interval": (-1.1, -0.7), "visible": 0.3, "p_value": 0.0005}
    usual = scaled("none", high=255.0, right=60, confidence=1.0, saturated=0.99, **compared)
    return ScalingResult(100, 10, 1999, ways or (scaled(), usual))


def numbers(channel: int = 0, **others: Any) -> ChannelNumbers:
    """What a lively channel did."""
    usual: dict[str, Any] = {
        "minimum": 0.0,
        "maximum": 3.0,
        "mean": 1.5,
        "deviation": 1.118,
        "active_share": 0.75,
        "follows": 0.25,
        "constant": False,
        "num_nonfinite": 0,
    }
    return ChannelNumbers(channel=channel, **(usual | others))


def maps(path: str = "conv", *channels: ChannelNumbers, follower: int | None = None, side: int = 2) -> CallMaps:
    """Maps of one call, each counting up; one lively channel unless some are given."""
    closest = None if follower is None else Closest(follower, 0.8, 0.4, 0.6, 0.01, follows=True)
    known = channels or (numbers(),)
    levels = np.arange(len(known) * side * side, dtype=np.int64).reshape(len(known), side, side) % 256
    return CallMaps(path, levels.astype(np.uint8), known, closest, path)


FOUND = Foreground(True, 0.25, "The object is what differs from the border.", np.full((4, 4), 255, np.uint8))
NOT_FOUND = Foreground(False, 0.0, "No object found: the image has one colour only.", np.zeros((4, 4), np.uint8))


def activations(
    *calls: CallMaps, indices: Sequence[int] = (2,), found: Foreground = FOUND, scale: str = "own", checked: bool = True
) -> ActivationsResult:
    """The same maps for each sample."""
    shown = calls or (maps("conv", numbers(0, follows=0.8), numbers(1), follower=0), maps("pool", side=1))
    checks = (("conv", check("output shape", (2, 2, 1), (2, 2, 1), "the tensor that came out for the sample")),)
    samples = tuple(SampleMaps(index, found, shown) for index in indices)
    num_grids = len(samples) * sum(call.levels[0].size > 1 for call in shown) if found.found else 0
    following = Following(99 if num_grids else 0, num_grids, 0.05)
    return ActivationsResult(samples, scale, following, checks if checked else ())


def tuning(channel: int = 0, **others: Any) -> ChannelTuning:
    """A channel that prefers vertical edges."""
    usual: dict[str, Any] = {
        "orientation": 90.0,
        "selectivity": 0.6,
        "pixels_per_cycle": 8.0,
        "responses": (0.1, 0.4, 1.0, 0.4),
        "responds": True,
        "p_value": 0.002,
        "prefers": True,
    }
    return ChannelTuning(channel=channel, **(usual | others))


def edges(*tunings: ChannelTuning, **others: Any) -> EdgesResult:
    """One kernel that prefers an orientation and one that does not."""
    known = tunings or (
        tuning(0),
        tuning(1, selectivity=0.1, responses=(1.0, 1.0, 0.9, 1.0), p_value=0.4, prefers=False),
    )
    usual: dict[str, Any] = {
        "path": "conv",
        "kernels": np.arange(9 * len(known), dtype=np.uint8).reshape(-1, 3, 3),
        "orientations": (0.0, 45.0, 90.0, 135.0),
        "frequencies": (0.125, 0.25),
        "threshold": 0.2,
        "level": 0.05,
        "tunings": known,
        "num_shuffles": 999,
        "num_selective_by_chance": 0.4,
        "chance": 0.05,
    }
    return EdgesResult(**(usual | others))


def pooling(**others: Any) -> PoolingResult:
    """A window of 2 × 4 numbers."""
    results = (
        PooledWindow("max", ((5.0, 7.0),), True, ("pool",)),
        PooledWindow("average", ((2.5, 4.5),), True, ()),
        PooledWindow("global max", ((7.0,),), True, ()),
        PooledWindow("global average", ((3.5,),), True, ()),
    )
    usual: dict[str, Any] = {
        "sample": 2,
        "path": "conv",
        "channel": 3,
        "judged_at": "conv",
        "map_levels": np.arange(48, dtype=np.uint8).reshape(6, 8),
        "top": 2,
        "left": 4,
        "window": ((0.0, 1.0, 2.0, 3.0), (4.0, 5.0, 6.0, 7.0)),
        "pool": 2,
        "results": results,
    }
    return PoolingResult(**(usual | others))


def names(**others: Any) -> NamesResult:
    """A trial in which nothing changed."""
    usual: dict[str, Any] = {
        "renamed": (("conv", "renamed_1"), ("pool", "renamed_2")),
        "trial": True,
        "num_images": 10,
        "largest_difference": 0.0,
        "identical": True,
    }
    return NamesResult(**(usual | others))


def patch(value: float = 3.0, **others: Any) -> Patch:
    """Three by three grey pixels, the first row outside the image."""
    usual: dict[str, Any] = {
        "image": 4,
        "label": "cat",
        "position": (0, 1),
        "box": (-1, 1, 2, 4),
        "picture": np.arange(9, dtype=np.uint8).reshape(3, 3) * 20,
        "inside": (1, 0, 3, 3),
        "size": (16, 16),
        "context": np.arange(256, dtype=np.uint8).reshape(16, 16),
    }
    return Patch(value=value, **(usual | others))


def channel(number: int = 0, **others: Any) -> ChannelResponses:
    """A lively channel that answers to all classes, cats most."""
    usual: dict[str, Any] = {
        "count": 40,
        "mean": 0.5,
        "deviation": 0.25,
        "minimum": 0.0,
        "maximum": 3.0,
        "positive_share": 0.5,
        "firing_share": 0.9,
        "quantiles": (0.0, 0.5, 2.5),
        "num_nan": 0,
        "num_infinite": 0,
        "num_at_maximum": 1,
        "class_means": (0.6, 0.2, 0.4),
        "selectivity": 1 / 3,
        "favourite": 0,
        "chance": 0.4,
        "speaks": False,
        "state": "",
        "proven": False,
        "origin": "",
        "copy_of": None,
        "copy_correlation": None,
        "patches": (patch(3.0), patch(2.5, image=7, label="dog")),
    }
    return ChannelResponses(channel=number, **(usual | others))


def dead(number: int = 0, **others: Any) -> ChannelResponses:
    """A channel that is never above zero."""
    silent: dict[str, Any] = {"mean": 0.0, "deviation": 0.0, "maximum": 0.0, "positive_share": 0.0, "firing_share": 0.0}
    silent |= {"quantiles": (0.0, 0.0, 0.0), "class_means": (0.0, 0.0, 0.0), "selectivity": None, "favourite": None}
    return channel(number, **(silent | {"chance": None, "state": "dead", "patches": ()} | others))


def call(path: str = "conv", *channels: ChannelResponses, **others: Any) -> CallResponses:
    """A call of these channels, with a kernel for each; a lively and a dead one without any; the lively are shown."""
    known = channels or (channel(0), dead(1))
    usual: dict[str, Any] = {
        "judged_at": path,
        "through": (),
        "rectified": True,
        "capped": False,
        "receptive_field": (3, 3),
        "quantile_shares": (0.01, 0.5, 0.99),
        "quantile_places": 40,
        "quantile_error": 0.0,
        "kernels": np.arange(9 * len(known), dtype=np.uint8).reshape(-1, 3, 3),
        "kernel_inputs": (),
        "shown": tuple(each.channel for each in known if each.state not in {"dead", "stuck"}),
    }
    return CallResponses(path=path, channels=known, **(usual | others))


def responses(*calls: CallResponses, **others: Any) -> ResponsesResult:
    """What the channels of these calls did over ten images of three classes."""
    usual: dict[str, Any] = {
        "num_images": 10,
        "num_available": 10,
        "seed": 0,
        "classes": ("cat", "dog", "emu"),
        "class_counts": (4, 3, 3),
        "unlabelled": "",
        "untestable": "",
        "num_permutations": 1000,
        "num_permuted": 10,
        "num_tested_classes": 3,
        "thresholds": Thresholds(),
    }
    return ResponsesResult(calls=calls or (call(),), **(usual | others))


def ablated(number: int = 0, path: str = "conv", **others: Any) -> ChannelAblation:
    """A channel without which two of five images are answered wrongly that did not pick it."""
    usual: dict[str, Any] = {
        "num_images": 5,
        "log_probability_change": -0.25,
        "log_probability_interval": (-0.4, -0.1),
        "probability_change": -0.125,
        "accuracy_change": -0.4,
        "accuracy_interval": (-0.7, -0.05),
        "num_changed": 3,
        "class_hit": "dog",
        "class_hit_change": -0.3333,
        "confirmed": True,
        "p_value": 0.012,
        "needed": True,
    }
    return ChannelAblation(path=path, channel=number, **(usual | others))


def spared(number: int = 1, path: str = "conv", **others: Any) -> ChannelAblation:
    """A channel that was switched off once, and costs nothing."""
    nothing: dict[str, Any] = {
        "log_probability_change": 0.01,
        "log_probability_interval": (-0.02, 0.04),
        "probability_change": 0.0,
        "accuracy_change": 0.0,
        "accuracy_interval": (-0.1, 0.1),
        "num_changed": 0,
        "class_hit": None,
        "class_hit_change": None,
        "confirmed": False,
        "p_value": None,
        "needed": False,
    }
    return ablated(number, path, **(nothing | others))


def ablation(*channels: ChannelAblation, **others: Any) -> AblationResult:
    """What is lost without single channels, each half of the ten images for one step."""
    usual: dict[str, Any] = {
        "num_available": 10,
        "num_ordering": 5,
        "screening": np.arange(5),
        "confirming": np.arange(5, 10),
        "accuracy": 0.9,
        "probability": 0.8,
        "budget": "500 forward passes",
        "num_channels": 2,
        "level": 0.05,
    }
    return AblationResult(channels=channels or (ablated(0), spared(1)), **(usual | others))


def dreams(**others: Any) -> DreamsResult:
    """One image, for channel 0 of the call."""
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4) * 16
    usual: dict[str, Any] = {"path": "conv", "channel": 0, "picture": picture, "activation": 7.5, "best_real": 3.0}
    return DreamsResult((Dream(**(usual | {"num_steps": 256, "seed": 0} | others)),), asked=False)


def training() -> TrainingRecord:
    """Two epochs."""
    return TrainingRecord("4000 MNIST digits", 4000, 2, 64, 0, (0.5, 0.1), (0.9, 0.97))


def pixel_answer(kind: str = "classes", **others: Any) -> PixelAnswer:
    """What is predicted for the four pixels of an image: of class 0, 0, 1 and 1, one of which is of class 0."""
    usual: dict[str, Any] = {
        "answer": np.array([[0, 0], [1, 1]]),
        "truth": np.array([[0, 0], [0, 1]]),
        "error": np.array([[0, 0], [255, 0]], np.uint8),
        "accuracy": 0.75,
        "mean_iou": (2 / 3 + 1 / 2) / 2,
        "shares": (PixelShare(0, "sky", 0.5, 0.75), PixelShare(1, "tree", 0.5, 0.25)),
    }
    if kind != "classes":
        usual = {
            "answer": np.array([[0, 51], [102, 255]], np.uint8),
            "truth": np.array([[0, 102], [102, 255]], np.uint8),
            "error": np.array([[0, 255], [0, 0]], np.uint8),
            "scale": (0.0, 5.0),
            "error_top": 1.0,
            "mean_error": 0.25,
        }
    return PixelAnswer(**({"name": "masks", "kind": kind} | usual | others))


def estimate(value: float, *interval: float, num_images: int = 10) -> Estimate:
    """A number over ten images."""
    return Estimate(value, (interval[0], interval[1]) if interval else None, num_images)


def by_class(**others: Any) -> ByClass:
    """Forty pixels of two classes, five of which are predicted wrongly."""
    usual: dict[str, Any] = {
        "classes": (
            ClassByPixel(0, "sky", 30, 27, 26, 10, estimate(26 / 31, 0.7, 0.95)),
            ClassByPixel(1, "tree", 10, 13, 9, 8, estimate(9 / 14, 0.5, 0.8)),
        ),
        "num_pixels": 40,
        "num_left_out": 0,
        "accuracy": estimate(0.875, 0.8, 0.95),
        "mean_iou": estimate((26 / 31 + 9 / 14) / 2, 0.6, 0.88),
        "confusions": (
            PixelConfusion(0, 0, 26), PixelConfusion(0, 1, 4), PixelConfusion(1, 0, 1), PixelConfusion(1, 1, 9),
        ),
        "commonest": SameClass("sky", 0.75, 0.375, estimate(0.125, 0.05, 0.2)),
    }  # fmt: skip
    return ByClass(**(usual | others))


def by_error(**others: Any) -> ByError:
    """Ten images that are reconstructed four times better than by their mean."""
    usual: dict[str, Any] = {
        "errors": Errors(estimate(0.25, 0.2, 0.3), estimate(0.09, 0.04, 0.16)),
        "mean_picture": Errors(estimate(1.0, 0.9, 1.1), estimate(1.44, 1.0, 1.96)),
        "gain": estimate(0.75, 0.6, 0.9),
        "quantiles": (0.1, 0.12, 0.2, 0.25, 0.3, 0.38, 0.4),
        "edges": (0.1, 0.25, 0.4),
        "counts": (6, 4),
        "num_left_out": 0,
        "num_averaged": 10,
    }
    return ByError(**(usual | others))


def pixel_head(kind: str = "classes", **others: Any) -> PixelHead:
    """An output that is right for most pixels."""
    answer = pixel_answer(kind)
    usual: dict[str, Any] = {
        "name": "masks",
        "kind": kind,
        "shape": (2, 2, 2) if kind == "classes" else (2, 2, 1),
        "num_images": 10,
        "by_class": by_class() if kind == "classes" else None,
        "by_error": None if kind == "classes" else by_error(),
        "error_map": np.array([[0, 255], [51, 0]], np.uint8),
        "error_map_top": 0.5,
        "worst": (sample(4, pixels=(answer,)),),
        "worst_scores": (0.58,),
    }
    return PixelHead(**(usual | others))


def pixels(*heads: PixelHead) -> PixelsResult:
    """What is known of picture-shaped answers."""
    return PixelsResult(heads or (pixel_head(),))


def verdict(*results: Result) -> Verdict:
    """What came of a policy of one demand, which is met, unless others are given."""
    usual = Result("RG301", "accuracy-low", "pass", "failed", "2 of 3 correct.", measured=2 / 3, bound=0.1, line=3)
    return Verdict("toy", "", "report.json", "0" * 64, "policy.toml", "1" * 64, "2026-11-29", 0, results or (usual,))


def card(**stated: str | tuple[str, ...]) -> Card:
    """What an owner stated, by key with "_" for "." and "-": a purpose and a name, unless others are given."""
    usual: dict[str, str | tuple[str, ...]] = {
        "model_intended_purpose": "Reads digits.",
        "responsible_name": "A. Person",
    }
    given = {key: (each,) if isinstance(each, str) else each for key, each in (stated or usual).items()}
    return Card(
        "card.toml",
        tuple(
            Statement(each.key, each.label, given.pop(each.key.replace(".", "_").replace("-", "_"), ()))
            for each in FIELDS
        ),
    )


def views() -> ViewsResult:
    """A place of the conv layer uses the three pixels that it sees."""
    return ViewsResult((View("conv", 3, (0,), 10),), 0.9, 10, 0)


def evidence(**others: Any) -> Evidence:
    """Everything that a small classifier on labelled images leaves."""
    usual: dict[str, Any] = {
        "title": "What toy sees",
        "model": model(),
        "run": run(),
        "findings": (Finding("RG110", "passed", "All 5 comparisons agree.", "Formula and model.", "calculations"),),
        "dataset": dataset(),
        "samples": (sample(),),
        "predictions": predictions(),
        "pixels": pixels(),
        "performance": performance(),
        "scaling": scaling(),
        "activations": activations(),
        "edges": edges(),
        "pooling": pooling(),
        "names": names(),
        "views": views(),
        "responses": responses(),
        "ablation": ablation(),
        "dreams": dreams(),
        "why": why_made.why(),
        "shortcuts": why_made.shortcuts(),
        "further": {"policy": verdict()},
        "card": card(),
        "built": NAMES,
    }
    return Evidence(**(usual | others))


def bare(**others: Any) -> Evidence:
    """What a model without data leaves."""
    usual: dict[str, Any] = {
        "dataset": None,
        "samples": (),
        "predictions": None,
        "pixels": None,
        "performance": None,
        "scaling": None,
        "activations": None,
        "edges": None,
        "pooling": None,
        "names": None,
        "views": None,
        "responses": None,
        "ablation": None,
        "dreams": None,
        "why": None,
        "shortcuts": None,
        "further": {},
        "card": None,
        "built": (),
    }
    return replace(evidence(), **(usual | others))
