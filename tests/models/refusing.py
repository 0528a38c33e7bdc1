"""What is asserted of every model file that is refused."""

from __future__ import annotations

import re
import resource
import time
from pathlib import Path

from click.testing import CliRunner

from reportgen.commands.cli import main


def refused(path: Path, message: str, *options: str) -> None:
    """Assert that a file is refused in one sentence, within a minute and 300 MB, and that no report is begun."""
    peak, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    made = path.parent / "made"
    done = CliRunner().invoke(main, ["build", str(path), "--output", str(made), "--format", "json", *options])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    (text,) = done.output.splitlines()
    assert text.startswith("Error: ")
    assert re.search(message, text), text
    assert "\x1b" not in text
    assert len(text) < 710
    assert not made.exists()
    assert time.process_time() - start < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 300 << 10
