"""What was measured of channels -> sentences, each computed from the numbers beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.evidence import Evidence
from reportgen.evidence.ablation import AblationResult
from reportgen.evidence.channels import Channel, Counts
from reportgen.evidence.dreams import Dream
from reportgen.evidence.responses import CallResponses, ResponsesResult
from reportgen.figures.class_bars import class_bars
from reportgen.language.listing import listed
from reportgen.language.numerals import number, p_value, percent, plural, times
from reportgen.language.vocabulary import Words, words
from reportgen.records.model import LayerRecord
from reportgen.sections.channels import needs

_FIRST_CLASSES = 3


def layer_answer(path: str, counts: Counts) -> str:
    """Say in two lines what the channels of a layer are."""
    kinds: list[tuple[int | None, str, str, bool]] = [
        (counts.oriented, "prefers an orientation", "prefer an orientation", True),
        (counts.dead, "is dead", "are dead", True),
        (counts.nearly_dead, "is nearly dead", "are nearly dead", False),
        (counts.stuck, "is stuck", "are stuck", False),
        (counts.following, "follows a dead or stuck one", "follow dead or stuck ones", False),
        (counts.no_number, "gives NaN or infinity", "give NaN or infinity", False),
        (counts.copies, "does the same as another", "do the same as others", False),
        (counts.speaking, "speaks for one class", "speak for one class", True),
    ]
    said: list[str] = []
    for many, one, several, always in kinds:
        if many is None or not (many or always):
            continue
        said.append(f"{number(many) if many else 'none'} {one if many < 2 else several}")
    said += needs.layer_words(path, counts)
    return f"Of {plural(counts.channels, 'channel')} {'; '.join(said)}."


def chapter_answer(
    layers: Sequence[tuple[str, Counts]], responses: ResponsesResult, ablation: AblationResult | None, sample: str
) -> str:
    """Answer the chapter's question over all layers."""
    counts = [each for _, each in layers]
    total = sum(each.channels for each in counts)
    kinds = [
        (sum(each.dead for each in counts), "is dead", "are dead"),
        (sum(each.copies for each in counts), "does the same as another", "do the same as others"),
    ]
    rare = [
        (sum(each.nearly_dead for each in counts), "is nearly dead", "are nearly dead"),
        (sum(each.stuck for each in counts), "is stuck", "are stuck"),
        (sum(each.no_number for each in counts), "gives NaN or infinity", "give NaN or infinity"),
    ]
    kinds += [kind for kind in rare if kind[0]]
    if not responses.unlabelled and not responses.untestable:
        kinds.append((sum(each.speaking or 0 for each in counts), "speaks for one class", "speak for one class"))
    of = f" of {plural(total, 'channel')} in {plural(len(layers), 'conv layer')}"
    counted = [
        f"{number(many) if many else 'none'}{'' if place else of} {one if many < 2 else several}"
        for place, (many, one, several) in enumerate(kinds)
    ]
    said = f"Over {plural(responses.num_images, sample)}, {listed(counted)}."
    return " ".join(filter(None, (said, needs.chapter_words(ablation, sample) if ablation else "")))


def headline(layers: Sequence[tuple[str, Counts]], ablation: AblationResult | None) -> str:
    """Say in a few words what is seen of all channels; "" where nothing stands out."""
    total = sum(counts.channels for _, counts in layers)
    speaking, dead = (sum(getattr(counts, name) or 0 for _, counts in layers) for name in ("speaking", "dead"))
    if speaking:
        return (
            f"{number(speaking)} of {plural(total, 'channel')} {'speaks' if speaking == 1 else 'speak'} for one class"
        )
    if needed := needs.most_needed(ablation):
        more = f" and {number(len(needed) - 1)} more" if len(needed) > 1 else ""
        return f"The network needs {needed[0]}{more} of {plural(total, 'channel')}"
    return f"{number(dead)} of {plural(total, 'channel')} {'is' if dead == 1 else 'are'} dead" if dead else ""


