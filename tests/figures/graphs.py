"""Records of models, written by hand, of every shape that a graph may have."""

from __future__ import annotations

from dataclasses import replace

from reportgen.records.model import LayerRecord, ModelRecord, Setting, TensorRecord
from tests import made


def call(path: str, *inputs: str, kind: str = "Conv2D", **others: object) -> LayerRecord:
    return made.layer(path, kind, inputs=inputs, **others)


def model(*calls: LayerRecord, **others: object) -> ModelRecord:
    numbered = [replace(each, index=place) for place, each in enumerate(calls, 1)]
    ends = (TensorRecord("scores", numbered[-1].output_shape, "float32", "softmax"),)
    return made.model(*numbered, **{"outputs": ends, **others})


def chain(length: int) -> ModelRecord:
    return model(*(call(f"c{i}", f"c{i - 1}" if i else "") for i in range(length)))


def branch() -> ModelRecord:
    return model(
        call("stem", ""),
        call("left", "stem"),
        call("right", "stem"),
        call("far", "right"),
        call("join", "left", "far", kind="Add"),
        call("end", "join", kind="Dense"),
    )


def long_skip() -> ModelRecord:
    """An edge over more than a row."""
    calls = [call("start", ""), *(call(f"c{i}", f"c{i - 1}" if i else "start") for i in range(12))]
    return model(*calls, call("join", "start", "c11", kind="Concatenate"))


def attached() -> ModelRecord:
    return model(
        call("pad", "", kind="ZeroPadding2D"),
        call("conv", "pad"),
        call("norm", "conv", kind="BatchNormalization"),
        call("relu", "norm", kind="ReLU"),
        call("drop", "relu", kind="Dropout"),
        call("next", "drop"),
    )


def dense_block() -> ModelRecord:
    """Every layer reads all before it."""
    calls = [call("a0", "")]
    for i in range(1, 7):
        calls += [
            call(f"j{i}", *(f"a{k}" for k in range(i)), kind="Concatenate"),
            call(f"a{i}", f"j{i}"),
        ]
    return model(*calls)


def two_inputs() -> ModelRecord:
    pair = (TensorRecord("left", (4, 4, 1), "float32"), TensorRecord("right", (4, 4, 1), "float32"))
    return model(call("a", ""), call("b", "/right"), call("join", "a", "b", kind="Subtract"), inputs=pair)


def shared() -> ModelRecord:
    return model(
        call("sh", ""),
        call("sh#2", "sh", shared_with="sh"),
        call("join", "sh", "sh#2", kind="Add"),
    )


def unlinked() -> ModelRecord:
    """A call of which nobody knows what it reads."""
    return model(call("a", ""), call("b"), call("c", "b"))


def siamese() -> ModelRecord:
    pair = (TensorRecord("left", (4, 4, 1), "float32"), TensorRecord("right", (4, 4, 1), "float32"))
    return model(
        call("encoder/one", ""),
        call("encoder/two", "encoder/one"),
        call("encoder#2/one", "/right", shared_with="encoder/one"),
        call("encoder#2/two", "encoder#2/one", shared_with="encoder/two"),
        call("join", "encoder/two", "encoder#2/two", kind="Subtract"),
        inputs=pair,
    )


def nested() -> ModelRecord:
    """A model in a model in a model."""
    return model(
        call("outer/stem", ""),
        call("outer/inner/a", "outer/stem"),
        call("outer/inner/b", "outer/inner/a"),
        call("outer/inner/add", "outer/inner/a", "outer/inner/b", kind="Add"),
        call("outer/neck", "outer/inner/add"),
        call("head", "outer/neck", kind="Dense"),
    )


def entangled() -> ModelRecord:
    """Parts of one layer are called before and after another layer, so that no box can hold them."""
    return model(call("part/a", ""), call("between", "part/a"), call("part/b", "between"), call("end", "part/b"))


def two_outputs() -> ModelRecord:
    ends = (TensorRecord("kind", (3,), "float32", "softmax"), TensorRecord("age", (1,), "float32", "linear"))
    return model(
        call("body", ""),
        call("age", "body", kind="Dense", output_shape=(1,)),
        call("kind", "body", kind="Dense", output_shape=(3,)),
        outputs=ends,
    )


def bottlenecks(*stages: int) -> ModelRecord:
    """ResNet-50 with so many blocks to a stage (He et al. 2016, "Deep residual learning", table 1), as in Keras."""
    calls: list[LayerRecord] = []

    def add(path: str, *inputs: str, kind: str = "Conv2D", size: int = 3) -> str:
        kernel = (Setting("kernel", (size, size)),) if kind == "Conv2D" else ()
        calls.append(call(path, *inputs, kind=kind, settings=kernel))
        return path

    at = add("pool", add("conv", "", size=7), kind="MaxPooling2D")
    for stage, blocks in enumerate(stages, 2):
        for block in range(1, blocks + 1):
            name = f"conv{stage}_block{block}"
            end = at
            for place, size in enumerate((1, 3, 1), 1):
                end = add(f"{name}_{place}_bn", add(f"{name}_{place}_conv", end, size=size), kind="BatchNormalization")
            short = at
            if block == 1:
                short = add(f"{name}_0_bn", add(f"{name}_0_conv", at, size=1), kind="BatchNormalization")
            at = add(f"{name}_out", add(f"{name}_add", short, end, kind="Add"), kind="ReLU")
    add("scores", add("gap", at, kind="GlobalAveragePooling2D"), kind="Dense")
    return model(*calls)


MODELS = {
    "one": chain(1),
    "row": chain(5),
    "rows": chain(12),
    "long": chain(60),
    "branch": branch(),
    "skip": long_skip(),
    "attached": attached(),
    "dense block": dense_block(),
    "two inputs": two_inputs(),
    "shared": shared(),
    "unlinked": unlinked(),
    "siamese": siamese(),
    "nested": nested(),
    "entangled": entangled(),
    "two outputs": two_outputs(),
    "residual": bottlenecks(3, 4, 6, 3),
}
