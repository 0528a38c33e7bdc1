"""Records and results -> what the reader should know, heaviest first. Failed checks decide the exit code."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen import channels
from reportgen.answers import PredictionsResult, SampleRecord
from reportgen.document import Finding, Severity
from reportgen.evidence import ActivationsResult, DatasetRecord, NamesResult, PoolingResult
from reportgen.most_active import cut_short
from reportgen.numerals import number, percent, plural, shape
from reportgen.records import LayerRecord, ModelRecord
from reportgen.responses import ResponsesResult
from reportgen.scalings import ScalingResult, doubts
from reportgen.templating import anchor, codepoint
from reportgen.vocabulary import words

_WEIGHT: dict[Severity, int] = {"failed": 0, "warning": 1, "note": 2, "passed": 3}
POOL = 2
"""Side of the pooling window that the poolings are shown with, and its stride."""
_DOMINATES = 0.5
_SMALL_PATCH = 0.5
_SURE = 0.8
_MOST_CHARACTERS = 20


def judge(
    model: ModelRecord,
    *,
    dataset: DatasetRecord | None = None,
    samples: tuple[SampleRecord, ...] = (),
    predictions: PredictionsResult | None = None,
    scaling: ScalingResult | None = None,
    activations: ActivationsResult | None = None,
    pooling: PoolingResult | None = None,
    names: NamesResult | None = None,
    responses: ResponsesResult | None = None,
    without_glyph: tuple[str, ...] = (),
    templates: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Return the findings of a report, failed checks first, then warnings, notes and what was checked and is right.

    `without_glyph` are the characters that no font of the report has, `templates` the names of the templates that the
    user changed; all else is what the probes left.
    """
    found = [
        *_weights(model),
        *_activation_faults(activations),
        *_prediction_faults(model, predictions),
        *_sums(model, activations),
        *_names(model, names),
        *_poolings(pooling),
        *_scaling(model, scaling, dataset),
        *_broken(model, dataset),
        *_without_glyph(without_glyph),
        *_balance(model),
        *_patches(model),
        *_unknown_kinds(model),
        *channels.faults(responses, words(model).sample),
        *_silent_channels(activations),
        *cut_short(activations),
        *_mistakes(samples, predictions),
        *_left_out(model),
        *_changed(templates),
        *_fitted(model, dataset),
    ]
    return tuple(sorted(found, key=lambda finding: _WEIGHT[finding.severity]))


def layer_anchor(path: str) -> str:
    """Return the id of a call's row in the layer table."""
    return f"layer-{anchor(path)}"


def _weights(model: ModelRecord) -> Iterator[Finding]:
    for fault in model.faults:
        yield Finding(
            "failed",
            f"The weights {fault.path} hold values that are no numbers.",
            f"{plural(fault.num_nan, 'value')} NaN and {plural(fault.num_infinite, 'value')} infinite, of "
            f"{number(fault.size)}. What the network computes behind them means nothing.",
            "architecture",
        )


def _activation_faults(activations: ActivationsResult | None) -> Iterator[Finding]:
    broken: dict[str, set[int]] = {}
    for sample in activations.samples if activations else ():
        for call in sample.calls:
            channels = {index for index, channel in enumerate(call.channels) if channel.num_nonfinite}
            if channels:
                broken.setdefault(call.path, set()).update(channels)
    for path, channels in broken.items():
        yield Finding(
            "failed",
            f"Activations of {path} hold values that are no numbers.",
            f"NaN or infinity in {plural(len(channels), 'channel')}; these maps are crossed out, not coloured.",
            "activations",
        )


def _prediction_faults(model: ModelRecord, predictions: PredictionsResult | None) -> Iterator[Finding]:
    for head in (predictions, *predictions.others) if predictions else ():
        if head.num_nonfinite:
            where = f" at the output {head.name}" if predictions and predictions.others else ""
            yield Finding(
                "failed",
                f"{plural(head.num_nonfinite, 'answer holds', 'answers hold')} values that are no numbers.",
                f"NaN or infinity came out{where} for {number(head.num_nonfinite)} of {number(head.num_images)}"
                f" {words(model).samples}.",
                "samples",
            )


