# ruff: noqa: I001 (which of these modules exist depends on the checkout)
"""Makes the studies of this folder with an old checkout's code; see README.md.

PYTHONPATH=OLD_CHECKOUT python tests/data/upgrade/make.py OUT [KIND ...]
"""

from __future__ import annotations

import contextlib
import csv
import functools
import http.cookiejar
import http.server
import io
import json
import os
import re
import shutil
import sqlite3
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hitgen.cli import main
from hitgen.collector.inbox import FILE, Inbox
from hitgen.publishing.publication import open_account
from hitgen.recruiters.places import Places, is_place, is_session
from hitgen.rehearsal.marketplace import Marketplace
from hitgen.rehearsal.prolific import Prolific
from hitgen.rehearsal.turkle_site.running import PASSWORD, running_turkle

WIDTH, HEIGHT = 64, 48
KEPT = ("batch.toml", "ledger.sqlite", "collected.sqlite", "places.csv", "service.json", "marketplace.sqlite")
BATCH = """
[batch]
name = "old-{kind}"
seed = 11
{images}
{questions}
[hit]
training = 1
study = {study}
gold = 1
ratings = {ratings}
{hit}
{quiz}
[display]
scaling = "pixels"
[consent]
title = "A study from before"
contact = "someone@example.org"
exemption = "A test."
retention = "Nothing is kept."
withdrawal = "At any time."
[[survey]]
kind = "choice"
name = "vision"
label = "Do you wear glasses?"
options = ["no", "glasses", "lenses"]
[[survey]]
kind = "scale"
name = "ease"
label = "How easy was it?"
low = "hard"
high = "easy"
[[survey]]
kind = "text"
name = "words"
label = "Anything else?"
[screening]
gold_answers_min = 1
[bonus]
training_usd = "0.25"
completion_usd = "0.50"
completion_pages = 2
{notices}
[host]
kind = "folder"
base_url = "{pages}"
[recruiter]
{recruiter}
"""
NOTICES = '[notices]\nadmitted = "Welcome; the other pages are open to you."\nshut_out = "Thank you, and goodbye."\n'


