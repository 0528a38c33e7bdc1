"""A finished report, its model and its data -> whether it comes out again. What `reportgen verify` is."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from reportgen.errors import OptionsError, RenderError
from reportgen.evidence.answers import FACT, FORMAT
from reportgen.language.cleaning import clean
from reportgen.language.numerals import plural
from reportgen.options import Options, make
from reportgen.pipeline import altered, feeding, origins, reporting
from reportgen.pipeline.altered import page, pdf
from reportgen.pipeline.illustrated import illustrated
from reportgen.pipeline.result import Report
from reportgen.policy.comparing import Comparison, Difference, compare
from reportgen.progress import Progress, silent
from reportgen.renderers import assets, finished, forms
from reportgen.renderers.tools import Tools

_RECORD = re.compile(rb'<meta name="dcterms\.identifier" content="report\.json sha256:([0-9a-f]{64})">')
_FILES = ("data", "classes", "groups", "card", "policy", "templates", "font-dir", "import")
"""Options that name files: a report holds their names only, so that they have to be given again."""
_PAGES = {".html": "page", ".pdf": "PDF"}
_DRAWING = frozenset({"reportgen", "jinja2", "weasyprint"})
_REPACKED = "no word, picture or drawing in it is another, so that it was only packed anew"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file claims.

    Attributes:
        path: The file.
        suffix: ".json", ".html" or ".pdf".
        data: Its bytes.
        report: What its `report.json` holds; of a page, that beside it.
        report_sha256: Hash of the bytes of that `report.json`.
        plain: These bytes.
    """

    path: Path
    suffix: str
    data: bytes
    report: Mapping[str, Any]
    report_sha256: str
    plain: bytes


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
        plain = pdf.attached(data, path.name)
    else:
        suffix, plain = ".json", data
    return Claim(path, suffix, data, finished.plain(plain, path.name), hashlib.sha256(plain).hexdigest(), plain)


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
    _check_named(claim, options)
    origin = origins.load(model, options, progress)
    dataset = None
    if options.data is not None:
        dataset = feeding.opened(origin.model, options.data, options, progress)
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


def _check_named(claim: Claim, options: Options) -> None:
    """Refuse a report that names no file of a model, and data where it names none, or none where it does."""
    run = claim.report["run"]
    if _fact(run["model"], "SHA-256 of the file") is None:
        raise RenderError(
            f"{claim.path.name!r} is about a model in memory, or one trained for it: it names no file. Expected"
            " a report on a file. Save the model, and make the report of it with reportgen build."
        )
    has_data = _fact(run["data"], "SHA-256 of the data") is not None
    if has_data and options.data is None:
        raise OptionsError("The report was made on data. Expected the same again. Give them with --data.")
    if options.data is not None and not has_data:
        raise OptionsError("The report was made without data. Expected none. Leave --data out.")


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
    config = given.get("config")
    if _fact(claim.report["run"]["options"], "SHA-256 of the config file") is not None and not config:
        raise OptionsError("The report was made with a config file. Expected the same again. Give it with --config.")
    if _fact(claim.report["run"]["data"], FACT) is not None:
        values["format"] = ("json", FORMAT)  # So that the answers are kept again, and their hash with them.
    own = {name: value for name, value in given.items() if value and name != "config"}
    return make({**values, **own}).read_from(Path(str(config)) if config else None)


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
        lines = () if found.moved else _rewritten(claim.data, forms.ending_in(".json").render(report, tools))
        if lines:
            said.append("RG711: no fact is another, but the file is not written as reportgen writes it.")
        word = "different" if lines else "the same within rounding" if found.num_rounded else "the same"
        return Verified(word, tuple(said), lines[:most], len(lines))
    what = _PAGES[claim.suffix]
    if found.moved:
        last, otherwise = _read_again(claim, report, found.moved)
        word = "the same within rounding" if not otherwise else "different"
        return Verified(word, (*said, last), otherwise[:most], len(otherwise))
    further, different = _drawn_again(claim, report, tools)
    word = "the same" if not further or different is None else "different"
    said += further or [f"The {what} is the same, byte for byte."]
    return Verified(word, tuple(said), (different or ())[:most], len(different or ()))