def _sums(model: ModelRecord, activations: ActivationsResult | None) -> Iterator[Finding]:
    observed = dict(activations.checks) if activations else {}
    compared = [
        (call, check)
        for call in model.layers
        for check in (*call.checks, *((observed[call.path],) if call.path in observed else ()))
    ]
    for call, check in compared:
        if not check.agrees:
            yield Finding(
                "failed",
                f"{call.path}: {check.quantity} by formula and in the model differ.",
                f"Formula: {shape(check.expected)}; {check.against}: {shape(check.observed)}.",
                layer_anchor(call.path),
            )
    if compared and all(check.agrees for _, check in compared):
        against = "Keras's own shape rules and weight counts"
        against += " and the tensors that came out" if observed else ""
        yield Finding(
            "passed",
            f"All {number(len(compared))} comparisons between formula and model agree.",
            f"Output shapes, parameters and multiply-adds were worked out by formula and compared with {against}.",
            "calculations",
        )


def _names(model: ModelRecord, names: NamesResult | None) -> Iterator[Finding]:
    if names and not names.repeats:
        yield Finding(
            "warning",
            "The model does not answer twice alike.",
            f"The same {plural(names.num_images, words(model).sample)} were put to it again and the answers differ, by"
            f" up to {number(names.largest_difference)}: it draws random numbers, or keeps something from call to call."
            " Each number here is from one pass and may be another in the next.",
            "names",
        )
    elif names and not names.identical:
        yield Finding(
            "failed",
            "The model answered differently after its layers were renamed.",
            f"Largest difference {number(names.largest_difference)} over"
            f" {plural(names.num_images, words(model).sample)}. Names should change nothing.",
            "names",
        )


def _poolings(pooling: PoolingResult | None) -> Iterator[Finding]:
    for result in pooling.results if pooling else ():
        if not result.agrees:
            yield Finding(
                "failed", f"The {result.kind} pooling by hand is not what Keras computes.", "See the window.", "pooling"
            )


def _scaling(model: ModelRecord, scaling: ScalingResult | None, dataset: DatasetRecord | None) -> Iterator[Finding]:
    found = doubts(scaling, dataset.doubts if dataset else ())
    if found:
        reasons = " ".join(
            f"{doubt.why} Compare with --preprocess {doubt.other}." if doubt.other else doubt.why for doubt in found
        )
        title = f"The {words(model).samples} may be scaled wrongly."
        yield Finding("warning", title, reasons, "scaling" if scaling else "provenance")


def _balance(model: ModelRecord) -> Iterator[Finding]:
    owners = [call for call in model.layers if call.shared_with is None]
    if not owners or not model.parameters:
        return
    largest = max(owners, key=lambda call: call.parameters)
    share = largest.parameters / model.parameters
    if share > _DOMINATES and len([call for call in owners if call.parameters]) > 1:
        convs = sum(call.parameters for call in owners if call.role == "conv")
        yield Finding(
            "warning",
            f"{percent(share, digits=0)} of the parameters sit in one layer.",
            f"{largest.path} ({largest.kind}) holds {number(largest.parameters)} of {number(model.parameters)}; all"
            f" conv layers together hold {number(convs)}.",
            layer_anchor(largest.path),
        )


def _patches(model: ModelRecord) -> Iterator[Finding]:
    last = last_conv(model)
    if last is None or last.receptive_field is None:
        return
    image, known = image_of(model, last), words(model)
    if image is None:
        return
    whole = "an object" if known.is_picture else f"the {known.sample}"
    pairs = list(zip(last.receptive_field, image, strict=False))
    if len(image) == len(last.receptive_field) and all(b and a < _SMALL_PATCH * b for a, b in pairs):
        yield Finding(
            "warning",
            "The conv layers see small patches only.",
            f"A position of the last conv layer, {last.path}, depends on {shape(last.receptive_field)} {known.points} "
            f"of {shape(image)}: parts of {whole}, not the whole of it. Only layers behind it put the parts together.",
            layer_anchor(last.path),
        )


