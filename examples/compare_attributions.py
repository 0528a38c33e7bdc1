"""Evidence maps of one small network, made by reportgen and by other libraries -> the largest differences.

    python examples/compare_attributions.py

Libraries that are not installed are left out. Xplique asks for an older TensorFlow than reportgen's, and still works
with it: `pip install captum grad-cam quantus`, then `pip install --no-deps xplique tensorflow-probability dm-tree
tf-keras decorator`. The weights of the network are formulas, so that Keras and PyTorch have the same ones, and nothing
is trained or read. What is explained is the score of the class with the highest one, with zero in the place of what is
taken away, because that is what the others do; the report itself explains log-odds, and paints over. Libraries have
conventions of their own, and the differences are taken after ours was brought to theirs: the table says how.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from reportgen.models.explaining import Explained, Goal
from reportgen.models.inspection import inspect
from reportgen.models.subject import Subject
from reportgen.probes.why import mapping, painting

SIZES, CLASSES, STEPS, SIDE = (8, 8), 3, 50, 3
HEADS = ("flatten", "gap")
CAM = "conv_b"


def wave(shape: tuple[int, ...], speed: float, phase: float, scale: float) -> Any:
    """Return scale · sin(speed · n + phase) over the flat index n of an array of a shape."""
    return (scale * np.sin(speed * np.arange(np.prod(shape)) + phase)).reshape(shape).astype(np.float32)


def image() -> Any:
    """Return the image, float32 (8, 8, 2)."""
    rows, columns, channels = np.indices((*SIZES, 2))
    return np.sin(0.7 * rows + 1.3 * columns + 2.1 * channels).astype(np.float32)


def weights(head: str) -> dict[str, tuple[Any, Any]]:
    """Return kernels in Keras' order of axes, and biases."""
    return {
        "conv_a": (wave((3, 3, 2, 4), 1.7, 0.3, 0.6), wave((4,), 1.0, 1.5, 0.1)),
        "conv_b": (wave((2, 2, 4, 3), 2.3, 0.1, 0.6), wave((3,), 1.0, 0.5, 0.1)),
        "dense": (wave((12 if head == "flatten" else 3, CLASSES), 0.9, 0.5, 0.6), wave((CLASSES,), 1.0, 2.5, 0.1)),
    }


