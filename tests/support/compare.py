"""Small studies by `compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from hitgen.methods.compare.config import Config
from hitgen.methods.compare.manifest import Page
from hitgen.methods.compare.row import Arm, Version
from tests.support import batches
from tests.support.batches import grid

CONSENT = {"title": "t", "contact": "c", "approval": "a", "retention": "r", "withdrawal": "w"}


def config(
    levels: int = 5, seed: int = 1, distance: int | None = None, hit: dict[str, Any] | None = None, **method: Any
) -> Config:
    """A config of two codecs with so many levels; `method` are keys of its table."""
    near = {"distance": distance} if distance else {}
    arms = {arm: {**near, **method.pop(arm, {})} for arm in ("boosted", "plain")}
    return Config.model_validate(
        {
            "batch": {"name": "b", "seed": seed}, "method": {"kind": "compare", **arms, **method},
            "images": [{"name": name, "sources": "*.png", "codec": name, "levels": levels} for name in ("jpeg", "webp")],
            "hit": hit or {}, "consent": CONSENT,
        }
    )  # fmt: skip


TOML = """
[batch]
name = "few"
seed = 5
[method]
kind = "compare"
crop = [64, 48]
{method}
[method.boosted]
answers = 2
cross = 1
[method.plain]
answers = 2
distance = 1
cross = 1
{sets}
[hit]
training = 2
study = {study}
gold = 2
bias = 1
{hit}
[display]
swaps_per_second = 10
accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"
[screening]
gold_answers_min = 0
trial_s_min = 0
{consent}
{more}
"""
SET = '[[images]]\nname = "{0}"\nsources = "images/*.png"\ncodec = "{0}"\nlevels = [{{level = 1, quality = 60}}, {{level = 2, quality = 8}}]\n'


def write_study(
    folder: Path,
    sources: int = 1,
    method: str = "",
    hit: str = "",
    study: int = 60,
    more: str = "",
    codecs: Sequence[str] = ("jpeg", "webp"),
) -> Path:
    """A batch of small pictures under two codecs of two levels."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for number in range(sources):
        grid(80, 64, number).save(folder / "images" / f"s{number}.png")
    sets = "".join(SET.format(codec) for codec in codecs)
    text = TOML.format(method=method, sets=sets, hit=hit, study=study, consent=batches.CONSENT, more=more)
    (folder / "batch.toml").write_text(text)
    return folder


def grey(version: Version, arm: Arm) -> int:
    """What a version of a marked page is painted in; amplified, it is twice as far from the source."""
    if not version.level:
        return 40
    return 40 + (2 if arm == "boosted" else 1) * (8 * version.level + (3 if version.codec == "b" else 0))


def marked_page(folder: Path, arm: Arm, method: str = "", hit: str = "", levels: int = 3) -> str:
    """The address of a page of an arm whose pictures are plain greys, under two codecs."""
    (folder / "images").mkdir()
    (folder / "batch.toml").write_text(marked_toml(arm, method, hit, levels))
    Image.new("RGB", (80, 64), (40,) * 3).save(folder / "images" / "s0.png")
    for codec in ("a", "b"):
        for level in range(1, levels + 1):
            shade = grey(Version(codec=codec, level=level), "plain")
            Image.new("RGB", (80, 64), (shade,) * 3).save(folder / "images" / f"s0_{codec}{level}.bmp.png")
    return batches.built_page(folder)


def marked_toml(arm: Arm, method: str, hit: str, levels: int) -> str:
    """Its batch.toml."""
    sets = "".join(
        f'[[images]]\nname = "{codec}"\nsources = "images/s0.png"\ncodec = "files"\nlevels = {levels}\n'
        f'frames = "images/{{source}}_{codec}{{index}}.bmp.png"\n'
        for codec in ("a", "b")
    )
    text = TOML.format(
        method=f'arms = ["{arm}"]\n{method}', sets=sets, hit="", study=60, consent=batches.CONSENT, more=""
    )
    for line in hit.splitlines():
        key = line.split(" =")[0]
        text = "\n".join(each for each in text.splitlines() if not each.startswith(f"{key} ="))
        text = text.replace("[hit]\n", f"[hit]\n{line}\n")
    return text


TIMING = {"swaps": 20, "mean_ms": 100.0, "sd_ms": 2.0, "source_mean_ms": 100.0, "distorted_mean_ms": 100.0}


def submission(page: Page, worker: str, assignment: str, pace_ms: int = 2000) -> dict[str, Any]:
    """An honest submission as the page makes it; each answer takes a bit longer than the one before."""
    rows = [
        {
            "trial": trial.trial, "attempt": 1, "response": "left" if trial.left.level else "right", "response_time_ms": pace_ms + 7 * number,
            "toggles": 1 if trial.arm == "plain" else None, "begun": 1, "started_ms": 20_000 + 6000 * number,
            "ended_ms": 20_100 + pace_ms + 6007 * number, "timing": TIMING if trial.arm == "boosted" else {"swaps": 0},
        }
        for number, trial in enumerate(page.trials)
    ]  # fmt: skip
    return {
            "schema": 1, "batch": "few", "page": page.page, "assignment": assignment, "worker": worker,
            "order": [trial.trial for trial in page.trials], "trials": rows,
            "display": {"scaling": "pixels", "refresh_hz": 60.0, "device_pixel_ratio": 1.0},
            "consent": {"sha256": next(iter(page.consents.values())), "at": "2026-01-01T00:00:00Z"}, "survey": {},
    }  # fmt: skip
