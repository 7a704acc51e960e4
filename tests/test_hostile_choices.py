"""Submissions that mean harm to `compare` and `threshold`: each is faulty with its reason, and who answers without looking is not used."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitgen.build import build
from hitgen.cli import main
from hitgen.results.export import export
from hitgen.results.raw import submission_text
from hitgen.results.review import bonuses_of, propose
from hitgen.results.reviewfile import read_review, write_review
from hitgen.results.study import Study, read_study
from hitgen.watch.replays import Replays
from hitgen.watch.seen import Seen, look
from tests.support.compare import write_study
from tests.support.figures import write_figures
from tests.support.hostile import Given, canary, fetched, recruiter_with
from tests.support.hostile_choices import GENERAL, Built, Json, kinds, lies
from tests.support.small_study import START, xml
from tests.test_threshold import study as write_threshold

BONUS = '[bonus]\ntraining_usd = "0.10"\ncompletion_usd = "3.00"\ncompletion_pages = 1\n'
METHODS = ("compare", "threshold", "threshold of one", "threshold of each")


def written(folder: Path, method: str) -> Built:
    if method == "compare":
        more = BONUS + "[scale]\nresamples = 20\n"
        batch = write_study(folder / "few", sources=2, method='compare = ["same", "cross", "source"]', more=more)
        text = (batch / "batch.toml").read_text().replace("gold = 2", "gold = 6").replace("answers = 2", "answers = 4")
        (batch / "batch.toml").write_text(text.replace("gold_answers_min = 0\ntrial_s_min = 0", "answers_min = 8"))
    else:
        word = method.removeprefix("threshold").removeprefix(" of ")
        more = f'flickering = "{word}"\n' if word else ""
        hit = (
            "study = 3\nratings = 4\nassignments = 2\ncomparisons = 8\ncatch = 6\n"
            if word == "each"
            else "study = 2\nratings = 4\ncomparisons = 4\ncatch = 4\n"
        )
        batch = write_threshold(folder / "first", more, hit=hit)
        (batch / "batch.toml").write_text((batch / "batch.toml").read_text() + BONUS)
    build(batch, workers=1)
    return Built(batch)


@pytest.fixture(scope="module", params=METHODS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return written(tmp_path_factory.mktemp("hostile"), request.param)


def fresh(built: Built) -> Built:
    """The same build with nothing handed in yet."""
    for path in built.folder.glob("ledger.sqlite*"):
        path.unlink()
    (built.folder / "results" / "review.csv").unlink(missing_ok=True)
    return built


def looked_at(study: Study) -> None:
    """Everything that verbs make of a study."""
    folder = study.folder
    *_, seen = look(folder, lambda found: [], START + timedelta(days=1), Seen())
    assert len(seen.submissions) == len(list(study.received()))
    replays = Replays([folder / "build" / "packs"])
    for work in study.works:
        assert len(json.dumps(replays.trials(study, work), allow_nan=False)) > 100
    export(folder)
    assert main(["report", str(folder)]) == 0 and main(["export", str(folder), "--no-figures"]) == 0


def check_lies(built: Built, count: int, good: int) -> None:
    given = list(lies(fresh(built), count))
    pages = [page.page for page in built.manifest.pages]
    honest: list[Given] = []
    for number in range(good):
        page, name = pages[number % len(pages)], f"GOOD{number:04d}"
        honest.append((page, name, f"W{number}", xml(built.honest(page, name, f"W{number}", 1000 + number))))
    fake = recruiter_with(built.ledger(), [*honest[: good // 2], *(row for row, _ in given), *honest[good // 2 :]])
    found = fetched(built.folder, fake)
    faults = {bad.received.assignment: bad.fault for bad in found.faulty}
    for (_, name, _, text), words in given:
        assert words in faults.get(name, "not faulty"), (name, words, faults.get(name), text[:2000])
    assert set(faults) == {row[1] for row, _ in given}
    assert all(fault.isprintable() and len(fault) < 1000 for fault in faults.values())
    study = read_study(built.folder)
    answers = {row[1]: json.loads(submission_text(row[3]))["trials"] for row in honest}
    for work in study.works:
        told = {(row["trial"], row["attempt"]): row["response"] for row in answers[work.received.assignment]}
        assert {(each.known.trial, each.row.attempt): each.row.response for each in work.attempts} == told
    proposed = {row.assignment: row for row in propose(study)}
    for name in faults:
        row = proposed[name]
        assert (row.pay, row.use) == ("undecided", "exclude") and row.reasons.startswith("faulty: ")
        assert row.training_bonus_usd == row.completion_bonus_usd == 0
    write_review(built.folder, list(proposed.values()))
    assert len(read_review(built.folder)) == count + good
    looked_at(study)
    assert canary(built.folder) == []


def test_a_lie_that_can_be_seen_is_a_fault_with_its_reason_and_nothing_else(built: Built) -> None:
    check_lies(built, len(kinds(built)) + 30, good=8)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_thousands_of_them(built: Built) -> None:
    began = time.perf_counter()
    check_lies(built, 2000, good=40)
    method = built.folder.name
    told = {"kinds": len(kinds(built)) + len(GENERAL) + 1, "submissions": 2000, "faulty": 2000, "honest": 40}
    write_figures(f"hostile-{method}", told | {"seconds": round(time.perf_counter() - began, 1)})


def turned(good: Json, training: set[str], change: dict[str, str]) -> Json:
    """The same with other responses; practice stays right, for no page goes on before."""
    rows = [
        row if row["trial"] in training else row | {"response": change.get(row["response"], row["response"])}
        for row in good["trials"]
    ]
    return good | {"trials": rows}


def evenness(page: Any) -> int:
    """How many right answers of a page's questions are on the rarer side."""
    sides = [trial.left.level > trial.right.level for trial in page.trials if hasattr(trial, "left")]
    return min(sides.count(True), sides.count(False))