def layer_facts(layer: LayerRecord, call: CallResponses, points_: str) -> str:
    """Say how large the maps of a layer are, how many there are, and how much of the input one position sees."""
    axis = layer.channel_axis
    sizes = [number(size or 1) for place, size in enumerate(layer.output_shape) if place != axis]
    seen = " × ".join(number(size) for size in call.receptive_field)
    field = f"one position sees {seen} {points_}" if seen else "one position sees the whole input"
    said = [
        f"{' × '.join(sizes)}{' positions' if len(sizes) == 1 else ''}",
        plural(len(call.channels), "channel"),
        *([field] if seen or layer.whole_image else []),
    ]
    return " · ".join(filter(None, said))


def card_words(channel: Channel, responses: ResponsesResult, samples: str) -> tuple[str, ...]:
    """Say what is known of a channel that has a card: it is neither dead nor stuck.

    Args:
        channel: What was measured of it.
        responses: What it is part of.
        samples: What the data consist of: "images".
    """
    said = [
        *_health(channel, samples),
        *_class_words(channel, responses),
        *_orientation(channel),
        *needs.card_words(channel, samples),
    ]
    if channel.count:
        said.append(
            f"Fires in {percent(channel.firing_share, 0)} of the {samples}, at {percent(channel.positive_share, 0)} of"
            f" the positions; mean {number(channel.mean, 2)}, highest {number(channel.maximum)}."
        )
    return tuple(said)


def _health(channel: Channel, samples: str) -> Iterator[str]:
    if channel.state == "nearly dead":
        yield f"Nearly dead: it fires in {percent(channel.firing_share, 2)} of the {samples}."
    elif channel.state == "no number":
        yield f"NaN {times(channel.num_nan)}, infinity {times(channel.num_infinite)}."
    if channel.copy_of is not None:
        alike = correlation(channel.copy_correlation, 4)
        yield f"Does the same as channel {number(channel.copy_of)}: correlation {alike}."
    if channel.replaced is not None:
        yield needs.copy_words(channel.replaced)


def _class_words(channel: Channel, responses: ResponsesResult) -> Iterator[str]:
    if channel.selectivity is None or channel.favourite is None:
        return
    classes, index = responses.classes, f"selectivity {number(channel.selectivity, 2)}"
    if channel.chance is None:
        yield f"Responds most to {channel.favourite}: {index}, not tested."
    else:
        tested = f"{index} ({p_value(channel.chance, responses.num_permutations)})"
        if channel.speaks:
            yield f"Speaks for {channel.favourite}: {tested}."
        elif channel.chance <= responses.thresholds.level:
            yield f"Prefers {channel.favourite} a little: {tested}."
        else:
            yield f"Prefers no class beyond chance: {tested}; highest for {channel.favourite}."
    if len(channel.class_means) == len(classes) and not (class_bars(channel.class_means) and short_names(classes)):
        order = sorted(range(len(classes)), key=lambda place: (-channel.class_means[place], place))[:_FIRST_CLASSES]
        means = ", ".join(f"{classes[place]} {number(channel.class_means[place], 2)}" for place in order)
        unit = "Response in multiples of its layer's"
        yield f"{unit}: {'most for ' if len(classes) > len(order) else ''}{means}."


def _orientation(channel: Channel) -> Iterator[str]:
    if channel.orientation is not None:
        degrees = number(round(channel.orientation) % 180)
        yield f"Prefers edges at {degrees}°: selectivity {number(channel.orientation_selectivity, 2)}."
    elif channel.orientation_p_value is not None:
        found = (
            f"selectivity {number(channel.orientation_selectivity, 2)}, p = {number(channel.orientation_p_value, 2)}"
        )
        yield f"Prefers no orientation of edges beyond chance: {found}."
    elif channel.orientation_selectivity is not None:
        yield f"Selectivity for the orientation of edges: {number(channel.orientation_selectivity, 2)}."


def correlation(value: float | None, digits: int = 3) -> str:
    """Write a correlation; of one that would be rounded to 1, what it is above.

    >>> correlation(0.9951), correlation(0.99996), correlation(0.99996, 4), correlation(1.0)
    ('0.995', 'over 0.999', 'over 0.9999', '1')
    """
    if value is not None and value < 1 and round(value, digits) == 1:
        return f"over 0.{'9' * digits}"
    return number(value, digits)


