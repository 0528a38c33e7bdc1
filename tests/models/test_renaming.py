"""Names are labels: what may be renamed, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.errors import OptionsError, UnknownNameError
from reportgen.models.inspection import inspect
from reportgen.models.renaming import other_names, rename
from tests.models import toys

pytestmark = pytest.mark.keras


def names(model: object) -> list[str]:
    return [layer.name for layer in model.layers]  # type: ignore[attr-defined]


def test_renamed_layers_compute_the_same() -> None:
    model = toys.sequential()
    before = np.asarray(model(toys.image(6, 6, 1))).tobytes()
    rename(model, [("conv", "first"), ("scores", "last")])
    assert names(model) == ["first", "pool", "flat", "last"]
    assert np.asarray(model(toys.image(6, 6, 1))).tobytes() == before


def test_new_names_are_the_paths_of_the_calls() -> None:
    model = toys.nested()
    rename(model, [("middle", "backbone")])
    assert [call.path for call in inspect(model).layers] == ["backbone/core/conv", "backbone/relu", "pool"]


def test_two_layers_change_names_by_way_of_a_third() -> None:
    model = toys.sequential()
    rename(model, [("conv", "free"), ("pool", "conv"), ("free", "pool")])
    assert names(model) == ["pool", "conv", "flat", "scores"]


def test_unknown_old_name_lists_the_layers() -> None:
    with pytest.raises(UnknownNameError, match=r"no layer called 'con'. Expected one of: conv, pool, flat, scores\."):
        rename(toys.sequential(), [("con", "first")])


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("", "cannot be called ''.*one character or more"),
        ("a/b", "cannot be called 'a/b'.*without '/'"),
        ("pool", "cannot be called 'pool': another layer has that name"),
        ("conv", "cannot be called 'conv': another layer has that name"),
    ],
)
def test_bad_new_name_is_refused(new: str, message: str) -> None:
    model = toys.sequential()
    with pytest.raises(OptionsError, match=message):
        rename(model, [("conv", new)])
    assert names(model) == ["conv", "pool", "flat", "scores"]


def test_all_layers_but_inputs_get_another_name_for_a_while() -> None:
    model = toys.functional()
    with other_names(model) as pairs:
        inside = names(model)
    assert pairs == (("left", "renamed_1"), ("right", "renamed_2"), ("join", "renamed_3"))
    assert inside == ["image", "renamed_1", "renamed_2", "renamed_3"]
    assert names(model) == ["image", "left", "right", "join"]


def test_names_come_back_after_an_error() -> None:
    model = toys.sequential()
    with pytest.raises(LookupError), other_names(model):
        raise LookupError
    assert names(model) == ["conv", "pool", "flat", "scores"]
