"""Submissions as a page would make them, from what simulated observers answer."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from hitgen.checks.made import checkup_of
from hitgen.config.batch import BatchConfig
from hitgen.manifest import Manifest, Page, Question, Trial
from hitgen.methods.base import method_of
from hitgen.methods.population import Person, Population
from hitgen.methods.submission import read_submission
from hitgen.results.screening import passed_share

REFRESH_HZ = (60.0, 60.0, 60.0, 75.0, 120.0, 144.0)
PIXEL_RATIOS = (1.0, 1.0, 1.25, 1.5, 2.0)
CSS_PX_PER_CM = (34.0, 44.0)
OPENING_MS = 60_000
FAILING = 0.05
"""The share of simulated people who do not pass a check."""


@dataclass(frozen=True)
class Screen:
    """One worker's display."""

    refresh_hz: float
    device_pixel_ratio: float
    css_px_per_cm: float


class SimulatedWorker:
    """One person with a screen and a pace, working page after page."""

    def __init__(
        self,
        population: Population,
        person: Person,
        config: BatchConfig,
        manifest: Manifest,
        rng: np.random.Generator,
    ) -> None:
        self.person = person
        self._manifest = manifest
        self._config = config
        self._rng = rng
        self.failed = False
        """Whether a check was not passed."""
        self._draw = random.Random(f"{person.worker} {person.lot}")
        self._method = method_of(config)
        self._observer = self._method.simulation().observer(population, person, config, rng)
        median_s = population.trial_s if person.honest else population.spammer_trial_s
        self._least_s = population.least_trial_s
        self._pace_s = median_s * float(rng.lognormal(0, 0.25))
        self.screen = Screen(
            float(rng.choice(REFRESH_HZ)), float(rng.choice(PIXEL_RATIOS)), float(rng.uniform(*CSS_PX_PER_CM))
        )

    def answer(self, trial: Trial, truths: Mapping[str, Any]) -> Any:
        """What this person answers to a trial."""
        return self._observer.asked(trial, truths, self._known(trial))

    def answer_to(self, shown: Any, trial: Trial, truths: Mapping[str, Any]) -> Any:
        """What this person answers to what a page shows of a trial."""
        return self._observer.facing(shown, trial, truths, self._known(trial))

    def _known(self, trial: Trial) -> Question | None:
        return self._manifest.by_question.get(trial.question or "")

    def work(self, page: Page, truths: Mapping[str, Any], assignment: str, at: datetime) -> dict[str, Any]:
        """The submission for one page, opened at `at`; training first, each coached until it is right."""
        config, trials = self._config, page.trials
        training = [trial for trial in trials if trial.role == "training"]
        judged: dict[str, list[Trial]] = {}
        for trial in trials:
            if trial.role != "training":
                judged.setdefault(trial.at_once, []).append(trial)
        together = list(judged.values())
        turns = self._rng.permutation(len(together))
        rows: list[dict[str, Any]] = []
        clock_ms = OPENING_MS
        for trial in training:
            answers = [self.answer(trial, truths)]
            if better := self._observer.corrected(trial, answers[0], self._known(trial)):
                answers.append(better)
            for attempt, answer in enumerate(answers, start=1):
                rows.append(self._row(trial, attempt, answer, clock_ms))
                clock_ms = rows[-1]["ended_ms"] + 1500
        for index in turns:
            shown = [self._row(trial, 1, self.answer(trial, truths), clock_ms) for trial in together[index]]
            ended_ms = max(row["ended_ms"] for row in shown)
            rows += [row | {"ended_ms": ended_ms} for row in shown]
            clock_ms = ended_ms + 1500
        return {
            "schema": 1, "batch": config.batch.name, "page": page.page, "assignment": assignment,
            "worker": self.person.worker, "hit": "", "opened_at": at.isoformat(), "submitted_ms": clock_ms + 5000,
            "order": list(dict.fromkeys(row["trial"] for row in rows)), "trials": rows,
            "display": self._display(self._manifest.by_key[page.by_trial[rows[0]["trial"]].key].width),
            "calibration": {"css_px_per_cm": self.screen.css_px_per_cm},
            "consent": {**self._agreed(page), "at": at.isoformat()},
            "survey": {}, **({"checks": self._checks(page)} if page.checks else {}),
        }  # fmt: skip

    def _agreed(self, page: Page) -> dict[str, str]:
        """A consent of the page, in one of its languages; any text's where the build names none."""
        if not page.consents:
            return {"sha256": hashlib.sha256(self._config.consent.title.encode()).hexdigest()}
        languages = list(page.consents)
        language = languages[int(self._rng.integers(len(languages)))] if len(languages) > 1 else languages[0]
        return {"sha256": page.consents[language], "language": language}

    def _checks(self, page: Page) -> dict[str, Any]:
        """What the page's checks of eyes and screens record; some people pass one, and some do not."""
        found = {}
        for table in self._config.check:
            if (key := page.checks.get(table.kind)) is not None:
                passes = self._draw.random() >= FAILING
                self.failed = self.failed or (not passes and table.failing == "exclude")
                found[table.kind] = checkup_of(table).answers(table, key, self._config, passes, self._draw)
        return found

    def _row(self, trial: Trial, attempt: int, answer: Any, started_ms: int) -> dict[str, Any]:
        lasted_ms = int(1000 * max(self._least_s, self._pace_s * float(self._rng.lognormal(0, 0.35))))
        lasted_ms = max(lasted_ms, self._observer.least_ms(answer))
        ladder = self._manifest.by_key[trial.key]
        own = self._observer.row(answer, ladder, lasted_ms)
        flickers = self._method.flickering(self._config, ladder) > 0
        return {
            "trial": trial.trial, "attempt": attempt, **own, "started_ms": started_ms, "ended_ms": started_ms + lasted_ms,
            "timing": self._timing(lasted_ms) if flickers else {"swaps": 0},
        }  # fmt: skip

    def _timing(self, lasted_ms: int) -> dict[str, Any]:
        """As the schedule is on this screen: swaps fall on whole frames, nominal ones before and after their time."""
        period_ms, frame_ms = self._config.display.swap_ms(self.screen.refresh_hz), 1000 / self.screen.refresh_hz
        part = (period_ms / frame_ms) % 1
        dropped = int(self._rng.poisson(0.3))
        return {
            "swaps": int(lasted_ms * 0.8 / period_ms), "mean_ms": round(period_ms + self._rng.normal(0, 0.05), 2),
            "sd_ms": round(frame_ms * math.sqrt(part * (1 - part)) + 0.2, 2),
            "max_ms": round((math.ceil(period_ms / frame_ms) + dropped) * frame_ms, 2),
            "source_mean_ms": round(period_ms + self._rng.normal(0, 0.3), 2),
            "distorted_mean_ms": round(period_ms + self._rng.normal(0, 0.3), 2),
            "worst_error_ms": round(frame_ms * (0.5 + dropped), 2), "dropped": dropped,
            "hidden_ms": int(self._rng.choice([0] * 19 + [4000])),
        }  # fmt: skip

    def _display(self, width: int) -> dict[str, Any]:
        screen, display = self.screen, self._config.display
        css_px = display.width_cm * screen.css_px_per_cm if display.scaling == "physical" else width
        return {
            "scaling": display.scaling, "css_px_per_cm": screen.css_px_per_cm,
            "device_px_per_source_px": css_px * screen.device_pixel_ratio / width,
            "device_pixel_ratio": screen.device_pixel_ratio, "refresh_hz": screen.refresh_hz,
            "browser": "simulated", "user_agent": "hitgen simulate", "warnings": [], "changes": [],
        }  # fmt: skip


def is_admitted(submission: dict[str, Any], page: Page, manifest: Manifest, config: BatchConfig) -> bool:
    """Whether the quiz of a qualification page was passed."""
    method, stage = method_of(config), config.qualification
    read = read_submission(json.dumps(submission), method.row)
    asked = [(row, manifest.by_question.get(page.by_trial[row.trial].question or "")) for row in read.trials]
    passes = [method.grade(row, known) for row, known in asked if known and page.by_trial[row.trial].role == "gold"]
    share = passed_share(passes)
    return stage is None or share is None or share >= stage.pass_share
