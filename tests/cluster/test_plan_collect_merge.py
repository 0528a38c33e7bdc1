"""`reportgen plan`, `collect` and `merge`: for any number of shards the same bytes as from one process."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from reportgen.writing.folders import held
from tests.cluster.clusters import SHORT
from tests.commands import Files, here, posix
from tests.sources import tars
from tests.sources.examples import png

pytestmark = [pytest.mark.keras, pytest.mark.slow]
SIZE = 300  # in 5 batches
CHOICES = (
    "--section",
    "summary",
    "--section",
    "performance",
    "--section",
    "channels",
    "--section",
    "provenance",
    *SHORT,
)


@dataclass(frozen=True)
class Work:
    """A folder with a plan for images in two tar files, the report of one process, and parts.

    Attributes:
        folder: Where all of it is.
        model: The model's file.
        whole: The files that one process wrote, by name.
    """

    folder: Path
    model: Path
    whole: dict[str, bytes]

    def collect(self, shard: str, name: str) -> None:
        done = here("collect", "plan.json", "--shard", shard, "-o", name, cwd=self.folder)
        assert (done.returncode, done.stdout) == (0, f"{name}\n"), done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def work(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("cluster")
    model = Path(shutil.copy(files.model, folder / "tiny.keras"))
    pictures = np.random.default_rng(3).integers(0, 256, (SIZE, 12, 12), np.uint8)
    for name, places in (("a.tar", range(180)), ("b.tar", range(180, SIZE))):
        pairs = [((f"{at:03}.png", png(pictures[at])), (f"{at:03}.cls", str(at % 3).encode())) for at in places]
        tars.write(folder / name, [member for pair in pairs for member in pair])
    formats = ("--format", "html", "--format", "json", "--format", "pdf")
    data = ("--data", str(folder / "*.tar"), *CHOICES)
    built = here("build", model, *data, *formats, "-o", "whole", cwd=folder)
    assert built.returncode in (0, 3), built.stderr
    planned = here("plan", model, *data, "-o", "plan.json", cwd=folder)
    assert (planned.returncode, planned.stdout) == (0, "plan.json\n"), planned.stderr
    mine = Work(folder, model, contents(folder / "whole"))
    for shard in ("1/2", "2/2", "1/3"):
        mine.collect(shard, f"part-{shard.replace('/', '-of-')}.npz")
    return mine


def test_masks_are_compared_by_whoever_collects(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    answer = keras.layers.Conv2D(3, 3, padding="same", activation="softmax", name="masks")
    keras.Sequential([keras.Input((12, 12, 1)), answer]).save(tmp_path / "masks.keras")
    draw = np.random.default_rng(0)
    np.savez(
        tmp_path / "data.npz",
        x=draw.integers(0, 256, (SIZE, 12, 12, 1), np.uint8),
        y=draw.integers(0, 3, (SIZE, 12, 12)),
    )
    chosen = ("--data", "data.npz", "--section", "summary", "--section", "pixels", *SHORT)
    built = here("build", "masks.keras", *chosen, "--format", "json", "-o", "whole", cwd=tmp_path)
    assert built.returncode in (0, 3), built.stderr
    planned = here("plan", "masks.keras", *chosen, "-o", "plan.json", cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    for shard in (1, 2):
        done = here("collect", "plan.json", "--shard", f"{shard}/2", "-o", f"{shard}.npz", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    merged = here("merge", "plan.json", "2.npz", "1.npz", "--format", "json", "-o", "merged", cwd=tmp_path)
    assert merged.returncode in (0, 3), merged.stderr
    assert "Comparing answers pixel by pixel" not in merged.stderr
    assert contents(tmp_path / "merged") == contents(tmp_path / "whole")
    (head,) = json.loads(contents(tmp_path / "whole")["report.json"])["sections"]["pixels"]["content"]["heads"]
    assert head["by_class"]["accuracy"]["num_images"] == SIZE


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_merged_parts_give_the_files_of_one_process(work: Work, shards: int) -> None:
    parts = [f"part-{shard}-of-{shards}.npz" for shard in range(1, shards + 1)]
    for shard, part in enumerate(parts, 1):
        if not (work.folder / part).exists():
            work.collect(f"{shard}/{shards}", part)
    formats = ["--format", "html", "--format", "json", *(["--format", "pdf"] if shards == 3 else [])]
    output = f"merged-{shards}"
    merged = here("merge", "plan.json", *reversed(parts), *formats, "-o", output, cwd=work.folder)
    assert merged.returncode in (0, 3), merged.stderr
    found = contents(work.folder / output)
    assert set(found) == {"report.html", "report.json", *(["report.pdf"] if shards == 3 else [])}
    assert {name: found[name] == work.whole[name] for name in found} == dict.fromkeys(found, True)
    assert not [path.name for path in work.folder.iterdir() if path.name.startswith(".")]


def test_plan_says_what_is_to_be_done(work: Work) -> None:
    plan = json.loads((work.folder / "plan.json").read_text("utf-8"))
    assert (plan["num_images"], plan["class_names"], plan["options"]["section"][0]) == (SIZE, [], "summary")
    ends = [64, 128, 192, 256, SIZE]
    assert {name: each["blocks"] for name, each in plan["passes"].items()} == {"watching": ends}
    assert [each["what"] for each in plan["index"]] == ["members", "shards", "pictures", "hash"]


def refused(work: Work, *arguments: str | Path) -> str:
    """The one line that a command says which exits with 1 and writes nothing."""
    before = contents_below(work.folder)
    done = here(*arguments, cwd=work.folder)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert contents_below(work.folder) == before
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    return line


def contents_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_parts_that_do_not_make_a_whole_are_refused_by_name(work: Work, tmp_path: Path) -> None:
    one, two, third = (work.folder / f"part-{name}.npz" for name in ("1-of-2", "2-of-2", "1-of-3"))
    assert "2 blocks are missing: watching 1, watching 3" in refused(work, "merge", "plan.json", one, "-o", "out")
    assert "'part-1-of-2.npz' and 'part-1-of-3.npz' both hold block 0 of watching" in refused(
        work, "merge", "plan.json", one, two, third, "-o", "out"
    )
    cut, changed, text = (tmp_path / f"{name}.npz" for name in ("cut", "changed", "text"))
    data = one.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    with zipfile.ZipFile(one) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.compress_size)
    place = largest.header_offset + largest.compress_size // 2
    changed.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    text.write_text("no part")
    for damaged in (cut, changed, text):
        assert f"'{damaged.name}' is damaged, or no part" in refused(
            work, "merge", "plan.json", damaged, two, "-o", "o"
        )
    assert "'none.npz' cannot be read" in refused(work, "merge", "plan.json", "none.npz", "-o", "out")


def test_part_of_another_plan_is_refused(work: Work) -> None:
    plan = json.loads((work.folder / "plan.json").read_text("utf-8"))
    plan["options"]["seed"] = "7"
    (work.folder / "other.json").write_text(json.dumps(plan))
    line = refused(work, "merge", "other.json", "part-1-of-2.npz", "part-2-of-2.npz", "-o", "out")
    assert "'part-1-of-2.npz' belongs to another plan" in line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_sha256": "ab"}, "The model is not the one of the plan: SHA-256 ab… in the plan"),
        ({"versions": {"numpy": "1.0"}}, "The plan was made with numpy 1.0, and here is "),
        ({"schema": "other"}, "is no whole plan"),
        ({"passes": {}}, "is no whole plan"),
    ],
)
def test_work_on_something_else_than_the_plan_says_is_refused(work: Work, change: dict[str, object], said: str) -> None:
    plan = json.loads((work.folder / "plan.json").read_text("utf-8"))
    (work.folder / "changed.json").write_text(json.dumps({**plan, **change}))
    assert said in refused(work, "collect", "changed.json", "--shard", "1/2", "-o", "part.npz")


def test_shard_that_vanished_or_changed_since_the_plan_is_named(work: Work, tmp_path: Path) -> None:
    for name in ("plan.json", "tiny.keras", "a.tar", "b.tar"):
        shutil.copy(work.folder / name, tmp_path / name)
    mine = Work(tmp_path, tmp_path / "tiny.keras", {})
    elsewhere = ("--model", "tiny.keras", "--data", str(tmp_path / "*.tar"), "-o", "part.npz")
    tars.write(tmp_path / "b.tar", tars.labelled())
    assert "The file 'b.tar' has" in refused(mine, "collect", "plan.json", "--shard", "1/2", *elsewhere)
    (tmp_path / "b.tar").unlink()
    assert "stands for 1 file, and for 2" in refused(mine, "collect", "plan.json", "--shard", "1/2", *elsewhere)
    shutil.copy(work.folder / "b.tar", tmp_path / "b.tar")
    assert here("collect", "plan.json", "--shard", "2/2", *elsewhere, cwd=tmp_path).returncode == 0
    assert (tmp_path / "part.npz").read_bytes() == (work.folder / "part-2-of-2.npz").read_bytes()


def test_answers_are_kept_as_one_process_keeps_them(work: Work) -> None:
    given = ("build", work.model, "--data", str(work.folder / "*.tar"), *CHOICES, "--keep-answers", "--format", "json")
    assert here(*given, "-o", "kept", cwd=work.folder).returncode in (0, 3)
    own = ("plan", work.model, "--data", str(work.folder / "*.tar"), *CHOICES, "--keep-answers", "-o", "keeping.json")
    assert here(*own, cwd=work.folder).returncode == 0
    parts = [f"kept-{shard}.npz" for shard in (1, 2)]
    for shard, part in enumerate(parts, 1):
        collected = here("collect", "keeping.json", "--shard", f"{shard}/2", "-o", part, cwd=work.folder)
        assert collected.returncode == 0, collected.stderr
    merged = here("merge", "keeping.json", *parts, "--format", "json", "-o", "merged-kept", cwd=work.folder)
    assert merged.returncode in (0, 3), merged.stderr
    found = contents(work.folder / "merged-kept")
    assert set(found) == {"report.json", "report-answers.npz"}
    assert found["report-answers.npz"] == (work.folder / "kept" / "report-answers.npz").read_bytes()


def test_answers_that_no_part_holds_cannot_be_written(work: Work) -> None:
    parts = ("part-1-of-2.npz", "part-2-of-2.npz", "--format", "answers")
    line = refused(work, "merge", "plan.json", *parts, "-o", "out")
    assert "The plan was made without --keep-answers, so the parts hold no answers to single images." in line


@posix
def test_folder_that_another_merge_writes_to_is_left_alone(work: Work) -> None:
    parts = ("part-1-of-2.npz", "part-2-of-2.npz", "--format", "json")
    with held(work.folder / "taken"):
        line = refused(work, "merge", "plan.json", *parts, "-o", "taken")
    assert "'taken'" in line
    assert not (work.folder / "taken").exists()


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b"])
def test_number_of_a_shard_is_checked(work: Work, shard: str) -> None:
    done = here("collect", "plan.json", "--shard", shard, "-o", "part.npz", cwd=work.folder)
    assert done.returncode == 2
    assert f"--shard got '{shard}'" in done.stderr


def test_collect_goes_on_from_the_blocks_that_were_finished(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    from reportgen.probes.watching.together import Together

    collect, number = Together.collect, 0

    def stopped(self: Together, *arguments: object) -> object:
        nonlocal number
        number += 1
        if number == 3:
            raise KeyboardInterrupt
        return collect(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Together, "collect", stopped)
        done = here("collect", "plan.json", "--shard", "1/1", "-o", "again.npz", cwd=work.folder)
    assert done.returncode == 1
    assert "Stopped by Ctrl-C before the end" in done.stderr
    assert not (work.folder / "again.npz").exists()
    kept = work.folder / ".again.npz.blocks"
    assert len(list(kept.iterdir())) == 2
    # One of them was cut short by whatever stopped the machine.
    first = sorted(kept.iterdir())[0]
    first.write_bytes(first.read_bytes()[:100])
    done = here("collect", "plan.json", "--shard", "1/1", "-o", "again.npz", cwd=work.folder)
    assert done.returncode == 0
    assert "1\u00a0block had been finished before." in done.stderr
    assert not kept.exists()
    work.collect("1/1", "anew.npz")
    assert (work.folder / "again.npz").read_bytes() == (work.folder / "anew.npz").read_bytes()
    for name in ("again.npz", "anew.npz"):
        (work.folder / name).unlink()
