"""Images made to excite channels -> figures that say so, beside the strongest real patches of the same channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.document.report import Figure
from reportgen.evidence.dreams import Dream
from reportgen.evidence.responses import Patch, ResponsesResult
from reportgen.figures import looks, mosaic, patches
from reportgen.language.numerals import number, plural
from reportgen.sections.channels import sentences as told

_DREAM_SIDE = 64


@dataclass(frozen=True, slots=True)
class Made:
    """An image made for a channel.

    Attributes:
        path: The conv call.
        channel: The channel.
        figure: The image; its caption says that it is synthetic.
        patches: The channel's top patches from real images, or None.
        activation: The channel's highest response to the image.
        best_real: Its highest response to any image of the data, or None.
        num_steps: Steps of gradient ascent.
        seed: Seed of its beginning.
    """

    path: str
    channel: int
    figure: Figure
    patches: Figure | None
    activation: float
    best_real: float | None
    num_steps: int
    seed: int


def _patches_alt(path: str, channel: int, known: Sequence[Patch]) -> str:
    """What a strip of patches beside a made image shows."""
    outside = sum(
        patch.picture is not None and patch.inside != (0, 0, *map(int, patch.picture.shape[:2])) for patch in known
    )
    count = plural(len(known), "strongest patch", "strongest patches")
    sources = looks.sources([patch.label for patch in known])
    beyond = f"{plural(outside, 'reaches', 'reach')} outside the image" if outside else ""
    return f"{'; '.join(filter(None, (f'{count} of channel {channel} of {path}', sources, beyond)))}."


def made(dream: Dream, responses: ResponsesResult | None) -> Made:
    """Make the figures of an image that was made for a channel, beside its real patches where these are known."""
    calls = [call for call in responses.calls if call.path == dream.path] if responses else []
    known = [each.patches for call in calls for each in call.channels if each.channel == dream.channel]
    real = known[0] if known else ()
    name = f"dream-{dream.path}-{dream.channel}"
    drawn = tuple(map(patches.inside_only, real)) if any(map(patches.is_mostly_outside, real)) else real
    strip = patches.strip(f"{name}-patches", drawn, alt=_patches_alt(dream.path, dream.channel, real), side=_DREAM_SIDE)
    height, width = dream.picture.shape[:2]
    figure = mosaic.picture(
        name,
        dream.picture,
        alt=(
            f"Image of {height} by {width} pixels made for channel {dream.channel} of {dream.path}; activation"
            f" {number(dream.activation)}."
        ),
        caption=told.dream_caption(dream, [patch.label for patch in real], beside=strip is not None),
    )
    return Made(
        path=dream.path,
        channel=dream.channel,
        figure=figure,
        patches=strip,
        activation=dream.activation,
        best_real=dream.best_real,
        num_steps=dream.num_steps,
        seed=dream.seed,
    )