def _unknown_kinds(model: ModelRecord) -> Iterator[Finding]:
    unknown = model.unknown_calls
    if unknown:
        kinds = ", ".join(sorted({call.kind for call in unknown}))
        yield Finding(
            "note",
            f"{plural(len(unknown), 'layer was', 'layers were')} not worked out.",
            f"There is no formula for {kinds}: shapes and parameters are the model's own, multiply-adds are not"
            " counted.",
            layer_anchor(unknown[0].path),
        )


def _silent_channels(activations: ActivationsResult | None) -> Iterator[Finding]:
    if activations is None or not activations.samples:
        return
    still: dict[str, tuple[int, int]] = {}
    for position, call in enumerate(activations.samples[0].calls):
        rows = [sample.calls[position].channels for sample in activations.samples]
        constant = sum(all(row[channel].constant for row in rows) for channel in range(len(call.channels)))
        if constant and call.levels[0].size > 1:
            still[call.path] = (constant, len(call.channels))
    if still:
        listed = "; ".join(f"{path}: {number(count)} of {number(total)}" for path, (count, total) in still.items())
        yield Finding(
            "note",
            f"{plural(sum(count for count, _ in still.values()), 'channel shows', 'channels show')} one value"
            f" everywhere on all {plural(len(activations.samples), 'sample')} shown.",
            f"{listed}. Their maps are drawn mid-grey. A few samples do not prove that a channel is dead.",
            "activations",
        )


def _mistakes(samples: tuple[SampleRecord, ...], predictions: PredictionsResult | None) -> Iterator[Finding]:
    wrong = [sample for sample in samples if sample.correct is False and sample.answers]
    if wrong:
        worst = max(wrong, key=lambda sample: sample.answers[0].value)
        shares = predictions is not None and predictions.output == "probabilities"
        sure = " and sure" if shares and worst.answers[0].value >= _SURE else ""
        yield Finding(
            "note",
            f"It can be wrong{sure}: sample {number(worst.index)}.",
            (
                f"Labelled {worst.label}, answered {worst.answers[0].name} with {percent(worst.answers[0].value)}."
                if shares
                else f"Labelled {worst.label}, answered {worst.answered}."
            ),
            f"sample-{worst.index}",
        )


def _left_out(model: ModelRecord) -> Iterator[Finding]:
    """Chapters about pictures say nothing about a network that reads none, and that is said."""
    first = next((call for call in model.layers if call.role == "conv"), None)
    if first is None:
        return
    reasons = []
    if grating_conv(model) is None:
        reads = "no picture of height and width" if not _in_picture(first) else "one pixel at a time"
        reasons.append(
            "Whether it looks for edges is asked of a first conv layer that reads patches of pictures, and"
            f" {first.path} reads {reads}."
        )
    if pooled_conv(model) is None:
        reasons.append("The poolings are worked on a map of height and width, and no conv layer here has one to pool.")
    if reasons:
        chapters = "A chapter is" if len(reasons) == 1 else "Two chapters are"
        yield Finding("note", f"{chapters} left out.", " ".join(reasons), layer_anchor(first.path))


def _fitted(model: ModelRecord, dataset: DatasetRecord | None) -> Iterator[Finding]:
    if dataset and dataset.unmatched:
        yield Finding("warning", "The labels were not used.", dataset.unmatched, "samples")
    if dataset and dataset.notes:
        yield Finding("note", f"What was done to the {words(model).samples}.", " ".join(dataset.notes), "samples")


def _broken(model: ModelRecord, dataset: DatasetRecord | None) -> Iterator[Finding]:
    if dataset and dataset.broken_reasons:
        number_ = sum(reason.number for reason in dataset.broken_reasons)
        counts = ", ".join(f"{reason.reason} ({number(reason.number)})" for reason in dataset.broken_reasons)
        yield Finding(
            "warning",
            f"{plural(number_, words(model).sample)} of {number(number_ + dataset.size)} cannot be read.",
            f"No number in this report includes {'it' if number_ == 1 else 'them'}. Each of them: {counts}.",
            "broken",
        )


