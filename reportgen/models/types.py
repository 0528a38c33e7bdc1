"""Names for what Keras and TensorFlow hand out. Neither ships types for a checker, so that to one each is any object.

With them a signature says what it takes; `Any` elsewhere means that it may truly be anything.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Model: TypeAlias = Any
"""A living Keras model of any kind: Sequential, functional or subclassed."""
Operation: TypeAlias = Any
"""A layer of Keras's, or an operation such as those of `keras.ops`."""
Tensor: TypeAlias = Any
"""A tensor of TensorFlow's or Keras's, eager or symbolic, or an array of NumPy's in its place."""
Tensors: TypeAlias = Any
"""Tensors in the structure that a model takes or gives: one, or a list, a tuple or a dictionary of them."""
Config: TypeAlias = dict[str, Any]
"""A configuration as Keras writes it into a file: JSON."""
