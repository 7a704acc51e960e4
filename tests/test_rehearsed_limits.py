"""What `check` lets pass the marketplace takes, and what it would not take `check` refuses by the field's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.check import check
from hitgen.config.read import read_config
from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.errors import InputError
from hitgen.ledger.rows import Bonus, Order
from hitgen.recruiters.mturk.client import MTurkClient
from hitgen.recruiters.mturk.config import MTurkRecruiter
from hitgen.recruiters.mturk.mturk import MTurk
from hitgen.recruiters.mturk.pacer import Pacer
from tests.support.batches import write_batch
from tests.support.marketplace import hand_in, open_marketplace
from tests.support.notebooks import notebook

SCRIPTS = {
    "latin": "a",
    "accents": "e\u0301",
    "han": "漢",
    "arabic": "ا",
    "devanagari": "क्ष",
    "emoji": "\N{GRINNING FACE}",
    "family": "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",
    "gothic": "\N{GOTHIC LETTER AHSA}",
    "markup": "<&>\"'",
    "right to left": "\u202e\u05d0",
}
FIELDS = {"title": 128, "description": 2000, "keywords": 1000}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def fill(letter: str, limit: int) -> str:
    """As many whole letters as fit, filled up with x to the very limit."""
    text = letter * (limit // units(letter))
    return text + "x" * (limit - units(text))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Marketplace, Any]]:
    with open_marketplace(tmp_path / "m.sqlite") as both:
        yield both


def recruiter(market: Marketplace, batch: str = "demo", **texts: str) -> MTurk:
    config = MTurkRecruiter(kind="mturk", endpoint_url=market.endpoint_url, **texts)
    return MTurk(config, batch, notebook(), client=MTurkClient(config, pacer=Pacer(rate_per_s=100)))


def order(batch: str = "demo", hit: str = "p0001.1", **more: Any) -> Order:
    annotation = f"hitgen {'0' * 16} {batch} {hit}"
    url = "https://pages.example.org/a.html?b=1&c=<2>"
    values: dict[str, Any] = {"kind": "study", "assignments": 2, "reward_usd": Decimal("1.20"), **more}
    return Order(hit=hit, page="p0001", url=url, annotation=annotation, **values)


@pytest.mark.parametrize("script", SCRIPTS)
def test_texts_at_the_limit_are_taken_and_read_back(opened: tuple[Marketplace, Any], script: str) -> None:
    market, client = opened
    texts = {name: fill(SCRIPTS[script], limit) for name, limit in FIELDS.items()}
    made = recruiter(market, **texts).create(order(), "token")
    kept = client.get_hit(HITId=made.hit_id)["HIT"]
    assert {name: kept[name.capitalize()] for name in FIELDS} == texts
    assert made.url == order().url


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_one_more_is_refused_by_check_with_the_field(tmp_path: Path, script: str, field: str) -> None:
    folder = write_batch(tmp_path / "small", '[host]\nkind = "folder"\n[recruiter]\nkind = "mturk"\n', study=1)
    text = fill(SCRIPTS[script], FIELDS[field]) + "y"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    with (folder / "batch.toml").open("a", encoding="utf-8") as file:
        file.write(f'{field} = "{escaped}"\n')
    with pytest.raises(InputError, match=rf"recruiter\.{field}: .*at most {FIELDS[field]}"):
        check(folder)


def test_the_longest_names_and_the_most_demands_are_taken(opened: tuple[Marketplace, Any]) -> None:
    market, client = opened
    batch = "b" * 64
    used = recruiter(market, batch, excluded="e" * 64)
    groups = tuple(f"{number:012x}" for number in range(8))
    made = used.create(order(batch, "p9999.99r99", unseen=groups, needs_admission=True), "t" * 32)
    kept = client.get_hit(HITId=made.hit_id)["HIT"]
    assert len(kept["QualificationRequirements"]) == 10
    assert kept["RequesterAnnotation"] == f"hitgen {'0' * 16} {batch} p9999.99r99"


def test_every_other_request_of_the_recruiter_is_taken(opened: tuple[Marketplace, Any]) -> None:
    """Judging, paying, granting, writing, extending, ending, deleting: one worker's whole way."""
    market, client = opened
    used = recruiter(market)
    hit_id = used.create(order(), "token").hit_id
    first, second = hand_in(market, hit_id, "A1"), hand_in(market, hit_id, "A2", submission="\N{GRINNING FACE}<&>]]>")
    assert {row.assignment: row.worker for row in used.submissions(hit_id)} == {first: "A1", second: "A2"}
    assert "\N{GRINNING FACE}&lt;&amp;&gt;]]&gt;" in next(
        row.answer for row in used.submissions(hit_id) if row.worker == "A2"
    )
    assert used.approve(first, "f" * 1024) == "Approved"
    assert used.reject(second, "漢" * 1024) == "Rejected"
    assert used.reject(first, "too late") == "Approved"
    bonus = Bonus(first, "A1", Decimal("0.01"), "r" * 4096)
    used.bonus(bonus, "bonus")
    used.bonus(bonus, "bonus")
    assert used.bonuses(first) == [bonus]
    used.exclude("A1")
    used.exclude("A1", "group")
    used.admit("A2")
    used.done("A2")
    used.notify(["A1"], "s" * 200, "t" * 4096)
    used.extend(hit_id, datetime(2099, 1, 1, tzinfo=UTC))
    used.expire(hit_id, datetime.now(UTC))
    used.delete(hit_id)
    assert list(used.everything()) == []
    used.clear()
    names = {row["Name"] for row in client.list_qualification_types(MustBeRequestable=False)["QualificationTypes"]}
    assert names == {"hitgen-excluded", "hitgen-admitted-demo", "hitgen-done-demo"}
    # A deleted type's name stays taken for two days; the next publication of the batch must not wait for it.
    again = recruiter(market)
    again.exclude("A3", "group")
    assert again.create(order(unseen=("group",)), "other token").assignments == 2


def test_notices_are_held_to_what_a_mail_can_be(tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "small", '[host]\nkind = "folder"\n[recruiter]\nkind = "mturk"\n', study=1)
    text = (folder / "batch.toml").read_text()
    for field, value, told in (
        ("subject", "s" * 201, "at most 200"),
        ("admitted", "\N{GRINNING FACE}" * 2049, "at most 4096"),
        ("shut_out", "a\\u0008", r"U\+0008"),
    ):
        (folder / "batch.toml").write_text(f'{text}[notices]\n{field} = "{value}"\n')
        with pytest.raises(InputError, match=rf"notices\.{field}: .*{told}"):
            read_config(folder / "batch.toml")