def write_batch(folder: Path, kind: str, pages: str, recruiter: str, **more: Any) -> None:
    """Images of 64 x 48 and batch.toml: two study ladders, one of training, three of gold."""
    images, questions = "", ""
    for role, count in (("study", 2), ("training", 1), ("gold", 3)):
        (folder / role).mkdir(parents=True)
        for number in range(count):
            seed = len(role) * 10 + number
            noise = (
                np.random.default_rng(seed).integers(60, 190, (HEIGHT // 4, WIDTH // 4, 3)).repeat(4, 0).repeat(4, 1)
            )
            Image.fromarray(noise.astype(np.uint8)).save(folder / role / f"{role}{number}.png")
            if role != "study":
                points = [[10.0, 10.0], [50.0, 10.0], [30.0, 40.0]]
                questions += (
                    f'[[questions]]\nimages = "{role}"\nsource = "{role}{number}"\nlevel = [2, 3]\n'
                    f"points = {points}\nradius_px = 6\nmatches = 2\n"
                )
        levels = ", ".join(f"{{level = {level}, quality = {91 - 14 * level}}}" for level in range(1, 6))
        images += f'[[images]]\nname = "{role}"\nsources = "{role}/*.png"\ncodec = "jpeg"\nlevels = [{levels}]\nrole = "{role}"\n'
    values = {"study": 1, "ratings": 4, "hit": "", "quiz": "", "notices": "", **more}
    text = BATCH.format(kind=kind, images=images, questions=questions, pages=pages, recruiter=recruiter, **values)
    (folder / "batch.toml").write_text(text)


def hitgen(*arguments: str) -> str:
    """Run one verb; what it printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main([*arguments])
    assert code == 0, (arguments, code, said.getvalue())
    return said.getvalue()


class Study:
    """One study that is being made; a kind says how workers come."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.started = datetime.now(UTC)

    def __call__(self, verb: str, *options: str) -> str:
        return hitgen(verb, str(self.folder), *options)

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "build" / "manifest.json").read_text())
        return found

    def hit_id(self, hit: str) -> str:
        with sqlite3.connect(self.folder / "ledger.sqlite") as ledger:
            return str(ledger.execute("SELECT hit_id FROM hits WHERE hit = ?", (hit,)).fetchone()[0])

    def answer(self, page: str, assignment: str, worker: str, how: str, hit: str = "") -> dict[str, Any]:
        """What a page hands in; `how` is good, careless (wrong gold, one level throughout) or empty (no trials)."""
        manifest, rows, clock_ms = self.manifest, [], 60_000
        planned = next(row for row in manifest["pages"] if row["page"] == page)
        known = {row["question"]: row for row in manifest["questions"]}
        spread = sum(map(ord, worker + page))
        for place, trial in enumerate(planned["trials"]):
            right = known.get(trial["question"])
            level: int | None = 5 if how == "careless" else 1 + (spread + place) % 5
            points = [[3.25, 4.5], [20.0 + spread % 9, 30.0], [60.0, 44.75]]
            if right and how == "good":
                level, points = right["level"][0], [[x + 1.5, y - 0.5] for x, y in right["points"]]
            elif how == "good" and spread % 7 == 0:
                level = None
            coached = trial["role"] == "training" and how == "careless"
            attempts = [(level, points)] + ([(right["level"][0], right["points"])] if right and coached else [])
            for attempt, (chosen, marked) in enumerate(attempts, start=1):
                until = clock_ms + 20_000 + 137 * (spread % 50) + 1000 * place
                rows.append(trial_row(trial["trial"], attempt, chosen, marked, clock_ms, until))
                clock_ms = until + 1500
        at = self.started.isoformat()
        return {
            "schema": 1, "batch": manifest["batch"], "page": page, "assignment": assignment, "worker": worker,
            "hit": hit, "opened_at": at, "submitted_ms": clock_ms + 4000,
            "order": [trial["trial"] for trial in planned["trials"]],
            "trials": [] if how == "empty" else rows,
            "display": {
                "scaling": "pixels", "css_px_per_cm": None, "device_px_per_source_px": 1, "device_pixel_ratio": 1,
                "viewport": [1366, 700], "screen": [1366, 768], "schedule": "nominal", "swaps_per_second": 8,
                "refresh_hz": 60, "frame_ms": 16.67, "frame_sd_ms": 0.2, "browser": "Chromium 128.0",
                "user_agent": "Mozilla/5.0", "warnings": [], "changes": [],
            },
            "calibration": {},
            "consent": {"sha256": "c" * 64, "at": at},
            "survey": {"vision": "glasses", "ease": 1 + spread % 5, "words": f"=1+1, said {worker[-2:]}"},
        }  # fmt: skip

    def edit_review(self, edits: dict[str, dict[str, str]]) -> None:
        """Change cells of review.csv by hand, by worker; of each worker's last row."""
        path = self.folder / "results" / "review.csv"
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
        for worker, cells in edits.items():
            [row for row in rows if row["worker"] == worker and row["kind"] == "study"][-1].update(cells)
        out = io.StringIO(newline="")
        table = csv.DictWriter(out, rows[0], lineterminator="\r\n")
        table.writeheader()
        table.writerows(rows)
        path.write_bytes(out.getvalue().encode("utf-8-sig"))


def trial_row(trial: str, attempt: int, level: int | None, points: Any, start: int, end: int) -> dict[str, Any]:
    return {
        "trial": trial, "attempt": attempt, "level": level, "none_seen": level is None,
        "points": [] if level is None else points, "started_ms": start, "ended_ms": end, "slider_start": 0,
        "trace": [[0, 0], [900, 1], [2500, 5 if level is None else level]],
        "timing": {
            "swaps": 150, "mean_ms": 125.0, "sd_ms": 8.33, "max_ms": 133.3, "source_mean_ms": 125.1,
            "distorted_mean_ms": 124.9, "worst_error_ms": 8.3, "dropped": 0, "hidden_ms": 0,
        },
    }  # fmt: skip


