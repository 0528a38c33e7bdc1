"""A model in memory and images in memory -> a report. What `reportgen.explain` is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from reportgen.document.report import Fact
from reportgen.errors import OptionsError, ReportgenError
from reportgen.models.inspection import require_model
from reportgen.models.types import Model
from reportgen.options import Options, field_of, in_python, make, meant
from reportgen.pipeline import feeding
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.reporting import make_report
from reportgen.pipeline.result import Report
from reportgen.progress import Progress, printed, silent


def explain(
    model: Model,
    images: npt.ArrayLike | Mapping[str, npt.ArrayLike] | tuple[npt.ArrayLike, ...] | None = None,
    labels: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    *,
    class_names: Sequence[str] = (),
    progress: Progress | bool = silent,
    **choices: Any,
) -> Report:
    """Explain a model in memory on images in memory.

    Args:
        model: A Keras model of any kind: Sequential, functional or subclassed. It is left as it was.
        images: Batch axis first, in the range that the model expects; whole numbers 0..255 are divided by 255 for a
            model that does not rescale, unless `preprocess` says otherwise, and the report says so. For a model with
            several inputs, a dictionary of one array by name of the input, or a tuple of arrays in the order of the
            inputs. None: the report says what the network is, not what it sees.
        labels: True classes: whole numbers, one-hot rows or words; for a picture-shaped output masks, (size, rows,
            columns) of whole numbers or one-hot (size, rows, columns, classes), or maps of values. For a model with
            several outputs they belong to the first that predicts classes; a dictionary gives them by name of the
            output.
        class_names: Names of the classes by index.
        progress: True prints every long step; or what is told of them, as `reportgen.progress.Progress`.
        **choices: Options of `reportgen build` under the same names: pick, layers, rename, title, colormap, maps,
            scale_maps, max_size, pdf_channels, pdf_annexes, preprocess, resize, answers, groups, card, section,
            skip_section, font_dir, templates, seed, limit, limit_answers, nearly_dead, copy_correlation, class_level,
            class_selectivity, ablation_budget, dream, dream_steps. `preprocess` may be a function, too, which takes a
            batch of float32 and returns it in the model's range: a `preprocess_input` of Keras, or one of your own.

    Returns:
        The report, ready for `reportgen.write`.

    Raises:
        ReportgenError: The model, the images or a choice cannot be used; the message says why and what to do.
    """
    try:
        return _explained(model, images, labels, class_names, _listener(progress), choices)
    except ReportgenError as error:
        error.args = tuple(in_python(each) if isinstance(each, str) else each for each in error.args)
        raise


OWN = ("labels", "class_names", "progress")
"""Arguments of `explain` itself that have names."""


def _listener(progress: Progress | bool) -> Progress:
    if isinstance(progress, bool):
        return printed if progress else silent
    return progress


def _explained(
    model: Model, images: Any, labels: Any, class_names: Sequence[str], progress: Progress, choices: Mapping[str, Any]
) -> Report:
    options = explain_options(choices)
    require_model(model)
    if images is None and labels is not None:
        raise OptionsError(
            "explain got labels, but no images. Expected images that they belong to. Give them as the second argument."
        )
    dataset = None if images is None else feeding.in_memory(model, images, labels, class_names)
    origin = Origin(model, (Fact("model", "a model in memory"),))
    before = [(layer, layer.name) for layer in model.layers]
    try:
        return make_report(origin, dataset, options, progress)
    finally:
        for layer, name in before:
            layer.name = name


# Options of `build` that mean nothing for a model in memory: what to do instead.
_ELSEWHERE = {
    "data": "Expected images in memory. Give them as the second argument.",
    "classes": "Expected the names themselves. Give them with class_names=.",
    "feature": "Expected images in memory. Give images and labels as the second and third argument.",
    **dict.fromkeys(
        ("output", "format", "assets_dir", "summary"),
        "Expected that nothing is written. Write the report with reportgen.write or its method save.",
    ),
}


def explain_options(choices: Mapping[str, Any], others: Sequence[str] = OWN) -> Options:
    """Check the choices of `explain`.

    Args:
        choices: The choices by name.
        others: Arguments of the function that takes the choices, which may have been meant.

    Raises:
        OptionsError: One has no meaning for a model in memory, or a value is not allowed.
    """
    known = [name for name in Options.model_fields if name not in _ELSEWHERE]
    for name in choices:
        if name in _ELSEWHERE:
            raise OptionsError(f"explain got {name}={choices[name]!r}. {_ELSEWHERE[name]}")
        if field_of(name) not in known:
            raise OptionsError(
                f"There is no argument {name!r}.{meant(name, [*others, *known])} Expected one of: {', '.join(known)}."
            )
    try:
        return make(choices)
    except OptionsError as error:
        error.args = (in_python(str(error)),)
        raise
