"""Sizes of windows and inputs along one axis -> sizes of outputs and borders. Pure arithmetic in Python ints."""

from __future__ import annotations

from reportgen.errors import LayerError


def dilated(kernel: int, dilation: int) -> int:
    """Return how far a window reaches from its first tap to its last, both included.

    Args:
        kernel: Window size before dilation, pixels.
        dilation: Distance between neighbouring taps, pixels; 1 means no gaps.

    Raises:
        LayerError: The kernel or the dilation is less than 1.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 5.1.
        arXiv:1603.07285.

    >>> dilated(3, dilation=2)
    5
    """
    _check_positive(kernel=kernel, dilation=dilation)
    return dilation * (kernel - 1) + 1


def conv_output_length(length: int | None, kernel: int, stride: int, dilation: int, padding: str) -> int | None:
    """Return how many positions a window takes along one axis.

    Args:
        length: Input size along this axis, pixels; None when unknown.
        kernel: Window size before dilation, pixels.
        stride: Step between neighbouring windows, pixels.
        dilation: Distance between neighbouring taps, pixels; 1 means no gaps.
        padding: "valid" (no border), "same" (zeros on both sides) or "causal" (zeros before the first pixel only).

    Returns:
        Output size along this axis; None when `length` is None.

    Raises:
        LayerError: The window does not fit inside the unpadded input, a number is less than 1, or the padding is not
            one of the three.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", relationship 15 (dilated
        windows). arXiv:1603.07285. "same" and "causal" as in Keras: the input size divided by the stride, rounded up.

    >>> conv_output_length(28, kernel=3, stride=1, dilation=1, padding="valid")
    26
    >>> conv_output_length(28, kernel=3, stride=2, dilation=1, padding="same")
    14
    """
    reach = dilated(kernel, dilation)
    _check_positive(stride=stride)
    if padding not in ("valid", "same", "causal"):
        raise LayerError(
            f"The padding is {padding!r}. Expected one of: 'valid', 'same', 'causal'. Choose one of these."
        )
    if length is None:
        return None
    if padding != "valid":
        return -(-length // stride)
    if reach > length:
        raise LayerError(
            f"A window of {reach} pixels (kernel {kernel}, dilation {dilation}) was given an input of {length} with "
            f"padding='valid'. The window must fit inside the input. Use padding='same', a smaller kernel, or larger "
            f"images."
        )
    return (length - reach) // stride + 1


def same_padding(length: int | None, kernel: int, stride: int, dilation: int) -> tuple[int, int] | None:
    """Return the zeros that padding="same" adds before and after the input along one axis.

    An odd total puts the extra zero after the input.

    Args:
        length: Input size along this axis, pixels; None when unknown.
        kernel: Window size before dilation, pixels.
        stride: Step between neighbouring windows, pixels.
        dilation: Distance between neighbouring taps, pixels; 1 means no gaps.

    Returns:
        Pixels before and after; None when `length` is None and the answer depends on it (a stride of 1 does not).

    Raises:
        LayerError: A number is less than 1.

    Source: TensorFlow's rule for "SAME", tf.nn, "Notes on padding".
        https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2

    >>> same_padding(28, kernel=3, stride=2, dilation=1)
    (0, 1)
    >>> same_padding(None, kernel=5, stride=1, dilation=1)
    (2, 2)
    """
    reach = dilated(kernel, dilation)
    _check_positive(stride=stride)
    if stride == 1:
        total = reach - 1
    elif length is None:
        return None
    else:
        total = max((-(-length // stride) - 1) * stride + reach - length, 0)
    return total // 2, total - total // 2


def transposed_output_length(
    length: int | None, kernel: int, stride: int, dilation: int, padding: str, output_padding: int | None = None
) -> int | None:
    """Return the output size of a transposed convolution along one axis.

    Args:
        length: Input size along this axis, pixels; None when unknown.
        kernel: Window size before dilation, pixels.
        stride: Distance at which neighbouring input pixels are spread over the output, pixels.
        dilation: Distance between neighbouring taps, pixels; 1 means no gaps.
        padding: "valid" or "same".
        output_padding: Pixels added at the end of the output; None lets "valid" keep every pixel that the stride
            spans, and makes "same" the input size times the stride.

    Returns:
        Output size along this axis; None when `length` is None.

    Raises:
        LayerError: A number is less than 1, or the padding is neither "valid" nor "same".

    Source: Keras 3, keras.layers.Conv2DTranspose, read together with Dumoulin & Visin 2016, section 4.
        arXiv:1603.07285.

    >>> transposed_output_length(7, kernel=3, stride=2, dilation=1, padding="valid")
    15
    >>> transposed_output_length(7, kernel=3, stride=2, dilation=1, padding="same")
    14
    """
    reach = dilated(kernel, dilation)
    _check_positive(stride=stride)
    if padding not in ("valid", "same"):
        raise LayerError(
            f"The padding of a transposed convolution is {padding!r}. Expected one of: 'valid', 'same'. Give the "
            f"layer one of these two."
        )
    if length is None:
        return None
    spread = (length - 1) * stride
    if padding == "valid":
        return spread + (max(reach, stride) if output_padding is None else reach + output_padding)
    return length * stride if output_padding is None else spread + reach % 2 + output_padding


def _check_positive(**numbers: int) -> None:
    """Refuse windows that no layer can have."""
    for name, number in numbers.items():
        if number < 1:
            raise LayerError(
                f"The {name} is {number}. The {name} must be at least 1. Give the layer a {name} of 1 or more."
            )
