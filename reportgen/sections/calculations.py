"""The model's record -> every layer's sums, worked step by step, with what each was checked against."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reportgen.document.report import Section
from reportgen.evidence import Evidence
from reportgen.language.numerals import number, plural, shape
from reportgen.records.model import Check, LayerRecord, Setting, Shape, Step

TITLE = "The sums"
PART = "annex"
NEEDS = ("activations",)


@dataclass(frozen=True, slots=True)
class Working:
    """One calculation, and the layers that it holds for.

    Attributes:
        paths: The calls that share it, in order.
        kind: Their kind.
        input_shapes: Shapes of their inputs.
        output_shape: Shape of their output.
        settings: Their settings.
        steps: The lines of the calculation.
        checks: What was compared with what, for the first of them; the others agree or fail in the same way.
        unread: What a stride leaves unread at the border, in a whole sentence, or "".
        notes: What the reader should know besides.
    """

    paths: tuple[str, ...]
    kind: str
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    settings: tuple[Setting, ...]
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    unread: str
    notes: tuple[str, ...]

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What was compared, in words: each number once, with all that it agrees with."""
        agreed: dict[tuple[str, Shape], list[str]] = {}
        for check in self.checks:
            if check.agrees:
                agreed.setdefault((check.quantity, check.expected), []).append(check.against)
        failed = (
            f"✕\u00a0{check.quantity} {shape(check.expected)} against {check.against}: {shape(check.observed)}"
            for check in self.checks
            if not check.agrees
        )
        told = (
            f"✓\u00a0{what} {shape(value)}: {', '.join(others)}" if any(others) else f"✓\u00a0{what}"
            for (what, value), others in agreed.items()
        )
        return (*told, *failed)


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        workings: The calculations, in order of computation.
        num_steps: Lines of calculation in all.
        num_checks: Comparisons in all, over all layers.
        num_failed: Comparisons that do not agree.
        unchanged: Calls without weights that do not change the shape: there is nothing to work out.
    """

    workings: tuple[Working, ...]
    num_steps: int
    num_checks: int
    num_failed: int
    unchanged: tuple[str, ...]

    @property
    def on_paper(self) -> tuple[Working, ...]:
        """The calculations; what one of their kind just had is left out: a rule, a note, how a number was checked."""
        rules: dict[tuple[str, str], str] = {}
        said: set[tuple[str, str]] = set()
        ways: dict[tuple[str, str], tuple[str, ...]] = {}
        shorter = []
        for working in self.workings:
            steps = []
            for step in working.steps:
                known = rules.get((working.kind, step.quantity)) == step.rule
                rules[working.kind, step.quantity] = step.rule
                steps.append(replace(step, rule="") if known else step)
            notes = tuple(note for note in working.notes if (working.kind, note) not in said)
            said.update((working.kind, note) for note in notes)
            shorter.append(replace(working, steps=tuple(steps), notes=notes, checks=_without_ways(working, ways)))
        return tuple(shorter)


def _without_ways(working: Working, ways: dict[tuple[str, str], tuple[str, ...]]) -> tuple[Check, ...]:
    """Checks that agree, without what they were compared with where that is known.

    Args:
        working: The calculation.
        ways: What each quantity of each kind was compared with last, and now.
    """
    known = set()
    for quantity in {check.quantity for check in working.checks}:
        against = tuple(each.against for each in working.checks if each.quantity == quantity and each.agrees)
        if ways.get((working.kind, quantity)) == against:
            known.add(quantity)
        ways[working.kind, quantity] = against
    return tuple(
        replace(each, against="") if each.agrees and each.quantity in known else each for each in working.checks
    )


def build(evidence: Evidence) -> Section:
    """Build the chapter; there always is one."""
    observed = dict(evidence.activations.checks) if evidence.activations else {}
    groups: dict[object, list[LayerRecord]] = {}
    unchanged = []
    num_checks = num_failed = 0
    for call in evidence.model.layers:
        checks = _checks(call, observed)
        num_checks += len(checks)
        num_failed += sum(not check.agrees for check in checks)
        if _is_plain(call, checks):
            unchanged.append(call.path)
            continue
        key = (call.kind, call.input_shapes, call.output_shape, call.settings, call.steps, call.notes, checks)
        groups.setdefault(key, []).append(call)
    workings = tuple(_working(calls, observed) for calls in groups.values())
    num_steps = sum(len(working.steps) for working in workings)
    content = Content(workings, num_steps, num_checks, num_failed, tuple(unchanged))
    return Section("calculations", TITLE, _answer(content, evidence), content)


def unread(call: LayerRecord) -> str:
    """Say in words which rows and columns a stride leaves unread, or return ""."""
    windows = call.windows or ()
    names = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}.get(len(windows), ())
    parts = [
        f"the last {name}" if window.unread == 1 else f"the last {number(window.unread)} {name}s"
        for name, window in zip(names, windows, strict=False)
        if window.unread
    ]
    if not parts:
        return ""
    first = call.data_format == "channels_first"
    spatial = call.input_shape[1:] if first else call.input_shape[:-1]
    padded = any(window.padding_before or window.padding_after for window in windows)
    verb = "is" if len(parts) == 1 and all(window.unread <= 1 for window in windows) else "are"
    of = f"of {shape(spatial)}{' (with its padding)' if padded else ''}"
    joined = " and ".join(parts)
    return f"{joined[0].upper()}{joined[1:]} {of} {verb} never read: the stride steps over the border."


def _checks(call: LayerRecord, observed: dict[str, Check]) -> tuple[Check, ...]:
    return (*call.checks, *((observed[call.path],) if call.path in observed else ()))


def _is_plain(call: LayerRecord, checks: tuple[Check, ...]) -> bool:
    return (
        call.has_formula
        and not call.parameters
        and not call.macs
        and not call.windows
        and (call.input_shape == call.output_shape and len(call.input_shapes) == 1)
        and all(check.agrees for check in checks)
    )


def _working(calls: list[LayerRecord], observed: dict[str, Check]) -> Working:
    first = calls[0]
    return Working(
        paths=tuple(call.path for call in calls),
        kind=first.kind,
        input_shapes=first.input_shapes,
        output_shape=first.output_shape,
        settings=first.settings,
        steps=first.steps,
        checks=_checks(first, observed),
        unread=unread(first),
        notes=first.notes,
    )


def _answer(content: Content, evidence: Evidence) -> str:
    unknown = len(evidence.model.unknown_calls)
    but = f", except for {plural(unknown, 'layer')} without a formula," if unknown else ""
    verdict = "all agree" if not content.num_failed else f"{plural(content.num_failed, 'does', 'do')} not agree"
    return (
        f"Every number of the layer table{but} is worked out in {plural(content.num_steps, 'line')} that can be checked"
        f" by hand. Of {plural(content.num_checks, 'comparison')} with the model, {verdict}."
    )
