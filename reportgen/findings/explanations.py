"""Findings about what the report shows of its evidence: maps left out, and explanations that their own test refutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.budget.constants import FEWEST
from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.evidence.why import LEAST_EFFECT, PASSED_LEVEL, Verdict, WhyResult
from reportgen.language.listing import listed
from reportgen.language.numerals import megabytes, number, plural
from reportgen.language.vocabulary import Words, words

_MOST_NAMED = 8

MAPS_LEFT_OUT = Rule(
    code="RG501",
    name="maps-left-out",
    severity="note",
    since="0.1.0",
    title="Not every activation map is shown",
    means=(
        "The web page would be larger than `--max-size` allows with every activation map, so the least active ones "
        "are left out of it."
    ),
    why="What you see is a selection, and it is not a random one: channels that do little are missing first.",
    measured=(
        "The size of the page is planned from the shapes of the layers, and measured where it comes near the bound. "
        "The largest grid of maps is halved repeatedly, but never below 16 maps. If that is not enough, the grids of "
        "the last samples go down to one map. Every grid says how many maps it leaves out."
    ),
    cannot_tell="It says nothing about the model. The numbers of all channels are in `report.json` in any case.",
    mend="Raise `--max-size`, or choose fewer samples with `--pick` or fewer layers with `--layers`.",
    is_told=True,
)
NOT_SUPPORTED = Rule(
    code="RG502",
    name="explanation-not-supported",
    severity="note",
    since="0.1.0",
    title="A picture of the evidence is not supported",
    means=(
        "Of at least one sample, the answer does not hang on what the main evidence map marks more than on the same "
        "shape elsewhere, or on what the method marks in other images."
    ),
    why=(
        "Such a picture looks like an explanation and is none. Whoever believes it may trust a network for the wrong "
        "reason, or blame it for one."
    ),
    measured=(
        "The most relevant 2, 8 and 32 % of the image are painted over from their surroundings, and what is left of "
        "the answer is compared with the map turned, mirrored and moved (up to 39 times), and with the maps of up to "
        "19 other images. “Supported” takes p ≤ 0.05 against the first, p ≤ 0.1 against the second, and an effect "
        "of a tenth of the answer against both."
    ),
    cannot_tell=(
        "Evidence that is given twice, or spread over the whole image, cannot be taken away in one place. An answer "
        "that an empty image gets, too, is not counted here (`RG503`). Nor is a map that passes the first comparison "
        "where there are fewer than ten images, and so no second one. Each sample is tested by itself, without a "
        "correction for how many there are: of maps that know nothing, about 1 in 30 were “supported” where that was "
        "measured."
    ),
    mend=(
        "Read the other maps of the sample: each has a verdict of its own. A network whose answers no map explains may "
        "use texture or the background everywhere."
    ),
)
EMPTY_IMAGE = Rule(
    code="RG503",
    name="answer-without-evidence",
    severity="warning",
    since="0.1.0",
    title="An empty image gets the answer, too",
    means="The model gives at least one sample's answer to an image of one colour with at least half the probability.",
    why="Nothing in the image is needed for that answer, so no picture can show why it was given.",
    measured=(
        "Each sample is replaced by an image of its median colour. It counts where the class keeps half of its "
        "probability; of two classes, half of what lies above one half."
    ),
    cannot_tell="Only the samples shown are looked at. A value counts only where it does not change at all.",
    mend=(
        "Look whether one class is answered by default, as where the classes are very uneven in the training data, and "
        "at how images are scaled (`RG201`)."
    ),
)
CONTROLS = Rule(
    code="RG504",
    name="controls-supported",
    severity="warning",
    since="0.1.0",
    title="Maps that should fail pass the test of explanations",
    means=(
        "Of the maps made with shuffled weights or for the runner-up, at least half are called “supported” by the "
        "test that the explanations are put to."
    ),
    why="On this model and data the test then separates little: “supported” means less here.",
    measured=(
        "For each sample the main method is applied to the model with its weights shuffled, and to the second most "
        "probable class. Both maps go through the whole test."
    ),
    cannot_tell="With few samples, one map more or less decides. At least four maps are needed.",
    mend="Choose more samples with `--pick`, and read how large the effects are, not the words alone.",
)
RULES = (MAPS_LEFT_OUT, NOT_SUPPORTED, EMPTY_IMAGE, CONTROLS)
_FEWEST_CONTROLS = 4


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Say which maps a report leaves out, and which explanations do not hold."""
    yield from _left_out(evidence)
    if evidence.why is not None:
        yield from _explained(evidence.why, words(evidence.model))