def _without_glyph(characters: tuple[str, ...]) -> Iterator[Finding]:
    if characters:
        shown = ", ".join(f"{each} ({codepoint(each)})" for each in characters[:_MOST_CHARACTERS])
        rest = len(characters) - _MOST_CHARACTERS
        yield Finding(
            "warning",
            f"{plural(len(characters), 'character')} of names {'has' if len(characters) == 1 else 'have'} no glyph in"
            " the report's fonts.",
            f"{shown}{f' and {number(rest)} more' if rest > 0 else ''}: the PDF and the charts show such a character by"
            f" its number, as [{codepoint(characters[0])}], and the web page as the reader's machine can. Give a"
            " font that has it with --font-dir.",
            "provenance",
        )


def _changed(templates: tuple[str, ...]) -> Iterator[Finding]:
    if templates:
        yield Finding(
            "note",
            "The report is set with changed templates.",
            f"Not as reportgen comes: {', '.join(templates)}. The numbers in report.json are untouched by that; what a"
            " changed template shows or leaves out is its author's choice.",
            "provenance",
        )


def grating_conv(model: ModelRecord) -> LayerRecord | None:
    """Return the first conv call that reads (height, width, channels), where its window is of more than a pixel.

    Of several inputs it is one that the main input lies behind, where there is such a call.
    """
    reading = [call for call in model.layers if call.role == "conv" and _in_picture(call) and call.windows]
    for call in _of_main_input(model, reading)[:1]:
        return call if any(window.kernel > 1 for window in call.windows or ()) else None
    return None


def _of_main_input(model: ModelRecord, calls: list[LayerRecord]) -> list[LayerRecord]:
    """Return the calls that the main input lies behind; all of them where there is none such."""
    return [call for call in calls if model.sees_main_input(call)] or calls


def pooled_conv(model: ModelRecord) -> LayerRecord | None:
    """Return the last conv call before the first pooling whose maps of height and width can be pooled by 2 × 2.

    Of several inputs it is one that the main input lies behind, where there is such a call.
    """
    convs = _of_main_input(model, [call for call in model.layers if call.role == "conv" and _can_be_pooled(call)])
    pools = [call for call in model.layers if call.role == "pool" and len(call.output_shape) == 3]
    limit = min((call.index for call in _of_main_input(model, pools)), default=len(model.layers) + 1)
    before = [call for call in convs if call.index < limit]
    return next(reversed(before or convs), None)


def _can_be_pooled(call: LayerRecord) -> bool:
    if call.map_axes != ("height", "width"):
        return False
    sizes = [size for axis, size in enumerate(call.output_shape) if axis != call.channel_axis]
    return all(size is not None and size >= POOL for size in sizes)


def _in_picture(call: LayerRecord) -> bool:
    """Whether a call reads pictures, one at a time or one in every time step."""
    return call.rank == 2 and len(call.input_shape) - len(call.time_steps) == 3


def last_conv(model: ModelRecord) -> LayerRecord | None:
    """Return the last conv call, or None."""
    return next((call for call in reversed(model.layers) if call.role == "conv"), None)


def spatial_shape(model: ModelRecord) -> tuple[int | None, ...]:
    """Return the sizes of the model's main input without its channel axis."""
    return _spatial(model, model.main_input) if model.inputs else ()


def image_of(model: ModelRecord, call: LayerRecord) -> tuple[int | None, ...] | None:
    """Return the sizes of the input that a call's receptive field lies in, without its channel axis.

    Returns:
        The sizes, along the field's own axes where it has some; None where inputs of several sizes lie behind the call.
    """
    num_axes = len(call.receptive_field or ())
    places = model.inputs_behind(call) or ((model.main_input,) if model.inputs else ())
    sizes = {
        _spatial(model, place)[-num_axes:] for place in places if len(model.inputs[place].shape) > max(num_axes, 1)
    }
    if not places:
        return ()
    return sizes.pop() if len(sizes) == 1 else None


def _spatial(model: ModelRecord, place: int) -> tuple[int | None, ...]:
    shape_ = model.inputs[place].shape
    channels = model.input_channel_axis(shape_)
    return (*shape_[:channels], *shape_[channels + 1 :])
