"""tf-explain's `ExtractActivations` on every sixth conv and pooling layer of ResNet-50 -> seconds for all; prints JSON.

Run as a program of its own. Where tf-explain, or the OpenCV that it needs, is not installed, or does not work with this
TensorFlow, it prints why and nothing else: `pip install tf-explain opencv-python-headless` puts both there.
"""

from __future__ import annotations

import importlib
import json
import time

from reportgen.models.inspection import inspect
from tests.benchmark.network import made, pictures

_EVERY = 6


def main() -> None:
    """Measure and print."""
    try:
        extract = importlib.import_module("tf_explain.core.activations").ExtractActivations
    except (ImportError, AttributeError) as error:
        print(json.dumps({"skipped": f"tf-explain cannot be used here: {error}"}))  # noqa: T201
        return
    model = made("ResNet50")
    images = pictures(1, model.input_shape[1:])
    names = [call.path for call in inspect(model).seen_calls if len(call.output_shape) == 3]
    taken = names[::_EVERY]
    start = time.perf_counter()
    try:
        for name in taken:
            extract().explain((images, None), model, [name])
    except (AttributeError, TypeError, ValueError, ImportError) as error:
        print(json.dumps({"skipped": f"tf-explain fails with this TensorFlow: {error}"}))  # noqa: T201
        return
    seconds = (time.perf_counter() - start) * len(names) / len(taken)
    print(json.dumps({"seconds": seconds, "layers": len(names)}))  # noqa: T201


if __name__ == "__main__":
    main()
