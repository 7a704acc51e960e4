"""The analysis as files: tables that agree with each other, maps as arrays and pictures, nothing in the way of few answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from hitgen.cli import main
from hitgen.methods.pjnd.analysis import crossed_study
from hitgen.methods.pjnd.analysis.konjnd import read_konjnd
from hitgen.methods.pjnd.population import Population
from hitgen.results.dataset import make_dataset
from hitgen.simulation.simulate import simulate
from tests.support.large_study import make_study


def exported(folder: Path) -> Path:
    assert main(["export", str(folder), "--no-figures"]) == 0
    return folder / "results" / "export" / "analysis"


def test_tables_and_maps_tell_the_same(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=6, ratings=14, gold_answers_min=1)
    simulate(folder, Population(), seed=4)
    place, data = exported(folder), make_dataset(folder)
    used = data.ratings.filter((pl.col("role") == "study") & (pl.col("use") == "use"))
    pjnd, sur = pl.read_parquet(place / "pjnd.parquet"), pl.read_parquet(place / "sur.parquet")
    assert pjnd.height == 6 and sur.height == 6 * 101
    for row in pjnd.iter_rows(named=True):
        mine = used.filter(pl.col("ladder") == row["ladder"])
        assert row["n"] == mine.height and row["mean"] == pytest.approx(mine["level"].mean())
        assert row["mean_low"] < row["mean"] < row["mean_high"]
        assert row["mean_parameter"] == pytest.approx(101 - row["mean"])
        curve = sur.filter(pl.col("ladder") == row["ladder"])
        assert curve["counted"].is_sorted(descending=True) and curve["fitted"].is_sorted(descending=True)
        assert curve.filter(pl.col("fitted") >= 0.75)["level"].max() == row["sur75_fitted"]
        assert curve.filter(pl.col("counted") >= 0.75)["level"].max() == row["sur75_empirical"]
        with np.load(place / "maps" / f"study_{row['source']}_{row['ladder'][:8]}.npz") as found:
            assert found["density"].shape == (480, 640) and found["density"].sum() == pytest.approx(1, abs=1e-3)
            assert len(found["clicks"]) == row["clicks"] == 3 * mine.height and found["sigma_px"] == 35
            brightest = np.unravel_index(found["density"].argmax(), (480, 640))
        with Image.open(place / "maps" / f"study_{row['source']}_{row['ladder'][:8]}.png") as picture:
            assert picture.size == (640, 480) and picture.getpixel((int(brightest[1]), int(brightest[0]))) == 255
    summary = {ladder.source: ladder for ladder in read_konjnd(place / "konjnd.csv").ladders}
    assert {name: float(ladder.levels.mean()) for name, ladder in summary.items()} == pytest.approx(
        dict(pjnd.select("source", "mean").iter_rows())
    )


def test_what_people_are_called_changes_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossed_study, "RESAMPLES", 19)
    places = []
    for name in ("one", "other"):  # the same answers under pseudonyms of another key
        folder = make_study(tmp_path / name / "study", images=4, ratings=12, gold_answers_min=1)
        simulate(folder, Population(), seed=4)
        places.append(exported(folder))
    one, other = places
    assert (
        pl.read_csv(one / "workers.csv")["worker"].to_list() != pl.read_csv(other / "workers.csv")["worker"].to_list()
    )
    assert pl.read_csv(one / "pjnd.csv")["crossed_mean_low"].null_count() == 0
    for table in ("pjnd", "sur", "levels", "konjnd"):
        assert (one / f"{table}.csv").read_bytes() == (other / f"{table}.csv").read_bytes()
    assert pl.read_csv(one / "workers.csv").drop("worker").equals(pl.read_csv(other / "workers.csv").drop("worker"))


def test_a_study_without_used_ratings_is_exported_too(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=2, ratings=3)
    simulate(folder, Population(hits_per_worker=1), seed=4)
    place = exported(folder)
    assert pl.read_parquet(place / "pjnd.parquet").height == 0
    assert (place / "konjnd.csv").read_text().count("\n") == 1 and list((place / "maps").iterdir()) == []


def test_a_rating_that_cannot_be_used_leaves_no_old_map(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=2, ratings=3, gold_answers_min=1)
    simulate(folder, Population(spammers=0, gold_level_pass=1), seed=4)
    assert len(list((exported(folder) / "maps").iterdir())) == 4
    simulate(folder, Population(spammers=1), seed=4)
    assert list((exported(folder) / "maps").iterdir()) == []
