from __future__ import annotations

import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import DataError, OptionsError
from reportgen.options import make, words
from reportgen.sources import remote
from reportgen.sources.dataset import Dataset
from reportgen.sources.opening import open_data
from tests.sources.servers import Site, free_port, http, s3
from tests.sources.tars import PIXELS, labelled, write

TAR_BYTES = 10240
HIDDEN = "hush"


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A folder with three shards of two images each."""
    made = tmp_path / "set"
    made.mkdir()
    for number in range(3):
        path = write(made / f"train-{number:02}.tar", labelled(2 * number, 2))
        assert os.path.getsize(path) == TAR_BYTES
    return made


@pytest.fixture
def site(three: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(remote, "_WAITS_S", (0.01, 0.01))
    monkeypatch.setattr(remote, "_caches", [])
    with http(three) as shown:
        yield shown


def check(dataset: Dataset) -> None:
    np.testing.assert_array_equal(dataset.read([5, 0, 3]), PIXELS[[5, 0, 3]])
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert dataset.image_names[3] == "train-01.tar/0003.png"


@pytest.mark.parametrize("pattern", ["train-{00..02}.tar", "train-*.tar", "train-0[0-2].tar"])
def test_shards_by_http_are_what_they_are_on_the_disk(site: Site, pattern: str) -> None:
    dataset = open_data(f"{site.address}/{pattern}")
    check(dataset)
    there = open_data(str(site.folder / pattern))
    assert (dataset.sha256, dataset.notes, dataset.source) == (there.sha256, there.notes, there.source)
    assert dataset.hash_command == ""
    assert {name: site.asked[name] for name in site.asked if name} == {f"train-{n:02}.tar": 1 for n in range(3)}


def test_a_list_names_addresses(site: Site, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{site.address}/train-00.tar\n{site.address}/train-{{01..02}}.tar\n")
    check(open_data(str(tmp_path / "list.txt")))


def test_one_file_has_the_hash_of_its_bytes(site: Site) -> None:
    dataset = open_data(f"{site.address}/train-01.tar")
    assert dataset.sha256 == open_data(str(site.folder / "train-01.tar")).sha256
    assert (dataset.source, dataset.image_names[0]) == ("train-01.tar", "0002.png")


def test_arrays_come_from_an_address_too(site: Site) -> None:
    np.savez(site.folder / "a.npz", x=PIXELS, y=np.arange(6))
    np.save(site.folder / "b.npy", PIXELS)
    for name in ("a.npz", "b.npy"):
        dataset = open_data(f"{site.address}/{name}")
        np.testing.assert_array_equal(dataset.read([4, 1]), PIXELS[[4, 1]])
        assert dataset.source == name


def test_the_cache_never_holds_more_than_its_limit(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.LIMIT, str(2.5 * TAR_BYTES / 1e9))
    dataset = open_data(f"{site.address}/train-*.tar")
    cache = remote._caches[0]
    most, failures = [0], []

    def read(seed: int) -> None:
        chosen = np.random.default_rng(seed).integers(0, 6, 12).tolist()
        for index in chosen:
            if not np.array_equal(dataset.read([index]), PIXELS[[index]]):
                failures.append(index)
            most[0] = max(most[0], sum(file.size for file in list(cache._files.values())))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert most[0] == 2 * TAR_BYTES
    on_disk = sum(file.stat().st_size for file in cache.folder.rglob("*.tar"))
    assert on_disk == 2 * TAR_BYTES
    assert sum(site.asked.values()) > 4


def test_a_shard_larger_than_the_cache_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.LIMIT, "0.00001")
    with pytest.raises(DataError, match=r"'train-00.tar' takes 1.02e-05 GB, and the cache .* 1e-05 GB.*Set REPORTGEN"):
        open_data(f"{site.address}/train-00.tar")
    assert list(remote._caches[0].folder.iterdir()) == []


@pytest.mark.parametrize("given", ["much", "0", "-1", "inf", "nan"])
def test_a_limit_that_is_none_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(remote.LIMIT, given)
    with pytest.raises(OptionsError, match=f"REPORTGEN_CACHE_GB is '{given}'. Expected gigabytes"):
        open_data(f"{site.address}/train-00.tar")


@pytest.mark.parametrize("fault", [500, 503, 429, "cut"])
def test_what_passes_by_itself_is_tried_again(site: Site, fault: int | str) -> None:
    site.faults["train-00.tar"] = (fault, 2)
    assert open_data(f"{site.address}/train-00.tar").size == 2
    assert site.asked["train-00.tar"] == 3


@pytest.mark.parametrize(
    ("fault", "why", "tries"),
    [
        (404, r"there is no such file on the server \(404\)\. .*Check the address", 1),
        (410, r"there is no such file on the server \(410\)\.", 1),
        (403, r"the server does not let this user read it \(403\)\. .*credentials of the environment", 1),
        (401, r"the server does not let this user read it \(401\)\.", 1),
        (400, r"the server answers with error 400\.", 1),
        (500, r"the server answers with error 500, in 3 tries\. .*Try again later", 3),
        ("cut", r"the download was cut short, in 3 tries\.", 3),
    ],
)
def test_a_fault_of_the_server_is_one_sentence(site: Site, fault: int | str, why: str, tries: int) -> None:
    site.faults["train-01.tar"] = (fault, 9)
    with pytest.raises(DataError, match=rf"^'{site.address}/train-01.tar' cannot be read: {why}"):
        open_data(f"{site.address}/train-{{00..02}}.tar")
    assert site.asked["train-01.tar"] == tries


def test_a_server_that_does_not_answer_is_left_after_a_while(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_ANSWER_S", 0.3)
    site.faults["train-00.tar"] = ("silent", 9)
    with pytest.raises(DataError, match="the server did not answer in time, in 3 tries"):
        open_data(f"{site.address}/train-00.tar")


def test_a_server_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_WAITS_S", (0.01, 0.01))
    port = free_port()
    for name in ("a.tar", "*.tar"):
        with pytest.raises(DataError, match="the server cannot be reached, or went away, in 3 tries"):
            open_data(f"http://127.0.0.1:{port}/{name}")


def test_a_server_that_goes_away_while_shards_are_read(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_WAITS_S", (0.01,))
    monkeypatch.setattr(remote, "_caches", [])
    monkeypatch.setenv(remote.LIMIT, str(1.5 * TAR_BYTES / 1e9))
    with http(three) as site:
        dataset = open_data(f"{site.address}/train-*.tar")
        dataset.read([4, 5])
    dataset.read([4, 5])
    with pytest.raises(DataError, match=r"train-00.tar' cannot be read: the server cannot be reached, or went away"):
        dataset.read([0])


def test_a_shard_that_changes_while_it_is_read_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.LIMIT, str(1.5 * TAR_BYTES / 1e9))
    dataset = open_data(f"{site.address}/train-*.tar")
    write(site.folder / "train-00.tar", labelled(1, 2))
    with pytest.raises(DataError, match=r"train-00.tar' has changed while it was read"):
        dataset.read([0])


def test_another_run_sees_what_is_on_the_server_then(site: Site) -> None:
    first = open_data(f"{site.address}/train-00.tar")
    write(site.folder / "train-00.tar", labelled(1, 2))
    assert open_data(f"{site.address}/train-00.tar").sha256 != first.sha256


def test_a_pattern_that_matches_nothing_is_refused(site: Site) -> None:
    with pytest.raises(DataError, match=r"Nothing matches 'http://127.0.0.1:\d+/none-\*.tar'"):
        open_data(f"{site.address}/none-*.tar")


def test_what_is_no_shard_is_refused(site: Site) -> None:
    (site.folder / "a.txt").write_text("hello")
    with pytest.raises(DataError, match=r"'a.txt' holds something else. Expected .*a WebDataset tar file, a Parquet"):
        open_data(f"{site.address}/a.txt")


@pytest.mark.parametrize("fault", [404, 403, 401, 500, "cut", "large", "none"])
def test_credentials_of_an_address_stay_hidden(site: Site, monkeypatch: pytest.MonkeyPatch, fault: int | str) -> None:
    site.password, site.query = f"me:{HIDDEN}", f"key={HIDDEN}"
    address = f"{site.address.replace('//', f'//me:{HIDDEN}@')}/train-00.tar?key={HIDDEN}"
    dataset = open_data(address)
    assert HIDDEN not in repr(dataset).replace(repr(dataset.read), "")
    assert HIDDEN not in str(words(make({"data": address})))
    assert words(make({"data": address}))["data"] == ("train-00.tar",)
    if fault == "large":
        monkeypatch.setenv(remote.LIMIT, "0.00001")
    elif fault == "none":
        address = f"http://me:{HIDDEN}@127.0.0.1:{free_port()}/a.tar?key={HIDDEN}"
    else:
        site.faults["train-00.tar"] = (fault, 9)
    with pytest.raises(DataError) as caught:
        open_data(address)
    assert HIDDEN not in "".join(traceback.format_exception(caught.value))


def test_what_is_missing_is_told_before_tensorflow_is_imported(site: Site) -> None:
    script = (
        "import sys\n"
        "from reportgen.errors import DataError\n"
        "from reportgen.sources.opening import check\n"
        "for library, spec in zip(sys.argv[1::2], sys.argv[2::2], strict=True):\n"
        "    sys.modules[library] = None\n"
        "    try:\n"
        "        check(spec)\n"
        "    except DataError as error:\n"
        "        print(error, 'tensorflow' in sys.modules)\n"
        "    del sys.modules[library]\n"
    )
    cases = ["fsspec", "http://x/a.tar", "aiohttp", "https://x/a.tar", "s3fs", "s3://x/a.tar", "gcsfs", "gs://x/a.tar"]
    cases += ["nothing", f"{site.address}/gone.tar"]
    told = subprocess.check_output([sys.executable, "-c", script, *cases], text=True).splitlines()
    for library, line in zip(cases[::2], told[:-1], strict=False):
        assert f"{library} is not installed. Expected both beside reportgen. Install them with: pip" in line
    assert "there is no such file on the server (404)" in told[-1]
    assert [line.rpartition(" ")[2] for line in told] == ["False"] * 5


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, three: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Three shards in a bucket."""
    import boto3

    monkeypatch.setattr(remote, "_WAITS_S", (0.01, 0.01))
    monkeypatch.setattr(remote, "_caches", [])
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", HIDDEN)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    client.create_bucket(Bucket="photos")
    for path in three.iterdir():
        client.upload_file(str(path), "photos", f"birds/{path.name}")
    return "s3://photos/birds"


@pytest.mark.parametrize("pattern", ["train-{00..02}.tar", "train-*.tar"])
def test_shards_in_a_bucket_are_what_they_are_on_the_disk(bucket: str, three: Path, pattern: str) -> None:
    dataset = open_data(f"{bucket}/{pattern}")
    check(dataset)
    assert dataset.sha256 == open_data(str(three / pattern)).sha256


def test_a_key_or_bucket_that_is_not_there_is_one_sentence(bucket: str) -> None:
    with pytest.raises(DataError, match=r"^'s3://photos/birds/gone.tar' cannot be read: there is no such file"):
        open_data(f"{bucket}/gone.tar")
    with pytest.raises(DataError, match=r"^'s3://nobody/gone.tar' cannot be read: there is no such file"):
        open_data("s3://nobody/gone.tar")
    with pytest.raises(DataError, match=r"Nothing matches 's3://photos/birds/gone-\*.tar'"):
        open_data(f"{bucket}/gone-*.tar")


def test_an_environment_without_credentials_is_told(
    bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import fsspec

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(DataError, match="the environment has no credentials for the server"):
        open_data(f"{bucket}/train-00.tar")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
