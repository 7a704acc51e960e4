"""Ten simulated triplet studies of known scale, fresh each run: how near the scale comes, and what its intervals hold."""

from __future__ import annotations

import secrets
from statistics import fmean

import numpy as np
import pytest

from hitgen.methods.compare.analysis.people import screened
from hitgen.methods.compare.analysis.scale import Scale, reconstructed
from hitgen.methods.compare.choices import ScaleTable, Screening
from tests.support.figures import write_figures
from tests.support.triplets import Study, simulated

STUDIES = 10
UP_TO_JND = 2


def held(scale: Scale, study: Study) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """True and found distances, and whether the interval holds the true one."""
    true, found, inside = [], [], []
    for of in scale.sources:
        low, high = of.intervals
        for number, version in enumerate(of.versions):
            true.append(study.true[of.source, *version])
            found.append(of.units[number])
            inside.append(low[number] <= true[-1] <= high[number])
    return np.array(true), np.array(found), np.array(inside)


def near(true: np.ndarray, found: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(np.abs(true - found)[true <= UP_TO_JND].mean())


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_studies_of_known_scale() -> None:
    rows: list[dict[str, float]] = []
    first = secrets.randbelow(10**9)
    for seed in range(first, first + STUDIES):
        study = simulated(seed)
        found = screened(study.answers, Screening())
        names = {assignment for _, assignment in found.kept}
        honest = {assignment for _, assignment in found.habits} - study.spammers
        kept = [answer for answer in study.answers if answer.assignment in names]
        true, units, inside = held(reconstructed(kept, ScaleTable(resamples=300)), study)
        alone = held(reconstructed([a for a in kept if a.arm == "plain"], ScaleTable(resamples=20)), study)
        rows.append(
            {
                "mae_jnd": near(true, units), "r": float(np.corrcoef(true, units)[0, 1]), "covered": float(inside.mean()),
                "plain_alone_times": near(*alone[:2]) / near(true, units),
                "spammers_kept": len(names & study.spammers) / len(study.spammers),
                "honest_kept": len(names & honest) / len(honest),
            }
        )  # fmt: skip
    worst = {
        "mae_jnd": max,
        "r": min,
        "covered": min,
        "plain_alone_times": min,
        "spammers_kept": max,
        "honest_kept": min,
    }
    write_figures(
        "scale",
        {"first_seed": first, "studies": STUDIES}
        | {f"{name}_mean": round(fmean(row[name] for row in rows), 4) for name in worst}
        | {f"{name}_worst": round(pick(row[name] for row in rows), 4) for name, pick in worst.items()},
    )
    assert max(row["mae_jnd"] for row in rows) <= 0.12 and min(row["r"] for row in rows) >= 0.985
    assert 0.92 <= fmean(row["covered"] for row in rows) <= 0.98
    assert max(row["spammers_kept"] for row in rows) <= 0.05 and min(row["honest_kept"] for row in rows) >= 0.95
    assert fmean(row["plain_alone_times"] for row in rows) > 1
