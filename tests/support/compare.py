"""Small studies by `compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hitgen.methods.compare.config import Config
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
