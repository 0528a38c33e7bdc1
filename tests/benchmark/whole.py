"""Whole builds and the pass over all images, against what nobody can leave out: import, load, decoding, one `predict`.

The images are made: fields of light, a few coloured shapes on them and noise, as JPEG files of about the size of
photographs on the web. All is processor time, of every process together, so that what else the machine does counts
less; ours and theirs are measured one after the other in one run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.benchmark.programs import Cost, cost, run
from tests.benchmark.table import Row

_PICTURES = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image, ImageDraw, ImageFilter
folder, number = Path(sys.argv[1]), int(sys.argv[2])
for index in range(number):
    draw = np.random.default_rng(index)
    small = Image.fromarray(draw.integers(0, 256, (6, 8, 3), np.uint8))
    picture = small.resize((340, 256), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y, size = (int(each) for each in draw.integers((0, 0, 20), (340, 256, 120)))
        shape = pen.ellipse if draw.random() < 0.5 else pen.rectangle
        shape((x - size, y - size // 2, x + size, y + size // 2), tuple(int(each) for each in draw.integers(0, 256, 3)))
    noisy = np.asarray(picture.filter(ImageFilter.GaussianBlur(1)), np.float32) + draw.normal(0, 6, (256, 340, 3))
    place = folder / f"class_{index % 10}"
    place.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(place / f"{index:04}.jpg", quality=88)
"""
_SAVE = """
import sys, keras
keras.utils.set_random_seed(0)
more = {"alpha": 0.25} if sys.argv[2] == "MobileNet" else {}
getattr(keras.applications, sys.argv[2])(weights=None, classes=10, **more).save(sys.argv[1])
"""
_FLOOR = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import keras, numpy as np
from PIL import Image
model = keras.models.load_model(sys.argv[1], compile=False)
def decoded(path):
    picture = Image.open(path).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return np.asarray(picture.resize((224, 224), Image.Resampling.BILINEAR, (left, top, left + side, top + side)))
with ThreadPoolExecutor(2) as pool:
    images = np.stack(list(pool.map(decoded, sorted(Path(sys.argv[2]).rglob("*.jpg")))))
model.predict(images.astype("float32") / 127.5 - 1, batch_size=32, verbose=0)
"""
_PASS = """
import json, statistics, sys, time
from concurrent.futures import ThreadPoolExecutor
import keras
from reportgen.commands.before import check
from reportgen.options import Options
from reportgen.models.compiling import runnable
from reportgen.pipeline import feeding, origins, passing
from reportgen.pipeline.preparing import prepared
from reportgen.progress import silent
from pathlib import Path
options = Options(data=sys.argv[2])
origin = origins.load(Path(sys.argv[1]), options, silent)
subject = prepared(origin.model, feeding.opened(origin.model, options.data, options, silent), options)
size = subject.dataset.size
def once():
    passing.made(subject, ("predictions", "watching"), options, silent)
def plain():
    for start in range(0, size, 32):
        origin.model.predict_on_batch(subject.inputs(range(start, min(start + 32, size))))
times = {"ours": [], "theirs": []}
for turn in range(4):
    for name, work in (("ours", once), ("theirs", plain)):
        start = time.process_time()
        work()
        if turn:  # the first turn traces
            times[name].append(time.process_time() - start)
print(json.dumps({name: statistics.median(each) for name, each in times.items()}))
"""
_TRAIN = """
import keras
from reportgen.options import Options
from reportgen.pipeline import feeding, origins
from reportgen.progress import silent
origin = origins.train(Options(), silent)
data = feeding.opened(origin.model, origin.data, Options(), silent)
origin.model.predict(data.read(range(data.size)).reshape(-1, 28, 28, 1) / 255.0, verbose=0)
"""
_FORMATS = ("--format", "html", "--format", "json", "-q")
# Keras's name, what it is called here, images, and the most that the whole and the pass may take.
CASES = (("MobileNet", "a MobileNet of width 0.25", 1000, 3.0, 1.15), ("ResNet50", "ResNet50", 200, 3.0, 1.15))


def whole(folder: Path) -> Iterator[Row]:
    """Measure.

    Args:
        folder: Where models, images and reports go.

    Yields:
        A row for the whole build and one for the pass of each network, and one for a build without a model.
    """
    for network, called, number, most, most_of_pass in CASES:
        model, images = made(folder, network, number)
        theirs = cost("-c", _FLOOR, str(model), str(images))
        ours = cost("-m", "reportgen", "build", str(model), "--data", str(images), *_FORMATS, "-o", str(folder / "out"))
        what = f"`build` of {called} on {number:,} pictures, HTML and JSON, all chapters, processor time"
        yield _row(what, ours, "import + load + decoding + one `predict`", theirs, most)
        found = json.loads(run(_PASS, str(model), str(images)).splitlines()[-1])
        what = f"the pass that answers and watches {number:,} pictures: {called}, processor time"
        against, ratio = "decoding + `predict` of the same", found["ours"] / found["theirs"]
        yield Row(what, found["ours"], against, found["theirs"], ratio, f"at most {most_of_pass}")
    theirs = cost("-c", _TRAIN)
    ours = cost("-m", "reportgen", "build", *_FORMATS, "-o", str(folder / "own"))
    yield _row(
        "`build` without a model, HTML and JSON, processor time", ours, "import + training + `predict`", theirs, 2.0
    )


def made(folder: Path, network: str, number: int) -> tuple[Path, Path]:
    """Save a network of Keras's without trained weights, and pictures like photographs; return where they are."""
    model, images = folder / f"{network}.keras", folder / f"photographs-{number}"
    run(_SAVE, str(model), network)
    run(_PICTURES, str(images), str(number))
    return model, images


def _row(what: str, ours: Cost, against: str, theirs: Cost, most: float) -> Row:
    return Row(what, ours.processor, against, theirs.processor, ours.processor / theirs.processor, f"at most {most}")
