"""The analysis as files beside the dataset: PJND and SUR tables, a KonJND-shaped summary, critical-region maps."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from hitgen.lib.files import private_folder, write_whole
from hitgen.methods.pjnd.analysis.analyse import Analysis, LadderResult, ladder_table
from hitgen.methods.pjnd.analysis.konjnd import write_konjnd
from hitgen.methods.pjnd.analysis.overlay import grey_levels
from hitgen.methods.pjnd.analysis.rate import level_table
from hitgen.methods.pjnd.analysis.regions import region_map, sigma_px
from hitgen.methods.section import Export

ABOUT = """# Analysis

Made from the used study ratings (`role` study, `use` use), each worker's first of a ladder. Intervals are 95%.

| file | is |
|---|---|
| `pjnd.csv`, `.parquet` | one row a ladder |
| `sur.csv`, `.parquet` | one row a ladder and level: share of people whose PJND is above it, counted, fitted, and by the crossed model |
| `workers.csv`, `.parquet` | one row a worker with used ratings, against the mean of the others on the same ladders |
| `levels.csv`, `.parquet` | one row a ladder and level: bytes of its frame, and bits per pixel of the source |
| `konjnd.csv` | the columns of KonJND-1k's subjective_ratings.csv; "none seen" stands as the highest level |
| `maps/IMAGES_SOURCE_LADDER.npz` | (the first 8 digits of the ladder) `density`: rows x columns of the source, summing to 1, float32: of each mark a Gaussian that is cut off at the borders and sums to 1; `sigma_px`; `clicks`, (x, y) in source px |
| `maps/IMAGES_SOURCE_LADDER.png` | the same as 8-bit grey, its maximum white |

In `pjnd`, all in levels but parameters: `n` used ratings, `none_seen` of them; then `mean` (restricted: "none seen" counts as the highest level), `median`, `sd`, and the 50% and 75% levels
as counted (`sur50_empirical`) and fitted (`sur50_fitted`), each with `_low`, `_high` and `_parameter` (the codec parameter there); `fit` is the
family of lowest AIC (`fit_aic`) with `fit_location` and `fit_scale` (of the level's logarithm for lognormal and weibull); `regions_split_half` is the
correlation of the maps of two halves of the workers, `clicks` the marks in them. `fit_suits` is the probability of answers that fit the family no better (Anderson-Darling);
below 0.2 `sur50_fitted` and `sur75_fitted` are the counted levels with their intervals. `crossed_mean`, `crossed_sd`, `crossed_sur50` and `crossed_sur75` are
by the crossed model of all ratings, honest or not (`crossed_n` of them, which count as `crossed_sound` sound ones), with intervals from
resampling workers, of `crossed_sd` after Bonett: the figures that the report shows, where enough workers rated several ladders. The SUR level for a share p is the largest level with SUR >= p. Empty: the answers do
not tell, as where half of the people saw nothing at any level.

In `workers`: `bias` is the mean distance from the others, `inconsistency` its standard deviation, both in levels; `correlation` is
Pearson's, that worker left out of the mean; `crossed_honest` is the probability of being honest by gold and study answers together,
`crossed_bias` the bias by the crossed model, in hundredths of a ladder.
"""


def write_analysis(tables: Mapping[str, pl.DataFrame], out: Export) -> None:
    """Write the analysis of a dataset; each file is replaced whole."""
    analysis: Analysis = out.section.values["analysis"]
    maps = private_folder(out.folder / "maps")
    workers = _workers(analysis)
    for name, table in (
        ("pjnd", ladder_table(analysis)),
        ("sur", _sur(analysis)),
        ("workers", workers),
        ("levels", level_table(tables["images"], out.packs)),
    ):
        out.write(name, table)
    write_konjnd(out.folder / "konjnd.csv", [result.answers for result in analysis.ladders])
    kept = {path for result in analysis.ladders if result.clicks for path in _write_map(maps, result)}
    for path in set(maps.iterdir()) - kept:
        path.unlink()
    write_whole(out.folder / "README.md", ABOUT.encode(), private=True)


def _workers(analysis: Analysis) -> pl.DataFrame:
    found = pl.DataFrame([vars(worker) for worker in analysis.workers], infer_schema_length=None)
    if analysis.crossing is None or found.is_empty():
        return found
    crossed = {"crossed_honest": analysis.crossing.honest, "crossed_bias": analysis.crossing.bias}
    return found.with_columns(
        pl.Series(name, [values.get(worker) for worker in found["worker"]], dtype=pl.Float64)
        for name, values in crossed.items()
    )


def _sur(analysis: Analysis) -> pl.DataFrame:
    frames = []
    for result in analysis.ladders:
        answers, levels = result.answers, np.arange(result.answers.level_max + 1)
        fitted = result.sur.fit.sur(levels.astype(np.float64)) if result.sur.fit else np.full(len(levels), np.nan)
        columns = {"level": levels, "parameter": answers.parameters, "counted": result.sur.empirical, "fitted": fitted}
        crossed = result.crossed.sur if result.crossed else np.full(len(levels), np.nan)
        columns["crossed"] = crossed
        names = [pl.lit(getattr(answers, name)).alias(name) for name in ("ladder", "images", "source", "codec")]
        frames.append(pl.DataFrame(columns).fill_nan(None).select(*names, pl.all()))
    return pl.concat(frames) if frames else pl.DataFrame()


def _write_map(folder: Path, result: LadderResult) -> tuple[Path, Path]:
    answers, clicks = result.answers, result.clicks
    assert clicks is not None
    density = region_map(clicks)
    arrays, picture = io.BytesIO(), io.BytesIO()
    np.savez_compressed(
        arrays, density=density.astype(np.float32), sigma_px=np.array(sigma_px(clicks.height)), clicks=clicks.points
    )
    grey_levels(density).save(picture, "PNG")
    paths = folder / f"{answers.stem}.npz", folder / f"{answers.stem}.png"
    for path, content in zip(paths, (arrays, picture), strict=True):
        write_whole(path, content.getvalue(), private=True)
    return paths
