"""A small synthetic study: its build's manifest, its ledger, and submissions as a page would hand them in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from hitgen.config.images import Role
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Binding, HitProgress, Order, Received
from hitgen.manifest import Ladder, Page
from hitgen.manifest import Manifest as AnyManifest
from hitgen.methods.pjnd.manifest import Manifest
from tests.support import manifests
from tests.support.batches import write_config
from tests.support.manifests import digest

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = (30, 37)
POINTS = ((100.0, 100.0), (500.0, 100.0), (300.0, 400.0))
ANSWERS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd"


@dataclass
class SmallStudy:
    """A batch folder with a manifest of `pages` study pages, each with its own study ladders and one gold question."""

    folder: Path
    pages: int = 2
    study: int = 2
    training: int = 1
    golds: int = 3
    quiz: bool = False
    toml: str = ""
    hit: str = ""
    assignments: int = 5
    host: str = 'kind = "folder"'
    recruiter: str = ""
    names: list[str] = field(default_factory=list)
    manifest: Manifest = field(init=False)

    def __post_init__(self) -> None:
        self.names = [f"p{number + 1:04d}" for number in range(self.pages + self.quiz)]
        (self.folder / "build" / "pages").mkdir(parents=True, exist_ok=True)
        quiz = "[qualification]\ngold = 2\ntraining = 0\n" if self.quiz else ""
        write_config(self.folder, self.host, self.recruiter, f"{self.hit}\n{quiz}", self.toml)
        roles: tuple[tuple[Role, str, int], ...] = (
            ("study", "s", self.pages * self.study), ("gold", "g", self.golds), ("training", "t", self.training)
        )  # fmt: skip
        ladders = [manifests.ladder(role, f"{mark}{n}", role) for role, mark, count in roles for n in range(count)]
        questions = [manifests.question(row, WINDOW, POINTS) for row in ladders if row.role != "study"]
        pages = [self._page(name, number, ladders) for number, name in enumerate(self.names)]
        self.manifest = manifests.write(self.folder, pages, ladders, questions)

    def _page(self, name: str, number: int, ladders: Sequence[Ladder]) -> Page:
        by_role = {role: [row for row in ladders if row.role == role] for role in ("study", "gold", "training")}
        if self.quiz and number == 0:
            return manifests.page(name, by_role["gold"][-2:], self.assignments, "qualification", folder=self.folder)
        number -= self.quiz
        rows = by_role["training"] + by_role["study"][number * self.study : (number + 1) * self.study]
        rows.append(by_role["gold"][number % self.golds])
        return manifests.page(name, rows, self.assignments, folder=self.folder)

    def page(self, name: str) -> Page:
        return self.manifest.by_page[name]

    def trials(self, page: str, role: str) -> list[str]:
        return [trial.trial for trial in self.page(page).trials if trial.role == role]

    def ledger(self) -> Ledger:
        """The ledger with one HIT for each page, made where it is not."""
        return ledger_with_hits(self.folder, self.manifest)

    def hand_in(self, answers: Iterable[tuple[str, str, str, str]]) -> None:
        """Put (page, assignment, worker, raw answer) into the ledger, a minute apart."""
        with self.ledger() as ledger:
            hits = {hit.page: hit for hit in ledger.hits()}
            before = sum(counts.total() for counts in ledger.by_status().values())
            with ledger.together():
                for number, (page, assignment, worker, answer) in enumerate(answers, start=before):
                    at = START + timedelta(minutes=number)
                    row = Received(assignment, f"HIT{page}", worker, "Submitted", at, at, None, answer)
                    ledger.add_submission(hits[page], row, at)

    def answer(
        self, page: str, assignment: str, worker: str, levels: dict[str, int | None] | int = 40, gold: str = "right"
    ) -> dict[str, Any]:
        """A submission as the page makes it; `gold` is right, level (only), places (only) or wrong."""
        rows, clock_ms = [], 60_000
        for number, trial in enumerate(self.page(page).trials):
            level = levels if isinstance(levels, int) else levels.get(trial.source, 40)
            points = [[50.25 + 10 * number, 60.5], [200.0, 210.0], [620.0, 470.0]]
            if trial.role != "study":
                level = WINDOW[0] if gold in ("right", "level") or trial.role == "training" else 90
                right = gold in ("right", "places") or trial.role == "training"
                points = [[x + 1.5, y] for x, y in POINTS] if right else [[0.0, 479.0]] * 3
            spread = int(digest(assignment + trial.trial)[:6], 16) % 1000
            rows.append(row(trial.trial, level, points, clock_ms, clock_ms + 30_000 + spread))
            clock_ms += 40_000
        return {
            "schema": 1, "batch": "demo", "page": page, "assignment": assignment, "worker": worker, "hit": f"HIT{page}",
            "opened_at": START.isoformat(), "submitted_ms": clock_ms, "order": [row["trial"] for row in rows],
            "trials": rows,
            "display": {
                "scaling": "physical", "width_cm": 13.797, "css_px_per_cm": 37.8, "device_px_per_source_px": 1.2,
                "device_pixel_ratio": 1, "viewport": [1366, 700], "screen": [1366, 768], "schedule": "nominal",
                "swaps_per_second": 8, "refresh_hz": 60, "frame_ms": 16.67, "frame_sd_ms": 0.2,
                "browser": "Chromium 128.0", "user_agent": "Mozilla/5.0", "warnings": [], "changes": [],
            },
            "calibration": {"card_width_css_px": 323.5, "css_px_per_cm": 37.8, "device_pixel_ratio": 1},
            "consent": {"sha256": digest("consent"), "at": START.isoformat()},
            "survey": {"vision": "glasses", "ease": 3},
        }  # fmt: skip


def ledger_with_hits(folder: Path, manifest: AnyManifest) -> Ledger:
    """The ledger of a batch folder with one HIT for each page, made where it is not."""
    ledger = Ledger(folder / "ledger.sqlite")
    if not ledger.hits():
        ledger.bind(Binding("memory", "memory", "local"))
        for page in manifest.pages:
            order = Order(
                hit=f"{page.page}.1", page=page.page, kind=page.kind, url="http://127.0.0.1/x",
                assignments=5, reward_usd=Decimal("1.20"), annotation=f"hitgen {ledger.name} demo {page.page}.1",
            )  # fmt: skip
            ledger.intend(order, page.sha256, Decimal("7.20"), START)
            made = HitProgress(
                f"HIT{page.page}",
                order.annotation,
                order.url,
                order.reward_usd,
                5,
                5,
                0,
                START,
                START + timedelta(days=7),
            )
            ledger.created(order.hit, made)
    return ledger


def row(trial: str, level: int | None, points: Sequence[Sequence[float]], start: int, end: int) -> dict[str, Any]:
    """One attempt as the page records it."""
    return {
        "trial": trial, "attempt": 1, "level": level, "none_seen": level is None,
        "points": [] if level is None else list(points), "started_ms": start, "ended_ms": end, "slider_start": 0,
        "trace": [[0, 0], [900, 20], [2500, level or 100]],
        "timing": {
            "swaps": 150, "mean_ms": 125.0, "sd_ms": 8.33, "max_ms": 133.3, "source_mean_ms": 125.1,
            "distorted_mean_ms": 124.9, "worst_error_ms": 8.3, "dropped": 0, "hidden_ms": 0,
        },
    }  # fmt: skip


def xml(submission: Any) -> str:
    """The answer as Mechanical Turk gives it back."""
    text = submission if isinstance(submission, str) else json.dumps(submission)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><QuestionFormAnswers xmlns="{ANSWERS}"><Answer>'
        f"<QuestionIdentifier>submission</QuestionIdentifier><FreeText>{escape(text)}</FreeText>"
        "</Answer></QuestionFormAnswers>"
    )
