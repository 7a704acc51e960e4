"""What Python and the page's script both know stands once, and both come to the same answers."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from pathlib import Path

import pytest

from hitgen.config.hit import Display
from hitgen.config.kinds import CHECKS, METHODS
from hitgen.doubles.mturk.workers import NOT_ACCEPTED
from hitgen.lib.contract import markup, read_contract
from hitgen.lib.files import guarded
from hitgen.methods.pjnd.grade import level_is_right, places_are_right
from hitgen.methods.pjnd.manifest import Question
from hitgen.pages.texts import shipped_texts
from hitgen.recruiters.seals import completion_code
from tests.support import nodes

ROOT = Path(__file__).parents[2]
SCRIPTS = {path: path.read_text(encoding="utf-8") for path in (ROOT / "assets").rglob("*.js")}
JUDGE = "methods/pjnd/judge.js"
PYTHON = {
    path: path.read_text(encoding="utf-8")
    for path in (ROOT / "hitgen").rglob("*.py")
    if not {"doubles", "robots"} & set(path.parts)  # what stands outside must not share a mistake
}
WORDS = ("slots", "parts", "optional", "physical", "survey", "screens", "attributes", "about")
OF_FRAMES = ("preview_assignment", "frame_messages")
"""Known to the script, to the page around it and to what imitates a recruiter, but not to the package."""
VALUES = {name: value for name, value in read_contract().items() if name not in WORDS}


@pytest.mark.parametrize("name", sorted(set(VALUES) - set(OF_FRAMES)))
def test_a_value_is_used_by_both_and_written_by_neither(name: str) -> None:
    assert any(f"contract.{name}" in text for text in SCRIPTS.values())
    reader = (ROOT / "hitgen" / "lib" / "contract.py").read_text(encoding="utf-8")
    assert f'_CONTRACT["{name}"]' in reader or f"_CONTRACT['{name}']" in reader
    constant = re.search(rf"^(\w+)\b[^=\n]*= .*_CONTRACT\[[\"']{name}[\"']\]", reader, re.MULTILINE)
    assert constant and any(constant[1] in text for path, text in PYTHON.items() if path.name != "contract.py")


@pytest.mark.parametrize("texts", [SCRIPTS, PYTHON])
def test_no_other_file_writes_a_value_of_the_contract(texts: dict[Path, str]) -> None:
    for text in texts.values():
        limit = r"(limit|bytes)\w*[^\n]*= *(64 \* 1024|65_?536)\b"
        assert not re.search(rf"(?i){limit}|= 0?\.06\b|ASSIGNMENT_ID_NOT_AVAILABLE", text)


def test_a_recruiters_frame_says_the_contracts_words() -> None:
    frame = (ROOT / "templates" / "recruiters" / "turkle.html").read_text(encoding="utf-8")
    words = VALUES["frame_messages"]
    assert f'event.data.{words["key"]} !== "{words["submission"]}"' in frame
    assert f'{words["key"]}: "{words["received"]}"' in frame
    assert VALUES["preview_assignment"] in frame and VALUES["preview_assignment"] == NOT_ACCEPTED
    assert f'name="{VALUES["submission_field"]}"' in frame


def of_method(path: Path, method: str) -> bool:
    """Whether a file is the frame's or this method's."""
    parts = path.relative_to(ROOT).parts
    return "checks" not in parts and ("methods" not in parts or method in parts)


@pytest.mark.parametrize("method", METHODS.names())
@pytest.mark.parametrize(("call", "kind"), [("slot", "slots"), ("part", "parts")])
def test_scripts_ask_for_the_slots_and_parts_of_the_contract(call: str, kind: str, method: str) -> None:
    calls = "slot|press" if call == "slot" else "part"
    texts = [text for path, text in SCRIPTS.items() if of_method(path, method)]
    asked = {name for text in texts for name in re.findall(rf'\b(?:{calls})\("([\w-]+)"[,)]', text)}
    attribute = "hit" if call == "slot" else "part"
    asked |= {name for text in texts for name in re.findall(rf'\[data-{attribute}="([\w-]+)"\]', text)}
    contracts = (read_contract(), read_contract(f"methods/{method}"))
    optional = {name for contract in contracts for name in contract.get("optional", {}).get(kind, {})}
    forms = contracts[1].get("forms", {"": {}})
    known = [set(getattr(markup(method, form=form, physical=True, survey=True), kind)) for form in forms]
    assert asked == set().union(*known) | optional


def questions() -> list[tuple[list[list[float]], dict[str, object], int | None]]:
    """Marks, the known answer and a level: cases made by hand, then random crowded ones."""
    two = {"points": [[40, 50], [60, 50]], "radius_px": 70, "matches": 2, "level": [4, 6]}
    chain = {"points": [[40, 50], [100, 50]], "radius_px": 60, "matches": 2, "level": [0, 100]}
    cases: list[tuple[list[list[float]], dict[str, object], int | None]] = [
        ([[50, 50], [900, 900]], two, 4),
        ([[50, 50], [10, 50]], chain, 100),
        ([[50, 50], [50, 50]], two, 3),
        ([[110, 50], [130, 50]], two, 6),  # on the circle
        ([[130.0000001, 50], [130, 50]], two, 7),
        ([], two, None),
    ]
    draw = random.Random(3)
    for _ in range(300):
        count = draw.randint(1, 6)
        points = [[draw.randrange(200), draw.randrange(200)] for _ in range(count)]
        marks = [[draw.randrange(400) / 2, draw.randrange(400) / 2] for _ in range(draw.randint(0, 6))]
        low = draw.randrange(50)
        known = {"points": points, "radius_px": draw.randint(5, 90), "matches": draw.randint(1, count)}
        cases.append((marks, {**known, "level": [low, low + draw.randrange(50)]}, draw.choice([None, *range(100)])))
    return cases


def test_answers_are_judged_alike() -> None:
    cases = questions()
    body = f"return {json.dumps(cases)}.map(([marks, known, level]) => [module.levelIsRight(level, known), module.placesAreRight(marks, known)]);"
    by_page = nodes.run(JUDGE, body)
    by_python = []
    for marks, known, level in cases:
        answer = Question.model_validate({"question": "q", "ladder": "0" * 64, "images": "i", "source": "s", **known})
        by_python.append([level_is_right(level, answer), places_are_right([(x, y) for x, y in marks], answer)])
    assert by_page == by_python
    assert {tuple(verdict) for verdict in by_python} == {(a, b) for a in (True, False) for b in (True, False)}


def test_frames_a_phase_are_counted_alike() -> None:
    rates = [24, 30, 48, 50, 59.94, 60, 60.0024, 72, 75, 85, 90, 100, 120, 144, 165, 180, 200, 240, 360]
    swaps = [1, 2, 4, 7.5, 8, 10, 12, 12.5, 16, 20, 24, 30]
    cases = [(hz, rate) for hz in rates for rate in swaps if hz >= rate]
    body = (
        f"return {json.dumps(cases)}.map(([hz, swapsPerSecond]) => "
        "module.createSchedule({ swapsPerSecond, kind: 'frame-locked', frameMs: 1000 / hz }).periodMs);"
    )
    by_page = nodes.run("instrument/schedule.js", body)
    assert by_page == pytest.approx(
        [Display(schedule="frame-locked", swaps_per_second=r).swap_ms(hz) for hz, r in cases]
    )


@pytest.mark.parametrize("kind", ["frame-locked", "nominal"])
def test_a_rate_that_is_found_late_counts(kind: str) -> None:
    rates = [50, 60, 75, 90, 120, 144, 165, 240]
    body = f"""return {rates}.map((hz) => {{
        const schedule = module.createSchedule({{ swapsPerSecond: 8, kind: "{kind}", frameMs: 1000 / 60 }});
        schedule.setFrameMs(1000 / hz);
        schedule.start(0);
        let swaps = 0;
        for (let frame = 1; frame <= 20 * hz; frame += 1) swaps = schedule.indexAt((frame * 1000) / hz);
        return swaps / 20;
    }});"""
    wanted = [1000 / Display(schedule=kind).swap_ms(hz) for hz in rates]  # type: ignore[arg-type]
    assert nodes.run("instrument/schedule.js", body) == pytest.approx(wanted, abs=0.06)
    assert all(7 < rate < 9 for rate in wanted)


def test_the_completion_code_is_the_same() -> None:
    names = [("small", "A1"), ("bätch", "ö" * 40), ("b", "x" * 96)]
    body = f"return Promise.all({json.dumps(names)}.map(([batch, place]) => module.completionCode(globalThis.crypto, batch, place)));"
    assert nodes.run("runtime/delivery.js", body) == [completion_code(*pair) for pair in names]


def test_cells_are_guarded_alike() -> None:
    texts = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "\na", "a=1", "", "'=1", "''+", "'a", 'say "no"', "1, 2"]
    rows = json.dumps([{"trial": text, "attempt": 1, "points": []} for text in texts])
    written = nodes.run(
        "runtime/submission.js", f"return module.toCsv({{ batch: 'b', page: 'p', trials: {rows} }}, {{}});"
    )
    cells = [row["trial"] for row in csv.DictReader(io.StringIO(written))]
    for cell, text in zip(cells, texts, strict=True):
        is_guarded = guarded(text).count("'") > text.count("'")
        assert cell == (f"'{text}" if is_guarded else text)


def test_checks_ask_for_the_parts_of_their_contract_and_say_their_own_words() -> None:
    scripts = {path.stem: text for path, text in SCRIPTS.items() if path.parent.name == "checks"}
    contract = read_contract("checks")
    for kind in CHECKS.names():
        asked = set(re.findall(r'\bpart\("([\w-]+)"\)', scripts[kind]))
        assert asked == set(contract.get(kind, {}).get("parts", {})), kind
    texts = set(shipped_texts("pjnd", checks=True)) - set(shipped_texts("pjnd"))
    code = "\n".join(scripts.values())
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates" / "checks").glob("*.html"))
    said = set(re.findall(r"\btext\.(\w+)", pages)) | set(re.findall(r'\bwords\("(\w+)"', code))
    assert said - {"next"} == texts and not re.search(r"\bwords\(`", code)


@pytest.mark.parametrize("method", METHODS.names())
def test_every_word_that_a_script_says_is_a_text_and_every_text_is_said(method: str) -> None:
    texts = set(shipped_texts(method))
    code = "\n".join(text for path, text in SCRIPTS.items() if of_method(path, method))
    asked = set(re.findall(r'\bwords\("(\w+)"', code))
    assert asked <= texts
    assert not re.search(r"\bwords\(`", code), "a key that is built when the page runs cannot be found"
    pages = [path for path in (ROOT / "templates").rglob("*.html") if of_method(path, method)]
    templates = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    said = set(re.findall(r"\btext\.(\w+)", templates)) | {text for text in texts if f'"{text}"' in code}
    assert texts == said
