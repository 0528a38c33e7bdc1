"""A verdict -> JUnit's XML, as Jenkins, GitLab and GitHub's actions share it.

No `properties` and no `file` stand in a case: the schema of Jenkins' xUnit refuses both. Names hold nothing that was
measured, because servers compare them from run to run; the sentence is the element's text, too, because GitLab shows no
attribute.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from reportgen.document.verdict import Outcome, Result, Verdict

NAME = "junit.xml"
_ELEMENTS: dict[Outcome, str] = {
    "pass": "system-out", "fail": "failure", "unmeasured": "error", "undecided": "skipped", "waived": "skipped",
}  # fmt: skip
_LONGEST = 300
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(verdict: Verdict) -> str:
    """Return one suite with a case for each result."""
    counts = {
        "tests": len(verdict.results),
        **{
            name: sum(_element(each) == element for each in verdict.results)
            for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
        },
    }
    attributes = " ".join(f'{name}="{number}"' for name, number in counts.items())
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<testsuites>",
            f'<testsuite name="reportgen" {attributes} time="0">',
            *_cases(verdict),
            "</testsuite>",
            "</testsuites>",
            "",
        )
    )


def _cases(verdict: Verdict) -> Iterator[str]:
    seen: Counter[str] = Counter()
    model = quoteattr(_clean(verdict.model))
    for each in verdict.results:
        label = f"{each.code} {each.name}" + (f" [{each.where}]" if each.where else "")
        seen[label] += 1
        # Of several cases with one name, GitLab keeps the first.
        label += f" ({seen[label]})" if seen[label] > 1 else ""
        yield f'<testcase classname={model} name={quoteattr(_clean(label))} time="0">{_inside(each)}</testcase>'


def _element(result: Result) -> str:
    element = _ELEMENTS[result.outcome]
    return "skipped" if element in {"failure", "error"} and not result.blocks else element


def _inside(result: Result) -> str:
    element = _element(result)
    text = _clean(f"{result.message} Waived: {result.waiver}" if result.waiver else result.message)
    message = "" if element == "system-out" else f" message={quoteattr(text[:_LONGEST])}"
    kind = ' type="policy"' if element in {"failure", "error"} else ""
    return f"<{element}{kind}{message}>{escape(text)}</{element}>"


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
