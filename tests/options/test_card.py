"""A card is read whole, or refused with the file, the line and what was meant; so is the README.md that it names."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from reportgen.errors import DataError
from reportgen.options.card import MOST_BYTES, parse, read, readme_of
from reportgen.records.card import FIELDS, KEYS, TABLES

GUIDE = Path(__file__).resolve().parents[2] / "reportgen" / "guide" / "files.md"
WHOLE = """\
version = 1
[model]
name = "Digit reader"
intended-purpose = \"\"\"
Reads single digits
on forms.
\"\"\"
out-of-scope = ["Letters", " ", "Cheques"]
[data.training]
personal-data = false
[data.evaluation]
personal-data = true
[limits]
known = []
foreseeable-misuse = ""
[responsible]
approved = 2026-11-27
"""


def test_what_is_stated_is_read_field_by_field() -> None:
    card = parse(WHOLE.encode(), "card.toml")
    assert card.file == "card.toml"
    assert tuple(each.key for each in card.statements) == KEYS
    assert {each.key: each.values for each in card.statements if each.values} == {
        "model.name": ("Digit reader",),
        "model.intended-purpose": ("Reads single digits\non forms.",),
        "model.out-of-scope": ("Letters", "Cheques"),
        "data.training.personal-data": ("no",),
        "data.evaluation.personal-data": ("yes",),
        "responsible.approved": ("2026-11-27",),
    }


def test_a_card_may_state_nothing() -> None:
    card = parse(b"version = 1", "card.toml")
    assert tuple(each.key for each in card.statements) == KEYS
    assert not any(each.values for each in card.statements)


def test_every_field_is_in_a_table_and_has_its_key_once() -> None:
    assert {field.table for field in FIELDS} == set(TABLES)
    assert len(set(KEYS)) == len(KEYS)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the version is None. Expected version = 1. Write it first."),
        ("version = 2", 1, "the version is 2"),
        ("version = true", 1, "the version is True"),
        ("version = 1\n[modle]", 1, "there is no key 'modle'. Did you mean 'model'?"),
        ("version = 1\nmodel = 3", 2, "model is 3. Expected a table: a line [model]"),
        ("version = 1\n[data]\ntraining = 3", 3, "data.training is 3. Expected a table: a line [data.training]"),
        ("version = 1\n[data]\ntest = {}", 3, "[data] has no key 'test'. Expected training or evaluation."),
        ("version = 1\n[model]\nintended-purpos = ''", 3, "Did you mean 'intended-purpose'?"),
        ("version = 1\n[model]\nname = ''\n[limits]\nname = ''", 5, "[limits] has no key 'name'"),
        ("version = 1\n[responsible]\nname = 'x'\n[model]\nname = 3", 5, "name is 3. Expected a text in quotes."),
        ("version = 1\n[model]\nout-of-scope = 'x'", 3, "out-of-scope is 'x'. Expected a list of texts"),
        ("version = 1\n[model]\nout-of-scope = ['x', 3]", 3, "out-of-scope is ['x', 3]. Expected a list of texts"),
        ("version = 1\n[data.training]\npersonal-data = 'no'", 3, "personal-data is 'no'. Expected true or false."),
        ("version = 1\n[responsible]\napproved = '2026-11-27'", 3, "Expected a day without quotes"),
        ("version = 1\n[responsible]\napproved = 2026-11-27T10:00:00", 3, "approved is 2026-11-27T10:00:00"),
        ("version = 1\n[model]\nreadme = '/etc/passwd'", 3, "Expected a file in the folder of the card"),
        ("version = 1\n[model]\nreadme = '../README.md'", 3, "Expected a file in the folder of the card"),
        ("version = 1\n[model]\nreadme = 3", 3, "readme is 3. Expected a file in the folder of the card"),
        ("version = 1\n[model]\nname = ", 3, "cannot be read as TOML"),
        (f"version = 1\n[model]\nname = {'9' * 200}", 3, f"name is {'9' * 60}…. Expected a text"),
    ],
)
def test_what_a_card_cannot_hold_is_one_sentence_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(DataError) as refused:
        parse(text.encode(), "card.toml")
    message = str(refused.value)
    assert message.startswith(f"'card.toml', line {line}")
    assert said in message


def test_what_is_no_text_or_too_large_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2: this is no text in UTF-8"):
        parse(b"version = 1\n\xff", "card.toml")
    with pytest.raises(DataError, match=r"The card .* cannot be read: No such file"):
        read(tmp_path / "gone.toml")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read(tmp_path)
    (tmp_path / "long.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(DataError, match="takes more than 262,144 bytes"):
        read(tmp_path / "long.toml")


def test_damaged_cards_are_read_or_refused_in_a_sentence() -> None:
    generator = random.Random(5)
    refused = []
    for _ in range(300):
        data = bytearray(WHOLE.encode())
        for _ in range(generator.randint(1, 4)):
            place = generator.randrange(len(data))
            data[place : place + generator.randint(0, 3)] = generator.randbytes(generator.randint(0, 2))
        try:
            parse(bytes(data), "card.toml")
        except DataError as error:
            refused.append(str(error))
    assert len(refused) > 100
    assert all(each.startswith("'card.toml', line ") for each in refused)


def put(folder: Path, readme: str, model: str = "") -> Path:
    (folder / "README.md").write_text(readme, encoding="utf-8")
    card = folder / "card.toml"
    card.write_text(f'version = 1\n[model]\nreadme = "README.md"\n{model}', encoding="utf-8")
    return card


@pytest.mark.parametrize(
    ("head", "license_", "tags"),
    [
        ("license: mit\ntags:\n- digits\n- 'grey, small'\nlibrary_name: keras", ("mit",), ("digits", "grey, small")),
        ("license: mit  # of the code\ntags:\n  - a b  # or not\n  - \"c\\u0020d\"", ("mit",), ("a b", "c d")),
        ('license: "apache-2.0"\ntags: ["digits", \'it\'\'s\', plain text,]', ("apache-2.0",),
         ("digits", "it's", "plain text")),
        ("tags: []\nlicense:", (), ()),
        ("license: null\ndatasets:\n- tags: no", (), ()),
        ("license_name: other\nlicense: other\ntags: [c#, 日本]", ("other",), ("c#", "日本")),
        ("", (), ()),
    ],
)  # fmt: skip
def test_license_and_tags_come_from_the_head_of_a_readme(
    tmp_path: Path, head: str, license_: tuple[str, ...], tags: tuple[str, ...]
) -> None:
    path = put(tmp_path, f"---\n{head}\n---\n# Model\nlicense: not this\n")
    card = read(path)
    assert (card.of("model.license"), card.of("model.tags")) == (license_, tags)
    sources = {each.key: each.source for each in card.statements if each.source}
    assert sources == {
        key: "README.md" for key, stated in (("model.license", license_), ("model.tags", tags)) if stated
    }
    assert readme_of(path) == tmp_path / "README.md"


def test_what_the_card_states_itself_stands(tmp_path: Path) -> None:
    path = put(tmp_path, "---\nlicense: MIT\ntags: [a]\n---\n", 'license = "mit"\ntags = ["b"]')
    assert [(each.values, each.source) for each in read(path).statements if each.key in {
        "model.license", "model.tags"
    }] == [(("mit",), ""), (("b",), "")]  # fmt: skip
    path = put(tmp_path, "---\nlicense: apache-2.0\n---\n", 'license = "mit"')
    with pytest.raises(DataError, match=r"The card says the license 'mit', and 'README.md' says 'apache-2.0'\."):
        read(path)


@pytest.mark.parametrize(
    ("readme", "said"),
    [
        ("# Model\n", "'README.md' has no head."),
        ("---\nlicense: mit\n", "'README.md' has no head."),
        ("", "'README.md' has no head."),
        ("---\nlicense: [mit, apache-2.0]\n---\n", "'README.md', line 2: '[mit, apache-2.0]' cannot be read."),
        ("---\nlicense: >\n  mit\n---\n", "'README.md', line 2: '>' cannot be read."),
        ("---\ntags: [a, [b]]\n---\n", "line 2: 'tags: [a, [b]]' cannot be read. Expected lines such as"),
        ("---\ntags: [a,\n  b]\n---\n", "line 2: 'tags: [a,' cannot be read."),
        ("---\nname: x\ntags:\n- a\n- &b c\n---\n", "line 5: '&b c' cannot be read."),
        ('---\nlicense: "m\\q"\n---\n', "cannot be read."),
        ("---\nlicense: mit\nlicense: mit\n---\n", "line 3: 'license: mit' cannot be read."),
        (f"---\ntags: [a{' ' * 5000}{{]\n---\n", "line 2: 'tags: [a"),
    ],
)
def test_what_cannot_be_read_of_a_readme_is_one_sentence(tmp_path: Path, readme: str, said: str) -> None:
    with pytest.raises(DataError) as refused:
        read(put(tmp_path, readme))
    assert said in str(refused.value)


def test_a_readme_that_is_not_there_or_no_text_is_one_sentence(tmp_path: Path) -> None:
    path = put(tmp_path, "---\n---\n")
    (tmp_path / "README.md").write_bytes(b"---\n\xff\n---\n")
    with pytest.raises(DataError, match=r"'README.md' is no text in UTF-8\."):
        read(path)
    (tmp_path / "README.md").unlink()
    with pytest.raises(DataError, match=r"The README .*README.md' cannot be read: No such file"):
        read(path)


def test_the_card_of_the_guide_is_one_and_fills_every_field_of_its_tables() -> None:
    (written,) = re.findall(r"```toml\n(version.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    card = parse(written.encode(), "card.toml")
    left = {each.key for each in card.statements if not each.values}
    assert left == {key for key in KEYS if key.startswith("data.evaluation.")}