def _samples(places: Sequence[int]) -> str:
    """Name samples, the first of many."""
    named = [number(place) for place in places[:_MOST_NAMED]]
    more = len(places) - len(named)
    return (
        f"{'Sample' if len(places) == 1 else 'Samples'} {listed([*named, f'{number(more)} more'] if more else named)}"
    )


def _which(some: int, all_: int, known: Words) -> str:
    return f"the {known.sample} explained" if all_ == 1 else f"{number(some)} of {plural(all_, known.sample)} explained"


def _explained(why: WhyResult, known: Words) -> Iterator[Finding]:
    tested = [one for one in why.explanations if one.main is not None and one.main.verdict is not None]
    verdicts = {one.sample: one.main.verdict.word for one in tested if one.main and one.main.verdict}
    empty = [sample for sample, word in verdicts.items() if word == "no verdict"]
    halfway = {one.sample for one in tested if one.main and one.main.verdict and _is_untold(one.main.verdict)}
    failed = [
        sample for sample, word in verdicts.items() if word not in {"supported", "no verdict"} and sample not in halfway
    ]
    if failed:
        each = ", ".join(f"{number(sample)} ({verdicts[sample]})" for sample in failed[:_MOST_NAMED])
        yield NOT_SUPPORTED.finding(
            f"For {_which(len(failed), len(verdicts), known)}, the picture of the evidence is not supported.",
            f"Sample {each}: painting over what the main map marks does not take clearly more of the answer than the"
            f" same shape elsewhere, or than what is marked in other {known.samples}.",
            "why",
            facts={"num_unsupported": len(failed), "num_explained": len(verdicts)},
        )
    if empty:
        yield EMPTY_IMAGE.finding(
            f"The answer to {_which(len(empty), len(verdicts), known)} is given to an empty {known.sample}, too.",
            f"{_samples(empty)}: painting over parts of {'it' if len(empty) == 1 else 'them'} cannot show what the"
            f" {'answer rests' if len(empty) == 1 else 'answers rest'} on.",
            "why",
            facts={"num_empty": len(empty), "num_explained": len(verdicts)},
        )
    total = sum(control.number for control in why.controls)
    passed = sum(control.supported for control in why.controls)
    if total >= _FEWEST_CONTROLS and 2 * passed >= total:
        yield CONTROLS.finding(
            f"{number(passed)} of {plural(total, 'map')} that should fail are supported.",
            "They were made with shuffled weights, or for the runner-up. On this model, “supported” says little.",
            "why",
            facts={"num_passed": passed, "num_controls": total},
        )


def _is_untold(verdict: Verdict) -> bool:
    """Whether the first comparison was passed and there are too few images for the second: that is no failure."""
    own = verdict.twins
    return verdict.others is None and own.p_value <= PASSED_LEVEL and own.effect >= LEAST_EFFECT


def _left_out(evidence: Evidence) -> Iterator[Finding]:
    activations = evidence.activations
    calls = [call for sample in activations.samples for call in sample.calls] if activations else []
    cut = [call for call in calls if call.cut_to is not None]
    if not activations or not cut:
        return
    every, shown = sum(len(call.channels) for call in calls), sum(len(call.shown) for call in calls)
    least = min(len(call.shown) for call in cut)
    how = f"the largest was halved repeatedly, but never below {number(FEWEST)} maps"
    if least < FEWEST:
        how += ", and grids of the last samples went down to one map"
    layers = list(dict.fromkeys(call.path for call in cut))
    rest = f" and {number(len(layers) - _MOST_NAMED)} more" if len(layers) > _MOST_NAMED else ""
    yield MAPS_LEFT_OUT.finding(
        f"{number(shown)} of {number(every)} activation maps are shown, to keep the page within"
        f" {megabytes(activations.max_size_bytes)}.",
        f"{plural(len(cut), 'grid')} of {number(len(calls))} {'was' if len(cut) == 1 else 'were'} shortened: {how}."
        f" Each shows its most active channels and says how many there are: {', '.join(layers[:_MOST_NAMED])}{rest}."
        " The numbers of all channels are in report.json. A larger --max-size shows more maps; fewer samples (--pick)"
        " or layers (--layers) leave more room for each.",
        "activations",
        where=layers[0] if len(layers) == 1 else "",
        facts={"num_shown": shown, "num_maps": every, "max_size_bytes": activations.max_size_bytes},
    )
