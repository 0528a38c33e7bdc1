"""The user's own code: run on purpose, named in the report, its failures in a sentence."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.models.importing import import_modules
from reportgen.models.loading import load

pytestmark = pytest.mark.keras

OWN = """
import keras

@keras.saving.register_keras_serializable(package="importing_tests")
class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2

class Unregistered(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2
"""


@pytest.fixture
def code(tmp_path: Path) -> Iterator[Path]:
    """A file with a layer; afterwards neither Python nor Keras knows it any more."""
    import keras

    path = tmp_path / "own_layers_of_a_test.py"
    path.write_text(OWN, encoding="utf-8")
    yield path
    sys.modules.pop(path.stem, None)
    keras.saving.get_custom_objects().pop("importing_tests>Doubled", None)


def test_registered_class_is_loaded_after_its_import_only(code: Path, tmp_path: Path) -> None:
    import keras

    imported = import_modules([str(code)])
    own = sys.modules[code.stem]
    keras.Sequential([keras.Input((2,)), own.Doubled(name="own")]).save(tmp_path / "m.keras")
    loaded = load(tmp_path / "m.keras", None, imported)
    np.testing.assert_array_equal(np.asarray(loaded.model(np.ones((1, 2), "float32"))), [[2, 2]])
    keras.saving.get_custom_objects().pop("importing_tests>Doubled")
    with pytest.raises(ModelError, match=r"'m\.keras' .*'Doubled'.* --import"):
        load(tmp_path / "m.keras")


def test_class_that_was_imported_but_not_registered_is_named(code: Path, tmp_path: Path) -> None:
    import keras

    imported = import_modules([str(code)])
    keras.Sequential([keras.Input((2,)), sys.modules[code.stem].Unregistered(name="own")]).save(tmp_path / "m.keras")
    with pytest.raises(ModelError, match=r"uses the class 'Unregistered'.* defines and registers it with --import"):
        load(tmp_path / "m.keras", None, imported)


def test_file_is_named_with_its_hash(code: Path) -> None:
    digest = hashlib.sha256(code.read_bytes()).hexdigest()
    (imported,) = import_modules([str(code)])
    assert (imported.name, imported.what) == (code.stem, f"{code.name}, SHA-256 {digest}")


def test_module_is_found_by_its_name() -> None:
    (imported,) = import_modules(["json.tool"])
    assert (imported.name, imported.what) == ("json.tool", "json.tool")


def test_module_in_the_current_folder_is_found_by_its_name(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(code.parent)
    searched = list(sys.path)
    (imported,) = import_modules([code.stem])
    assert Path(str(sys.modules[code.stem].__file__)) == code
    assert imported.name == code.stem
    assert sys.path == searched


def test_module_beside_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "beside_of_a_test.py").write_text("number = 7", encoding="utf-8")
    (tmp_path / "needs_beside_of_a_test.py").write_text("from beside_of_a_test import number", encoding="utf-8")
    path = list(sys.path)
    try:
        import_modules([str(tmp_path / "needs_beside_of_a_test.py")])
        assert sys.modules["needs_beside_of_a_test"].number == 7
    finally:
        for name in ("needs_beside_of_a_test", "beside_of_a_test"):
            sys.modules.pop(name, None)
    assert sys.path == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", r"The import of 'failing_of_a_test\.py' failed: ZeroDivisionError: division by zero"),
        ("def (", r"failed: SyntaxError: "),
        ("raise SystemExit(3)", r"failed: SystemExit: 3"),
        ("import module_that_nobody_has", r"failed: ModuleNotFoundError: No module named"),
        ("raise ValueError('two\\nlines')", r"failed: ValueError: two lines\. Expected code that runs"),
    ],
)
def test_failing_code_is_told_in_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "failing_of_a_test.py").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        import_modules([str(tmp_path / "failing_of_a_test.py")])
    assert "failing_of_a_test" not in sys.modules


def test_missing_file_and_missing_module_are_told() -> None:
    with pytest.raises(ModelError, match=r"There is no file 'nowhere\.py'\. .* Check --import"):
        import_modules(["nowhere.py"])
    with pytest.raises(ModelError, match=r"The import of 'module_that_nobody_has' failed: ModuleNotFoundError"):
        import_modules(["module_that_nobody_has"])


def test_file_may_not_take_the_name_of_a_module_in_use(tmp_path: Path) -> None:
    before = sys.modules["json"]
    (tmp_path / "json.py").write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match=r"'json\.py' has the name of a module that is in use already"):
        import_modules([str(tmp_path / "json.py")])
    assert sys.modules["json"] is before
