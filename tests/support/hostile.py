"""Submissions that mean harm, of every kind that could be thought of; each one is faulty, none may do anything."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import HitProgress, Received
from hitgen.publishing.publication import open_account
from hitgen.recruiters.memory import Memory
from hitgen.results.fetch import Fetched, fetch
from tests.support.small_study import ANSWERS, START, SmallStudy, xml

Given = tuple[str, str, str, str]
"""Page, assignment, worker, answer."""
Maker = Callable[[random.Random, dict[str, Any]], str]
TEXTS = (
    "<script>alert(1)</script>", "=HYPERLINK(\"http://evil.example\")", "@SUM(1+1)*cmd|' /C calc'!A0", "-2+3",
    "${jndi:ldap://evil.example}", "'; DROP TABLE submissions; --", "../../../../etc/passwd", "\u202egnp.exe",
    "\x1b[2J\x1b[1;1H", "{{7*7}}", "__import__('os').system('touch CANARY')", "$(touch CANARY)", "`touch CANARY`",
    "\r\n=1+1", "\t=1+1", "%s%s%n", "A" * 3000,
)  # fmt: skip


def bomb(rng: random.Random, _: dict[str, Any]) -> str:
    steps = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, rng.randint(6, 12)))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{steps}]><x>&l5;</x>'


def outside_entity(rng: random.Random, good: dict[str, Any]) -> str:
    target = rng.choice(["file:///etc/passwd", "http://127.0.0.1:9/x", "php://filter", "file:///dev/random"])
    return (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{target}">]><QuestionFormAnswers xmlns="{ANSWERS}"><Answer>'
        "<QuestionIdentifier>submission</QuestionIdentifier><FreeText>&e;</FreeText></Answer></QuestionFormAnswers>"
    )


def other_fields(rng: random.Random, good: dict[str, Any]) -> str:
    one = xml(good)
    inner = one[one.index("<Answer>") : one.rindex("</QuestionFormAnswers>")]
    many = rng.choice(["", inner * 2, inner.replace(">submission<", ">Submission<"), "<Answer/>"])
    return one.replace(inner, many)


def cut(rng: random.Random, good: dict[str, Any]) -> str:
    whole = rng.choice([xml(good), json.dumps(good)])
    return whole[: rng.randrange(len(whole) - 1)]


def nested(rng: random.Random, good: dict[str, Any]) -> str:
    depth = rng.choice([500, 5_000, 30_000])
    deep = rng.choice(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth])
    return rng.choice([xml, str])(json.dumps(good).replace('"survey": {', f'"survey": {{"x": {deep}, ', 1))


def no_number(rng: random.Random, good: dict[str, Any]) -> str:
    bad = rng.choice(["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000, "0x10", "1" * 400, "-0.5e400"])
    text = json.dumps(good)
    spots = ['"level": ', '"response_time_ms": ', '"started_ms": ', '"mean_ms": ', '"css_px_per_cm": ', '"attempt": ']
    spot = rng.choice([spot for spot in spots if spot in text])
    at = text.index(spot) + len(spot)
    end = min(text.index(mark, at) for mark in ",}" if mark in text[at:])
    return xml(text[:at] + bad + text[end:])


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        yield path
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from _leaves(item, (*path, key))
    else:
        yield path


FREE = {"survey", "viewport", "screen", "schedule", "width_cm", "card_width_css_px", "frame_ms", "frame_sd_ms"}


def wrong_type(rng: random.Random, good: dict[str, Any]) -> str:
    bad = copy.deepcopy(good)
    paths = [p for p in _leaves(bad) if p and not FREE & set(p) and p != ("display", "swaps_per_second")]
    path = rng.choice(paths)
    holder = bad
    for key in path[:-1]:
        holder = holder[key]
    old = holder[path[-1]]
    others = [{"a": 1}, [[[]]], True, "x" * 5000, -(10**30)]
    holder[path[-1]] = rng.choice([item for item in others if type(item) is not type(old)])
    return xml(bad)


def missing_key(rng: random.Random, good: dict[str, Any]) -> str:
    bad = copy.deepcopy(good)
    del bad[rng.choice(["schema", "batch", "page", "assignment", "worker", "order", "trials", "display", "consent"])]
    return json.dumps(bad)


def strange_words(rng: random.Random, good: dict[str, Any]) -> str:
    bad, text = copy.deepcopy(good), rng.choice(TEXTS)
    spot = rng.choice(["batch", "page", "assignment", "worker", "trial", "order", "sha256"])
    if spot == "trial":
        bad["trials"][0]["trial"] = text
    elif spot == "order":
        bad["order"][0] = text
    elif spot == "sha256":
        bad["consent"]["sha256"] = text
    else:
        bad[spot] = text
    return json.dumps(bad)


def elsewhere(rng: random.Random, good: dict[str, Any]) -> str:
    page = "p0002" if good["page"] == "p0001" else "p0001"
    change = rng.choice([{"batch": "other"}, {"page": page}, {"assignment": "ASSTOLEN"}, {"worker": "WSTOLEN"}])
    return xml(good | change)


def other_trials(rng: random.Random, good: dict[str, Any]) -> str:
    bad = copy.deepcopy(good)
    way = rng.randrange(5)
    if way == 0:
        bad["trials"].pop(rng.randrange(len(bad["trials"])))
    elif way == 1:
        bad["trials"].append(rng.choice(bad["trials"]))
    elif way == 2:
        bad["trials"][-1]["attempt"] = 2
        bad["trials"].append(bad["trials"][-1] | {"attempt": 1})
    elif way == 3:
        bad["order"] = bad["order"][1:]
    else:
        bad["order"] = [*bad["order"], bad["order"][0]]
    return xml(bad)


def out_of_range(rng: random.Random, good: dict[str, Any]) -> str:
    bad = copy.deepcopy(good)
    row = bad["trials"][rng.choice([1, 2])]
    row |= rng.choice(
        [
            {"level": 101}, {"level": 0}, {"level": None}, {"none_seen": True}, {"points": []},
            {"points": [[1, 1]] * 4}, {"points": [[1, 1], [2, 2], [700, 3]]}, {"points": [[1, 1], [2, 2], [3, -9]]},
            {"ended_ms": 1}, {"started_ms": -5}, {"level": 7.5}, {"points": [[1], [2], [3]]}, {"level": "40"},
        ]
    )  # fmt: skip
    return xml(bad)


def too_large(rng: random.Random, good: dict[str, Any]) -> str:
    more = rng.choice([70_000, 300_000, 1_500_000])
    return xml(good | {"padding": "x" * more})


def no_submission(rng: random.Random, _: dict[str, Any]) -> str:
    noise = "".join(chr(rng.randrange(1, 0xD7FF)) for _ in range(rng.randrange(400)))
    half = '{"schema": 1, "batch": "\ud83d"}'
    return rng.choice(
        ["", " ", "null", "[]", "3", '"x"', "{}", "<", "<a/>", "\x00", half, "{'a': 1}", noise, "\ufeff<"]
    )


MAKERS: tuple[Maker, ...] = (
    bomb, outside_entity, other_fields, cut, nested, no_number, wrong_type, missing_key, strange_words, elsewhere,
    other_trials, out_of_range, too_large, no_submission,
)  # fmt: skip


def hostile(small: SmallStudy, count: int, seed: int = 11) -> Iterator[Given]:
    """So many, in turn of every kind."""
    rng = random.Random(seed)
    for number in range(count):
        name, worker = f"BAD{number:05d}", f"VILLAIN{number % 50}"
        good = small.answer("p0001", name, worker)
        yield "p0001", name, worker, MAKERS[number % len(MAKERS)](rng, good)


def recruiter_with(ledger: Ledger, rows: Sequence[Given]) -> Memory:
    """A recruiter whose HITs are those of the ledger, with these handed in; the ledger is closed."""
    fake = Memory(now=START)
    with ledger:
        for hit in ledger.hits():
            mine = [row for row in rows if row[0] == hit.page]
            fake.hits[hit.hit_id or ""] = HitProgress(
                hit.hit_id or "", hit.order.annotation, hit.order.url, hit.order.reward_usd, 5000,
                5000 - len(mine), 0, START, START + timedelta(days=7),
            )  # fmt: skip
            fake.handed_in[hit.hit_id or ""] = [
                Received(assignment, hit.hit_id or "", worker, "Submitted", START, START, None, answer)
                for _, assignment, worker, answer in mine
            ]
    return fake


def fetched(folder: Path, fake: Memory) -> Fetched:
    """What `hitgen fetch` takes in."""
    with open_account(folder, now=fake.clock, recruiter=fake) as account:
        return fetch(account)


def canary(folder: Path) -> list[Path]:
    """What must not exist: files that an executed payload would have made."""
    return [path for place in (folder, Path.cwd()) for path in place.glob("*CANARY*")]