def in_keras(head: str, activation: str | None) -> Any:
    """Return the network in Keras; `head` is what stands before its dense layer: "flatten" or "gap"."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((*SIZES, 2)),
            layers.Conv2D(4, 3, activation="relu", name="conv_a"),
            layers.MaxPooling2D(2),
            layers.Conv2D(3, 2, activation="relu", name="conv_b"),
            layers.Flatten() if head == "flatten" else layers.GlobalAveragePooling2D(),
            layers.Dense(CLASSES, activation=activation, name="dense"),
        ]
    )
    for name, values in weights(head).items():
        model.get_layer(name).set_weights(list(values))
    return model


def in_torch(head: str) -> Any:
    """Return the network in PyTorch; it takes (images, channels, rows, columns) and gives scores."""
    torch = importlib.import_module("torch")
    nn = torch.nn
    middle = [nn.Flatten()] if head == "flatten" else [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    conv_a, conv_b, dense = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 3, 2), nn.Linear(12 if head == "flatten" else 3, CLASSES)
    known = weights(head)
    if head == "flatten":  # PyTorch flattens channels first
        kernel = known["dense"][0].reshape(2, 2, 3, CLASSES).transpose(2, 0, 1, 3).reshape(12, CLASSES)
        known["dense"] = (kernel, known["dense"][1])
    with torch.no_grad():
        for name, layer in (("conv_a", conv_a), ("conv_b", conv_b), ("dense", dense)):
            kernel, bias = known[name]
            order = (3, 2, 0, 1) if kernel.ndim == 4 else (1, 0)
            layer.weight.copy_(torch.tensor(kernel.transpose(order).copy()))
            layer.bias.copy_(torch.tensor(bias))
    return nn.Sequential(conv_a, nn.ReLU(), nn.MaxPool2d(2), conv_b, nn.ReLU(), *middle, dense).eval()


PLACE_OF_CAM = 4
"""Where in the PyTorch network the output of conv_b is, behind its ReLU."""


@dataclass(frozen=True)
class Ours:
    """What reportgen makes of one network.

    Attributes:
        head: What stands before its dense layer.
        top: The class with the highest score.
        scores: float64 (classes,).
        gradient: Of its score, (8, 8, 2).
        integrated: Integrated gradients from zero, (8, 8, 2).
        odds: The same of its log-odds, which is what the report explains.
        occlusion: Of windows of 3 × 3 at every place, zero in them, both channels at once: (8, 8).
        cam: Gradient times output of conv_b, summed over channels (HiResCAM; behind global average pooling Grad-CAM).
    """

    head: str
    top: int
    scores: Any
    gradient: Any
    integrated: Any
    odds: Any
    occlusion: Any
    cam: Any


def ours(head: str) -> Ours:
    """Make all maps."""
    value = image()
    model = in_keras(head, "softmax")
    explained = Explained(Subject(model, inspect(model)), 1, 0, "probabilities")
    scores = explained.scores([value[None]])
    top = int(scores[0].argmax())
    goal, log_odds = Goal.of(CLASSES, top), Goal.of(CLASSES, top, is_log_odds=True)

    def integrated(wanted: Goal) -> Any:
        def slopes(line: Any) -> Any:
            return explained.slopes([line], wanted)

        return mapping.integrated(value, np.zeros_like(value), slopes, STEPS)

    tail = explained.tail(CAM)
    assert tail is not None, "the graph can be cut at this layer"
    outputs, around = tail.values([value[None]])
    _, slopes_there = tail.slopes(outputs, around, goal)
    starts = range(SIZES[0] - SIDE + 1)
    windows = [(slice(row, row + SIDE), slice(column, column + SIDE)) for row in starts for column in starts]
    without = value * ~np.stack(list(mapping.covers(SIZES, windows)))[..., None]
    losses = goal.odds(scores) - goal.odds(explained.scores([without]))
    return Ours(
        head=head,
        top=top,
        scores=scores[0],
        gradient=explained.slopes([value[None]], goal)[0],
        integrated=integrated(goal),
        odds=integrated(log_odds),
        occlusion=mapping.spread(losses, SIZES, windows),
        cam=(outputs * slopes_there)[0].sum(axis=-1),
    )


Compared = Iterator[tuple[str, Any, Any]]
"""What is compared, ours brought to their convention, and theirs."""


def with_captum(found: Ours) -> Compared:
    """Compare with captum, on the network in PyTorch."""
    torch, attr = importlib.import_module("torch"), importlib.import_module("captum.attr")
    net, top = in_torch(found.head), found.top
    x = torch.tensor(image().transpose(2, 0, 1)[None].copy())

    def last(map_: Any) -> Any:
        return map_.detach().numpy()[0].transpose(1, 2, 0)

    def log_odds(batch: Any) -> Any:
        z = net(batch)
        others = [each for each in range(CLASSES) if each != top]
        return z[:, top] - torch.logsumexp(z[:, others], 1)

    gauss = {"n_steps": STEPS, "method": "gausslegendre", "baselines": 0.0}
    yield "scores", found.scores, net(x).detach().numpy()[0]
    yield "gradient", found.gradient, last(attr.Saliency(net).attribute(x, target=top, abs=False))
    theirs = last(attr.InputXGradient(net).attribute(x, target=top))
    yield "input times gradient", image() * found.gradient, theirs
    theirs = last(attr.IntegratedGradients(net).attribute(x, target=top, **gauss))
    yield f"integrated gradients, Gauss-Legendre, {STEPS} steps", found.integrated, theirs
    theirs = last(attr.IntegratedGradients(log_odds).attribute(x, **gauss))
    yield "the same of the log-odds", found.odds, theirs
    windows = {"sliding_window_shapes": (2, SIDE, SIDE), "strides": (2, 1, 1), "baselines": 0.0}
    theirs = last(attr.Occlusion(net).attribute(x, target=top, **windows))[..., 0]
    yield "occlusion 3 × 3, the mean over the windows that cover a pixel", found.occlusion, theirs
    if found.head == "gap":
        theirs = attr.LayerGradCam(net, net[PLACE_OF_CAM]).attribute(x, target=top).detach().numpy()[0, 0]
        yield "Grad-CAM, signed, not enlarged", found.cam, theirs


def with_grad_cam(found: Ours) -> Compared:
    """Compare with pytorch-grad-cam, before it drops what is below zero, scales and enlarges."""
    torch, library = importlib.import_module("torch"), importlib.import_module("pytorch_grad_cam")
    targets = importlib.import_module("pytorch_grad_cam.utils.model_targets")
    net = in_torch(found.head)
    x = torch.tensor(image().transpose(2, 0, 1)[None].copy())
    wanted = [targets.ClassifierOutputTarget(found.top)]
    for name in ("HiResCAM", "GradCAM") if found.head == "gap" else ("HiResCAM",):
        layer = net[PLACE_OF_CAM]
        with getattr(library, name)(model=net, target_layers=[layer]) as cam:
            cam(input_tensor=x, targets=wanted)
            seen = cam.activations_and_grads
            values, slopes = (each[0].detach().numpy() for each in (seen.activations, seen.gradients))
            theirs = cam.get_cam_image(x, layer, wanted, values, slopes, eigen_smooth=False)
        yield f"{name}, before its ReLU and scaling", found.cam, np.asarray(theirs)[0]


def with_xplique(found: Ours) -> Compared:
    """Compare with Xplique, on the network in Keras."""
    library = importlib.import_module("xplique.attributions")
    tf = importlib.import_module("tensorflow")
    plain = in_keras(found.head, None)
    model = keras.Model(plain.inputs, plain.outputs)
    x, target = image()[None], np.eye(CLASSES, dtype=np.float32)[[found.top]]

    def theirs(method: Any) -> Any:
        return np.asarray(method.explain(x, target))[0].squeeze()

    yield (
        "input times gradient, the mean over channels",
        (image() * found.gradient).mean(axis=-1),
        theirs(library.GradientInput(model, reducer="mean")),
    )
    covering = np.convolve(np.ones(SIZES[0] - SIDE + 1), np.ones(SIDE))
    yield (
        "occlusion 3 × 3, the sum over the windows that cover a pixel",
        found.occlusion * np.outer(covering, covering),
        theirs(library.Occlusion(model, patch_size=SIDE, patch_stride=1, occlusion_value=0.0)),
    )
    if found.head == "gap":
        large = tf.image.resize(np.maximum(found.cam, 0)[..., None], SIZES, method="bicubic")
        yield (
            "Grad-CAM above zero, enlarged by bicubic interpolation",
            np.asarray(large).squeeze(),
            theirs(library.GradCAM(model, conv_layer=CAM)),
        )


def with_quantus(found: Ours) -> Compared:
    """Compare how the highest tenth is painted over: Quantus solves equations (ROAD), reportgen goes push-pull."""
    perturb = importlib.import_module("quantus.functions.perturb_func")
    order = np.argsort(-found.integrated.sum(axis=-1).ravel(), kind="stable")[: SIZES[0] * SIZES[1] // 10]
    keep = np.ones(SIZES, np.float32)
    keep.flat[order] = 0
    painted = np.asarray(painting.paint(image()[None], keep[None]))[0]
    channels_first = image().transpose(2, 0, 1)
    theirs = perturb.noisy_linear_imputation(arr=channels_first, indices=order, noise=0.0)
    yield (
        "what a tenth is painted over with: two ways, not the same values",
        painted,
        np.asarray(theirs).reshape(channels_first.shape).transpose(1, 2, 0),
    )


LIBRARIES: dict[str, tuple[tuple[str, ...], Callable[[Ours], Compared]]] = {
    "captum": (("torch", "captum"), with_captum),
    "pytorch-grad-cam": (("torch", "pytorch_grad_cam"), with_grad_cam),
    "Xplique": (("xplique",), with_xplique),
    "Quantus": (("quantus",), with_quantus),
}


def main() -> None:
    """Print the largest difference of each map, and in a last line what could not be compared."""
    missing, failed = [], []
    all_ours = [ours(head) for head in HEADS]
    for found in all_ours:
        shown = ", ".join(f"{score:.6f}" for score in found.scores)
        print(f"{found.head}: scores {shown}; integrated gradients add up to {found.integrated.sum():.6f}")
    for name, (needed, compare) in LIBRARIES.items():
        if any(importlib.util.find_spec(module) is None for module in needed):
            missing.append(name)
            continue
        for found in all_ours:
            try:
                for what, own, theirs in compare(found):
                    difference = np.abs(np.asarray(own) - np.asarray(theirs)).max()
                    print(f"{name}, {found.head}: {what}: differs by {difference:.1e} of {np.abs(theirs).max():.3g}")
            except Exception as error:  # what another library may raise is not known
                print(f"{name}, {found.head}: cannot be used here: {error}", file=sys.stderr)
                failed += [name] if name not in failed else []
    if failed:
        print(f"Installed, but not compared in full: {', '.join(failed)}.")
    print(f"Not installed, so not compared: {', '.join(missing)}." if missing else "All four are installed.")


if __name__ == "__main__":
    main()
