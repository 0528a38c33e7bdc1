"""Samples -> their explanations: maps with verdicts, an outline, channels, contrasts, and the controls of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.evidence.samples import Levels, SampleRecord
from reportgen.evidence.watching import WatchingResult
from reportgen.evidence.why import (
    LEAST_OTHERS,
    MOST_TWINS,
    Carried,
    Contrast,
    Control,
    EvidenceMap,
    Explanation,
    Outline,
    PlainMap,
    Verdict,
    WorkedSum,
)
from reportgen.models.explaining import Goal, Tail
from reportgen.models.shuffling import shuffling
from reportgen.models.subject import Array
from reportgen.probes.activations import drawing
from reportgen.probes.predictions import class_name
from reportgen.probes.why import carrying, judging, mapping, outlining, painting
from reportgen.probes.why.affording import Thoroughness
from reportgen.probes.why.ground import Ground, Mapper
from reportgen.probes.why.judging import Answered
from reportgen.progress import Progress

_SEED_OF_TWINS, _SEED_OF_OTHERS, _SEED_OF_SHUFFLING = 17, 18, 19
_FIRST_CAM = ("grad-cam", "hires-cam")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is explained of one sample.

    Attributes:
        sample: The sample.
        own: The class; None for a value.
        is_yes: Whether it is answered with yes.
        goal: The goal.
    """

    sample: SampleRecord
    own: int | None
    is_yes: bool
    goal: Goal


@dataclass(frozen=True, slots=True)
class _Heat:
    """A map as it is judged, and what is told of it."""

    method: str
    heat: Array
    steps: int
    complete: float | None
    grid: tuple[int, ...]
    path: str