def test_who_does_not_look_is_neither_used_nor_paid_a_bonus(built: Built) -> None:
    """Answers that any page could hand in: what they say in all tells. Who hands on another's is told by that."""
    fresh(built)
    page = max(built.manifest.pages, key=evenness).page
    roles = {trial.trial: trial.role for each in built.manifest.pages for trial in each.trials}
    training = {trial for trial, role in roles.items() if role == "training"}
    first = built.honest(page, "FIRST", "WFIRST", 9)
    handed = {"FIRST": first, "SAME": first | {"assignment": "", "worker": ""}}
    if built.config.method.kind == "compare":
        handed |= {
            name: turned(built.honest(page, name, f"W{name}", 7), training, change)
            for name, change in {
                "LEFT": {"right": "left", "notsure": "left"}, "RIGHT": {"left": "right", "notsure": "right"},
                "TURNED": {"left": "right", "right": "left"}, "UNSURE": {"left": "notsure", "right": "notsure"},
            }.items()
        }  # fmt: skip
    handed |= {
        f"SPAM{kind}": built.honest(page, f"SPAM{kind}", f"WSPAM{kind}", 5, kind)
        for kind in (() if built.config.method.kind == "compare" else ("left", "none"))
    }
    fake = recruiter_with(built.ledger(), [(page, name, f"W{name}", xml(text)) for name, text in handed.items()])
    assert fetched(built.folder, fake).faulty == ()
    study = read_study(built.folder)
    proposed, bonuses = {row.assignment: row for row in propose(study)}, bonuses_of(study)
    assert (proposed["FIRST"].use, bonuses["FIRST"][1]) == ("use", 3), proposed["FIRST"]
    for name in handed.keys() - {"FIRST"}:
        assert proposed[name].use == "exclude" and proposed[name].reasons, name
        assert bonuses[name][1] == 0, name
    looked_at(study)
