"""What one place of a layer mostly uses of the image, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """What the places in the middle of one call's maps use.

    Attributes:
        path: The call.
        side: Length of the sides of the smallest square around the middle that holds `ViewsResult.share` of the
            gradient, pixels of the image; of a signal the length of the interval, of a volume that of a cube's sides.
        channels: The channels that were looked at.
        num_images: The images in which any of these passed a gradient on.
    """

    path: str
    side: int
    channels: tuple[int, ...]
    num_images: int


@dataclass(frozen=True, slots=True)
class ViewsResult:
    """What places see, stage by stage.

    Attributes:
        views: One for each stage in which a gradient could be measured.
        share: Share of the gradient that is held, 0..1.
        num_images: How many images were looked at.
        seed: Seed of the draw of images and channels.
        missing: Why there are no views, a whole sentence; "" where there are some.
    """

    views: tuple[View, ...]
    share: float
    num_images: int
    seed: int
    missing: str = ""

    def side_of(self, path: str) -> int | None:
        """Return how wide a call's view is, pixels; None where it was not measured."""
        return next((view.side for view in self.views if view.path == path), None)
