"""Make the reports of the gallery: small networks, each trained here on pictures or signals that are made here.

Run it in the folder that holds `gallery/`: `python gallery.py`, or `python gallery.py signal` for one of them.
"crops" needs the photographs of two packages besides: `pip install scikit-image scikit-learn`.
"""

import math
import sys

import keras
import numpy as np

import reportgen

layers = keras.layers
SHAPES = ("circle", "square", "triangle", "cross")
RHYTHMS = ("regular", "fast", "irregular")
# Free photographs and textures; who made them stands in README.md.
PHOTOGRAPHS = (
    "astronaut", "brick", "camera", "cat", "coffee", "coins", "grass", "gravel", "hubble_deep_field", "retina",
    "rocket",
)  # fmt: skip
SAMPLES = ("china", "flower")


def draw_shapes(number, seed, side=32):
    """Draw light shapes of any colour, size and place on dark, slightly noisy ground.

    Returns:
        float32 (number, side, side, 3) of 0 to 1; the shapes' numbers; their sizes as a share of the side.
    """
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    images, kinds, sizes = [], random.integers(0, len(SHAPES), number), random.uniform(0.2, 0.38, number)
    for kind, size in zip(kinds, sizes, strict=True):
        x, y = random.uniform(size, 1 - size, 2) * side
        across, down = columns - x, rows - y
        reach = size * side
        inside = (
            np.hypot(across, down) < reach,
            np.maximum(abs(across), abs(down)) < reach * 0.8,
            (abs(across) < (down + reach) * 0.55) & (down < reach * 0.75),
            (np.minimum(abs(across), abs(down)) < reach * 0.28) & (np.maximum(abs(across), abs(down)) < reach),
        )[kind]
        colour = random.uniform(0.55, 1, 3)
        ground = random.uniform(0.05, 0.2, 3)
        noise = random.normal(0, 0.03, (side, side, 3))
        images.append(np.where(inside[..., None], colour, ground) + noise)
    return np.clip(images, 0, 1).astype("float32"), kinds, sizes


def draw_rhythms(number, seed, length=400):
    """Draw beats, sharp peaks followed by a flat one, at three rhythms.

    Returns:
        float32 (number, length, 1), and the rhythms' numbers.
    """
    random = np.random.default_rng(seed)
    kinds = random.integers(0, len(RHYTHMS), number)
    time = np.arange(length)
    signals = np.zeros((number, length))
    for signal, kind in zip(signals, kinds, strict=True):
        place, step = random.uniform(0, 40), (80, 45, 65)[kind] * random.uniform(0.92, 1.08)
        while place < length + 20:
            for offset, height, width in ((0, 1, 2.2), (-9, 0.12, 4), (16, 0.28, 7)):
                signal += height * np.exp(-(((time - place - offset) / width) ** 2))
            place += step * (random.uniform(0.55, 1.5) if kind == 2 else random.uniform(0.97, 1.03))
        signal += random.normal(0, 0.02, length) + 0.05 * np.sin(2 * math.pi * (time / length + random.random()))
    return signals[..., None].astype("float32"), kinds


def cut_crops(number, seed, right, side=48):
    """Cut squares out of photographs: out of their left halves, or out of what lies further right.

    Returns:
        uint8 (number of photographs × number, side, side, 3), the photographs' numbers, and their names.
    """
    from skimage import color, data, img_as_ubyte, transform
    from sklearn.datasets import load_sample_image

    random = np.random.default_rng(seed)
    pictures = [getattr(data, name)() for name in PHOTOGRAPHS] + [load_sample_image(f"{name}.jpg") for name in SAMPLES]
    crops, labels = [], []
    for label, picture in enumerate(pictures):
        picture = color.gray2rgb(picture) if picture.ndim == 2 else picture
        scale = 256 / min(picture.shape[:2])
        if scale < 1:
            size = [round(scale * length) for length in picture.shape[:2]]
            picture = img_as_ubyte(transform.resize(picture, size, anti_aliasing=True))
        height, width = picture.shape[:2]
        # A strip as wide as a crop lies between both, so that no pixel is in two crops of different sets.
        first, last = (width // 2 + side // 2, width - side) if right else (0, width // 2 - side // 2 - side)
        for _ in range(number):
            top, left = random.integers(0, height - side + 1), random.integers(first, last + 1)
            crops.append(picture[top : top + side, left : left + side])
            labels.append(label)
    return np.array(crops), np.array(labels), (*PHOTOGRAPHS, *SAMPLES)


def crops():
    """A small MobileNet that tells which photograph a crop is from."""
    images, truth, names = cut_crops(300, seed=6, right=False)
    inputs = x = keras.Input((48, 48, 3), name="crop")
    parts = [layers.Conv2D(12, 3, 2, "same", use_bias=False, name="conv")]
    for block, (filters, stride) in enumerate(((16, 1), (24, 2), (32, 2)), 1):
        parts += [
            layers.DepthwiseConv2D(3, stride, "same", use_bias=False, name=f"block{block}_each"),
            layers.Conv2D(filters, 1, use_bias=False, name=f"block{block}_mix"),
        ]
    for part in parts:
        x = layers.BatchNormalization(name=f"{part.name}_norm")(part(x))
        x = layers.ReLU(6.0, name=f"{part.name}_relu6")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    model = keras.Model(inputs, layers.Dense(len(names), "softmax", name="photograph")(x), name="crops_mobilenet")
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(images / 127.5 - 1, truth, epochs=15, verbose=0)
    unseen, truth, _ = cut_crops(30, seed=7, right=True)
    return reportgen.explain(
        model,
        unseen,
        truth,
        class_names=names,
        preprocess="-1..1",
        pick="wrong:1",
        skip_section="maps",
        max_size="3MB",
        title="Which photograph is this crop from?",
    )


def residual():
    """A small ResNet: a stem and three stages of residual blocks."""
    images, kinds, _ = draw_shapes(1600, seed=1)
    inputs = x = keras.Input((32, 32, 3), name="image")
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="stem_conv")(x)
    x = layers.ReLU(name="stem_relu")(layers.BatchNormalization(name="stem_norm")(x))
    for stage, filters in enumerate((16, 32, 64), 1):
        for block in range(1, 4):
            stride = 2 if block == 1 and stage > 1 else 1
            name, short = f"stage{stage}_block{block}", x
            x = layers.Conv2D(filters, 3, stride, "same", use_bias=False, name=f"{name}_conv1")(x)
            x = layers.ReLU(name=f"{name}_relu1")(layers.BatchNormalization(name=f"{name}_norm1")(x))
            x = layers.Conv2D(filters, 3, 1, "same", use_bias=False, name=f"{name}_conv2")(x)
            x = layers.BatchNormalization(name=f"{name}_norm2")(x)
            if stride == 2:
                short = layers.Conv2D(filters, 1, stride, use_bias=False, name=f"{name}_short")(short)
            x = layers.ReLU(name=f"{name}_relu2")(layers.Add(name=f"{name}_add")([x, short]))
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    model = keras.Model(inputs, layers.Dense(len(SHAPES), "softmax", name="shape")(x), name="shapes_resnet")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images, kinds, epochs=8, verbose=0)
    unseen, truth, _ = draw_shapes(300, seed=2)
    # The last block of each stage: enough for a gallery, whose pages stay under 3 MB.
    return reportgen.explain(
        model,
        unseen,
        truth,
        class_names=SHAPES,
        layers="stage?_block3_conv2",
        pick="confident:1",
        max_size="3MB",
        title="Shapes, by a ResNet",
    )


