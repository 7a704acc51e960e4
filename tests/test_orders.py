"""Fees, waves, groups of trials and the pace."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hitgen.config.read import read_config
from hitgen.manifest import Page, PageKind
from hitgen.publishing.orders import group_pages
from hitgen.recruiters import kind_of
from hitgen.recruiters.mturk.fees import fee_usd, quote, split
from hitgen.recruiters.mturk.pacer import Pacer
from tests.support import manifests
from tests.support.batches import write_config
from tests.support.manifests import ladder


@pytest.mark.parametrize(
    ("reward", "assignments", "masters", "fee"),
    [
        ("1.20", 9, False, "0.24"),
        ("1.20", 10, False, "0.48"),
        ("1.20", 10, True, "0.54"),
        ("0.01", 1, False, "0.01"),
        ("0.00", 1, False, "0.01"),
        ("1.23", 1, False, "0.25"),
    ],
)
def test_fee(reward: str, assignments: int, masters: bool, fee: str) -> None:
    assert fee_usd(Decimal(reward), assignments, masters) == Decimal(fee)


def test_a_quote_adds_up_to_the_cent() -> None:
    found = quote([(43, Decimal("1.20")), (9, Decimal("1.20"))])
    assert (found.rewards_usd, found.fees_usd) == (Decimal("62.40"), Decimal("22.80"))
    assert found.total_usd == Decimal("85.20")


@pytest.mark.parametrize("assignments", [1, 9, 10, 18, 19, 43, 100])
def test_waves_are_few_even_and_below_ten(assignments: int) -> None:
    waves = split(assignments, waves=True)
    assert sum(waves) == assignments
    assert max(waves) <= 9
    assert max(waves) - min(waves) <= 1
    assert len(waves) == -(-assignments // 9)
    assert split(assignments, waves=False) == [assignments]


def page(name: str, study: str, gold: str = "", kind: PageKind = "study") -> Page:
    shown = [ladder("study", key, "study", key) for key in study] + [ladder("gold", key, "gold", key) for key in gold]
    return manifests.page(name, shown, kind=kind)


def test_trials_that_stand_on_one_hit_only_need_no_group() -> None:
    groups = group_pages([page("p1", "ab", "g"), page("p2", "cd", "h")], {"p1": 1, "p2": 1}, False)
    assert groups["p1"].needed == groups["p2"].needed == frozenset()


def test_two_rounds_of_a_page_share_one_group_for_all_their_ladders() -> None:
    groups = group_pages(
        [page("p1", "ab"), page("p2", "ab"), page("p3", "c")], dict.fromkeys(("p1", "p2", "p3"), 1), False
    )
    assert groups["p1"].needed == groups["p2"].needed == groups["p1"].study
    assert len(groups["p1"].needed) == 1
    assert not groups["p3"].needed


def test_gold_across_pages_needs_a_group_unless_allowed_or_covered() -> None:
    pages = [page("p1", "a", "g"), page("p2", "b", "g"), page("p3", "c", "h")]
    ones = {"p1": 1, "p2": 1, "p3": 1}
    groups = group_pages(pages, ones, False)
    assert groups["p1"].needed == groups["p2"].needed == groups["p1"].gold
    assert not groups["p3"].needed
    assert not group_pages(pages, ones, True)["p1"].needed
    covered = group_pages([page("p1", "a", "g"), page("p2", "a", "g")], {"p1": 1, "p2": 1}, False)
    assert covered["p1"].needed == covered["p1"].study


def test_the_waves_of_a_quiz_are_kept_apart_too() -> None:
    groups = group_pages([page("p1", "", "gh", "qualification"), page("p2", "a", "i")], {"p1": 12, "p2": 1}, False)
    assert len(groups["p1"].needed) == 1
    assert not groups["p2"].needed


class Throttle:
    """A service with a token bucket, on a clock that only sleeping and calls move."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.now, self.tokens, self.seen = 0.0, burst, 0.0

    def sleep(self, time_s: float) -> None:
        self.now += time_s

    def allows(self) -> bool:
        self.tokens = min(self.burst, self.tokens + (self.now - self.seen) * self.rate)
        self.seen = self.now
        if self.tokens >= 1:
            self.tokens -= 1
            return True
        return False


@pytest.mark.parametrize("rate", [0.5, 5.0, 20.0])
def test_the_pace_uses_at_least_95_percent_of_what_is_permitted(rate: float) -> None:
    service = Throttle(rate, burst=max(1.0, rate))
    pacer = Pacer(clock=lambda: service.now, sleep=service.sleep)
    done = refused_in_a_row = worst = 0
    while done < 10_000:
        pacer.wait()
        service.now += 0.02
        if service.allows():
            pacer.succeeded()
            done, refused_in_a_row = done + 1, 0
        else:
            pacer.throttled()
            refused_in_a_row += 1
            worst = max(worst, refused_in_a_row)
    assert done / service.now >= 0.95 * rate
    assert worst <= 10


CONNECT, PANEL = 'kind = "connect"\nminutes = 5', 'kind = "panel"\npages_each = 2'
PROLIFIC = f'kind = "prolific"\nminutes = 5\nworkspace = "{"0" * 24}"'
RESULTS = 'results = {kind = "collector", url = "https://study.example.org/hitgen"}'
FEW = "batch.toml: hit: nobody works more than {} or answers more than {}, and {} are needed for a verdict; "


@pytest.mark.parametrize(
    ("recruiter", "method", "told", "way"),
    [
        (CONNECT, "pjnd", ("1 page", "1 gold question", 3), "raise `gold` under [hit], or ask for less under [screening]"),
        (PANEL, "pjnd", ("2 pages", "2 gold questions", 3), ", or raise recruiter.pages_each"),
        (PROLIFIC, "pjnd", ("1 page", "1 gold question", 3), ", or admit people by"),
        (PROLIFIC, "threshold", ("1 page", "4 gold questions", 5), "raise `catch` under [hit], ask for less"),
        (CONNECT, "compare", ("1 page", "14 gold questions", 15), "raise `gold` under [hit], or ask for less"),
    ],
)  # fmt: skip
def test_too_few_gold_questions_for_the_pages_that_one_works_are_minded(
    recruiter: str, method: str, told: tuple[str, str, int], way: str, tmp_path: Path
) -> None:
    """What counts as a gold answer, and how a page gets more of them, is the method's to say."""
    hit = {"pjnd": "gold = 1", "threshold": "catch = 4", "compare": "gold = 10\nbias = 4"}[method]
    more = f'[method]\nkind = "{method}"\n[screening]\ngold_answers_min = {told[2]}'
    write_config(tmp_path, 'kind = "folder"', hit=hit, more=more)
    text = (tmp_path / "batch.toml").read_text().replace('kind = "mturk"', f"{recruiter}\n{RESULTS}")
    (tmp_path / "batch.toml").write_text(text)
    *_, found = kind_of(read_config(tmp_path / "batch.toml")).warnings()
    assert found.startswith(FEW.format(*told)) and way in found
    enough = text.replace(f"gold_answers_min = {told[2]}", f"gold_answers_min = {told[1].split()[0]}")
    (tmp_path / "batch.toml").write_text(enough)
    assert not any("are needed" in each for each in kind_of(read_config(tmp_path / "batch.toml")).warnings())
