"""A finished report, its model and its data -> whether it comes out again. What `reportgen verify` is."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from reportgen.errors import OptionsError, RenderError
from reportgen.evidence.answers import FACT, FORMAT
from reportgen.options import Options, make
from reportgen.pipeline import feeding, origins, reporting
from reportgen.pipeline.result import Report
from reportgen.policy.comparing import Comparison, Difference, compare
from reportgen.progress import Progress, silent
from reportgen.renderers import assets, finished, forms
from reportgen.renderers.tools import Tools

_RECORD = re.compile(rb'<meta name="dcterms\.identifier" content="report\.json sha256:([0-9a-f]{64})">')
_FILES = ("data", "classes", "groups", "card", "templates", "font-dir", "import")
"""Options that name files: a report holds their names only, so that they have to be given again."""
_PAGES = {".html": "page", ".pdf": "PDF"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file claims.

    Attributes:
        path: The file.
        suffix: ".json", ".html" or ".pdf".
        data: Its bytes.
        report: What its `report.json` holds; of a page, that beside it.
        report_sha256: Hash of the bytes of that `report.json`.
    """

    path: Path
    suffix: str
    data: bytes
    report: Mapping[str, Any]
    report_sha256: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it.

    Attributes:
        word: "the same", "the same within rounding" or "different".
        said: Why, in whole sentences.
        different: What differs, the first ones; () where nothing does.
        num_different: How much differs in all.
    """

    word: str
    said: tuple[str, ...]
    different: tuple[Difference, ...] = ()
    num_different: int = 0

    @property
    def exit_code(self) -> int:
        """0 where it is the same, 4 where it is not."""
        return 4 if self.word == "different" else 0


def read(path: Path) -> Claim:
    """Read what a file claims, and see that the file is whole.

    Raises:
        RenderError: It cannot be read, is no report, or does not belong to the `report.json` beside it.
    """
    suffix, data = path.suffix.lower(), finished.bytes_of(path)
    if suffix == ".html":
        record = _RECORD.search(data)
        if not record:
            raise RenderError(
                f"{path.name!r} does not say which report.json belongs to it. Expected a page as reportgen wrote it."
                " Give the JSON file."
            )
        beside = path.with_suffix(".json")
        plain = finished.bytes_of(beside)
        if hashlib.sha256(plain).hexdigest() != record[1].decode():
            raise RenderError(
                f"{beside.name!r} is not the one that {path.name!r} was written with: its SHA-256 is another. Expected"
                " both files as one run wrote them. Look for the ones that belong together."
            )
    elif suffix == ".pdf":
        plain = _attached(path)
    else:
        suffix, plain = ".json", data
    return Claim(path, suffix, data, finished.plain(plain, path.name), hashlib.sha256(plain).hexdigest())


def verify(claim: Claim, model: Path, options: Options, progress: Progress = silent) -> Verified:
    """Make a report again and compare.

    Args:
        claim: What the file says.
        model: The model's file.
        options: What it was made with, by `again`.
        progress: Told of every long step.

    Raises:
        ReportgenError: The model or the data cannot be used; or as `reporting.make_report`.
    """
    origin = origins.load(model, options, progress)
    dataset = None
    if options.data is not None:
        dataset = feeding.opened(origin.model, options.data, options, progress)
    elif _fact(claim.report["run"]["data"], "SHA-256 of the data"):
        raise OptionsError("The report was made on data. Expected the same again. Give them with --data.")
    facts = {fact.name: fact.value for fact in origin.facts}
    for name, code, what, found in (
        ("SHA-256 of the file", "RG712", "model", facts.get("SHA-256 of the file")),
        ("SHA-256 of the data", "RG713", "data", dataset.sha256 if dataset else None),
    ):
        claimed = _fact(claim.report["run"]["model" if what == "model" else "data"], name)
        if claimed != found:
            said = f"{code}: the {what} is another: SHA-256 {claimed} in the report, {found} now."
            return Verified("different", (said,), (Difference(f"/run/{what}", repr(claimed), repr(found)),), 1)
    with _dated(claim.report["run"]["created"]):
        report = reporting.make_report(origin, dataset, options, progress)
    tools = Tools()
    again = forms.ending_in(".json").render(report, tools)
    return _judged(claim, compare(claim.report, json.loads(again)), report, tools)


def again(claim: Claim, given: Mapping[str, object]) -> Options:
    """Return the options that a report was made with.

    Args:
        claim: What its file says.
        given: The files that it names, by option, as the user has them now; None for one that is not given.

    Raises:
        OptionsError: It was made with a file that is not given, or with an option that is not known.
    """
    values: dict[str, Any] = {}
    for fact in claim.report["run"]["options"]:
        name, value = fact["name"], fact["value"]
        if " " in name or value == "the default":
            continue
        if name in _FILES:
            if not given.get(name):
                raise OptionsError(
                    f"The report was made with --{name} {', '.join(value)}. Expected the same again. Give it with"
                    f" --{name}."
                )
        else:
            values[name] = value if len(value) > 1 else value[0]
    if _fact(claim.report["run"]["data"], FACT) is not None:
        values["format"] = ("json", FORMAT)  # So that the answers are kept again, and their hash with them.
    return make({**values, **{name: value for name, value in given.items() if value}})


@contextmanager
def _dated(created: str | None) -> Iterator[None]:
    """Let a report be dated as the one that is looked at: its date is that of SOURCE_DATE_EPOCH."""
    before = os.environ.pop("SOURCE_DATE_EPOCH", None)
    if created:
        moment = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        os.environ["SOURCE_DATE_EPOCH"] = str(int(moment.timestamp()))
    try:
        yield
    finally:
        os.environ.pop("SOURCE_DATE_EPOCH", None)
        if before is not None:
            os.environ["SOURCE_DATE_EPOCH"] = before


def _judged(claim: Claim, found: Comparison, report: Report, tools: Tools) -> Verified:
    most = 8
    moved = f"Machine and versions differ in: {', '.join(found.moved)}." if found.moved else ""
    said = [moved] if moved else ["Machine and versions are those of the report."]
    if found.different:
        count = len(found.different)
        said.append(f"RG714: {count:,} of {found.num_leaves:,} facts differ.")
        return Verified("different", tuple(said), found.different[:most], count)
    said.append(f"{found.num_leaves:,} facts are the same.")
    if found.num_rounded:
        said.append(
            f"{found.num_rounded:,} numbers differ within rounding, at most by {found.farthest:.1e} of themselves"
            f" ({found.farthest_at})."
        )
    if claim.suffix == ".json":
        return Verified("the same within rounding" if found.num_rounded else "the same", tuple(said))
    what = _PAGES[claim.suffix]
    if found.moved:
        said.append(f"The {what} itself was not compared: another machine may draw it otherwise.")
        return Verified("the same within rounding", tuple(said))
    if _drawn(claim, report, tools) == claim.data:
        said.append(f"The {what} is the same, byte for byte.")
        return Verified("the same", tuple(said))
    said.append(f"RG711: the {what} is not the one that this report gives: it was changed after it was written.")
    return Verified("different", tuple(said), (), 1)


def _drawn(claim: Claim, report: Report, tools: Tools) -> bytes:
    form = forms.ending_in(claim.suffix)
    folder = assets.folder_of(claim.data) if claim.suffix == ".html" else ""
    if folder and form.parted is not None:
        return form.parted(report, folder, tools).page
    return form.render(report, tools)


def _attached(path: Path) -> bytes:
    """The `report.json` that a PDF carries."""
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError as error:
        raise RenderError(
            "A PDF is read with the library pypdf, which is not installed. Expected it here. Run: pip install"
            " 'reportgen[verify]', or give the JSON file."
        ) from error
    try:
        found: list[bytes] = PdfReader(path).attachments.get("report.json", [])
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RenderError(
            f"{path.name!r} cannot be read as a PDF ({error}). Expected a report as reportgen wrote it. Give the whole"
            " file."
        ) from error
    if len(found) != 1:
        raise RenderError(
            f"{path.name!r} carries {len(found)} files called report.json. Expected one, as reportgen attaches it. Give"
            " the PDF of a report."
        )
    return found[0]


def _fact(facts: list[Mapping[str, Any]], name: str) -> object:
    return next((fact["value"] for fact in facts if fact["name"] == name), None)
