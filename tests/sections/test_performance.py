"""How often it is right: which table a reader gets, what it is called, and that ties are said."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reportgen.document.report import Report
from reportgen.evidence import Evidence
from reportgen.evidence.performance import (
    Bin,
    ClassAccuracy,
    Commonest,
    Confusion,
    HeadScores,
    Passing,
    PerformanceResult,
    share,
)
from reportgen.language.ties import Tie
from reportgen.records.model import TensorRecord
from reportgen.renderers import html, json, pdf
from reportgen.sections import performance
from reportgen.sections.performance import drawn
from tests import made
from tests.checks import tools
from tests.renderers import reports

DOGS = [
    "Chihuahua",
    "Japanese_spaniel",
    "Maltese_dog",
    "Pekinese",
    "Shih-Tzu",
    "Blenheim_spaniel",
    "papillon",
    "toy_terrier",
    "Rhodesian_ridgeback",
    "Afghan_hound",
    "basset",
    "beagle",
    "bloodhound",
    "bluetick",
    "black-and-tan_coonhound",
    "Walker_hound",
    "English_foxhound",
    "redbone",
    "West_Highland_white_terrier",
]


def scores(names: Sequence[str], wrong: Sequence[tuple[int, int | None, int]], **others: Any) -> HeadScores:
    """Ten images of each class, some of them answered wrongly."""
    lost = [sum(count for label, _, count in wrong if label == place) for place in range(len(names))]
    right = [10 - each for each in lost]
    classes = tuple(
        ClassAccuracy(place, name, share(right[place], 10), share(right[place], 10)) for place, name in enumerate(names)
    )
    cells = [Confusion(place, place, count) for place, count in enumerate(right) if count]
    (head,) = made.performance(
        classes=classes,
        confusions=tuple(cells + [Confusion(*each) for each in wrong]),
        right=share(sum(right), 10 * len(names)),
        commonest=Commonest(tuple(names), others.pop("most", share(10, 10 * len(names)))),
        num_nonfinite=sum(count for _, answered, count in wrong if answered is None),
        **others,
    ).heads
    return head


def evidence(*heads: HeadScores) -> Evidence:
    outputs = tuple(TensorRecord(head.name, (3,), "float32", "softmax") for head in heads)
    return made.evidence(model=made.model(outputs=outputs), performance=PerformanceResult(heads))


def content(*heads: HeadScores) -> performance.Content:
    section = performance.build(evidence(*heads))
    assert section is not None
    assert isinstance(section.content, performance.Content)
    return section.content


def page(*heads: HeadScores, medium: html.Medium = "screen") -> str:
    found = evidence(*heads)
    section = performance.build(found)
    assert section is not None
    return html.document(Report("Confusions", "t", found.model, found.run, (), (section,)), medium)


def words(text: str) -> str:
    """What a page says, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]*>", "", text, flags=re.DOTALL)).replace("&nbsp;", " ")


