"""What was published, kept in the ledger: its manifest, and batch.toml, so that whoever ends what is out needs nothing that was changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.config.read import config_model, read_config
from hitgen.errors import CONFIG_NAME, InputError, in_config
from hitgen.hosts import open_host
from hitgen.hosts.base import KEY
from hitgen.ledger.ledger import MANIFEST_FACT, Ledger
from hitgen.manifest import Manifest, parse_manifest, refuse_other_method

CONFIG_FACT = "config"
BOUND = ("batch.name", "method.kind", "recruiter.kind", "host.kind", "host.bucket", "host.prefix", "host.folder")
"""What says where a study is and what it asks: with another of these nothing that is out would be found or read."""
GOING_BY = "this goes by what was published"


def published_manifest(ledger: Ledger) -> Manifest | None:
    """The manifest of what a ledger published, None where that is nothing; InputError where it is damaged."""
    text = ledger.fact(MANIFEST_FACT)
    return _parsed(text) if text else None


@lru_cache(maxsize=1)
def _parsed(text: str) -> Manifest:
    """Read once by whoever looks again and again: a large one takes a quarter of a second."""
    return parse_manifest(text, "the published manifest in the ledger")


def refuse_other_study(config: BatchConfig, ledger: Ledger) -> None:
    """InputError where batch.toml is of another batch or method than what a ledger published that an earlier hitgen wrote, which kept
    none: it would be taken for the published one for good."""
    manifest = published_manifest(ledger)
    if manifest is None or ledger.fact(CONFIG_FACT) is not None:
        return
    if config.batch.name != manifest.batch:
        problem = f"it is {config.batch.name!r}, and was {manifest.batch!r} when this was published"
        raise InputError(in_config("batch.name", problem, f'"{manifest.batch}"'))
    refuse_other_method(config, manifest)


def keep_config(ledger: Ledger, config: BatchConfig) -> None:
    """Write down what batch.toml says."""
    ledger.set_fact(CONFIG_FACT, json.dumps(config.model_dump(mode="json", exclude_unset=True, serialize_as_any=True)))


def keep_first_config(ledger: Ledger, config: BatchConfig, folder: Path) -> None:
    """Write down what batch.toml says where an earlier hitgen did not, and pages are where its [host] says."""
    if ledger.fact(CONFIG_FACT) is None:
        host = open_host(config.host, folder, config.batch.name)
        if any(host.url(key[0]) == hit.order.url for hit in ledger.hits() if (key := KEY.search(hit.order.url))):
            keep_config(ledger, config)


def published_config(ledger: Ledger) -> BatchConfig | None:
    """The batch.toml of the last publication; None where an earlier hitgen kept none, or a key is not known any more."""
    text = ledger.fact(CONFIG_FACT)
    if text is None:
        return None
    try:
        table = json.loads(text)
        return config_model(table).model_validate(table)
    except (ValueError, InputError):
        return None


def config_to_end_by(folder: Path, ledger: Ledger) -> tuple[BatchConfig, tuple[str, ...]]:
    """What to end, count and fetch by: batch.toml, or what was published where that cannot be read or means another study by now.

    And in words what is in the way. InputError with the faults of batch.toml where nothing was kept to go by.
    """
    published = published_config(ledger)
    try:
        config = read_config(folder / CONFIG_NAME)
    except InputError as error:
        if published is None:
            raise
        return published, tuple(f"{fault}; until then {GOING_BY}" for fault in error.faults)
    changed = tuple(_changed(config, published)) if published else ()
    return (published, changed) if published and changed else (config, ())


def _changed(config: BatchConfig, published: BatchConfig) -> Iterator[str]:
    for name in BOUND:
        now, before = _value(config, name), _value(published, name)
        if now != before:
            yield f"{CONFIG_NAME}: {name}: it is {now!r}, and was {before!r} when this was published; {GOING_BY}"


def _value(config: BatchConfig, name: str) -> Any:
    table, _, key = name.partition(".")
    return getattr(getattr(config, table), key, None)
