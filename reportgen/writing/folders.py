"""A folder for files -> the folder made, and kept for one run at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from reportgen.errors import RenderError


def check_folder(folder: Path, option: str = "--output") -> None:
    """Find out whether files can be made in a folder that is there or could be made.

    Args:
        folder: The folder.
        option: The option that chooses it, for the message.

    Raises:
        RenderError: They cannot.
    """
    for place in (folder, *folder.parents):
        try:
            place.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _unusable(place, error.strerror or str(error), option) from error
        if not place.is_dir():
            raise _unusable(place, "it is a file", option)
        if not os.access(place, os.W_OK | os.X_OK):
            raise _unusable(place, "it is read-only", option)
        return


def make_folder(folder: Path) -> tuple[Path, ...]:
    """Make a folder and those above it.

    Returns:
        The folders that were not there before, the outermost first.

    Raises:
        RenderError: It cannot be made.
    """
    made: list[Path] = []
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            # Another run may make the same folder at this moment.
            with suppress(FileExistsError):
                place.mkdir()
                made.append(place)
        if folder.is_symlink():
            folder.resolve(strict=True)  # A link to nothing is no folder either.
    except OSError as error:
        _remove_empty(made)
        raise _unusable(folder, error.strerror or str(error)) from error
    return tuple(made)


def check_room(folder: Path) -> None:
    """Find out whether a folder can be made, by making it; what was made is removed again.

    Raises:
        RenderError: It cannot.
    """
    check_folder(folder)
    _remove_empty(list(make_folder(folder.absolute())))


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a folder for this run until it ends; it is made first, and removed again if it is still empty then.

    The lock is on the folder itself: it is the same by whatever path the folder is reached, leaves no file behind, and
    the system takes it away with the process, however that ends. Where there are no locks, nobody is kept out.

    Raises:
        RenderError: Another run keeps the folder, or it cannot be used.
    """
    check_folder(folder)
    # The user's own code may change the working directory meanwhile.
    place = folder.absolute()
    made, opened = _take(folder, place)
    try:
        yield
    finally:
        # Before the lock goes: after that another run may count on the folder.
        _remove_empty(made)
        if opened is not None:
            _release(opened)


def hold(file: int) -> bool:
    """Lock an open file or folder as long as this process has it open; False where someone else does.

    Where there are no locks, it is True.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where nobody can remove an open file.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # A file system without locks.
        return True
    return True


def _take(folder: Path, place: Path) -> tuple[tuple[Path, ...], int | None]:
    """Make and lock a folder: the folders that were made, and the open folder, or None where it cannot be opened."""
    while True:
        made = make_folder(place)
        try:
            opened = os.open(place, os.O_RDONLY)
        except FileNotFoundError:
            continue  # The run that made it ended without a file and has just removed it.
        except OSError:
            return made, None
        if not hold(opened):
            os.close(opened)
            raise RenderError(
                f"The folder {str(folder)!r} is being written to by another run of reportgen. Expected one run at a"
                " time. Wait for it to end, or choose another folder with --output."
            )
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(opened), place.stat()):
                return made, opened
        # The same, a moment later: what is locked is no longer there.
        os.close(opened)


def _release(opened: int) -> None:
    """Give the lock back, also from processes that inherited the open folder."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(opened, fcntl.LOCK_UN)
    os.close(opened)


def _remove_empty(made: Sequence[Path]) -> None:
    """Remove folders that this run made, the innermost first, as far as there is nothing in them."""
    with suppress(OSError):
        for place in reversed(made):
            place.rmdir()


def _unusable(place: Path, why: str, option: str = "--output") -> RenderError:
    return RenderError(
        f"Nothing can be written to {str(place)!r}: {why}. Expected a folder that can be written to, or a free name. "
        f"Choose another one with {option}."
    )