def class_summary(labels: Sequence[str | None]) -> str:
    """Say how many of some patches come from images of which class, the most common first; "" without labels.

    >>> class_summary(["dog", "cat", "dog"]), class_summary(["dog", "cat"]), class_summary([None])
    ('2 of class dog, 1 of cat', 'dog, cat', '')
    """
    known = [label for label in labels if label is not None]
    counted = sorted(((known.count(label), label) for label in dict.fromkeys(known)), key=lambda each: -each[0])
    if len(counted) == len(known) > 1:
        return ", ".join(known)
    return ", ".join(
        f"{number(many)} of {'' if place else 'class '}{label}" for place, (many, label) in enumerate(counted)
    )


def short_names(classes: Sequence[str]) -> bool:
    """Whether the classes' names are so short that they fit below small bars: of one character each."""
    return all(len(name) == 1 for name in classes)


def layer_words(call: CallResponses) -> str:
    """Say where a layer was measured."""
    if call.through:
        judged = f"Measured after {call.judged_at}, the activation that follows the layer"
        judged += f" (through {', '.join(call.through[:-1])})" if len(call.through) > 1 else ""
    else:
        judged = "Measured at the layer's own output"
    return judged + (
        "." if call.rectified else ", which can be below zero: a channel may respond without being active."
    )


def methods(evidence: Evidence) -> tuple[str, ...]:
    """Say how the channels were measured: on which data, and which thresholds apply."""
    responses, ablation, known = evidence.responses, evidence.ablation, words(evidence.model)
    if responses is None:
        return ()
    data = evidence.dataset
    split = "" if data is None or data.split == "as given" else f", {data.split}"
    limited = responses.num_images < responses.num_available
    which = f": {data.name}{split}" if data else ""
    on = plural(responses.num_images, known.sample)
    # Most data are called by their number: "1 000 images from list.csv".
    if data and not limited and data.name.startswith(f"{number(data.size)} {known.sample}"):
        on, which = f"{data.name}{split}", ""
    sampled = (
        f" drawn at random from {number(responses.num_available)} (--limit, seed {number(responses.seed)})"
        if limited
        else ""
    )
    limit = responses.thresholds
    said = [
        f"Measured on {on}{sampled}{which}.",
        (
            "Dead: never above zero after its activation, on any of them. Nearly dead: fires in under"
            f" {percent(limit.nearly_dead)} of them. Stuck: one value everywhere. Copy: responses that correlate above"
            f" {number(limit.copy)} with those of a lower channel."
        ),
    ]
    said.append(
        f"Among {known.samples} that move a channel equally, those shown are drawn at random"
        f" (seed {number(responses.seed)})."
    )
    if not responses.unlabelled:
        said += _selectivity_words(responses, known)
    if ablation is not None and not ablation.missing:
        said.append(needs.method_words(ablation, known.sample))
    said += _quantile_words(responses)
    return tuple(said)


def _selectivity_words(responses: ResponsesResult, known: Words) -> Iterator[str]:
    """Say how selectivity for a class is measured, and how it was tested."""
    yield (
        "Class selectivity is (µmax − µrest) / (µmax + µrest), of the mean responses above zero to the favourite class"
        f" and to the other classes (Morcos et al. 2018). Some {known.samples} raise all channels of a layer, so each"
        f" response is divided by the mean of its layer's channels on the same {known.sample}."
    )
    if not responses.num_permutations:
        return
    limit, total = responses.thresholds, sum(len(call.channels) for call in responses.calls)
    some = responses.num_permuted < responses.num_images
    on = f" of {plural(responses.num_permuted, known.sample)}{' drawn at random' if some else ''}"
    left_out = len(responses.classes) - responses.num_tested_classes
    said = (
        f"A channel speaks for a class if its selectivity is at least {number(limit.selectivity)}, and if in at most"
        f" {percent(limit.level)} of {number(responses.num_permutations)} permutations of the labels{on} any of all"
        f" {plural(total, 'channel')} stands out as much."
    )
    few = plural(left_out, "class has", "classes have")
    yield f"{said} {few} too few {known.samples} to be compared." if left_out else said


