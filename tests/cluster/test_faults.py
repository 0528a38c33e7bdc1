"""What can go wrong on a cluster: TLS, a scheduler that goes away, a full disk; finished blocks are never lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.cluster.clusters import CHOICES, cluster
from tests.commands import Files, environment, forked, here, posix

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority's certificate and one that it signed for this machine: ca.pem, me.pem, me.key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder, now = tmp_path_factory.mktemp("tls"), datetime.now(timezone.utc)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "me")}
    names = {name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in keys}
    for name, key in keys.items():
        built = (
            x509.CertificateBuilder()
            .subject_name(names[name])
            .issuer_name(names["ca"])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(keys["ca"], hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return folder


def test_cluster_with_tls_gives_the_files_of_one_process(
    files: Files, data: Path, whole: dict[str, bytes], certificates: Path, tmp_path: Path
) -> None:
    ca, own, key = (str(certificates / name) for name in ("ca.pem", "me.pem", "me.key"))
    options = ("--tls-ca-file", ca, "--tls-cert", own, "--tls-key", key)
    work = tmp_path / "work"
    work.mkdir()
    with cluster(tmp_path, tls=options) as mine:
        assert mine.address.startswith("tls://")
        given = ("build", files.model, "--data", data, *CHOICES, "--scheduler", mine.address, "-o", "out")
        done = here(*given, "--tls-ca", ca, "--tls-cert", own, "--tls-key", key, cwd=work)
        assert done.returncode in (0, 3), done.stderr
        assert contents(work / "out") == whole
        # A key that belongs to another certificate: nobody is let in.
        wrong = str(certificates / "ca.key")
        given = (*given[:-1], "other")
        done = here(*given, "--tls-ca", ca, "--tls-cert", own, "--tls-key", wrong, cwd=work)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(f"Error: No worker was found at {mine.address}")
    assert [path.name for path in work.iterdir()] == ["out"]


@posix
def test_scheduler_that_goes_away_leaves_finished_blocks(
    files: Files, data: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    kept = work / ".out.blocks"
    given = ("build", files.model, "--data", data, *CHOICES, "-o", "out", "--scheduler")
    with cluster(tmp_path) as mine:

        def kill() -> None:
            while not (kept.is_dir() and any(path.suffix == ".npz" for path in kept.iterdir())):
                time.sleep(0.01)
            mine.scheduler.kill()

        threading.Thread(target=kill, daemon=True).start()
        done = here(*given, mine.address, cwd=work)
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("Error: ")
    assert "finished blocks are kept" in line
    assert [path.name for path in work.iterdir()] == [".out.blocks"]
    blocks = contents(kept)
    assert 0 < len(blocks) < 24
    with cluster(tmp_path) as mine:
        done = here(*given, mine.address, cwd=work)
    assert done.returncode in (0, 3), done.stderr
    assert contents(work / "out") == whole
    assert [path.name for path in work.iterdir()] == ["out"]


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from reportgen.commands.cli import main
main(sys.argv[2:], prog_name="reportgen")
"""


def limited(most_bytes: int, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that can write no file of more bytes, as on a disk that is full."""
    return subprocess.run(
        [*forked(LIMITED), str(most_bytes), *arguments],
        cwd=cwd,
        env=environment(PYTHONPATH=os.pathsep.join(sys.path)),
        capture_output=True,
        text=True,
        check=False,
    )


@posix
def test_full_disk_costs_no_finished_block(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(400, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, "softmax"),
        ]
    )
    model.save(tmp_path / "wide.keras")
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).random((320, 6, 6, 1), np.float32))
    choices = ("--data", "data.npz", "--section", "channels", "-o", "plan.json")
    assert here("plan", "wide.keras", *choices, cwd=tmp_path).returncode == 0
    collect = ("collect", "plan.json", "--shard", "1/1", "-o")
    assert here(*collect, "whole.npz", cwd=tmp_path).returncode == 0
    whole = (tmp_path / "whole.npz").read_bytes()
    before = sorted(path.name for path in tmp_path.iterdir())

    # No block has room, but the private copy of the model has.
    done = limited(len(whole) // 8, *collect, "part.npz", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "cannot be written: File too large" in done.stderr.splitlines()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == before

    # Each block has room, the part has not.
    done = limited(len(whole) * 2 // 3, *collect, "part.npz", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("Error: part.npz cannot be written: File too large. ")
    assert "Finished blocks are kept" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".part.npz.blocks", *before])
    assert len(list((tmp_path / ".part.npz.blocks").iterdir())) == 5

    done = here(*collect, "part.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5\u00a0blocks had been finished before." in done.stderr
    assert (tmp_path / "part.npz").read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["part.npz", *before])
