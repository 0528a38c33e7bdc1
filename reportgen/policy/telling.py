"""What changed from one report to another -> sentences for people, the most important first."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.difference import Answers, Cost, Difference, Shift
from reportgen.document.likeness import MatchedLayer, Matching, Overlap, Yardstick
from reportgen.language.listing import listed
from reportgen.language.numerals import decimal, number, percent, plural

_ALIKE = 0.05
_KINDS = (("added", "added"), ("removed", "removed"), ("changed", "changed"), ("renamed", "renamed"))


def headline(found: Difference) -> str:
    """Return the sentence that says most."""
    if found.apart and (found.old.data_sha256 or found.new.data_sha256):
        return "These two cannot be compared on the data"
    if found.answers is None:
        return "The weights are the same" if found.same_weights else "The weights differ"
    shift = found.answers.accuracy
    if shift.lost is None or shift.won is None:
        return f"Accuracy: {percent(shift.old.value)} before, {percent(shift.new.value)} now"
    if not found.answers.changed:
        return f"All {number(shift.new.whole)} answers are as before"
    one = "is" if shift.lost == 1 else "are"
    return f"Of {plural(shift.new.whole, 'image')} {shift.lost} {one} now wrong and {shift.won} now right"


def about_answers(answers: Answers) -> Iterator[str]:
    """Say how the answers changed, and what chance has to do with it."""
    shift = answers.accuracy
    whole = plural(shift.new.whole, "image")
    yield f"Of {whole} {number(shift.new.part)} are right now, {number(shift.old.part)} before: {points(shift)}."
    if shift.p_value is not None and shift.lost is not None and shift.won is not None:
        if shift.lost + shift.won:
            split = plural(shift.lost + shift.won, "image")
            yield (
                f"Were both models equally often right, chance alone would split {split} so unevenly, or more, in"
                f" {_cases(shift.p_value)} of cases."
            )
            if shift.told:
                yield (
                    "These two sets of weights differ on these images. That does not say that training in the same way"
                    " again would bring the same."
                )
        if answers.changed is not None and answers.wrong_twice is not None:
            twice = answers.wrong_twice
            rest = f"; {number(twice)} of them {'was' if twice == 1 else 'were'} wrong before, too" if twice else ""
            yield f"{_counted(answers.changed, 'answer')} changed{rest}."
    else:
        yield (
            "That is as of two separate sets of images, and wide. Images are compared one by one where an answer is one"
            " class, and both reports were built with --keep-answers."
        )
    if answers.calibration is not None:
        old, new = answers.calibration
        said = f"Calibration error: {percent(new)} now, {percent(old)} before"
        chance = answers.calibration_by_chance
        yield f"{said}; a perfectly calibrated network shows up to {percent(chance)}." if chance else f"{said}."


def about_yardstick(yardstick: Yardstick) -> str:
    """Say how far another training of the old model differs from it."""
    if yardstick.lost is None or yardstick.won is None:
        return f"How far another training, {yardstick.file}, differs image by image is not known."
    lost, won = (plural(each, "image") for each in (yardstick.lost, yardstick.won))
    return (
        f"Another training of the old model, {yardstick.file}, gets {lost} wrong that the old one gets right, and {won}"
        " right that it gets wrong."
    )


def about_classes(answers: Answers) -> str:
    """Say of how many classes a change can be told."""
    rows = answers.classes
    classes = plural(len(rows), "class", "classes")
    if all(each.adjusted is None for each in rows):
        return f"What changed in each of {classes}, with wide intervals, as of two separate sets of images."
    level = 0.05
    worse, better = (
        [
            each.name
            for each in rows
            if each.adjusted is not None and each.adjusted <= level and sign * each.shift.value > 0
        ]
        for sign in (-1, 1)
    )
    if not worse and not better:
        return f"In none of {classes} the change is more than chance would show in one of so many."
    said = [f"found less often: {listed(worse)}"] if worse else []
    said += [f"found more often: {listed(better)}"] if better else []
    return f"Of {classes} some changed by more than chance would show in one of so many; {'; '.join(said)}."


def about_layers(found: Difference) -> str:
    """Say how many layers are not as they were."""
    if not found.layers:
        return f"No layer differs: all {number(found.num_same)} are as they were."
    counts = [(word, sum(each.change == change for each in found.layers)) for change, word in _KINDS]
    said = [f"{number(count)} {word}" for word, count in counts if count]
    one = sum(count for _, count in counts) == 1
    return (
        f"{listed(said)[:1].upper()}{listed(said)[1:]} layer{'' if one else 's'}; {number(found.num_same)} as before."
    )


def about_channels(found: Difference) -> str:
    """Say how many channels are in another state."""
    if found.num_channels is None:
        return "Channels were not watched both times."
    if not found.num_channels:
        return "Every channel is in the state that it was in."
    more = found.num_channels - len(found.channels)
    rest = f" The first {len(found.channels)} are shown." if more else ""
    one = found.num_channels == 1
    return f"{_counted(found.num_channels, 'channel')} {'is' if one else 'are'} in another state.{rest}"


def about_matching(matching: Matching) -> Iterator[str]:
    """Say how alike the channels are that are partners, and what that is worth."""
    places, images = plural(matching.places, "place"), plural(matching.images, "image")
    yield f"Channels were matched by what they respond to, at {places} of {images}, and not by their numbers."
    if not matching.layers:
        return
    least = min(matching.layers, key=lambda each: each.correlation)
    yield (
        f"In {least.path} partners are least alike: their median correlation is {decimal(least.correlation)};"
        f" before any training it would be {decimal(least.correlation_untrained)}."
    )
    numbered = [each for each in matching.layers if each.at_their_number is not None]
    if numbered and 2 * sum(each.at_their_number or 0 for each in numbered) < sum(each.matched for each in numbered):
        yield (
            "Most partners have another number, so that channels of the same number have nothing to do with each other."
        )
    blind = [each.path for each in matching.layers if tells_nothing(each)]
    if blind:
        yield (
            f"In {listed(blind)} the untrained network is about as much like the old one as the new one is: there the"
            " numbers say nothing about training."
        )
    yield "These numbers are shown and decide nothing: a network can lose much of its accuracy and keep them high."


def about_lost(answers: Answers) -> str:
    """Say what the pictures of images show that were right and are wrong now."""
    shown = len(answers.lost)
    which = "The" if shown > 1 else "The only one"
    if answers.accuracy.lost is not None and answers.accuracy.lost > shown:
        which = f"The {number(shown)} most confident mistakes of {number(answers.accuracy.lost)};"
    elif shown > 1:
        which = f"All {number(shown)};"
    else:
        which += ";"
    return (
        f"{which} outlined is the smallest part tried, as a map of the answer ranks it, that at least halves the"
        " probability of the answer when it is painted over."
    )


def about_overlap(overlap: Overlap) -> Iterator[str]:
    """Say whether the evidence lies where it lay, and against which yardstick."""
    share = percent(overlap.share, 0)
    yield (
        f"On {plural(overlap.images, 'image')} that both answer alike, the {share} that speak most for the answer"
        f" overlap by {percent(overlap.overlap, 0)} (intersection over union, mean)."
    )
    yield (
        f"The regions of two different images overlap by {percent(overlap.others, 0)}; in {number(overlap.above)} of"
        f" {number(overlap.images)} images the overlap is larger than in 95 % of such pairs."
    )
    if overlap.trainings is None:
        yield (
            "That is the yardstick of chance. How much two trainings of one network overlap is not known: it takes"
            " another training of the old model, given with --yardstick."
        )
    else:
        yield f"Another training of the old model overlaps with it by {percent(overlap.trainings, 0)}."


def tells_nothing(layer: MatchedLayer) -> bool:
    """Whether an untrained network is about as much like the old one as the new one is."""
    pairs = [(layer.correlation, layer.correlation_untrained), (layer.similarity, layer.similarity_untrained)]
    return any(new is not None and bare is not None and new < 1 - _ALIKE and new - bare < _ALIKE for new, bare in pairs)


def points(shift: Shift) -> str:
    """Write a change of a share in points, with its interval."""
    low, high = (signed(100 * each) for each in (shift.low, shift.high))
    return f"{signed(100 * shift.value)} points, 95 % interval from {low} to {high}"


def brief(shift: Shift) -> str:
    """Write the same for a table whose head says what it is."""
    low, high = (signed(100 * each) for each in (shift.low, shift.high))
    return f"{signed(100 * shift.value)} ({low} to {high})"


def cost(each: Cost) -> str:
    """Write how a cost changed, in percent of what it was."""
    if each.old is None or each.new is None or not each.old:
        return "–"
    return "as before" if each.old == each.new else f"{signed(100 * (each.new - each.old) / each.old)} %"


def signed(value: float, digits: int = 1) -> str:
    """Write a number with its sign and so many decimals; 0 has none."""
    written = f"{abs(value):.{digits}f}"
    return written if not float(written) else f"{'+' if value > 0 else '−'}{written}"


def _cases(p_value: float) -> str:
    return "all" if p_value >= 1 else percent(p_value, digits=1 if p_value < 0.01 else 0)


def _counted(count: int, word: str) -> str:
    return plural(count, word) if count else f"No {word}"