def table(text: str, kind: str) -> list[list[str]]:
    """The cells of the rows of one table, its head first."""
    (found,) = re.findall(rf'<table class="{kind}[^>]*>.*?</table>', text, re.DOTALL)
    rows = re.findall(r"<tr>.*?</tr>", found, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def test_matrix_holds_the_mistakes_and_says_which_are_most_frequent() -> None:
    names = [f"breed_{name}" for name in DOGS[:9]]
    (head,) = content(scores(names, [(0, 1, 4), (2, 3, 1)])).heads
    assert head.matrix is not None
    assert head.matrix.alt.replace("\u00a0", " ") == (
        "Matrix of 5 mistakes. Most often: Chihuahua read as Japanese_spaniel, 4 and Maltese_dog read as Pekinese, 1."
    )
    assert "Names without the common beginning “breed_”." in head.matrix.caption


@pytest.mark.parametrize(("size", "has_matrix"), [(19, True), (20, True), (21, False)])
def test_of_many_classes_the_most_frequent_confusions_are_listed(size: int, has_matrix: bool) -> None:
    names = [f"breed_{place}" for place in range(size)]
    found = scores(names, [(0, 1, 4), (2, 3, 5), (4, 5, 4), (6, None, 1)])
    (head,) = content(found).heads
    assert (head.matrix is not None, head.is_listed) == (has_matrix, not has_matrix)
    if head.is_listed:
        first, *rows = table(page(found), "frequent")
        assert first == ["Labelled", "Predicted", "Times", "Images of the class"]
        assert rows[0] == ["2", "3", "5", "10"]
        assert rows[-1] == ["6", "no number", "1", "10"]


def test_pairs_that_are_confused_once_each_are_no_list() -> None:
    wrong = [(place, (place + 1) % 30, 1) for place in range(30)]
    text = page(scores([str(place) for place in range(30)], wrong))
    assert 'class="frequent' not in text
    assert "No pair is confused more than once (30 pairs)." in words(text).replace("\u00a0", " ")


def test_without_mistakes_there_is_no_matrix_and_the_headline_says_so() -> None:
    found = scores(DOGS, [], num_mistakes=0, mistakes=())
    section = performance.build(evidence(found))
    assert section is not None
    assert section.headline == "Not one mistake"
    assert content(found).heads[0].matrix is None


def test_recalls_stand_the_lowest_first_with_what_each_is_read_as() -> None:
    (head,) = content(scores(["ant", "bee", "cat"], [(1, 0, 4), (1, 2, 2), (2, 0, 1)])).heads
    assert head.recalls is not None
    assert head.recalls.alt.replace("\u00a0", " ") == (
        "Recall of 3 classes, the lowest first: bee, 4 of 10, 4 read as ant, 2 as cat; the highest: ant, 10 of 10."
    )
    assert "Named: what at least 2 images of a class are read as." in head.recalls.caption


@pytest.mark.parametrize(
    ("wrong", "headline"),
    [
        ([(1, 0, 8)], "Where it goes wrong: “bee”"),
        ([(0, 1, 2), (1, 0, 2), (2, 0, 2)], "No class stands out as weak"),
    ],
)
def test_headline_names_a_class_only_where_chance_would_not_make_it_the_worst(
    wrong: Sequence[tuple[int, int, int]], headline: str
) -> None:
    section = performance.build(evidence(scores(["ant", "bee", "cat"], wrong)))
    assert section is not None
    assert section.headline == headline


@pytest.mark.parametrize(
    ("passed", "told"), [((10, 40, 45, 300), (0.5, 0.7, 0.9)), ((600, 700, 800), (0.5, 0.7, 0.9)), ((30, 600), (0.5,))]
)
def test_bounds_that_pass_on_most_predictions_are_told_only_where_there_are_no_others(
    passed: Sequence[int], told: tuple[float, ...]
) -> None:
    bounds = (0.5, 0.7, 0.9, 0.99)
    rows = tuple(Passing(bound, count, share(1, 2), share(1, 2)) for bound, count in zip(bounds, passed, strict=False))
    names = [str(place) for place in range(60)]
    (head,) = content(scores(names, [(0, 1, 4)], passing=rows)).heads
    assert tuple(each.above for each in head.passing) == told


def test_bands_add_up_the_bins_of_the_calibration() -> None:
    calibration = made.performance().heads[0].calibration
    assert calibration is not None
    bins = tuple(Bin(place / 10, (place + 1) / 10, place / 10 + 0.05, share(place, 10 + place)) for place in range(10))
    (head,) = content(scores(["ant", "bee"], [(0, 1, 1)], calibration=replace(calibration, bins=bins))).heads
    assert [(band.low, band.right.part, band.right.whole) for band in head.bands] == [
        (0.9, 9, 19),
        (0.5, 26, 66),
        (0.0, 10, 60),
    ]


def test_list_cut_inside_a_tie_says_that_it_was_drawn() -> None:
    wrong = [(0, 1, 3), *((place, (place + 1) % 300, 1) for place in range(1, 300))]
    said = words(page(scores([f"class {place}" for place in range(300)], wrong)))
    assert "12 of 300 pairs of classes that are confused, the most frequent first." in said.replace("\u00a0", " ")
    assert "Of the 299 pairs confused once each, 11 are shown, drawn at random with seed 0. report.json holds all." in (
        said.replace("\u00a0", " ")
    )


def test_classes_found_least_often_are_drawn_for_where_they_are_equal() -> None:
    wrong = [(place, 0, 10) for place in (7, 8)] + [(place, 0, 1) for place in range(20, 100)]
    found = scores([str(place) for place in range(200)], wrong)
    shown, _ = drawn.least_found(found.classes, 0)
    assert [each.index for each in shown[:2]] == [7, 8]
    assert all(20 <= each.index < 100 for each in shown[2:])
    assert [each.index for each in shown[2:]] != list(range(20, 38))
    (head,) = content(found).heads
    assert head.recalls is not None
    assert (
        "Recall of 20 of 200 classes: of the images of a class, how many are predicted as that class, the lowest first."
        " Of 80 with the same recall and size, 18 are shown, drawn at random with seed 0."
    ) in head.recalls.caption


def test_classes_of_a_few_images_each_are_not_drawn_one_by_one() -> None:
    names = [str(place) for place in range(30)]
    single = tuple(ClassAccuracy(place, name, share(place % 2, 1), None) for place, name in enumerate(names))
    found = replace(scores(names, [(0, 1, 1)]), classes=single)
    (head,) = content(found).heads
    assert head.recalls is None
    assert head.too_few_words.replace("\u00a0", " ") == (
        "There is one image of each of 30 classes: no class can be judged by itself."
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("cat",), "Always predicting cat would reach 40.0 %."),
        (("cat", "dog"), "Always predicting the same class would reach at most 40.0 %."),
    ],
)
def test_no_single_class_is_called_the_commonest_where_several_are(names: tuple[str, ...], said: str) -> None:
    forty = share(4, 10)
    assert forty is not None
    section = performance.build(made.evidence(performance=made.performance(commonest=Commonest(names, forty))))
    assert section is not None
    assert said in section.answer.replace("\u202f", " ")


