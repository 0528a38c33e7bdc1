"""A model -> the images that some of its channels like best, and how they like them beside the images of the data.

The ascent raises what goes into the activation of the place where a channel is judged (`places.judged_at`), since an
activation that cuts off below zero passes no gradient on there; what is told is what the channel answers at that place,
to the image as it is shown, brought to 8 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.errors import ModelError
from reportgen.evidence.ablation import AblationResult
from reportgen.evidence.dreams import Dream, DreamsResult
from reportgen.evidence.responses import ResponsesResult
from reportgen.language.vocabulary import words
from reportgen.models import arising, running
from reportgen.models.cutting import Part
from reportgen.models.hooks import Call, StopPassError, until
from reportgen.models.inputs import arrange, batch_size
from reportgen.models.subject import Array, Subject
from reportgen.models.types import Tensor, Tensors
from reportgen.options import Options
from reportgen.probes.dreams.ascent import Span, ascend, liking
from reportgen.progress import Progress, silent
from reportgen.records import places
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS = ("responses", "ablation")
NUM_DREAMS = 3
"""So many channels are shown where none are named."""
USUAL_STEPS = 64
"""Steps of the ascent where none are asked for and they cost no more than `USUAL_MACS`."""
LEAST_STEPS = 16
"""Fewest steps where none are asked for, however big the network."""
USUAL_MACS = 10**12
"""Multiply-adds that the steps for `NUM_DREAMS` channels may take before there are fewer of them."""
# The gradient with respect to the picture alone takes about as many multiply-adds as the answers themselves.
PASSES_PER_STEP = 2
"""Passes of one image that a step costs: the answers, and the gradient with respect to the picture."""
_NUM_JUDGED = 64
_WHITE = 255
_COLOURS = (1, 3)
# Operations that cut off, or flatten, what is below zero.
_RECTIFIERS = {"Relu", "Relu6", "Elu", "Selu", "LeakyRelu"}


@dataclass(frozen=True, slots=True)
class _Real:
    """What each channel of a call answered to the images of the data: its highest value and standard deviation."""

    maximum: Array
    deviation: Array


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of the steps for the channels that are asked for, or for as many as are chosen."""
    del dataset, plan
    macs = max(record.macs, 1)
    per_step = PASSES_PER_STEP * (len(options.dream) or NUM_DREAMS) * macs
    usual = USUAL_MACS // (PASSES_PER_STEP * NUM_DREAMS * macs)
    steps = options.dream_steps or max(LEAST_STEPS, min(USUAL_STEPS, usual))
    return Work("images that excite channels", macs=steps * per_step)


def run(subject: Subject, options: Options, progress: Progress = silent) -> DreamsResult | None:
    """Make an image for each channel that is asked for, or for the most important ones of the last conv layer.

    Returns:
        The images; where there are none, the result says why. None for a model without a conv layer.

    Raises:
        UnknownNameError: The model has no such conv layer.
        OptionsError: The layer has no such channel.
    """
    record = subject.record
    asked = [(places.find(record, layer, channel), channel) for layer, channel in options.dream]
    last = next((call for call in reversed(places.conv_calls(record)) if record.sees_main_input(call)), None)
    if last is None:
        return None
    missing = _why_none(subject, asked=bool(asked))
    if missing:
        return DreamsResult((), bool(asked), missing)
    real: dict[str, _Real | None] = {}
    try:
        for call in {call.path: call for call, _ in (asked or [(last, 0)])}.values():
            real[call.path] = _real(subject, call, progress)
        chosen = asked or [(last, channel) for channel in _important(subject, last, real[last.path])]
        dreams: dict[tuple[str, int], Dream] = {}
        with progress("Making images that excite channels", total=len(chosen)) as advance:
            for call in {call.path: call for call, _ in chosen}.values():
                channels = list(dict.fromkeys(channel for each, channel in chosen if each is call))
                for dream in _dreams(subject, call, channels, real[call.path], options):
                    dreams[dream.path, dream.channel] = dream
                    advance()
    except ModelError as error:
        return DreamsResult((), bool(asked), str(error))
    made = list(dict.fromkeys((call.path, channel) for call, channel in chosen))
    found = [dreams[key] for key in made if np.isfinite(dreams[key].activation)]
    return DreamsResult(tuple(found), bool(asked), notes=_notes([dreams[key] for key in made]))


def _why_none(subject: Subject, *, asked: bool) -> str:
    """Return why no image can be made, a whole sentence, or ""."""
    record, named = subject.record, words(subject.record)
    main = record.inputs[record.main_input]
    axis = record.input_channel_axis(main.shape)
    if not named.is_picture or main.shape[axis] not in _COLOURS:
        reads = "images of other than one or three channels" if named.is_picture else f"{named.samples} and no images"
        return f"The model reads {reads}, so an image made for a channel would be nothing to look at."
    if "float" not in main.dtype:
        return f"The model takes whole numbers ({main.dtype}), so no gradient leads back to the image."
    if subject.dataset is None and not asked:
        return "Without images it is not known which channels matter. Name channels with --dream."
    return ""