def _read_again(claim: Claim, report: Report, moved: tuple[str, ...]) -> tuple[str, tuple[Difference, ...]]:
    """Compare the words of a page or a PDF with those that its own `report.json` gives: no machine rounds them."""
    what, form = _PAGES[claim.suffix], forms.ending_in(claim.suffix)
    if set(moved) & _DRAWING:
        return f"The {what} itself was not compared: other versions may draw it otherwise.", ()
    own, tools = illustrated(claim.plain, report, claim.path.name), Tools()
    folder = assets.folder_of(claim.data) if claim.suffix == ".html" else ""
    made = form.parted(own, folder, tools).page if folder and form.parted is not None else form.render(own, tools)
    both = (claim.data, made)
    if claim.suffix == ".html":
        different = altered.differences(*(page.places(data, pictured=False) for data in both))
    else:
        words = ([replace(each, further=()) for each in pdf.places(data, claim.path.name)] for data in both)
        different = altered.differences(*words)
    if different:
        return f"RG711: the {what} does not say what its report.json says, in {_counted(different)}.", different
    return f"The {what} says what its report.json says; another machine may draw its pictures otherwise.", ()


def _rewritten(claimed: bytes, found: bytes) -> tuple[Difference, ...]:
    """Lines that say the same in other characters, such as a digit that is too far behind the point to matter."""
    parts = [data.decode("utf-8", "replace").split("\n") for data in (claimed, found)]
    lines = [[altered.Place(f"line {n}", (line,)) for n, line in enumerate(part, 1)] for part in parts]
    return altered.differences(*lines) if claimed != found else ()


def _drawn_again(claim: Claim, report: Report, tools: Tools) -> tuple[list[str], tuple[Difference, ...] | None]:
    """Draw a page or a PDF again: what is to be said where it is not the same, and what differs; None: nothing does."""
    form = forms.ending_in(claim.suffix)
    if claim.suffix != ".html":
        made = form.render(report, tools)
        return ([], None) if made == claim.data else _of_the_pdf(claim, made)
    folder, beside = assets.folder_of(claim.data), tuple[Difference, ...]()
    if folder and form.parted is not None:
        parts = form.parted(report, folder, tools)
        made, beside = parts.page, tuple(_beside(claim.path.parent / folder, parts.files))
    else:
        made = form.render(report, tools)
    if made == claim.data and not beside:
        return [], None
    different = (*altered.differences(page.places(claim.data), page.places(made)), *beside)
    return [f"RG711: {_changed('page', different)}"], different


def _of_the_pdf(claim: Claim, made: bytes) -> tuple[list[str], tuple[Difference, ...] | None]:
    found = pdf.altered(claim.data, made, claim.path.name)
    if found.num_appended is None:
        return [f"RG711: {_changed('PDF', found.different)}"], found.different
    fields = ", ".join(f"“{clean(each)}”" for each in found.signatures)
    as_signing = (
        f", as signing does: {plural(len(found.signatures), 'field')} for a signature ({fields})" if fields else ""
    )
    said = (
        f"The first {len(made):,} bytes of the PDF are the same, byte for byte; {found.num_appended:,} bytes were"
        f" appended after them{as_signing}."
    )
    if found.different:
        return [
            said,
            f"RG711: what was appended changes what the PDF shows: {_counted(found.different)}.",
        ], found.different
    checked = " Whether the signature is valid was not looked at." if fields else ""
    return [f"{said} They change nothing that its pages show.{checked}"], None


def _changed(what: str, different: tuple[Difference, ...]) -> str:
    how = f"it reads or looks otherwise in {_counted(different)}" if different else _REPACKED
    return f"the {what} is not the one that this report gives: it was changed after it was written; {how}."


def _counted(different: tuple[Difference, ...]) -> str:
    return plural(len(different), "place")


def _beside(folder: Path, files: Mapping[str, bytes]) -> Iterator[Difference]:
    """The files beside a page that are not those that come out again."""
    for name, data in files.items():
        try:
            there = (folder / name).read_bytes()
        except OSError:
            yield Difference(f"{folder.name}/{name}", "missing", _hash(data))
            continue
        if there != data:
            yield Difference(f"{folder.name}/{name}", _hash(there), _hash(data))


def _hash(data: bytes) -> str:
    return f"SHA-256 {hashlib.sha256(data).hexdigest()[:16]}…"


def _fact(facts: list[Mapping[str, Any]], name: str) -> object:
    return next((fact["value"] for fact in facts if fact["name"] == name), None)