def test_mistakes_that_were_drawn_from_equally_confident_ones_say_so() -> None:
    said = words(page(scores(DOGS[:3], [(0, 1, 4)], num_mistakes=40, mistakes_tie=Tie(1, 12))))
    assert "Of 12 that are equally confident, 1 is shown, drawn at random with seed 0." in said.replace("\u00a0", " ")
    assert "equally confident" not in words(page(scores(DOGS[:3], [(0, 1, 4)])))


def test_facts_keep_the_whole_names() -> None:
    names = [f"breed_{name}" for name in DOGS]
    found = evidence(scores(names, [(0, 1, 4)]))
    section = performance.build(found)
    assert section is not None
    text = json.render(Report("Confusions", "t", found.model, found.run, (), (section,))).decode()
    assert all(f'"{name}"' in text for name in names)


LONG = "Donaudampfschifffahrtsgesellschaft_number_{}_of_a_class_with_a_name, that goes on, and on, to its end"
ON_PAPER = {
    **{
        f"{size} classes, names of {length}": [f"breed_{place:02d}_".ljust(length, "x") for place in range(size)]
        for size, length in ((5, 12), (10, 20), (19, 8), (19, 25), (8, 12), (10, 12), (12, 8))
    },
    **{f"{size} dogs": [f"n020{place * 37:04d}-{name}" for place, name in enumerate(DOGS[:size])] for size in (9, 19)},
    "sentences": [LONG.format(f"{place} {'x' * place}") for place in range(9)],
    "words of 28 letters": [f"{place}" * 28 for place in range(9)],
}
# The fewest and the most classes with the shortest and the longest names that are set in each way.
CORNERS = tuple(ON_PAPER)[:4] + tuple(ON_PAPER)[-3:]


@pytest.mark.pdf
@pytest.mark.skipif(tools.skipped(), reason=f"{tools.SKIP} is set")
@pytest.mark.parametrize(
    "cases",
    [pytest.param(CORNERS, id="corners"), pytest.param(tuple(ON_PAPER), id="all", marks=pytest.mark.exhaustive)],
)
def test_long_names_of_many_classes_stay_on_few_pages_and_inside_their_margins(
    tmp_path: Path, cases: tuple[str, ...]
) -> None:
    heads = [
        scores(
            names,
            [(place, (place + 1) % len(names), 1 + place % 3) for place in range(len(names))],
            name=case,
            calibration=None,
            mistakes=(),
            num_mistakes=0,
        )
        for case, names in ((case, ON_PAPER[case]) for case in cases)
    ]
    file = tmp_path / "report.pdf"
    with pdf.warm() as worker:
        file.write_bytes(worker.typeset(page(*heads, medium="print")))
    run = tools.program("pdftotext")
    lines = subprocess.run([run, "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    boxes = subprocess.run([run, "-bbox", file, "-"], capture_output=True, text=True, check=True).stdout
    assert lines.count("\f") <= 2 * len(heads) + 1
    assert [line for line in lines.splitlines() if re.fullmatch(r"\s*[A-Za-z_,]{1,2}\s*", line)] == []
    # A4 is 595 points wide, its margins 42.5.
    assert max(float(x) for x in re.findall(r'xMax="([\d.]+)"', boxes)) < 553.5
    assert min(float(x) for x in re.findall(r'xMin="([\d.]+)"', boxes)) > 42


def test_bins_of_the_calibration_are_a_table_too() -> None:
    shown = page(*made.performance().heads)
    head, *rows = table(shown, "bins")
    assert head == ["Confidence", "Predictions", "Correct", "Mean confidence", "Accuracy", "95 %"]
    assert rows == [["50 % to 100 %", "10", "9", "80.0 %", "90.0 %", "59.6 % to 98.2 %"]]


@pytest.mark.parametrize("wrong", [[], [(1, 0, 8)]])
def test_colour_of_wrong_predictions_is_explained_where_there_are_any(wrong: Sequence[tuple[int, int, int]]) -> None:
    section = performance.build(evidence(scores(["ant", "bee", "cat"], wrong)))
    assert section is not None
    page = html.render(replace(reports.report(), sections=(section,))).decode()
    assert "Length: share of all predictions" in page
    assert ("orange: the wrong ones" in page) == bool(wrong)
