"""Why the model answered as it did: per sample where the evidence is, what a causal test says, which channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.why import Control, Explanation, Spent, WhyResult
from reportgen.figures import evidence_maps
from reportgen.figures.ticks import Ticks
from reportgen.language.vocabulary import Words, words
from reportgen.sections.why import drawn, looks, sentences, sums
from reportgen.sections.why.drawn import Cells, Outlined, Shown
from reportgen.sections.why.looks import Looks
from reportgen.sections.why.sums import Against, Sum

TITLE = "Why this answer?"
PART = "body"
NEEDS = ("why", "shortcuts")


_ALWAYS = ("supported", "weak", "not supported")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How many pictures have one verdict.

    Attributes:
        word: The verdict.
        disc: The shape that stands for it: "full", "half", "empty" or "none".
        number: How many.
        meaning: What it means.
    """

    word: str
    disc: str
    number: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why one sample was answered as it was.

    Attributes:
        sample: Its index.
        name: Its file's name, or "".
        anchor: Its address in the page.
        title: The answer, how sure it is, and whether it is right.
        label: The true class, or None.
        class_index: The class that is explained; None for a value.
        class_name: Its name.
        probability: Its probability, or the value.
        odds: Its log-odds, or the value.
        empty: What an empty image gets.
        word: The verdict on the main map; "" where it was not tested.
        mark: The mark beside it.
        disc: The shape that stands for it: "full", "half", "empty" or "none".
        claim: What it means for this answer.
        outlined_said: What painting over the outlined part does.
        judged_said: What the test found.
        plain_said: What the plainest maps would reach.
        plain: The same as numbers, by name of the map.
        picture: The image, with the outline where there is one.
        outline: The outline, or None.
        cells: What each place adds to the score, exactly; None where the model does not end in such a sum.
        strip: What is left of the answer in each place that was painted over; None without a test.
        chart: What is left as more is painted over; None without a test.
        maps: The maps, the main one first.
        sums: What the channels add.
        contrasts: Why not another class.
        in_full: Whether a PDF shows its channels with their patches: one sample's alone, the first whose map is
            supported, or else the first.
    """

    sample: int
    name: str
    anchor: str
    title: str
    label: str | None
    class_index: int | None
    class_name: str
    probability: float
    odds: float
    empty: float
    word: str
    mark: str
    disc: str
    claim: str
    outlined_said: str
    judged_said: str
    plain_said: str
    plain: tuple[tuple[str, float], ...]
    picture: Figure
    outline: Outlined | None
    cells: Cells | None
    strip: Ticks | None
    chart: Figure | None
    maps: tuple[Shown, ...]
    sums: tuple[Sum, ...]
    contrasts: tuple[Against, ...]
    in_full: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        kind: "softmax", "sigmoid" or "value".
        output: The output that is explained.
        samples: The explanations.
        verdicts: What the test found, and how often.
        controls: Maps that should not pass, put through the test.
        controls_said: How often they did.
        num_others: How many other images' maps the second comparison is made with.
        compared_said: What maps are compared with, and what is never claimed.
        spent: What it cost.
        notes: What cannot be told of this model.
        missing: Why there is nothing, or "".
        what: What is explained: "log-odds" or "value".
        looks: What the model looks at over the data; None where that was not measured.
    """

    kind: str
    output: str
    samples: tuple[Why, ...]
    verdicts: tuple[Verdicts, ...]
    controls: tuple[Control, ...]
    controls_said: str
    num_others: int
    compared_said: str
    spent: Spent | None
    notes: tuple[str, ...]
    missing: str
    what: str
    looks: Looks | None

    @property
    def verdicts_title(self) -> str:
        """How many marks there are: three, or up to five where some are rarer."""
        return f"{('Three', 'Four', 'Five')[len(self.verdicts) - 3]} marks, by rule"


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without samples."""
    result = evidence.why
    if result is None:
        return None
    known = words(evidence.model)
    samples = _with_one_in_full(tuple(_explained(evidence, result, known)))
    content = Content(
        kind=result.kind,
        output=result.output,
        samples=samples,
        verdicts=tuple(_verdicts(samples, known)),
        controls=result.controls,
        controls_said=sentences.controlled(result.controls),
        num_others=result.num_others,
        compared_said=sentences.compared(result.num_others, known.sample),
        spent=result.spent,
        notes=result.notes,
        missing=result.missing,
        what="value" if result.kind == "value" else "log-odds",
        looks=looks.looks(evidence.shortcuts, known),
    )
    answer = result.missing or sentences.answer(result.explanations, known.sample)
    return Section("why", TITLE, answer, content, headline=sentences.headline(result.explanations))


def _with_one_in_full(samples: tuple[Why, ...]) -> tuple[Why, ...]:
    chosen = next(
        (sample.anchor for sample in samples if sample.word == "supported"), samples[0].anchor if samples else ""
    )
    return tuple(replace(sample, in_full=sample.anchor == chosen) for sample in samples)


def _verdicts(samples: tuple[Why, ...], known: Words) -> Iterator[Verdicts]:
    """Count verdicts; the three that there always are, others where they occur. None where nothing was tested."""
    words_ = [sample.word for sample in samples if sample.word]
    for word, disc in sentences.DISCS.items() if words_ else ():
        if word in words_ or word in _ALWAYS:
            yield Verdicts(word, disc, words_.count(word), sentences.meaning(word, known.samples))


def _explained(evidence: Evidence, result: WhyResult, known: Words) -> Iterator[Why]:
    samples = {sample.index: sample for sample in evidence.samples}
    anchors: set[str] = set()
    for one in (each for each in result.explanations if each.sample in samples):
        anchor = f"why-{one.sample}"
        if anchor in anchors:
            anchor = f"why-{one.sample}-{one.class_index}"
        anchors.add(anchor)
        yield _why(one, samples[one.sample], anchor, known)


def _why(one: Explanation, sample: SampleRecord, anchor: str, known: Words) -> Why:
    main, outline = one.main, one.outline
    rank = main.levels.ndim if main else 2
    image = evidence_maps.as_picture(sample.image, sample.grid, main.levels.shape) if main else sample.image
    verdict = main.verdict if main else None
    worked, cells = one.worked_sum, None
    if worked is not None and worked.cells:
        alt = f"Sample {one.sample}: what each place adds to the score of {one.class_name}."
        said = sentences.added(worked, "score")
        cells = drawn.cells(f"{anchor}-places", image, worked, is_full=True, alt=alt, said=said)
    return Why(
        sample=one.sample,
        name=sample.name,
        anchor=anchor,
        title=sentences.title(one, sample.label),
        label=sample.label,
        class_index=one.class_index,
        class_name=one.class_name,
        probability=one.whole,
        odds=one.odds,
        empty=one.empty,
        word=verdict.word if verdict else "",
        mark=sentences.MARKS[verdict.word] if verdict else "note",
        disc=sentences.DISCS[verdict.word] if verdict else "none",
        claim=sentences.claim(one, known.sample),
        outlined_said=sentences.outlined(one, known.sample),
        judged_said=sentences.judged(verdict, known.sample) if verdict and verdict.word != "no verdict" else "",
        plain_said=sentences.plain(one),
        plain=tuple((each.name, each.effect) for each in one.plain),
        picture=drawn.picture(one, image, rank, anchor, known),
        outline=drawn.outlined(one, rank, anchor, known) if outline else None,
        cells=cells,
        strip=drawn.strip(one),
        chart=drawn.chart(one, verdict, anchor) if verdict else None,
        maps=tuple(drawn.shown(each, one, image, anchor, known) for each in one.maps),
        sums=tuple(sums.sums(one, image, anchor)),
        contrasts=tuple(sums.against(each, one, image, anchor, known) for each in one.contrasts),
    )
