"""The sources of an image set as files: found by a pattern or a table, none left out without a word."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from hitgen.config.images import AnyImageSet
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.files import content_of, read_csv
from hitgen.lib.pictures import SUFFIXES
from hitgen.manifest import Ladder

UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
"""Signs that turn the direction of the text around them."""


class Treatment(ABC):
    """How a method makes a ladder where it is more than a source's frames as they are; goes to other processes by value."""

    model: ClassVar[type[Ladder]] = Ladder

    @abstractmethod
    def make(self, source: LadderSource, folder: Path) -> Ladder:
        """The ladder, its packs written into a folder; pure in source, set and library versions."""

    @property
    @abstractmethod
    def key(self) -> str:
        """All that it depends on beside source, set and library versions."""


@dataclass(frozen=True)
class LadderSource:
    """One ladder to be made: a source under the codec of its image set."""

    images: AnyImageSet
    source: str
    path: Path
    folder: Path
    made: bool = False
    """Whether its pack says how a page makes its frames, instead of carrying them."""
    treatment: Treatment | None = None

    @property
    def key(self) -> str:
        """`images/source`: unique in the batch, also where two sets share a source."""
        return f"{self.images.name}/{self.source}"

    @property
    def can_be_made(self) -> bool:
        """Whether pages know how its frames are made."""
        return self.images.can_be_made and self.treatment is None


def composed(name: str) -> str:
    """A name in the form in which equal-looking ones are equal: systems differ in how they store accents."""
    return unicodedata.normalize("NFC", name)


def find_sources(folder: Path, images: AnyImageSet, field: str, faults: list[Fault]) -> list[LadderSource]:
    """The sources of a set in order; what is wrong with them is added to `faults`."""
    if images.sources.endswith(".csv"):
        found = _of_table(folder, images.sources, field, faults)
    else:
        found = _of_pattern(folder, images.sources, field, faults)
    ladders = []
    seen: dict[str, Path] = {}
    for source, path in found:
        problem = name_problem(source)
        if problem:
            remedy = f"another name in {images.sources}" if images.sources.endswith(".csv") else "renaming the file"
            faults.append(Fault(name_of(path, folder), "", f"its name {problem}", remedy))
        elif composed(source) in seen:
            first = seen[composed(source)]
            same = "the same file twice" if first == path else f"{name_of(first, folder)} and {name_of(path, folder)}"
            twins = "" if first.stem != path.stem or first == path else ", alike but for their ending or folder"
            faults.append(in_config(field, f"two sources are called {source!r} ({same}{twins})", _RENAMING))
        else:
            seen[composed(source)] = path
            ladders.append(LadderSource(images, source, path, folder))
    return ladders


_RENAMING = "renaming one of the files"


def untaken(ladders: Iterable[LadderSource]) -> list[str]:
    """The image files, told from the batch folder, that lie among the study's sources and that no set takes."""
    ladders = list(ladders)
    taken = {ladder.path for ladder in ladders}
    folder = next((ladder.folder for ladder in ladders), Path())
    # Who lists the sources in a table, or has frames as files beside them, leaves others out on purpose.
    by_pattern = [each for each in ladders if each.images.codec != "files" and not each.images.sources.endswith(".csv")]
    directories = {ladder.path.parent for ladder in by_pattern if ladder.images.role == "study"}
    beside = sorted(path for directory in directories for path in directory.iterdir() if path not in taken)
    return [
        name_of(path, folder)
        for path in beside
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]


def name_problem(name: str) -> str:
    """Why a source cannot be called so, as the end of a sentence; empty if it can."""
    if any(unicodedata.category(char) == "Cs" for char in name):
        return "is not UTF-8"
    if any(unicodedata.category(char) in UNSEEN or ord(char) in TURNING for char in name):
        return "has control characters"
    return "begins or ends with a space" if name != name.strip() else ""


def name_of(path: Path, folder: Path) -> str:
    """A file's path as it is told: from the batch folder where it lies in it."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _of_pattern(folder: Path, pattern: str, field: str, faults: list[Fault]) -> list[tuple[str, Path]]:
    try:
        # Hidden files are the system's own: .DS_Store, and the ._NAME that macOS puts beside each NAME.
        paths = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
    except (ValueError, NotImplementedError, IndexError) as error:
        why = "it names no file" if isinstance(error, IndexError) else error
        faults.append(in_config(field, f"{pattern!r} is no pattern: {why}", '"images/*.png"'))
        return []
    found = [path for path in paths if path.is_file()]
    faults += filter(None, (_no_file(path, folder) for path in paths if path not in set(found)))
    if not found:
        here = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name != "build")
        problem = f"no file matches {pattern!r} in the batch folder (it has the folders: {', '.join(here) or 'none'})"
        remedy = '"images/*.png"'
        if (folder / pattern).is_dir():
            remedy = f'"{pattern.rstrip("/")}/*"' if pattern.strip("./") else remedy
        elif (folder / pattern).exists():
            remedy = "[[] for a [ in a name, which is a sign of patterns"
        if remedy == f'"{pattern}"':
            remedy = "putting pictures there, or the ending that they have"
        faults.append(in_config(field, problem, remedy))
    return [(path.stem, path) for path in found]


def _no_file(path: Path, folder: Path) -> Fault | None:
    """What is wrong with something that a pattern meets and that is no file; None for a folder of its own kind."""
    name = name_of(path, folder)
    if path.is_symlink() and not path.exists():
        return Fault(
            name, "", "it is a link to a file that is not there", "copying the file here, or removing the link"
        )
    if not path.is_dir():
        return Fault(name, "", "it is no ordinary file", "a copy of the image")
    looks_like_one = path.suffix.lower() in SUFFIXES
    return Fault(name, "", "it is a folder", "moving its images up, or another name") if looks_like_one else None


def _of_table(folder: Path, name: str, field: str, faults: list[Fault]) -> list[tuple[str, Path]]:
    found = []
    for line, row in table_rows(folder, name, field, ("source", "file"), faults):
        path = folder / row["file"]
        if not row["file"] or not path.is_file():
            broken = path.is_symlink() and not path.exists()
            problem = f"{row['file']!r} is a link to nowhere" if broken else f"there is no file {row['file']!r}"
            faults.append(Fault(name, f"line {line}", problem, "a path from the batch folder"))
        else:
            found.append((row["source"] or path.stem, path))
    if not found and not faults:
        faults.append(Fault(name, "", "it names no source", "a row source,file for each image"))
    return found


def table_rows(
    folder: Path, name: str, field: str, columns: tuple[str, ...], faults: list[Fault]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV in the batch folder with their lines; what is wrong with it is added to `faults`."""
    try:
        yield from read_csv(content_of(folder / name), name, columns)
    except FileNotFoundError:
        problem = f"there is no file {name!r} in the batch folder"
        faults.append(in_config(field, problem, "its path from there"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        faults.append(in_config(field, f"{name!r} cannot be read ({why})", "its path from the batch folder"))
    except InputError as error:
        faults += error.faults
