"""The dataset: what robots of known truth answered stands in it, and nothing that names a person."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import polars
import pytest

from hitgen import cli
from hitgen.config.read import read_config
from hitgen.errors import InputError
from hitgen.methods.pjnd import PJND
from hitgen.methods.pjnd.population import Population
from hitgen.publishing.built import read_build
from hitgen.results.columns import tables_of
from hitgen.results.dataset import make_dataset
from hitgen.results.export import csv_bytes, export
from hitgen.results.study import read_study
from hitgen.simulation.simulate import simulate
from tests.support.small_study import SmallStudy, xml

LENIENT = "[screening]\ngold_answers_min = 1\n"


def test_rows_say_what_was_handed_in(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path, toml=LENIENT)
    first = small.answer("p0001", "A1", "W1", {"s0": 12, "s1": None})
    small.hand_in(
        [("p0001", "A1", "W1", xml(first)), ("p0002", "A2", "W1", json.dumps(small.answer("p0002", "A2", "W1", 77)))]
    )
    data = make_dataset(tmp_path)
    assert data.ratings.height == 8
    row = data.ratings.row(by_predicate=polars.col("source") == "s0", named=True)
    assert (row["level"], row["none_seen"], row["level_max"], row["parameter"], row["order"]) == (
        12,
        False,
        100,
        89.0,
        2,
    )
    assert (row["page"], row["kind"], row["hit"], row["role"], row["use"]) == (
        "p0001",
        "study",
        "p0001.1",
        "study",
        "use",
    )
    assert (row["gold_level_pass"], row["slider_moves"], row["swap_mean_ms"]) == (None, 2, 125.0)
    assert row["duration_ms"] == row["ended_ms"] - row["started_ms"] and json.loads(row["trace_json"])[1] == [900, 20]
    censored = data.ratings.row(by_predicate=polars.col("source") == "s1", named=True)
    assert (censored["level"], censored["none_seen"], censored["parameter"]) == (None, True, None)
    given = {(t["trial"], i + 1, x, y) for t in first["trials"] for i, (x, y) in enumerate(t["points"])}
    assert (
        set(
            data.tables["clicks"]
            .filter(polars.col("assignment") == row["assignment"])
            .select("trial", "click", "x", "y")
            .iter_rows()
        )
        == given
    )
    assert data.images.height == 4 + 3 + 1 and json.loads(data.images["parameters"][0])[:2] == [100, 99]
    [worker] = data.workers.to_dicts()
    assert (worker["assignments"], worker["trials"], worker["used_ratings"]) == (2, 4, 4)
    assert (worker["gold_answers"], worker["gold_level_passes"], worker["gold_place_passes"]) == (2, 2, 2)
    assert data.tables["surveys"].to_dicts()[0]["answer"] == "glasses"


def test_the_same_person_has_one_pseudonym_here_and_another_elsewhere(tmp_path: Path) -> None:
    names = []
    for place in ("a", "b"):
        small = SmallStudy(tmp_path / place, toml=LENIENT)
        small.hand_in(
            [(p, f"A{n}", "WORKER1", xml(small.answer(p, f"A{n}", "WORKER1"))) for n, p in enumerate(small.names)]
        )
        assert make_dataset(tmp_path / place).ratings["worker"].n_unique() == 1
        names += make_dataset(tmp_path / place).workers["worker"].to_list()
    assert len(set(names)) == 2 and all(re.fullmatch("[0-9a-f]{16}", name) for name in names)


def test_the_export_holds_the_same_rows_twice_and_names_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = SmallStudy(tmp_path, toml=LENIENT)
    hostile = small.answer("p0001", "A1", "WORKER1")
    hostile["survey"]["why"] = '=HYPERLINK("http://evil.example","x")'
    hostile["display"]["browser"] = "@SUM(1)\x1b[2J"
    small.hand_in([("p0001", "A1", "WORKER1", xml(hostile))])
    done = export(tmp_path)
    assert cli.main(["export", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert ", 1 worker, 3 surveys, " in said and said.endswith(f"next: hitgen close {tmp_path}\n")
    with small.ledger() as ledger:
        ledger.set_fact("closed", "2026-01-05T08:00:00+00:00")
    assert cli.main(["export", str(tmp_path), "--no-figures"]) == 0
    assert "next:" not in capsys.readouterr().out, "there is nothing left to close"
    assert {path.name for path in done.folder.iterdir() if path.is_file()} == {
        f"{n}.{k}" for n in tables_of(PJND) for k in ("csv", "parquet")
    } | {"data-dictionary.md", "methods.md", "references.bib"}
    dictionary = (done.folder / "data-dictionary.md").read_text()
    for name, columns in ((name, table.columns) for name, table in tables_of(PJND).items()):
        rows = list(csv.DictReader(io.StringIO((done.folder / f"{name}.csv").read_text(), newline="")))
        parquet = polars.read_parquet(done.folder / f"{name}.parquet")
        assert len(rows) == parquet.height == done.rows[name] and list(rows[0]) == parquet.columns
        assert all(f"| `{column.name}` |" in dictionary for column in columns)
        assert not [cell for row in rows for cell in row.values() if re.match(r"[=@+\t]", cell)]
    files = b"".join(path.read_bytes() for path in done.folder.rglob("*") if path.is_file())
    assert b"WORKER1" not in files and b"HIT000" not in files
    surveys = polars.read_parquet(done.folder / "surveys.parquet")
    assert '=HYPERLINK("http://evil.example","x")' in surveys["answer"].to_list()
    assert {"question": "ease", "answer": "3.0"} in surveys.select("question", "answer").to_dicts()
    text = (done.folder / "surveys.csv").read_text()
    assert "'=HYPERLINK" in text and "\x1b" not in (done.folder / "ratings.csv").read_text()


def test_negative_numbers_stay_numbers_in_csv() -> None:
    table = polars.DataFrame({"x": [-1.5], "text": ["-1.5"]})
    assert csv_bytes(table) == b"x,text\n-1.5,'-1.5\n"


def test_outliers_are_flagged_and_removed_only_by_choice(tmp_path: Path) -> None:
    for place, toml in (("kept", LENIENT), ("removed", f'{LENIENT}remove_outliers = "iqr"\n')):
        small = SmallStudy(tmp_path / place, toml=toml)
        levels = [30, 31, 32, 33, 34, 35, 36, 95]
        small.hand_in(
            ("p0001", f"A{n}", f"W{n}", xml(small.answer("p0001", f"A{n}", f"W{n}", {"s0": level, "s1": 40 + n})))
            for n, level in enumerate(levels)
        )
        rows = make_dataset(tmp_path / place).ratings.filter(polars.col("source") == "s0")
        assert rows["outlier_iqr"].to_list() == [False] * 7 + [True]
        assert rows["use"].to_list()[-1] == ("use" if place == "kept" else "exclude")
        assert rows["use"].to_list()[:7] == ["use"] * 7


def test_another_build_than_the_published_one_is_refused(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    small.hand_in([("p0001", "A1", "W1", xml(small.answer("p0001", "A1", "W1")))])
    manifest = json.loads((tmp_path / "build" / "manifest.json").read_text())
    manifest["pages"][0]["sha256"] = "0" * 64
    (tmp_path / "build" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Exception, match="page p0001 is not the one that was published"):
        read_study(tmp_path)


@pytest.mark.parametrize("verb", ["report", "review", "export", "simulate"])
def test_a_batch_that_has_come_to_name_another_method_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    small = SmallStudy(tmp_path)
    if verb != "simulate":
        small.hand_in([("p0001", "A1", "W1", xml(small.answer("p0001", "A1", "W1")))])
    text = re.sub(
        r"(?m)^(locations|\[\[questions\]\]|level|points|radius_px) .*\n", "", (tmp_path / "batch.toml").read_text()
    )
    (tmp_path / "batch.toml").write_text(f'{text}\n[method]\nkind = "threshold"\n')
    assert cli.main([verb, str(tmp_path)]) == 1
    told = "batch.toml: method.kind: it is 'threshold', and what was built is of 'pjnd'; try \"pjnd\""
    assert told in capsys.readouterr().err
    with pytest.raises(InputError, match="what was built is of 'pjnd'"):
        read_build(tmp_path, read_config(tmp_path / "batch.toml"))


def test_a_simulation_of_another_build_is_to_be_made_again(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    simulate(tmp_path, Population(hits_per_worker=1), people=2)
    assert read_study(tmp_path).works
    (tmp_path / "build" / "manifest.json").write_text(
        small.manifest.model_copy(
            update={"pages": tuple(page.model_copy(update={"sha256": "0" * 64}) for page in small.manifest.pages)}
        ).json(indent=1)
    )
    with pytest.raises(InputError, match="is not the one that was simulated; try `hitgen simulate` again"):
        read_study(tmp_path)


def test_without_the_extra_fetch_and_review_work_and_export_says_what_is_missing(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    small.hand_in([("p0001", "A1", "W1", xml(small.answer("p0001", "A1", "W1")))])
    hidden = "polars", "scipy", "pyarrow", "matplotlib", "boto3"
    code = f"import sys; sys.modules.update(dict.fromkeys({hidden})); from hitgen.cli import main; sys.exit(main(sys.argv[1:]))"
    run = {
        verb: subprocess.run([sys.executable, "-c", code, verb, str(tmp_path)], capture_output=True, text=True)
        for verb in ("review", "export")
    }
    assert (run["review"].returncode, run["export"].returncode) == (0, 1)
    assert "1 assignment: 1 pay" in run["review"].stdout
    assert "this needs the extra `analysis`; try pip install -e '" in run["export"].stderr
