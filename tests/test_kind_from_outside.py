"""A sixth kind of recruiter: all of it is in this file, and one row tells hitgen of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from pydantic import Field

from hitgen.cli import main
from hitgen.config.kinds import RECRUITERS
from hitgen.config.read import batch_schema
from hitgen.config.recruiter import Recruiting
from hitgen.ledger.rows import Binding, HitProgress, Judgement, Order, Received
from hitgen.lib import money
from hitgen.lib.money import Quote
from hitgen.manifest import Page, read_manifest
from hitgen.recruiters.base import Kind, Opening, Recruiter
from tests.support.batches import write_batch
from tests.support.servers import serving
from tests.support.small_study import SmallStudy, row

ROOT = Path(__file__).parents[1] / "hitgen"
NOW = datetime.now(UTC)


class ClubTable(Recruiting):
    """`[recruiter] kind = "club"`."""

    kind: Literal["club"]
    fee_usd: Decimal = Field(default=Decimal("0.10"), ge=0)


@dataclass
class Club:
    """What the club's server would keep."""

    hits: dict[str, HitProgress] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)


class ClubRecruiter(Recruiter):
    """Members come, work and are judged; nothing else can be done."""

    club: ClassVar[Club] = Club()

    def account(self) -> Binding:
        return Binding("https://club.example.org", "ours", "local")

    def create(self, order: Order, token: str) -> HitProgress:
        count, until = order.assignments, NOW + timedelta(days=1)
        made = HitProgress(f"H{token}", order.annotation, order.url, order.reward_usd, count, count, 0, NOW, until)
        return self.club.hits.setdefault(made.hit_id, made)

    def everything(self) -> Iterator[HitProgress]:
        yield from self.club.hits.values()

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        for hit_id in hit_ids:
            done = sum(row.hit_id == hit_id for row in self.club.received)
            found = self.club.hits[hit_id]
            yield replace(found, available=found.assignments - done)

    def submissions(self, hit_id: str) -> Iterator[Received]:
        yield from (row for row in self.club.received if row.hit_id == hit_id)

    def expire(self, hit_id: str, now: datetime) -> None:
        self.club.hits[hit_id] = replace(self.club.hits[hit_id], expires_at=now)

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        self.club.received = [
            replace(row, status="Approved") if row.assignment == assignment else row for row in self.club.received
        ]
        return "Approved"


class ClubKind(Kind[ClubTable]):
    """A fixed fee on each assignment."""

    model = ClubTable

    def quote(self, hits: Iterable[tuple[int, Decimal]]) -> Quote:
        return money.quote(hits, lambda *_: self.own.fee_usd)

    def warnings(self) -> list[str]:
        return ["batch.toml: recruiter: members know each other"]

    def open(self, opening: Opening) -> Recruiter:
        return ClubRecruiter()


@pytest.fixture
def club(monkeypatch: pytest.MonkeyPatch) -> Iterator[Club]:
    """The row, and an empty club."""
    monkeypatch.setitem(RECRUITERS._rows, "club", f"{__name__}:ClubKind")
    monkeypatch.setattr(ClubRecruiter, "club", Club())
    yield ClubRecruiter.club
    RECRUITERS._loaded.pop("club", None)


def answer(small: SmallStudy, page: Page, assignment: str, worker: str) -> str:
    """What somebody hands in who is right wherever that is known."""
    rows = [
        row(trial.trial, 5, [[64, 48], [256, 48], [160, 192]], 60_000 + 40_000 * n, 95_000 + 40_000 * n)
        for n, trial in enumerate(page.trials)
    ]
    values = small.answer("p0001", assignment, worker)
    own = {"batch": "small", "page": page.page, "order": [each["trial"] for each in rows], "trials": rows}
    return json.dumps({**values, **own, "submitted_ms": 60_000 + 40_000 * len(rows)})


def test_a_study_goes_from_build_to_report(club: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = tmp_path / "club" / "published"
    published.mkdir(parents=True)
    with serving(published) as address:
        recruiter = f'[host]\nkind = "folder"\nbase_url = "{address}"\n[recruiter]\nkind = "club"\ncap_usd = "50"\n'
        hit = (
            'ratings = 2\nreward_usd = "1.00"\n[display]\naccept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"\n'
        )
        folder = write_batch(tmp_path / "club", f"{hit}{recruiter}", study=1)
        assert main(["check", str(folder)]) == 0
        assert "members know each other" in capsys.readouterr().out
        assert main(["build", str(folder)]) == 0
        assert main(["publish", str(folder)]) == 0
    assert "Total: $2.20" in capsys.readouterr().out
    page, (hit_id,) = read_manifest(folder).pages[0], club.hits
    small = SmallStudy(tmp_path / "small")
    for worker in ("C1", "C2"):
        text = answer(small, page, f"A{worker}", worker)
        club.received.append(Received(f"A{worker}", hit_id, worker, "Submitted", NOW, NOW, None, text))
    assert main(["fetch", str(folder)]) == 0
    assert main(["review", str(folder)]) == 0
    review = folder / "results" / "review.csv"
    review.write_text(review.read_text().replace("undecided", "pay"))
    assert main(["review", str(folder), "--apply", "--yes"]) == 0
    assert [row.status for row in club.received] == ["Approved"] * 2
    assert main(["report", str(folder)]) == 0
    assert main(["status", str(folder), "--offline", "--json"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said[said.index("{") :])["paid_usd"] == "2.20"


def test_what_it_can_follows_from_what_it_overrides(club: Club) -> None:
    assert ClubRecruiter().can == {"approve"}


def test_editors_and_faults_know_it(club: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert '"ClubTable"' in json.dumps(batch_schema())
    folder = write_batch(tmp_path / "club", '[recruiter]\nkind = "clib"\n')
    assert main(["check", str(folder)]) == 1
    assert "recruiter.kind: 'clib' is not known; try \"club\"" in capsys.readouterr().err
    folder = write_batch(tmp_path / "other", '[recruiter]\nkind = "club"\nfee = 1\n')
    assert main(["check", str(folder)]) == 1
    assert "recruiter.fee: there is no key 'fee' here; try \"fee_usd\"" in capsys.readouterr().err


APART = {"recruiters", "doubles", "robots"}
KINDS = "|".join(RECRUITERS.names())
CLASSES = "|".join(row.rpartition(":")[2].removesuffix("Kind") for row in RECRUITERS._rows.values())
NAMES = re.compile(
    rf"\b(?:{CLASSES})(?:Recruiter|Kind)?\b(?=\()|\b(?:{CLASSES})(?:Recruiter|Kind)\b|import .*\b(?:{CLASSES})\b|"
    rf"kind\s*(?:[!=]=|not in|in)\s*[\[({{]?\s*[\"'](?:{KINDS})[\"']|[\"'](?:{KINDS})[\"']\s*(?:[!=]=|not in|in)\s|case [\"'](?:{KINDS})[\"']"
)


@pytest.mark.parametrize(
    "line",
    [
        "if isinstance(given, ProlificRecruiter):", "return MTurk(config)", "import x.Connect", 'if kind == "mturk":',
        "if row.kind in ('link', 'panel'):", 'if recruiter.kind not in {"turkle"}:', 'if "mturk" in kinds:', '    case "connect":',
    ],
)  # fmt: skip
def test_a_question_for_a_kind_would_be_found(line: str) -> None:
    assert NAMES.search(line)


def test_nobody_else_asks_for_a_kind() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in APART and path.name != "kinds.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if NAMES.search(line)
    }
    assert found == set()