def _notes(dreams: Sequence[Dream]) -> tuple[str, ...]:
    broken = [f"{each.path}:{each.channel}" for each in dreams if not np.isfinite(each.activation)]
    silent_ones = [f"{each.path}:{each.channel}" for each in dreams if each.activation <= 0]
    notes = []
    if broken:
        notes.append(f"No image was made for channels that give NaN or infinity: {', '.join(broken)}.")
    if silent_ones:
        notes.append(f"No image was found that raises these channels above zero: {', '.join(silent_ones)}.")
    return tuple(notes)


def _important(subject: Subject, call: LayerRecord, real: _Real | None) -> list[int]:
    """Return the channels without which the model loses most, then those that vary most.

    A channel that never varies is among them only where none does.
    """
    ablation = subject.earlier.get("ablation")
    costs = (
        [each for each in ablation.channels if each.path == call.path] if isinstance(ablation, AblationResult) else []
    )
    costs = [each for each in costs if each.log_probability_change < 0]
    costs.sort(key=lambda each: (not each.needed, each.log_probability_change))
    assert real is not None, "there is data"
    deviations = np.nan_to_num(real.deviation, nan=-1.0)
    active = np.argsort(-deviations, kind="stable")
    varying = active[deviations[active] > 0]
    found = list(dict.fromkeys([*(each.channel for each in costs), *varying.tolist()]))
    return (found or active.tolist())[:NUM_DREAMS]


def _real(subject: Subject, call: LayerRecord, progress: Progress) -> _Real | None:
    """Return what the channels of a call answered to all images, as was found before or in a pass of its own."""
    place = places.judged_at(subject.record, call)
    responses = subject.earlier.get("responses")
    if isinstance(responses, ResponsesResult):
        known = next((each for each in responses.calls if each.path == call.path), None)
        if known is not None and known.judged_at == place.path:
            columns = [(each.maximum, each.deviation) for each in known.channels]
            return _Real(*(np.array(column) for column in zip(*columns, strict=True)))
    if subject.dataset is None:
        return None
    highest, means, squares = [], [], []
    starts = range(0, subject.dataset.size, subject.batch_size)
    with progress(f"Looking for what {call.path} responds to", total=len(starts)) as advance:
        for start in starts:
            inputs = subject.inputs(range(start, min(start + subject.batch_size, subject.dataset.size)))
            values = _answers(subject, place, inputs)
            highest.append(values.max(axis=(0, 1)))
            means.append(values.mean(axis=1))
            squares.append((values**2).mean(axis=1))
            advance()
    mean, square = (np.concatenate(parts).mean(axis=0) for parts in (means, squares))
    return _Real(np.max(highest, axis=0), np.sqrt(np.maximum(square - mean**2, 0)))


def _answers(subject: Subject, place: LayerRecord, inputs: Tensors) -> Array:
    """Return what comes out of a call, float64 (images, positions, channels)."""
    seen: list[Array] = []

    def note(call: Call) -> None:
        if call.path == place.path:
            seen.append(np.asarray(_by_channel(arising.seen(call), place), dtype=np.float64))
            # A model with a batch size of its own is called several times.
            if sum(map(len, seen)) >= len(keras.tree.flatten(inputs)[0]):
                raise StopPassError

    with until(subject.model, note):
        running.call(subject.model, inputs)
    return np.concatenate(seen)[: len(keras.tree.flatten(inputs)[0])]


def _by_channel(output: Tensor, place: LayerRecord) -> Tensor:
    """Lay the positions of a call's output flat, the channels last: float32 (images, positions, channels)."""
    values = tf.cast(keras.tree.flatten(output)[0], tf.float32)
    values = keras.ops.moveaxis(values, places.channel_axis(place), -1)
    return tf.reshape(values, [-1, int(np.prod(values.shape[1:-1])), values.shape[-1]])


