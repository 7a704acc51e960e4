"""What answers are judged by, as it was when they were asked for: gold answers and screening."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.config.questions import QuestionFile
from hitgen.ledger.ledger import MANIFEST_FACT, Ledger
from hitgen.lib.files import file_sha256
from hitgen.manifest import Manifest
from hitgen.publishing.remembered import published_manifest

RULES_FACT = "rules"
"""Under this name the ledger keeps the rules as they were at the first publication."""


def rules_of(folder: Path, config: BatchConfig) -> dict[str, Any]:
    """Every threshold, of screening and of checks, and every gold or training answer of batch.toml by its name, as JSON values."""
    rules = {f"screening.{name}": value for name, value in config.screening.model_dump(mode="json").items()}
    for table in config.check:
        rules |= {f"check.{table.kind}.{name}": value for name, value in table.model_dump(mode="json").items()}
    for entry in config.questions:
        if isinstance(entry, QuestionFile):
            path = folder / entry.file
            rules[f"the questions in {entry.file}"] = file_sha256(path) if path.is_file() else ""
        else:
            rules[f"the answer of {entry.name}"] = entry.model_dump(mode="json")
    return rules


def keep_rules(folder: Path, config: BatchConfig, ledger: Ledger, built: Manifest, anew: bool) -> None:
    """Write down what is published and what its answers are judged by; answers that are kept already stay, unless `anew`."""
    rules = json.dumps(rules_of(folder, config))
    before = None if anew or not ledger.has_hits else published_manifest(ledger)
    if before is None:
        ledger.set_fact(RULES_FACT, rules)
    else:
        ledger.first_fact(RULES_FACT, rules)
        questions = tuple(before.by_question.get(question.question, question) for question in built.questions)
        built = built.model_copy(update={"questions": questions})
    ledger.set_fact(MANIFEST_FACT, built.json())


def edited_rules(folder: Path, config: BatchConfig, ledger: Ledger) -> tuple[str, ...]:
    """What is other than it was when it was published, in words; nothing where that was never written down."""
    text = ledger.fact(RULES_FACT)
    if text is None:
        return ()
    published, now = json.loads(text), json.loads(json.dumps(rules_of(folder, config)))
    said = {f"screening.{name}" for name in config.screening.model_fields_set}
    said |= {f"check.{table.kind}.{name}" for table in config.check for name in table.model_fields_set}
    told = []
    for name in dict.fromkeys([*published, *now]):
        is_threshold = name.startswith(("screening.", "check."))
        came_later = name not in published and name not in said
        if published.get(name) == now.get(name) or (is_threshold and came_later):
            continue
        if is_threshold:
            told.append(f"{name} is {now.get(name)}, and was {published.get(name)} when this was published")
        else:
            told.append(
                f"{name}: batch.toml says something else than was published; grading goes by what was published "
                "(`hitgen build` and `hitgen publish --new-answers` change that)"
            )
    return tuple(told)
