"""Classes of pixels, values and errors -> pictures in stated colours, with text alternatives made from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence.pixels import ByClass, ByError
from reportgen.evidence.samples import Levels, PixelAnswer, PixelShare
from reportgen.figures import charts, mosaic
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural, size

_STRIPE = 4
_MOST_TOLD = 4


def colours_of(scores: ByClass) -> dict[int, int]:
    """Give classes their colours, spread from dark to light in the order of the classes.

    Args:
        scores: Of more classes than there are colours, those that take the most pixels get one each but the last.

    Returns:
        The place of its colour among `colours.OF_CLASSES` by index of the class; classes without pixels, and those that
        share the grey of all others, are not in it.
    """
    taken = {each.index: (each.num_true or 0) + each.num_answered for each in scores.classes}
    used = [index for index, pixels in taken.items() if pixels]
    most = len(colours.OF_CLASSES)
    if len(used) > most:
        used = sorted(sorted(used, key=lambda index: -taken[index])[:most])
    last = max(len(used) - 1, 1)
    return {index: round(place * (most - 1) / last) for place, index in enumerate(used)}


def classes(name: str, of: PixelAnswer, which: str, palette: Mapping[int, int], *, sample: int) -> Figure:
    """Draw the class of every pixel.

    Args:
        name: Id of the figure.
        of: What the output predicts for the sample.
        which: "answer" or "truth".
        palette: As `colours_of` gives them.
        sample: Place of the sample in the data.
    """
    found = of.answer if which == "answer" else of.truth
    assert found is not None, "what is drawn is known"
    picture = np.empty((*found.shape, 3), np.uint8)
    picture[...] = colours.rgb(colours.OTHER_CLASSES)
    for index, place in palette.items():
        picture[found == index] = colours.rgb(colours.OF_CLASSES[place])
    rows, columns = np.indices(found.shape)
    for stripe, colour in enumerate(colours.LEFT_OUT):
        picture[(found < 0) & ((rows + columns) % _STRIPE // 2 == stripe)] = colours.rgb(colour)
    what = "predicted" if which == "answer" else "true"
    shares = [(each.answered if which == "answer" else each.true or 0.0, each) for each in of.shares]
    each = f"{number(of.num_slices)} slices" if of.num_slices > 1 else f"each of {size(found.shape)} pixels"
    alt = f"Sample {sample}: {what} class of {each}: {_shares(shares)}{' of the whole' * (of.num_slices > 1)}."
    return mosaic.picture(name, picture, alt=alt)


def values(name: str, of: PixelAnswer, which: str, *, sample: int) -> Figure:
    """Draw predicted or true values; arguments as for `classes`."""
    found = of.answer if which == "answer" else of.truth
    assert found is not None, "what is drawn is known"
    what = "predicted" if which == "answer" else "true"
    low, high = map(number, of.scale)
    picture = found.astype(np.uint8)
    mean = of.scale[0] + float(picture.mean()) / 255 * (of.scale[1] - of.scale[0])
    extent = f"{number(of.num_slices)} slices" if of.num_slices > 1 else f"{size(picture.shape[:2])} pixels"
    alt = f"Sample {sample}: {what} values of {extent}, on average {number(mean)}, black {low} and white {high}."
    return mosaic.picture(name, picture, alt=alt)


def errors(name: str, of: PixelAnswer, *, sample: int) -> Figure:
    """Draw where prediction and truth differ."""
    assert of.error is not None, "what is drawn is known"
    where = _where(of.error == 255 if of.kind == "classes" else of.error, of.num_slices)
    if of.kind == "classes":
        wrong = "" if of.accuracy is None else f" {percent(1 - of.accuracy)} of them{where and ', ' + where}"
        alt = f"Sample {sample}: white where the predicted class is not the true one:{wrong or ' nowhere known'}."
    else:
        mean = "" if of.mean_error is None else f", on average {number(of.mean_error)}{where and ', most ' + where}"
        alt = f"Sample {sample}: absolute error of each pixel{mean}; black 0, white {number(of.error_top)} or more."
    return mosaic.picture(name, of.error, alt=alt)


def places(name: str, levels: Levels, top: float, *, kind: str, known: str, num_slices: int = 1) -> Figure:
    """Draw where an output is wrong over all images.

    Args:
        name: Id of the figure.
        levels: uint8 (rows, columns).
        top: What is drawn white.
        kind: "classes" for a share of wrong pixels, else for an absolute error.
        known: What the samples are, and how many: "60 images".
        num_slices: Of volumes, how many slices are drawn; 1 of pictures.
    """
    what = "share of wrong predictions" if kind == "classes" else "mean absolute error"
    highest = percent(top) if kind == "classes" else number(top)
    each = "position" if num_slices > 1 else "pixel"
    said = f"or each {each}{f' of {number(num_slices)} slices' * (num_slices > 1)} the {what} over {known}"
    said, where = f"{said}: black 0, white {highest}", _where(levels, num_slices)
    return mosaic.picture(name, levels, alt=f"F{said}{where and '; most ' + where}.", caption=f"F{said}.")


def distribution(name: str, scores: ByError, *, sample: str) -> Figure:
    """Draw how the images' errors are spread, in bins of equal width."""
    counts, edges = scores.counts, scores.edges
    low, middle, high = scores.quantiles[0], scores.quantiles[3], scores.quantiles[-1]
    said = f"from {number(low)} to {number(high)}, the median {number(middle)}"
    return charts.histogram(
        name,
        counts,
        edges,
        middle,
        (f"mean absolute error of a {sample}", f"{sample}s"),
        alt=f"Mean absolute errors of {plural(sum(counts), sample)}, {said}.",
        caption=f"How the errors of {plural(sum(counts), sample)} are spread, {said} (dashed).",
    )


def _shares(shares: Sequence[tuple[float, PixelShare]]) -> str:
    ordered = sorted((each for each in shares if each[0]), key=lambda each: -each[0])
    told = [f"{each.name} {percent(share)}" for share, each in ordered[:_MOST_TOLD]]
    more = [f"{number(len(ordered) - _MOST_TOLD)} more"] if len(ordered) > _MOST_TOLD else []
    return listed([*told, *more]) or "none known"


def _where(weights: Levels, num_slices: int) -> str:
    """Where most of something is; "" where slices lie side by side."""
    return "" if num_slices > 1 else _place(weights)


def _place(weights: Levels) -> str:
    """Where most of something is, to a third of the height and width: "at the upper left"."""
    masses = np.asarray(weights, dtype=np.float64)
    if masses.min() == masses.max():
        return "everywhere" if masses.max() else "nowhere"
    blocks = (block for row in np.array_split(masses, 3, axis=0) for block in np.array_split(row, 3, axis=1))
    row, column = divmod(int(np.argmax([block.mean() if block.size else 0.0 for block in blocks])), 3)
    vertical, horizontal = ("upper", "", "lower")[row], ("left", "", "right")[column]
    if vertical and horizontal:
        return f"at the {vertical} {horizontal}"
    if vertical:
        return "at the top" if row == 0 else "at the bottom"
    return f"at the {horizontal}" if horizontal else "in the middle"
