"""Manifests of builds that were never made: ladders, questions and pages of the shape that `hitgen build` writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from hitgen.config.images import Role
from hitgen.manifest import FILE, Ladder, Level, Page, PageKind, Trial
from hitgen.methods.pjnd.manifest import Manifest, Question

LEVELS = 100
SIZE = (640, 480)
POINTS = ((100.0, 100.0), (500.0, 100.0), (300.0, 400.0))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def ladder(images: str, source: str, role: Role, name: str | None = None, pack: str | None = None) -> Ladder:
    """A ladder of 100 JPEG levels."""
    name = name or digest(f"{images}/{source}")
    levels = tuple(Level(n, 101 - n if n else None, digest(f"{name}{n}")) for n in range(LEVELS + 1))
    return Ladder(
        ladder=name, images=images, source=source, codec="jpeg", role=role, pack=pack or digest(f"pack {name}"), bytes=1,
        width=SIZE[0], height=SIZE[1], levels=levels,
    )  # fmt: skip


def question(
    ladder: Ladder, level: tuple[int, int] = (30, 37), points: Iterable[tuple[float, float]] = POINTS
) -> Question:
    """The known answer of a ladder: two of the points within 70 px."""
    return Question(
        question=ladder.key, ladder=ladder.ladder, images=ladder.images, source=ladder.source, level=level,
        points=tuple(points), radius_px=70, matches=2,
    )  # fmt: skip


def page(
    name: str,
    ladders: Sequence[Ladder],
    assignments: int = 5,
    kind: PageKind = "study",
    trials: Sequence[str] = (),
    folder: Path | None = None,
    text: str = "",
) -> Page:
    """A page with a trial for each ladder; its file is written where a batch folder is given."""
    html = f"<!doctype html><title>{name}</title>{text}".encode()
    if folder:
        (folder / "build" / "pages").mkdir(parents=True, exist_ok=True)
        (folder / "build" / "pages" / f"{name}.html").write_bytes(html)
    return Page(
        page=name, kind=kind, assignments=assignments, file=f"pages/{name}.html", bytes=len(html),
        sha256=hashlib.sha256(html).hexdigest(),
        trials=tuple(
            Trial(
                trial=trial, ladder=shown.ladder, images=shown.images, source=shown.source, codec=shown.codec,
                role=shown.role, question=None if shown.role == "study" else shown.key,
            )
            for trial, shown in zip(trials or [digest(f"{name}/{n}")[:16] for n in range(len(ladders))], ladders, strict=True)
        ),
    )  # fmt: skip


def write(
    folder: Path,
    pages: Iterable[Page],
    ladders: Iterable[Ladder],
    questions: Iterable[Question] = (),
    batch: str = "demo",
) -> Manifest:
    """Put the manifest into a batch folder."""
    manifest = Manifest(
        batch=batch, hitgen="0", locations=3, pages=tuple(pages), questions=tuple(questions), ladders=tuple(ladders)
    )
    (folder / "build").mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(manifest.json(indent=1))
    return manifest
