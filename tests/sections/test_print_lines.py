"""What is a table in HTML and lines in the PDF of a large network: nothing of the record is lost on the way."""

from __future__ import annotations

import html as markup
import re

from reportgen.document.report import Report
from reportgen.language.cleaning import anchor
from reportgen.records.model import Step
from reportgen.renderers import html
from reportgen.sections import architecture, calculations, names
from tests import made

# No two layers share a sum, so that each has its own lines.
LAYERS = tuple(
    made.conv(
        f"block_{place}_conv" + "_of_a_long_name" * (place % 2 * 3),
        index=place,
        output_shape=(7, 7, 1000 + place),
        steps=(Step(f"quantity {place}", f"the rule {place} · filters", f"{place} · 2", 2 * place, "pixels"),),
    )
    for place in range(61)
)
RENAMED = tuple((layer.path, f"renamed_{layer.index}") for layer in LAYERS)


def lines(kind: str) -> str:
    """The words of the lines of one kind on paper."""
    evidence = made.evidence(model=made.model(*LAYERS), activations=None, names=made.names(renamed=RENAMED))
    sections = [chapter.build(evidence) for chapter in (calculations, names)]
    report = Report("t", "t", evidence.model, evidence.run, (), tuple(each for each in sections if each))
    found = re.findall(rf'<(p|pre) class="{kind}"[^>]*>(.*?)</\1>', html.document(report, "print"), re.DOTALL)
    if kind == "sum-lines":
        assert len(found) == len(LAYERS)
    return " ".join(markup.unescape(re.sub(r"<[^>]*>", "", " ".join(text for _, text in found))).split())


def test_every_layer_has_an_address_on_paper() -> None:
    evidence = made.evidence(model=made.model(*LAYERS))
    report = Report("t", "t", evidence.model, evidence.run, (), (architecture.build(evidence),))
    page = html.document(report, "print")
    assert all(f'id="layer-{anchor(layer.path)}"' in page for layer in LAYERS)


def test_every_sum_is_a_line_with_its_rule_its_numbers_and_its_result() -> None:
    shown = lines("sum-lines")
    for layer in LAYERS:
        place = layer.index
        assert f"quantity {place} = the rule {place} · filters = {place} · 2 = {2 * place} pixels" in shown


def test_every_name_is_in_the_lines_of_names() -> None:
    assert lines("names-lines") == "; ".join(f"{old} → {new}" for old, new in RENAMED)