def pair():
    """Two pictures through one nested model: do they show one shape, and how much larger is the first?"""
    left, left_kinds, left_sizes = draw_shapes(2400, seed=3)
    right, right_kinds, right_sizes = draw_shapes(2400, seed=4)
    # Half of the pairs are alike.
    for place in range(0, 2400, 2):
        twins = np.flatnonzero(right_kinds == left_kinds[place])
        twin = twins[place % len(twins)]
        right[place], right_sizes[place], right_kinds[place] = right[twin], right_sizes[twin], right_kinds[twin]
    eye = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(12, 3, activation="relu", name="conv_1"),
            layers.MaxPooling2D(name="pool_1"),
            layers.Conv2D(24, 3, activation="relu", name="conv_2"),
            layers.MaxPooling2D(name="pool_2"),
            layers.Conv2D(32, 3, activation="relu", name="conv_3"),
            layers.GlobalMaxPooling2D(name="strongest"),
        ],
        name="eye",
    )
    first, second = keras.Input((32, 32, 3), name="first"), keras.Input((32, 32, 3), name="second")
    one, other = eye(first), eye(second)
    apart = layers.Subtract(name="difference")([one, other])
    both = layers.Concatenate(name="both")([apart, layers.Multiply(name="product")([one, other])])
    hidden = layers.Dense(48, "relu", name="compare")(both)
    outputs = {
        "alike": layers.Dense(2, "softmax", name="alike")(hidden),
        "larger": layers.Dense(1, name="larger")(apart),
    }
    model = keras.Model({"first": first, "second": second}, outputs, name="shapes_pair")
    truth = {"alike": (left_kinds == right_kinds).astype("int32"), "larger": left_sizes - right_sizes}
    model.compile("adam", {"alike": "sparse_categorical_crossentropy", "larger": "mse"})
    cut = 2100
    model.fit(
        {"first": left[:cut], "second": right[:cut]},
        {name: values[:cut] for name, values in truth.items()},
        epochs=12,
        verbose=0,
    )
    return reportgen.explain(
        model,
        {"first": left[cut:], "second": right[cut:]},
        {name: values[cut:] for name, values in truth.items()},
        class_names=("different", "alike"),
        pick=("confident:1", "wrong:1"),
        skip_section="maps",
        max_size="5MB",
        title="Two shapes compared, by one eye",
    )


def signal():
    """A network for signals."""
    signals, kinds = draw_rhythms(900, seed=5)
    model = keras.Sequential(
        [
            keras.Input((400, 1)),
            layers.Conv1D(8, 15, activation="relu", name="conv_1"),
            layers.MaxPooling1D(4, name="pool_1"),
            layers.Conv1D(16, 9, activation="relu", name="conv_2"),
            layers.MaxPooling1D(4, name="pool_2"),
            layers.Conv1D(16, 5, activation="relu", name="conv_3"),
            layers.GlobalAveragePooling1D(name="mean"),
            layers.Dense(len(RHYTHMS), "softmax", name="rhythm"),
        ],
        name="rhythms",
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(signals[:700], kinds[:700], epochs=30, verbose=0)
    return reportgen.explain(
        model, signals[700:], kinds[700:], class_names=RHYTHMS, pick=("per-class:1",), title="Rhythms of a beat"
    )


GALLERY = {"crops": crops, "residual": residual, "pair": pair, "signal": signal}

if __name__ == "__main__":
    for name in sys.argv[1:] or GALLERY:
        keras.utils.set_random_seed(1)
        report = GALLERY[name]()
        reportgen.write(report, f"gallery/{name}", formats=("html", "pdf"))
        print(name, "has findings that failed" if report.failed else "is made")