def _quantile_words(responses: ResponsesResult) -> list[str]:
    """Say where the quantiles come from that report.json holds, and what the coarsest of them may be off by."""
    if not responses.calls:
        return []
    call = max(responses.calls, key=lambda each: each.quantile_error)
    shares = ", ".join(percent(share, 0) for share in call.quantile_shares)
    start = f"report.json holds quantiles of every channel's responses ({shares}), taken from"
    if not call.quantile_error:
        return [f"{start} all of them."]
    return [
        f"{start} {number(call.quantile_places)} places in the maps drawn at random: in 95 of 100 draws the share of"
        f" responses below each of a channel's quantiles is off by {needs.points(call.quantile_error)} at most (Massart"
        " 1990)."
    ]


def limits(evidence: Evidence) -> tuple[str, ...]:
    """Say what is not known, and why."""
    known, said = words(evidence.model), []
    if evidence.responses is None:
        said.append(f"No responses are known: no {known.samples} were measured.")
    elif evidence.responses.unlabelled:
        said.append(evidence.responses.unlabelled)
    elif evidence.responses.untestable:
        said.append(evidence.responses.untestable)
    said += _unpictured(evidence)
    if evidence.responses is not None and evidence.ablation is None:
        said.append("Whether a channel matters was not measured in this report.")
    elif evidence.ablation is not None and evidence.ablation.missing:
        said.append(f"Whether a channel matters was not measured. {evidence.ablation.missing}")
    if evidence.dreams is None:
        said.append("No images were made for channels in this report.")
    elif evidence.dreams.missing:
        said.append(f"No images were made for channels. {evidence.dreams.missing}")
    elif evidence.dreams.notes:
        said.extend(evidence.dreams.notes)
    if evidence.responses is not None and (evidence.edges is None or evidence.edges.missing):
        reason = f" {evidence.edges.missing}" if evidence.edges is not None else ""
        said.append(f"The orientation that channels prefer was not measured.{reason}")
    said.append(
        "Patches show where a channel responds most, not why, and its peaks are not typical. A channel that can be"
        " switched off without loss may be needed together with others."
    )
    return tuple(said)


def _unpictured(evidence: Evidence) -> list[str]:
    """Say why there are no pictures of patches, where there are none."""
    responses, known = evidence.responses, words(evidence.model)
    if responses is None:
        return []
    every = [patch for call in responses.calls for channel in call.channels for patch in channel.patches]
    if not known.is_picture and all(patch.picture is None for patch in every):
        return [
            f"No patches are drawn of {known.samples} like these. The"
            f" cards give class and response of the {known.samples} that move a channel most; report.json has their"
            " positions, too."
        ]
    blind = []
    for call in responses.calls:
        seen = [patch for channel in call.channels for patch in channel.patches]
        if seen and all(patch.picture is None for patch in seen):
            blind.append(call.path)
    if not blind:
        return []
    return [f"No patches are drawn for layers that do not read the {known.sample} itself: {', '.join(blind)}."]


def dream_caption(dream: Dream, labels: Sequence[str | None], *, beside: bool) -> str:
    """Say what a made image is, and how far it goes beyond the real ones."""
    reached = f"It reaches an activation of {number(dream.activation)}"
    if dream.best_real is not None:
        more = dream.activation / dream.best_real if dream.best_real > 0 else 0.0
        as_much = ", about as much as" if f"{more:.2g}" == "1" else f", {number(more, 2)} times as much as"
        reached += f"{as_much if more > 0 else '; compare'} the {number(dream.best_real)} of the best real patch"
    said = (
        f"Synthetic: made for channel {number(dream.channel)} of {dream.path}, from noise by"
        f" {plural(dream.num_steps, 'step')} of gradient ascent (seed {number(dream.seed)}). {reached}."
    )
    if beside:
        summary = class_summary(labels)
        of_which = f" ({summary})" if summary else ""
        said += f" Below it: its best real patches{of_which}."
    return said