class Study:
    """Explains samples of one model."""

    def __init__(
        self,
        ground: Ground,
        how: Thoroughness,
        methods: Sequence[str],
        watched: WatchingResult | None,
        seed: int,
    ) -> None:
        """Prepare.

        Args:
            ground: The model and its data.
            how: How thoroughly.
            methods: "integrated-gradients", "occlusion", "cam": the main one first.
            watched: What the channels did over the data.
            seed: Seed of twins, other images and permutations.
        """
        self._ground, self._how, self._methods, self._seed = ground, how, tuple(methods), seed
        self._mapper = Mapper(ground, how.steps, how.coarse)
        record = ground.subject.record
        self._places = carrying.found_places(record, watched)
        self._cam = carrying.cam_call(record, len(ground.sizes))
        self._tails: dict[str, Tail | None] = {}
        self._others: dict[str, list[Array]] = {}
        self._pool: tuple[int, ...] = ()
        self._supported: list[tuple[str, bool]] = []
        self.notes: list[str] = []

    def run(self, samples: Sequence[SampleRecord], progress: Progress) -> tuple[list[Explanation], list[Control]]:
        """Explain the samples, and put the controls to the test."""
        self._ground.prepare([sample.index for sample in samples[: self._how.samples]])
        asked = [
            Asked(sample, own, is_yes, goal)
            for sample in samples[: self._how.samples]
            for own, is_yes, goal in self._ground.goals(sample.index)
        ]
        self._pool = self._drawn(asked)
        tested = self._methods[: self._how.judged]
        if judging.num_twins(self._ground.sizes) <= MOST_TWINS:
            self._note("There are so few places that no map can be moved elsewhere, so none was put to the test.")
            tested = ()
        has_controls = self._how.controls > 0 and bool(tested)
        steps = len(self._pool) + (2 if has_controls else 1) * len(asked)
        found, controls = [], []
        with progress("Explaining answers", total=steps) as advance:
            pooled: dict[str, list[Array]] = {}
            goals = [(index, self._ground.goals(index)[0][2]) for index in self._pool]
            for index, goal in goals:
                for method in tested:
                    for heat in self._heats(index, goal, method, most_steps=0) if method != "cam" else ():
                        pooled.setdefault(method, []).append(heat.heat.astype(np.float32))
                advance()
            self._others = {name: heats for name, heats in pooled.items() if len(heats) == len(self._pool)}
            if goals and "cam" in tested and self._cam and (tail := self._tail(self._cam.path)):
                self._others["cam"] = list(carrying.activation_maps(self._ground, tail, self._cam, goals)[2])
            for each in asked:
                found.append(self._explained(each, tested))
                advance()
            if has_controls and asked:
                controls = self._controls(asked, advance)
        return found, controls

    @property
    def num_others(self) -> int:
        """How many other images' maps make the second null."""
        return min(self._how.others, max(len(self._pool) - 1, 0))

    def _drawn(self, asked: Sequence[Asked]) -> tuple[int, ...]:
        """Return the images whose maps are compared: those of the samples, then as many more as it takes."""
        own = list(dict.fromkeys(each.sample.index for each in asked))
        if not self._how.others or not own:
            return ()
        dataset = self._ground.subject.dataset
        assert dataset is not None, "there is data"
        generator = np.random.default_rng([self._seed, _SEED_OF_OTHERS])
        drawn = (
            generator.permutation(dataset.size).tolist()
            if dataset.size <= 10**6
            else generator.integers(dataset.size, size=100).tolist()
        )
        found = [*own, *(index for index in drawn if index not in own)][: 2 * self._how.others]
        self._ground.prepare(found)
        return tuple(index for index in found if self._ground.goals(index))[: self._how.others + 1]

    def _heats(self, index: int, goal: Goal, method: str, most_steps: int) -> Iterator[_Heat]:
        """The map of a method, or none."""
        ground, sizes = self._ground, self._ground.sizes
        if method == "occlusion":
            number = len(self._mapper.windows)
            yield _Heat(method, self._mapper.occlusion(index, goal), number, None, sizes, "")
        elif method == "integrated-gradients":
            try:
                heat, steps, complete = self._mapper.integrated(index, goal, most_steps)
            except ModelError as error:
                self._note(f"There are no integrated gradients. {error}")
                return
            yield _Heat(method, heat, steps, complete, sizes, "")
        else:
            tail = self._tail(self._cam.path) if self._cam else None
            if self._cam is None or tail is None:
                self._note("No layer has maps that lie on the image, so there is no class-activation map.")
                return
            name, parts, heats = carrying.activation_maps(ground, tail, self._cam, [(index, goal)])
            yield _Heat(name, heats[0], 0, None, parts.shape[1:], self._cam.path)

    def _tail(self, path: str) -> Tail | None:
        if path not in self._tails:
            try:
                self._tails[path] = self._ground.explained.tail(path)
            except (LookupError, ModelError) as error:
                self._note(f"The channels of {path} have no gradients: {error}")
                self._tails[path] = None
        return self._tails[path]

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _explained(self, asked: Asked, tested: Sequence[str]) -> Explanation:
        ground, index, goal = self._ground, asked.sample.index, asked.goal
        answered = ground.answered(index, goal)
        heats = []
        for method in self._methods:
            for heat in self._heats(index, goal, method, self._how.most_steps):
                verdict = self._verdict(heat.heat, asked, answered, method) if method in tested else None
                heats.append((heat, verdict))
        maps = tuple(_drawn(heat, verdict) for heat, verdict in heats)
        main = heats[0] if heats else None
        score = Goal(np.maximum(goal.weights, 0) if goal.is_log_odds else goal.weights)
        worked = self._worked(index, score)
        return Explanation(
            sample=index,
            class_index=asked.own,
            class_name=self._name(asked.own),
            is_yes=asked.is_yes,
            correct=asked.sample.correct,
            whole=answered.odds if answered.is_value else answered.whole,
            odds=answered.odds,
            empty=answered.empty if answered.is_value else answered.of_empty,
            maps=maps,
            outline=self._outline(main[0], asked, answered) if main else None,
            plain=self._plain(main[1], asked, answered) if main and main[1] else (),
            carried=tuple(self._carried(index, goal)),
            worked_sum=worked,
            contrasts=tuple(self._contrasts(asked, worked is not None)),
        )

    def _verdict(self, heat: Array, asked: Asked, answered: Answered, method: str) -> Verdict:
        index = asked.sample.index
        number = ([*self._methods, *_FIRST_CAM]).index(method)
        generator = np.random.default_rng([self._seed, _SEED_OF_TWINS, index, number, asked.own or 0])
        own = judging.twins(heat, self._how.twins, generator)
        known = zip(self._pool, self._others.get(method, ()), strict=False)
        others = [other for image, other in known if image != index][: self._how.others]
        others = others if len(others) >= LEAST_OTHERS else []
        return judging.judge(heat, answered, self._ground.left(index, asked.goal), own, others)

    def _outline(self, heat: _Heat, asked: Asked, answered: Answered) -> Outline | None:
        ground, index, goal = self._ground, asked.sample.index, asked.goal
        found = outlining.candidates(heat.heat)
        if answered.says_nothing or not found:
            return None
        scores = ground.painted_scores(index, np.stack([mask for _, mask in found]))
        remains = answered.left(goal.odds(scores))
        place = next((each for each, left in enumerate(answered.shares(remains)) if left <= 0.5), None)
        if place is None:
            return None
        asked_share, mask = found[place]
        generator = np.random.default_rng([self._seed, _SEED_OF_TWINS, index, asked.own or 0])
        elsewhere = judging.twins(mask, self._how.twins, generator)
        others = answered.left(ground.left(index, goal)(elsewhere))
        low, high = np.quantile(others, (0.05, 0.95))
        return Outline(
            method=heat.method,
            asked=asked_share,
            share=float(mask.mean()),
            mask=mask.astype(np.uint8),
            left=float(remains[place]),
            turned_into=self._turned_into(scores[place], asked),
            elsewhere=float(others.mean()),
            elsewhere_low=float(low),
            elsewhere_high=float(high),
            num_elsewhere=len(others),
            painted=self._painted(index, mask),
            each_elsewhere=tuple(map(float, others)),
        )

    def _turned_into(self, scores: Array, asked: Asked) -> str:
        if asked.own is None or self._ground.answers.output == "multi-label":
            return ""
        now = int(scores[0] >= 0) if len(scores) == 1 else int(scores.argmax())
        return "" if now == asked.own else self._name(now)

    def _painted(self, index: int, mask: Array) -> Levels:
        image = self._ground.image(index)
        keep = tf.constant((~mask)[None], tf.float32)
        filled = painting.paint(tf.constant(image[None], tf.float32), keep).numpy()[0]
        both = np.stack([image.astype(np.float64), filled.astype(np.float64)])
        return np.ascontiguousarray(drawing.picture(both)[1])

    def _plain(self, verdict: Verdict, asked: Asked, answered: Answered) -> tuple[PlainMap, ...]:
        maps = mapping.plain_maps(self._ground.image(asked.sample.index))
        masks = judging.tops(np.stack(list(maps.values())))
        odds = self._ground.left(asked.sample.index, asked.goal)(masks.reshape(-1, *masks.shape[2:]))
        shares = answered.shares(answered.left(odds).reshape(len(maps), -1).mean(axis=1))
        of_twins = verdict.twins.effect + float(answered.shares(float(np.mean(verdict.left))))
        return tuple(PlainMap(name, float(of_twins - share)) for name, share in zip(maps, shares, strict=True))

    def _carried(self, index: int, goal: Goal) -> Iterator[Carried]:
        for place in self._places:
            tail = self._tail(place.judged.path)
            found = None if tail is None else carrying.carried(self._ground, tail, place, index, goal)
            if found is not None:
                yield found

    def _worked(self, index: int, goal: Goal) -> WorkedSum | None:
        place = self._places[0] if self._places else None
        tail = self._tail(place.judged.path) if place else None
        if place is None or tail is None:
            return None
        return carrying.worked_sum(self._ground, tail, place, index, goal)

    def _contrasts(self, asked: Asked, is_linear: bool) -> Iterator[Contrast]:
        ground, index = self._ground, asked.sample.index
        if ground.explained.kind != "softmax" or asked.own is None:
            return
        scores = ground.scores(index)
        order = np.argsort(-scores, kind="stable")
        true = asked.sample.label_index
        others = [(true, True)] if true is not None and true != asked.own else []
        runner_up = next(int(each) for each in order if each != asked.own)
        if (ground.small or is_linear) and runner_up not in [other for other, _ in others]:
            others.append((runner_up, False))
        probabilities = judging.chance(
            np.array([Goal.of(len(scores), each, is_log_odds=True).odds(scores[None])[0] for each, _ in others])
        )
        for (other, is_true), probability in zip(others, probabilities, strict=True):
            goal = Goal.of(len(scores), asked.own, other)
            found = self._contrast_map(index, goal)
            if found is None:
                continue
            method, heat = found
            levels, scale = _levels(heat)
            yield Contrast(
                other=self._name(other),
                other_index=other,
                is_true=is_true,
                probability=float(probability),
                lead=float(goal.odds(scores[None])[0]),
                method=method,
                levels=levels,
                scale=scale,
                carried=next(iter(self._carried(index, goal)), None),
                worked_sum=self._worked(index, goal) if is_linear else None,
            )

    def _contrast_map(self, index: int, goal: Goal) -> tuple[str, Array] | None:
        """The map of one class against another: from the occlusion passes where there are some, which is free."""
        first = self._methods[0] if self._methods else ""
        if first == "integrated-gradients" and self._how.contrast and self._ground.has_slopes:
            try:
                return first, self._mapper.integrated(index, goal)[0]
            except ModelError:
                pass
        return ("occlusion", self._mapper.occlusion(index, goal)) if "occlusion" in self._methods else None

    def _controls(self, asked: Sequence[Asked], advance: Callable[[], None]) -> list[Control]:
        """Put maps to the test that should not pass: of shuffled weights, and of the runner-up.

        Where an empty image gets the answer, no map could pass, and such a sample would prove nothing.
        """
        every, ground = len(asked), self._ground
        asked = [each for each in asked if not ground.answered(each.sample.index, each.goal).says_nothing]
        asked = asked[: self._how.controls]
        for _ in range(every - len(asked)):
            advance()
        method = next((each for each in self._methods if each != "cam"), None)
        if not asked or method is None or (method == "integrated-gradients" and not ground.has_slopes):
            return []
        counts = {"shuffled weights": [0, 0], "runner-up": [0, 0]}
        shuffled = self._of_shuffled(method, asked)
        self._ground.prepare([each.sample.index for each in asked])
        for each, heat in zip(asked, shuffled, strict=True):
            maps = {"shuffled weights": heat}
            if self._ground.explained.kind == "softmax":
                scores = self._ground.scores(each.sample.index)
                runner_up = next(int(one) for one in np.argsort(-scores, kind="stable") if one != each.own)
                plain = Goal.of(len(scores), runner_up)
                maps["runner-up"] = self._mapper.map(method, each.sample.index, plain)
            answered = self._ground.answered(each.sample.index, each.goal)
            for kind, map_ in maps.items():
                if np.isfinite(map_).all():
                    verdict = self._verdict(map_, each, answered, method)
                    counts[kind][0] += 1
                    counts[kind][1] += verdict.word == "supported"
            advance()
        return [Control(kind, method, number, passed) for kind, (number, passed) in counts.items() if number]

    def _of_shuffled(self, method: str, asked: Sequence[Asked]) -> list[Array]:
        generator = np.random.default_rng([self._seed, _SEED_OF_SHUFFLING])
        mapper = Mapper(self._ground, self._how.steps, self._how.coarse)
        try:
            with shuffling(self._ground.subject.model, generator) as shuffle:
                shuffle()
                self._ground.shuffled()
                return [mapper.map(method, each.sample.index, each.goal) for each in asked]
        finally:
            self._ground.shuffled()

    def _name(self, own: int | None) -> str:
        if own is None:
            return "value 0"
        dataset = self._ground.subject.dataset
        assert dataset is not None, "there is data"
        return class_name(dataset.class_names, own)


def _drawn(heat: _Heat, verdict: Verdict | None) -> EvidenceMap:
    levels, scale = _levels(heat.heat)
    return EvidenceMap(heat.method, levels, scale, heat.grid, heat.steps, heat.complete, heat.path, verdict)


def _levels(heat: Array) -> tuple[Levels, float]:
    """Return a signed map as levels around 128, and what 127 of them stand for; what is no number counts as 0."""
    known = np.where(np.isfinite(heat), heat, 0.0)
    scale = float(np.abs(known).max())
    return (128 + np.rint(127 * (known / (scale or 1.0)))).astype(np.uint8), scale
