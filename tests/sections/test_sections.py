"""All chapters: the convention, no TensorFlow, and pages without a hole for whatever a model leaves."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from reportgen import probes, registry, sections
from reportgen.document.report import Figure, Report, Section
from reportgen.evidence import Evidence
from reportgen.evidence.performance import ClassAccuracy, Commonest, Confusion, Share
from reportgen.evidence.pixels import ClassByPixel, PixelConfusion
from reportgen.evidence.samples import Answer
from reportgen.evidence.why import Spent
from reportgen.language.ties import Tie
from reportgen.records.data import Broken, Doubt, Reason
from reportgen.records.model import TensorRecord, WeightFault, Window
from reportgen.renderers import html
from tests import made, why_made
from tests.renderers.reports import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
NAN = float("nan")
EVERY = Share(4, 4, 1.0, (0.51, 1.0))

UNKNOWN = made.layer(
    "odd", "Odd", parameters=7, macs=None, receptive_field=None, jump=None, padding=None, has_formula=False,
    notes=("No formula for kind Odd: shape and parameters are Keras's own.",), inputs=("conv",),
)  # fmt: skip
BROKEN_MAPS = made.activations(
    made.maps("conv", made.numbers(0, num_nonfinite=2, follows=None), made.numbers(1, constant=True, follows=None)),
    made.maps("pool", made.numbers(0, constant=True, follows=None), side=1),
)
VALUES = made.predictions(right=None, interval=None, output="values")
REGRESSION = made.model(made.conv(), outputs=(TensorRecord("number", (1,), "float32", "linear"),), parameters=10)

MANY = made.by_class(
    classes=tuple(
        ClassByPixel(index, f"class {index}", 5, 5, 0, 1, made.estimate(0.0, num_images=1)) for index in range(30)
    ),
    confusions=tuple(PixelConfusion(index, (index + 1) % 30 if index else None, 5) for index in range(30)),
    num_left_out=7,
)
UNKNOWN_MASKS = made.pixel_head(
    by_class=made.by_class(
        classes=(ClassByPixel(0, "sky", None, 40, None, None, None),),
        accuracy=None, mean_iou=None, confusions=(), commonest=None,
    ),
    error_map=None, worst=(), worst_scores=(),
)  # fmt: skip

CASES: dict[str, Evidence] = {
    "a classifier on labelled images": made.evidence(),
    "viridis and a common scale": made.evidence(colormap="viridis", activations=made.activations(scale="common")),
    "no labels": made.evidence(
        dataset=made.dataset(has_labels=False, class_names=()),
        samples=(made.sample(label=None, label_index=None, correct=None),),
        predictions=made.predictions(right=None, interval=None),
        performance=None,
    ),
    "logits": made.evidence(
        samples=(made.sample(answers=(Answer(0, "cat", 7.5), Answer(1, "dog", -3.0))),),
        predictions=made.predictions(output="logits"),
    ),
    "values": made.evidence(
        model=REGRESSION,
        samples=(made.sample(answers=(Answer(0, "value 0", 3.25),), correct=None),),
        predictions=VALUES,
    ),
    "an answer that is no number": made.evidence(
        samples=(made.sample(answers=(), correct=None),), predictions=made.predictions(num_nonfinite=1)
    ),
    "a value that is no number": made.evidence(
        model=REGRESSION, samples=(made.sample(answers=(Answer(0, "value 0", NAN),), correct=None),), predictions=VALUES
    ),
    "a doubtful scaling": made.evidence(
        dataset=made.dataset(doubts=(Doubt("", "The values are odd."), Doubt("none", "It rescales itself."))),
        scaling=made.scaling(
            made.scaled("none", high=255.0, saturated=1.0),
            made.scaled(gained=1, lost=1, p_value=1.0),
            made.scaled("keras.applications.resnet50", low=-124.0, high=151.0, gained=0, lost=60, p_value=1e-18),
        ),
    ),
    "a doubtful scaling without labels": made.evidence(
        dataset=made.dataset(has_labels=False),
        scaling=made.scaling(
            made.scaled(right=None, commonest=1.0, confidence=0.2, num_answered=1),
            made.scaled("none", high=255.0, right=None),
        ),
    ),
    "masks": made.evidence(
        model=made.model(made.conv(), outputs=(TensorRecord("masks", (2, 2, 2), "float32", "softmax"),), parameters=10),
        samples=(made.sample(answers=(), correct=None, label=None, pixels=(made.pixel_answer(),)),),
        predictions=VALUES,
        performance=None,
    ),
    "masks of many classes, some left out": made.evidence(
        samples=(made.sample(pixels=(made.pixel_answer(truth=np.array([[0, 0], [-1, 1]])),)),),
        pixels=made.pixels(made.pixel_head(by_class=MANY, num_nonfinite=2, worst_tie=Tie(1, 3))),
    ),
    "no masks": made.evidence(
        samples=(made.sample(pixels=(made.pixel_answer(truth=None, error=None, accuracy=None, mean_iou=None),)),),
        pixels=made.pixels(UNKNOWN_MASKS),
    ),
    "a reconstruction": made.evidence(
        samples=(made.sample(answers=(), correct=None, pixels=(made.pixel_answer("input", truth=None),)),),
        predictions=VALUES,
        performance=None,
        pixels=made.pixels(made.pixel_head("input")),
    ),
    "a map of values of one image": made.evidence(
        samples=(made.sample(answers=(), correct=None, pixels=(made.pixel_answer("values", num_channels=2),)),),
        predictions=VALUES,
        performance=None,
        pixels=made.pixels(
            made.pixel_head(
                "values", by_error=made.by_error(mean_picture=None, gain=None, counts=(1, 0), num_left_out=3)
            )
        ),
    ),
    "two picture-shaped outputs": made.evidence(
        model=made.model(
            made.conv(),
            outputs=(
                TensorRecord("masks", (2, 2, 2), "float32", "softmax"),
                TensorRecord("depth", (2, 2, 1), "float32"),
            ),
            parameters=10,
        ),
        samples=(
            made.sample(
                answers=(),
                correct=None,
                pixels=(made.pixel_answer(), made.pixel_answer("values", name="depth")),
            ),
        ),
        predictions=VALUES,
        performance=None,
        pixels=made.pixels(
            made.pixel_head(),
            made.pixel_head("values", name="depth", worst=(made.sample(5, pixels=(made.pixel_answer("values"),)),)),
        ),
    ),
    "no other scaling": made.evidence(scaling=None),
    "several samples": made.evidence(
        samples=(made.sample(2), made.sample(5, name="b.png", correct=False), made.sample(7)),
        activations=made.activations(indices=(2, 5, 7)),
    ),
    "broken and constant maps": made.evidence(activations=BROKEN_MAPS, pooling=None),
    "no object": made.evidence(
        activations=made.activations(made.maps("conv", made.numbers(follows=None)), found=made.NOT_FOUND)
    ),
    "no edges, pooling or names": made.evidence(edges=None, pooling=None, names=None),
    "one layer": made.evidence(
        model=made.model(made.conv()), activations=made.activations(made.maps("conv")), pooling=None
    ),
    "no dataset": made.bare(),
    "edges without data": made.bare(edges=made.edges()),
    "silent and undrawable kernels": made.evidence(
        edges=made.edges(
            made.tuning(0, responds=False, selectivity=0.0, responses=(0.0,) * 4),
            kernels=np.zeros((0, 0, 0), np.uint8),
            num_shuffles=0,
            num_selective_by_chance=None,
            chance=None,
        )
    ),
    "unknown kinds, open sizes and faults": made.evidence(
        model=made.model(
            made.conv(windows=(Window(3, 2, unread=1), Window(3, 2, unread=2))),
            UNKNOWN,
            made.dense(output_shape=(None, 3), inputs=("odd",)),
            faults=(WeightFault("conv/kernel", 1, 2, 9),),
            inputs=(TensorRecord("a", (None, 4, 1), "float32"), TensorRecord("b", (5,), "int32")),
            outputs=(TensorRecord("x", (3,), "float32"), TensorRecord("y", (2, 2), "float32")),
        )
    ),
    "a model without a conv layer": made.bare(model=made.model(made.flatten(inputs=("",)))),
    "channels in all states": made.evidence(
        responses=made.responses(
            made.call(
                "conv",
                made.channel(0, speaks=True, chance=0.01),
                made.dead(1),
                made.channel(2, state="nearly dead", firing_share=0.0004),
                made.channel(3, state="stuck", deviation=0.0, selectivity=0.0),
                made.channel(4, state="no number", num_nan=3, num_infinite=1, mean=NAN, maximum=NAN, selectivity=NAN),
                made.channel(5, copy_of=0, copy_correlation=1.0),
                made.channel(6, patches=()),
                judged_at="relu",
                through=("norm", "relu"),
            ),
            made.call(
                "deeper", rectified=False, kernels=np.zeros((2, 4, 3, 3), np.uint8), kernel_inputs=((3, 1, 2, 0),) * 2
            ),
            made.call("last", kernels=None, receptive_field=()),
        ),
        ablation=made.ablation(made.ablated(0), num_channels=12),
    ),
    "channels without labels": made.evidence(
        responses=made.responses(
            made.call("conv", made.channel(class_means=(), selectivity=None, favourite=None, chance=None)),
            classes=(),
            class_counts=(),
            unlabelled="The images have no labels.",
            num_permutations=0,
            num_permuted=0,
        ),
        ablation=made.ablation(
            made.ablated(accuracy_change=None, accuracy_interval=None, class_hit=None, class_hit_change=None),
            accuracy=None,
        ),
        dreams=made.dreams(best_real=None),
        edges=None,
    ),
    "channels alone": made.evidence(ablation=None, dreams=None, edges=made.edges(missing="It reads no pictures.")),
    "nothing lost, nothing made": made.evidence(
        ablation=made.ablation(num_channels=0, missing="The network answers with values."),
        dreams=replace(made.dreams(), dreams=(), missing="The input is no picture."),
    ),
    "dreams alone": made.bare(dreams=made.dreams(best_real=None)),
    "trained here, with notes": made.evidence(
        training=made.training(), dataset=made.dataset(notes=("They were divided by 255.",), split="held out")
    ),
    "a failed check": made.evidence(
        model=made.model(made.conv(checks=(made.check("parameters", (10,), (11,)),)), parameters=11),
        names=made.names(identical=False, largest_difference=0.25, trial=False),
    ),
    "hostile names": made.evidence(
        model=made.model(made.conv(HOSTILE), made.pool(f"{HOSTILE}#2", inputs=(HOSTILE,)), name=HOSTILE),
        dataset=made.dataset(
            name=HOSTILE,
            split=HOSTILE,
            class_names=(HOSTILE,),
            notes=(HOSTILE,),
            broken=(Broken(HOSTILE, HOSTILE),),
            broken_reasons=(Reason(HOSTILE, 1_234_001), Reason("is empty", 566)),
        ),
        samples=(made.sample(name=HOSTILE, label=HOSTILE, reason=HOSTILE, answers=(Answer(0, HOSTILE, 0.5),)),),
        activations=made.activations(made.maps(HOSTILE)),
        edges=made.edges(path=HOSTILE),
        pooling=made.pooling(path=HOSTILE),
        names=made.names(renamed=((HOSTILE, HOSTILE),)),
        scaling=made.scaling(made.scaled(HOSTILE, saturated=1.0, high=255.0), made.scaled(HOSTILE)),
        responses=made.responses(
            made.call(
                HOSTILE, made.channel(patches=(made.patch(label=HOSTILE),)), judged_at=HOSTILE, through=(HOSTILE,)
            ),
            classes=(HOSTILE, "dog", "emu"),
            unlabelled=HOSTILE,
        ),
        ablation=made.ablation(made.ablated(path=HOSTILE, class_hit=HOSTILE), missing=HOSTILE),
        dreams=made.dreams(path=HOSTILE),
        why=why_made.why(
            why_made.explanation(
                class_name=HOSTILE,
                correct=False,
                outline=why_made.outline(turned_into=HOSTILE),
                maps=(why_made.evidence_map("hires-cam", path=HOSTILE),),
                carried=(why_made.carried(HOSTILE),),
                worked_sum=why_made.worked_sum(HOSTILE),
                contrasts=(why_made.contrast(other=HOSTILE, is_true=True),),
            ),
            output=HOSTILE,
            notes=(HOSTILE,),
        ),
        card=made.card(model_name=HOSTILE, model_out_of_scope=(HOSTILE, HOSTILE), responsible_name=HOSTILE),
        shortcuts=why_made.shortcuts(why_made.alarm(name=HOSTILE), classes=(why_made.class_evidence(name=HOSTILE),)),
        performance=made.performance(
            made.sample(7, name=HOSTILE, label=HOSTILE, answers=(Answer(0, HOSTILE, 0.5),)),
            classes=(ClassAccuracy(0, HOSTILE, EVERY, EVERY),),
            confusions=(Confusion(0, 0, 4),),
            commonest=Commonest((HOSTILE,), EVERY),
        ),
    ),
    "answers explained in every way": made.evidence(
        samples=tuple(made.sample(index) for index in (2, 3, 4, 5, 6)),
        why=why_made.why(
            why_made.explanation(worked_sum=why_made.worked_sum()),
            why_made.explanation(
                3, outline=None, maps=(why_made.evidence_map(verdict=why_made.verdict("not supported")),)
            ),
            why_made.explanation(
                4, maps=(why_made.evidence_map("occlusion", verdict=why_made.verdict("no verdict")),), outline=None
            ),
            why_made.explanation(5, class_index=None, class_name="value 0", whole=3.5, odds=3.5, contrasts=()),
            why_made.explanation(
                6,
                maps=(why_made.evidence_map(verdict=why_made.verdict("weak", others=None)),),
                plain=(),
                carried=(),
                contrasts=(),
            ),
            spent=Spent(10**12, 7000, 10**9, ("only the main map tested", "no maps that should fail tested")),
            controls=(),
            notes=("The input is of whole numbers.",),
        ),
        shortcuts=why_made.shortcuts(why_made.alarm(num_members=20), num_untested=3),
    ),
    "many classes looked at": made.evidence(
        shortcuts=why_made.shortcuts(
            why_made.transplant(),
            classes=tuple(why_made.class_evidence(place, f"class {place}") for place in range(40)),
        )
    ),
    "no place looked for": made.evidence(
        shortcuts=why_made.shortcuts(classes=(), tests=(), missing="The images are too small.")
    ),
    "answers of several classes of one sample": made.evidence(
        why=why_made.why(why_made.explanation(), why_made.explanation(class_index=1, class_name="dog"))
    ),
    "answers that cannot be explained": made.evidence(
        why=why_made.why(explanations=(), controls=(), spent=None, missing="The main input has no places.")
    ),
    "no mistakes": made.evidence(performance=made.performance(num_mistakes=0, mistakes=())),
    "many classes, one never answered": made.evidence(
        performance=made.performance(
            classes=tuple(
                ClassAccuracy(place, f"class {place}", EVERY if place else None, None if place == 1 else EVERY)
                for place in range(400)
            ),
            confusions=tuple(Confusion(place, 399 if place == 1 else place, 4) for place in range(1, 400)),
        )
    ),
    "answers to several classes, one of them no number": made.evidence(
        performance=made.performance(
            output="multi-label", confusions=(), calibration=None, commonest=None, num_nonfinite=1
        )
    ),
}
each_case = pytest.mark.parametrize("case", list(CASES))


@cache
def built(case: str) -> list[Section]:
    chapters = [registry.load("sections", name).build(CASES[case]) for name in sections.NAMES]
    return [chapter for chapter in chapters if chapter is not None]


def report(case: str) -> Report:
    evidence = CASES[case]
    return Report(evidence.title, "What toy sees", evidence.model, evidence.run, evidence.findings, tuple(built(case)))


def test_images_that_cannot_be_read_are_named_or_counted() -> None:
    text = " ".join(" ".join(Text(html.render(report("hostile names")).decode()).words).split())
    assert "1 234 567 images cannot be read and are left out The first 1 is named here." in text
    assert ", is empty (566)." in text
    assert "and 1 234 566 more" in text


def figures(value: object) -> Iterator[Figure]:
    """All pictures in a chapter's content."""
    if isinstance(value, Figure):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from figures(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from figures(item)


class Text(HTMLParser):
    """The words of a page, and the values of its attributes but pictures and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.attributes: list[str] = []
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.attributes += [value or "" for _, value in attrs if not (value or "").startswith("data:")]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside != "style":
            self.words.append(data)


@pytest.mark.parametrize("name", sections.NAMES)
def test_every_chapter_exports_the_same_names(name: str) -> None:
    chapter = registry.load("sections", name)
    assert isinstance(chapter.TITLE, str)
    assert chapter.TITLE
    assert chapter.PART in {"body", "annex"}
    assert set(chapter.NEEDS) <= set(probes.NAMES)
    assert is_dataclass(chapter.Content)
    section = chapter.build(CASES["a classifier on labelled images"])
    assert (section.name, section.title) == (name, chapter.TITLE)
    assert type(section.content) is chapter.Content


def test_chapters_are_built_without_tensorflow() -> None:
    code = (
        "import sys\n"
        "from tests.sections.test_sections import CASES, built, sections\n"
        "assert [chapter.name for chapter in built('a classifier on labelled images')] == list(sections.NAMES)\n"
        "print(sorted({'tensorflow', 'keras', 'weasyprint'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"


@each_case
def test_every_chapter_answers_its_question_in_whole_sentences(case: str) -> None:
    for chapter in built(case):
        assert chapter.answer.endswith("."), chapter.name
        assert not re.search(r"\bNone\b|\bnan\b|\( |  ", chapter.answer), chapter.answer


@each_case
def test_every_figure_has_an_alternative_and_a_name_of_its_own(case: str) -> None:
    found = [figure for chapter in built(case) for figure in figures(chapter.content)]
    assert all(figure.alt.endswith(".") for figure in found)
    names = [figure.name for figure in found]
    assert len(set(names)) == len(names)


@each_case
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_every_chapter_fills_its_template_without_a_hole(case: str, medium: html.Medium) -> None:
    page = Text(html.document(report(case), medium))
    words = " ".join(page.words)
    assert not re.search(r"\b(None|nan|inf|True|False)\b", words)
    assert not [value for value in page.attributes if re.search(r"\b(None|nan|inf)\b", value)]
    for chapter in built(case):
        assert chapter.title in words


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ("a classifier on labelled images", set()),
        ("no labels", {"performance"}),
        (
            "no dataset",
            {
                "policy",
                "card",
                "technical",
                "performance",
                "pixels",
                "pooling",
                "samples",
                "why",
                "activations",
                "edges",
                "channels",
                "names",
                "maps",
            },
        ),
        (
            "edges without data",
            {
                "policy",
                "card",
                "technical",
                "performance",
                "pixels",
                "pooling",
                "samples",
                "why",
                "activations",
                "channels",
                "names",
                "maps",
            },
        ),
        ("broken and constant maps", {"pooling"}),
    ],
)
def test_chapter_with_nothing_to_show_is_left_out(case: str, missing: set[str]) -> None:
    assert {chapter.name for chapter in built(case)} == set(sections.NAMES) - missing


def test_measurement_that_could_not_be_made_leaves_its_chapter_out() -> None:
    evidence = made.evidence(edges=made.edges(missing="The layer cannot be shown gratings."))
    assert registry.load("sections", "edges").build(evidence) is None
