"""How often it is right: which table a reader gets, what it is called, and that ties are said."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from reportgen.document.report import Report
from reportgen.evidence import Evidence
from reportgen.evidence.performance import ClassAccuracy, Commonest, Confusion, HeadScores, PerformanceResult, share
from reportgen.language.ties import Tie
from reportgen.records.model import TensorRecord
from reportgen.renderers import html, json, pdf
from reportgen.sections import performance
from tests import made
from tests.checks import tools

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


@pytest.mark.parametrize("size", [3, 9])
def test_up_to_nine_classes_have_a_table_with_a_column_each(size: int) -> None:
    names = [f"breed_{name}" for name in DOGS[:size]]
    head, *rows = table(page(scores(names, [(0, 1, 4)])), "confusions")
    assert head == ["Labelled", *(str(place + 1) for place in range(size))]
    assert rows[0] == [f"1 {DOGS[0]}", "6", "4", *["0"] * (size - 2)]
    assert [row[0] for row in rows] == [f"{place + 1} {name}" for place, name in enumerate(DOGS[:size])]


def test_short_names_stand_in_the_head_of_the_table_as_they_are() -> None:
    head, *rows = table(page(scores(["ant", "bee"], [(0, 1, 4), (1, None, 1)])), "confusions")
    assert (head, rows) == (["Labelled", "ant", "bee", "no number"], [["ant", "6", "4", "0"], ["bee", "0", "9", "1"]])


@pytest.mark.parametrize("size", [10, 19])
def test_from_ten_classes_on_the_confusions_that_happened_are_listed(size: int) -> None:
    names = [f"breed_{name}" for name in DOGS[:size]]
    text = page(scores(names, [(0, 1, 4), (2, 3, 5), (4, 5, 4), (6, None, 1)]))
    assert 'class="confusions' not in text
    head, *rows = table(text, "frequent")
    assert head == ["Rank", "Labelled", "Predicted", "Times", "Images of the class"]
    assert rows == [
        ["1", DOGS[2], DOGS[3], "5", "10"],
        ["2–3", DOGS[0], DOGS[1], "4", "10"],
        ["2–3", DOGS[4], DOGS[5], "4", "10"],
        ["4", DOGS[6], "no number", "1", "10"],
    ]
    assert words(text).count("Names without the common beginning “breed_”.") == 2  # of the picture, and of the list


def test_no_list_without_confusions() -> None:
    text = page(scores(DOGS, [], num_mistakes=0, mistakes=()))
    assert 'class="frequent' not in text
    assert "Everything is on the diagonal: there are no mistakes." in words(text)


def test_list_cut_inside_a_tie_says_that_it_was_drawn() -> None:
    wrong = [(0, 1, 3), *((place, (place + 1) % 300, 1) for place in range(1, 300))]
    said = words(page(scores([f"class {place}" for place in range(300)], wrong)))
    assert "20 of 300 pairs of classes that are confused, the most frequent first." in said.replace("\u00a0", " ")
    assert "Of the 299 pairs confused once each, 19 are shown, drawn at random with seed 0. report.json holds all." in (
        said.replace("\u00a0", " ")
    )
    assert "The most frequent mistake: class 0 read as class 1 (3 times)." in said.replace("\u00a0", " ")


def test_classes_found_least_often_are_drawn_for_where_they_are_equal() -> None:
    wrong = [(place, 0, 10) for place in (7, 8)] + [(place, 0, 1) for place in range(20, 100)]
    (head,) = content(scores([str(place) for place in range(200)], wrong)).heads
    assert [each.index for each in head.shown[:2]] == [7, 8]
    assert all(20 <= each.index < 100 for each in head.shown[2:])
    assert [each.index for each in head.shown[2:]] != list(range(20, 38))
    assert head.shown_caption.replace("\u00a0", " ") == (
        "The 20 of 200 classes with the lowest recall, among equals the larger first; of 80 with the same recall and"
        " the same size, 18 are shown, drawn at random with seed 0"
    )


def test_classes_of_which_more_are_found_least_often_than_have_room_are_drawn() -> None:
    wrong = [(place, 0, 1) for place in range(20, 100)]
    (head,) = content(scores([str(place) for place in range(200)], wrong)).heads
    assert all(20 <= each.index < 100 for each in head.shown)
    assert head.shown_caption.replace("\u00a0", " ") == (
        "20 of 200 classes, drawn at random with seed 0 from 80 with the lowest recall and the same size"
    )


def test_classes_that_are_all_found_equally_often_are_not_called_the_least() -> None:
    (head,) = content(scores([str(place) for place in range(200)], [])).heads
    assert head.shown_caption.replace("\u00a0", " ") == (
        "20 of 200 classes, drawn at random with seed 0, as all have the same recall and the same size"
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
    # A4 is 595 points wide, its margins 51.
    assert max(float(x) for x in re.findall(r'xMax="([\d.]+)"', boxes)) < 545
    assert min(float(x) for x in re.findall(r'xMin="([\d.]+)"', boxes)) > 50


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_bins_of_the_calibration_are_a_table_too(medium: html.Medium) -> None:
    shown = page(*made.performance().heads, medium=medium)
    head, *rows = table(shown, "bins")
    assert head == ["Confidence", "Predictions", "Correct", "Mean confidence", "Accuracy", "95 %"]
    assert rows == [["50 % to 100 %", "10", "9", "80.0 %", "90.0 %", "59.6 % to 98.2 %"]]