class Quiet(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A web server for published pages."""
    folder.mkdir(parents=True)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def finish(
    study: Study,
    further: Callable[[], object],
    forgotten: str,
    expired: str,
    edits: dict[str, Any],
    replace: Callable[[], object] = str,
) -> None:
    """The end of each study: judged, edited, applied, one worker forgotten, one HIT expired; then what to expect."""
    study("fetch")
    study("review")
    study.edit_review(edits)
    study("review", "--apply", "--yes")
    before = json.loads(study("status", "--json"))
    with open_account(study.folder) as account:
        account.recruiter.expire(study.hit_id(expired), account.now())
    study("fetch")
    replace()
    study("forget", forgotten)
    study("review")
    expect(study, before)
    further()
    expect_further(study)


def expect(study: Study, before: dict[str, Any] | None = None, out: bool = True) -> None:
    """Write what today's code must find: the dataset, and the figures of the verbs where HITs are out."""
    expected = study.folder / "expected"
    expected.mkdir()
    figures: dict[str, Any] = {"made_at": datetime.now(UTC).isoformat()}
    study("export")
    for table in sorted((study.folder / "results" / "export").glob("*.csv")):
        shutil.copy(table, expected / table.name)
    shutil.copy(study.folder / "results" / "export" / "analysis" / "pjnd.csv", expected / "pjnd.csv")
    if out:
        status = json.loads(study("status", "--json"))
        # Its code forgets what was paid to a forgotten worker, but nothing was paid or given back in between.
        figures["money"] = {"committed_usd": status["committed_usd"], "paid_usd": (before or status)["paid_usd"]}
        figures["stored"] = counts(status)
    (expected / "figures.json").write_text(json.dumps(figures, indent=1))


def counts(status: dict[str, Any]) -> dict[str, Any]:
    return {name: status[name] for name in ("closed", "hits", "out", "at_work", "submitted", "approved", "rejected")}


def expect_further(study: Study) -> None:
    """What today's code must find once it has fetched what is handed in and not fetched; the study stays as it is."""
    copy, path = study.folder.with_name(f"{study.folder.name}-fetched"), study.folder / "expected" / "figures.json"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(study.folder, copy)
    saved = copy / "further.json"
    hitgen(*(["import", str(copy), str(saved)] if saved.exists() else ["fetch", str(copy)]))
    topup = json.loads(hitgen("topup", str(copy), "--dry-run", "--json"))
    fetched = {
        "status": counts(json.loads(hitgen("status", str(copy), "--json"))),
        "topup": {name: topup[name] for name in ("shortfalls", "pages", "held_back")},
        "publish": json.loads(hitgen("publish", str(copy), "--dry-run", "--json"))["quote"],
    }
    hitgen("export", str(copy))
    shutil.copy(copy / "results" / "export" / "ratings.csv", study.folder / "expected" / "ratings-fetched.csv")
    path.write_text(json.dumps({**json.loads(path.read_text()), "fetched": fetched}, indent=1))


# The kinds


def make_link(folder: Path, packs: str = "inline") -> None:
    """Own participants with a collector; answers are put into its inbox as it does."""
    study = Study(folder, "linked" if packs == "linked" else "link")
    with serving(folder / "published") as pages:
        recruiter = f'kind = "link"\nresults = {{kind = "collector", url = "{pages}"}}'
        write_batch(folder, study.kind, pages, recruiter, ratings=5, hit=f'packs = "{packs}"')
        study("build")
        study("publish", "--yes")

        def made(person: str, page: str, how: str = "good") -> dict[str, Any]:
            with (folder / "places.csv").open(newline="") as file:
                row = next(r for r in csv.DictReader(file) if (r["participant"], r["page"]) == (person, page))
            assignment = urllib.parse.parse_qs(urllib.parse.urlsplit(row["url"]).query)["assignmentId"][0]
            return study.answer(page, assignment, "", how, row["hit"])

        def deliver(person: str, page: str, how: str = "good") -> None:
            with open_account(folder) as account:
                secret = Places(f"old-{study.kind}", account.ledger.kept).secret()
            with Inbox(folder / FILE, f"old-{study.kind}", lambda name: is_place(secret, name)) as inbox:
                body = json.dumps(made(person, page, how)).encode()
                assert inbox.add(body, "collector", datetime.now(UTC)) == "stored"
                assert inbox.add(b"junk", "collector", datetime.now(UTC)) == "not-json"

        deliver("P0001", "p0001")
        deliver("P0002", "p0001", "careless")
        deliver("P0003", "p0001")
        deliver("P0001", "p0002")
        deliver("P0003", "p0002")
        deliver("P0004", "p0002", "empty")
        study("fetch")
        deliver("P0002", "p0002")
        edits = {
            "P0002": {"pay": "reject", "use": "exclude", "feedback": "The same level throughout."},
            "P0001": {"use": "exclude"},
        }
        further = folder / "further.json"
        finish(
            study, lambda: further.write_text(json.dumps(made("P0004", "p0001"), indent=1)), "P0003", "p0002.1", edits
        )


def make_linked(folder: Path) -> None:
    """As `link`, with packs beside the pages."""
    make_link(folder, "linked")


def make_mturk(folder: Path) -> None:
    """The local marketplace, with a qualification page, bonuses, mails and someone at work."""
    study = Study(folder, "mturk")
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
    with serving(folder / "published") as pages, Marketplace(folder / "marketplace.sqlite") as market:
        recruiter = f'kind = "mturk"\nendpoint_url = "{market.endpoint_url}"\ncap_usd = "200"\n'
        quiz = "[qualification]\ntraining = 0\ngold = 1\nassignments = 8\n"
        write_batch(folder, "mturk", pages, recruiter, quiz=quiz, notices=NOTICES)
        study("build")
        study("publish", "--yes")

        def work(worker: str, page: str, how: str = "good") -> None:
            hit_id = study.hit_id(f"{page}.1")
            assignment = market.workers.accept(hit_id, worker)
            text = json.dumps(study.answer(page, assignment, worker, how, hit_id))
            market.workers.hand_in(assignment, [("submission", text)])

        for worker in ("AGOOD", "ACARELESS", "ASHUTOUT", "AFORGOTTEN", "ALATER", "AWORKING"):
            work(worker, "p0001")
        work("AFAILS", "p0001", "careless")
        study("fetch")
        study("review")
        study("review", "--apply", "--yes")
        study("publish", "--yes")
        work("AGOOD", "p0002")
        work("ACARELESS", "p0002", "careless")
        work("AGOOD", "p0003")
        work("ASHUTOUT", "p0003")
        work("AFORGOTTEN", "p0003")
        market.workers.accept(study.hit_id("p0002.1"), "AWORKING")
        edits = {
            "ACARELESS": {"pay": "reject", "use": "exclude", "feedback": "The same level throughout."},
            "ASHUTOUT": {"use": "exclude", "shut_out": "yes"},
            "AGOOD": {"training_bonus_usd": "0.30"},
        }
        finish(study, lambda: work("ALATER", "p0002"), "AFORGOTTEN", "p0003.1", edits)


def make_prolific(folder: Path) -> None:
    """Prolific's double; what it knows is kept in service.json."""
    study = Study(folder, "prolific")
    os.environ["PROLIFIC_TOKEN"] = "rehearsal"
    with serving(folder / "published") as pages, Prolific() as service:
        recruiter = (
            f'kind = "prolific"\nworkspace = "{service.workspace}"\nminutes = 5\nqualification_minutes = 3\nendpoint_url = "{service.url}"\n'
            f'rejection = "reject"\ncap_usd = "200"\nresults = {{kind = "collector", url = "{pages}"}}'
        )
        quiz = "[qualification]\ntraining = 0\ngold = 1\nassignments = 8\n"
        write_batch(folder, "prolific", pages, recruiter, quiz=quiz)
        study("build")
        study("publish", "--yes")

        def take(number: int) -> tuple[str, str]:
            person = f"{number:024x}"
            session, url = service.take(service.offers(person)[0], person)
            return session, urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["hitId"][0]

        def hand_in(number: int, session: str, hit: str, how: str = "good") -> None:
            body = json.dumps(study.answer(hit[:5], session, f"{number:024x}", how, hit)).encode()
            with Inbox(folder / FILE, "old-prolific", is_session) as inbox:
                assert inbox.add(body, "collector", datetime.now(UTC)) == "stored"
            service.complete(session, "HITGEN01")

        def work(number: int, how: str = "good") -> None:
            hand_in(number, *take(number), how)

        for number in range(1, 7):
            work(number)
        work(7, "careless")
        study("fetch")
        study("review")
        study("review", "--apply", "--yes")
        study("publish", "--yes")
        for number in range(1, 5):
            work(number, "careless" if number == 2 else "good")
        # Ending one page ends the study that has them all: these two are at work by then.
        later = take(5)
        take(6)
        edits = {
            f"{2:024x}": {"pay": "reject", "use": "exclude", "feedback": "The same level throughout."},
            f"{3:024x}": {"use": "exclude", "shut_out": "yes"},
            f"{1:024x}": {"training_bonus_usd": "0.30"},
        }
        finish(study, lambda: hand_in(5, *later), f"{4:024x}", "p0003.1", edits)
        names = ("studies", "groups", "submissions", "bulks", "balance_cents", "workspace")
        state = {name: getattr(service, name) for name in names}
        (folder / "service.json").write_text(json.dumps(state, indent=1, default=sorted))


def make_turkle(folder: Path) -> None:
    """A real Turkle; what its API answers at the end is kept in service.json."""
    study, site = Study(folder, "turkle"), folder / "site"
    site.mkdir(parents=True)
    names = ("anna", "ben", "cleo", "dora", "emil")
    port = free_port()
    with serving(folder / "published") as pages, running_turkle(site, port, names) as turkle:
        os.environ["TURKLE_TOKEN"] = turkle.token
        write_batch(
            folder, "turkle", pages, f'kind = "turkle"\nurl = "{turkle.url}"', study=2, ratings=5, hit="assignments = 3"
        )
        study("build")
        study("publish", "--yes")

        def work(name: str, page: str, how: str = "good", hit: str = "") -> None:
            hit_id = study.hit_id(hit or f"{page}.1")
            number = hit_id.partition(" ")[0]
            jar = http.cookiejar.CookieJar()
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

            def post(url: str, **fields: str) -> Any:
                opener.open(f"{turkle.url}/login/").close()
                token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
                body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
                return opener.open(urllib.request.Request(url, body, {"Referer": turkle.url}))

            post(f"{turkle.url}/login/", username=name, password=PASSWORD).close()
            with opener.open(f"{turkle.url}/batch/{number}/accept_next_task/") as shown:
                task, html = shown.url, shown.read().decode()
            assignment = re.findall(r"assignment/(?:iframe/)?(\d+)", task + html)[0]
            # Turkle's first users are the requester and nobody.
            answer = study.answer(page, assignment, str(names.index(name) + 3), how, hit_id)
            post(task, submission=json.dumps(answer)).close()

        work("anna", "p0001")
        work("ben", "p0001", "careless")
        work("emil", "p0001")
        study("fetch")
        study("publish", "--yes")
        work("cleo", "p0002")
        study("fetch")
        with sqlite3.connect(folder / "ledger.sqlite") as ledger:
            worker = dict(
                ledger.execute(
                    "SELECT hit || row_number() OVER (PARTITION BY hit ORDER BY CAST(assignment AS INTEGER)), worker FROM submissions"
                )
            )
        edits = {
            worker["p0001.12"]: {"pay": "reject", "use": "exclude", "feedback": "The same level throughout."},
            worker["p0001.11"]: {"use": "exclude"},
        }
        replace = functools.partial(study, "publish", "--yes")
        finish(study, lambda: work("dora", "p0002", hit="p0002.1r2"), worker["p0002.11"], "p0002.1", edits, replace)

        def get(path: str) -> str:
            request = urllib.request.Request(
                f"{turkle.url}/api{path}", headers={"Authorization": f"TOKEN {turkle.token}"}
            )
            with urllib.request.urlopen(request) as answered:
                return str(answered.read().decode())

        batches = [row["id"] for row in json.loads(get("/batches/"))]
        paths = ["/projects/", "/batches/"]
        paths += [f"/batches/{number}/{part}" for number in batches for part in ("", "input/", "results/")]
        (folder / "service.json").write_text(json.dumps({path: get(path) for path in paths}, indent=1))


def make_rehearsal(folder: Path) -> None:
    """`hitgen rehearse --robots 1`, whose ledger stays under build/rehearsal."""
    study = Study(folder, "rehearsal")
    with serving(folder / "published") as pages:
        write_batch(folder, "rehearsal", pages, 'kind = "mturk"', ratings=2)
    study("rehearse", "--robots", "2", "--json")
    # Its ledger in the batch's place, and its marketplace at work once more.
    shutil.copy(folder / "build" / "rehearsal" / "ledger.sqlite", folder / "ledger.sqlite")
    given = (folder / "batch.toml").read_text()
    os.environ.update(AWS_ACCESS_KEY_ID="REHEARSAL", AWS_SECRET_ACCESS_KEY="rehearsal")
    with Marketplace(folder / "build" / "rehearsal" / "marketplace.sqlite") as market:
        with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger, ledger:
            bound = json.loads(ledger.execute("SELECT value FROM facts WHERE name = 'account'").fetchone()[0])
            bound[0] = market.endpoint_url
            ledger.execute("UPDATE facts SET value = ? WHERE name = 'account'", (json.dumps(bound),))
        (folder / "batch.toml").write_text(f'{given}endpoint_url = "{market.endpoint_url}"\n')
        study("review")
        expect(study)
        expect_further(study)
    (folder / "batch.toml").write_text(given)
    shutil.copy(folder / "ledger.sqlite", folder / "build" / "rehearsal" / "ledger.sqlite")
    (folder / "ledger.sqlite").unlink()


def make_simulate(folder: Path) -> None:
    """`hitgen simulate`: a ledger of play money that is closed."""
    study = Study(folder, "simulate")
    write_batch(folder, "simulate", "https://pages.example.org", 'kind = "mturk"', ratings=3)
    study("build")
    study("simulate", "--people", "6", "--seed", "3")
    study("review")
    expect(study, out=False)


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


MAKERS = {name.removeprefix("make_"): made for name, made in list(globals().items()) if name.startswith("make_")}


def keep(made: Path, out: Path) -> None:
    """Copy what a study needs to go on."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in (*KEPT, "further.json"):
        if (made / name).exists():
            shutil.copy(made / name, out / name)
    for name in ("study", "training", "gold", "expected", "simulation"):
        if (made / name).exists():
            shutil.copytree(made / name, out / name)
    if (made / "results" / "review.csv").exists():
        (out / "results").mkdir()
        shutil.copy(made / "results" / "review.csv", out / "results")
    (out / "build").mkdir()
    shutil.copy(made / "build" / "manifest.json", out / "build")
    if (made / "build" / "rehearsal").exists():
        (out / "build" / "rehearsal").mkdir()
        for name in ("ledger.sqlite", "marketplace.sqlite"):
            shutil.copy(made / "build" / "rehearsal" / name, out / "build" / "rehearsal")
    for path in out.rglob("*.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA page_size = 1024")
            database.execute("VACUUM")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for kind in sys.argv[2:] or MAKERS:
        work_in = target / "work" / kind
        shutil.rmtree(work_in, ignore_errors=True)
        work_in.mkdir(parents=True)
        MAKERS[kind](work_in)
        keep(work_in, target / kind)
        print(kind, sum(path.stat().st_size for path in (target / kind).rglob("*") if path.is_file()))