def _dreams(
    subject: Subject, call: LayerRecord, channels: list[int], real: _Real | None, options: Options
) -> list[Dream]:
    record, place = subject.record, places.judged_at(subject.record, call)
    shape = record.inputs[record.main_input].shape
    axis = record.input_channel_axis(shape)
    height, width = (int(side or 0) for at, side in enumerate(shape) if at != axis)
    size, span = (height, width, int(shape[axis] or 0)), _span(subject, axis)
    steps = options.dream_steps or _usual_steps(subject)
    rows = batch_size(subject.model) or len(channels)
    found = []
    for start in range(0, len(channels), rows):
        group = channels[start : start + rows]
        filled = [*group, *[group[-1]] * (rows - len(group))]

        try:
            gradient = _gradient(subject, place, filled)

            def slopes(pictures: Tensor, gradient: Part = gradient) -> Tensor:
                inputs = keras.tree.flatten(_inputs(subject, span.values(pictures), axis))
                at_input = gradient(*inputs)
                return tf.gradients(inputs[subject.main_place], [pictures], grad_ys=at_input)[0]

            levels = ascend(slopes, filled, size, steps=steps, seed=options.seed)
        except (LookupError, *running.CALL_ERRORS) as error:
            raise ModelError(
                f"No gradient of {call.path!r} leads back to the image: {running.reason(error)} Expected a model that"
                " TensorFlow can differentiate. Choose another layer with --dream."
            ) from error
        answers = _answers(subject, place, _inputs(subject, span.values(levels.astype(np.float32) / _WHITE), axis))
        found += [
            Dream(
                path=call.path,
                channel=channel,
                picture=levels[row] if size[2] > 1 else levels[row, ..., 0],
                activation=float(answers[row, :, channel].max()),
                best_real=None if real is None else float(real.maximum[channel]),
                num_steps=steps,
                seed=options.seed,
            )
            for row, channel in enumerate(group)
        ]
    return found


def _usual_steps(subject: Subject) -> int:
    """Return how many steps a picture is made in: it does not depend on how many others are made beside it."""
    return max(LEAST_STEPS, min(USUAL_STEPS, subject.affordable(USUAL_MACS, PASSES_PER_STEP * NUM_DREAMS)))


def _gradient(subject: Subject, place: LayerRecord, channels: Sequence[int]) -> Part:
    """Return a function of what the model is called with: how each image's channel of a place grows with the image.

    Raises:
        LookupError: It does not depend on the image by any gradient.
        ModelError: The model cannot be traced.
    """
    whole = subject.trace(len(channels))
    if place.path not in whole.calls:
        raise LookupError("it is called inside a loop")
    output = whole.calls[place.path].output
    while output.op.type == "Identity":
        output = output.op.inputs[0]
    before = output.op.inputs[0] if output.op.type in _RECTIFIERS else output
    with whole.graph.as_default():
        # `gather` in batches would take twenty operations to differentiate.
        chosen = np.stack([np.arange(len(channels)), channels], axis=1)
        answers = tf.gather_nd(tf.transpose(_by_channel(before, place), [0, 2, 1]), tf.constant(chosen))
        (found,) = tf.gradients(liking(answers), [whole.inputs[subject.main_place]])
    if found is None:
        raise LookupError("no gradient")
    return whole.part(whole.inputs, [tf.convert_to_tensor(found)], is_fixed=True)


def _inputs(subject: Subject, values: Tensor, axis: int) -> Tensors:
    """Return what the model is called with for pictures (images, height, width, colours) in its main input.

    Its further inputs get what belongs to the first image of the data, or zeros.
    """
    record = subject.record
    main = record.inputs[record.main_input]
    further = dict(subject.dataset.further) if subject.dataset is not None else {}
    tensors = {}
    for each in record.inputs:
        if each is main:
            moved = keras.ops.moveaxis(values, -1, 1 + axis)
            tensors[each.name] = tf.cast(moved, each.dtype)
        elif each.name in further:
            rows = further[each.name].read([0] * int(values.shape[0]))
            tensors[each.name] = tf.cast(np.asarray(rows), each.dtype)
        else:
            tensors[each.name] = tf.zeros((int(values.shape[0]), *each.shape), each.dtype)
    return arrange(subject.model, tensors)


def _span(subject: Subject, axis: int) -> Span:
    """Return the values of black and white: 0 and 1, 0 and 255, −1 and 1, or what the images hold in each channel."""
    record = subject.record
    colours = int(record.inputs[record.main_input].shape[axis] or 0)
    if subject.dataset is None:
        low, high = np.zeros(colours), np.full(colours, float(_WHITE if record.rescales else 1))
        return Span(low, high)
    size = subject.dataset.size
    shown = min(size, _NUM_JUDGED)
    pictures = subject.pictures([place * size // shown for place in range(shown)]).astype(np.float64)
    low, high = pictures.min(axis=(0, 1, 2)), pictures.max(axis=(0, 1, 2))
    for black, white in ((0.0, 1.0), (0.0, float(_WHITE)), (-1.0, 1.0)):
        if low.min() >= black and high.max() <= white:
            return Span(np.full(colours, black), np.full(colours, white))
    return Span(low, np.where(high > low, high, low + 1))
