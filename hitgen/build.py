"""From a batch folder to build/: packs, pages and the manifest; same inputs, same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitgen import __version__
from hitgen.batch import resources
from hitgen.batch.load import Batch, load_batch
from hitgen.batch.plan_salt import make_salt, read_salt
from hitgen.checks.made import check_faults, check_keys
from hitgen.config.batch import BatchConfig
from hitgen.config.images import Role
from hitgen.errors import CONFIG_NAME, Fault, in_config, raise_faults
from hitgen.lib.files import file_sha256, write_whole
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder, Ladder, Manifest
from hitgen.methods.base import method_of
from hitgen.pages.texts import text_files
from hitgen.plan import Plan, PlannedPage
from hitgen.stimuli.codecs import library_versions
from hitgen.stimuli.form import in_form
from hitgen.stimuli.make import make_ladders

if TYPE_CHECKING:
    from hitgen.pages.render import Renderer

FILL_IN = "FILL IN"
"""What `init` writes where the researcher has to."""
ROLES: tuple[Role, ...] = ("training", "study", "gold")


@dataclass(frozen=True)
class Build:
    """What a build made, and how much of it was new."""

    folder: BuildFolder
    pages: int
    pages_written: int
    ladders: int
    ladders_encoded: int
    bytes: int
    linked: bool
    """Whether packs lie beside the pages, which then do not open from a file."""


def plan_of(batch: Batch) -> Plan:
    """The plan of a loaded batch."""
    names = {role: batch.names(role) for role in ROLES}
    return method_of(batch.config).plan(batch.config, names, read_salt(batch.folder))


def unfilled(config: BatchConfig) -> list[Fault]:
    """A fault for each word of the consent that `init` left to the researcher and nobody has written."""
    return [
        in_config(f"consent.{key}", "it is still to be filled in", "what your participants have to know")
        for key, text in config.consent.model_dump().items()
        if FILL_IN in text
    ]


def build(
    folder: Path,
    workers: int | None = None,
    progress: OnProgress = silent,
    scheduler: str | None = None,
    config: BatchConfig | None = None,
    into: Path | None = None,
) -> Build:
    """Build a batch; InputError with every fault of its input, and then nothing of the last build is touched.

    `workers` is how many processes make ladders (all cores if None); `scheduler` the address of a Dask cluster instead.
    `config` stands in place of the folder's where only host and recruiter differ; `into` is another folder for what is made.
    """
    batch = load_batch(folder)
    config_sha256 = file_sha256(batch.folder / CONFIG_NAME)
    method = method_of(batch.config)
    raise_faults([*method.faults(batch), *check_faults(batch.config), *unfilled(batch.config)])
    if config:
        batch = replace(batch, config=config)
    plan = plan_of(batch)
    output = BuildFolder(into or folder)
    from hitgen.pages.render import Renderer

    renderer = Renderer(batch)
    renderer.check(plan.pages[0])
    sources, _ = in_form(batch, method.sources(batch))
    made = make_ladders(sources, output.packs, output.cache / "ladders", workers, progress, scheduler)
    ladders = {ladder.key: ladder for ladder in made.ladders}
    if made.carried_because:
        renderer = Renderer(batch, makes=False)
    # Only now, when nothing is wrong: a refused build leaves nothing behind.
    make_salt(batch.folder)
    plan = plan_of(batch)
    pages, written = _write_pages(batch, plan, ladders, renderer, output)
    found = _manifest(batch, config_sha256, pages, ladders)
    # It names what is gold and the right answers; pages and packs are for everybody.
    write_whole(output.manifest, f"{found.json(indent=1)}\n".encode(), private=True)
    _remove_stale(
        output,
        {page.file for page in found.pages},
        {pack for ladder in made.ladders for pack in (ladder.pack, *ladder.packs)},
    )
    return Build(
        output,
        len(pages),
        written,
        len(ladders),
        made.encoded,
        sum(page.bytes for page in found.pages),
        batch.config.hit.packs == "linked",
    )


def _write_pages(
    batch: Batch, plan: Plan, ladders: Mapping[str, Ladder], renderer: Renderer, output: BuildFolder
) -> tuple[list[dict[str, Any]], int]:
    """The manifest's rows of all pages, and how many were written: the others lie there as they would be."""
    output.pages.mkdir(parents=True, exist_ok=True)
    shell = _shell_digest(batch)
    record = _PageRecord(output.cache / "pages.json")
    pages: list[dict[str, Any]] = []
    written = 0
    for planned in plan.pages:
        path = output.pages / f"{planned.page}.html"
        data = renderer.data(planned, ladders)
        key = hashlib.sha256(f"{shell}{data.json()}".encode()).hexdigest()
        row = record.known(key, path)
        if row is None:
            row = {"sha256": write_whole(path, renderer.chunks(data, output.packs)), "bytes": path.stat().st_size}
            record.keep(key, path, row)
            written += 1
        pages.append({**_page(batch, planned, row, ladders), "consents": data.consents})
    record.save()
    return pages, written


class _PageRecord:
    """Which pages lie there already: by a key of all they depend on, and the file's size and time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._rows: dict[str, Any] = json.loads(path.read_bytes())
        except (OSError, ValueError):
            self._rows = {}
        self._used: dict[str, Any] = {}

    def known(self, key: str, path: Path) -> dict[str, Any] | None:
        row = self._rows.get(f"{path.name} {key}")
        try:
            status = path.stat()
        except OSError:
            return None
        if row is None or [status.st_size, status.st_mtime_ns] != row["file"]:
            return None
        self._used[f"{path.name} {key}"] = row
        return {"sha256": row["sha256"], "bytes": status.st_size}

    def keep(self, key: str, path: Path, row: dict[str, Any]) -> None:
        status = path.stat()
        self._used[f"{path.name} {key}"] = {"sha256": row["sha256"], "file": [status.st_size, status.st_mtime_ns]}

    def save(self) -> None:
        if self._used != self._rows:
            write_whole(self._path, json.dumps(self._used).encode())


def _shell_digest(batch: Batch) -> str:
    """A digest of all that pages share: version, config, templates and assets."""
    digest = hashlib.sha256(__version__.encode())
    digest.update(
        batch.config.model_dump_json(include={"hit", "consent", "survey", "batch", "texts", "translations"}).encode()
    )
    for name in text_files(batch.config).values():
        digest.update((batch.folder / name).read_bytes())
    for path in resources.all_files(batch.folder):
        digest.update(f"{path.name}\0".encode() + bytes.fromhex(file_sha256(path)))
    return digest.hexdigest()


def _page(batch: Batch, planned: PlannedPage, file: dict[str, Any], ladders: Mapping[str, Ladder]) -> dict[str, Any]:
    method = method_of(batch.config)
    trials = [
        {
            "trial": trial.trial, "ladder": ladder.ladder, "images": ladder.images, "source": ladder.source,
            "codec": ladder.codec, "role": trial.role, "question": trial.question, **method.built_trial(trial),
        }
        for trial in planned.trials
        for ladder in [ladders[trial.ladder]]
    ]  # fmt: skip
    return {
        "page": planned.page, "kind": planned.kind, "assignments": planned.assignments,
        "file": f"pages/{planned.page}.html", **file, "trials": trials,
        "checks": check_keys(batch.config, planned.page, planned.kind, read_salt(batch.folder)),
    }  # fmt: skip


def _manifest(batch: Batch, config_sha256: str, pages: list[dict[str, Any]], ladders: Mapping[str, Ladder]) -> Manifest:
    method = method_of(batch.config)
    questions = [
        {"question": question.name, "ladder": ladders[question.name].ladder, **question.model_dump()}
        for question in batch.questions
    ]
    return method.manifest.model_validate(
        {
            "schema": 1, "batch": batch.config.batch.name, "hitgen": __version__, "method": method.name, "pages": pages,
            "judged_by": batch.config.screening.judged_by,
            "provenance": {
                "config_sha256": config_sha256, "seed": batch.config.batch.seed,
                "libraries": dict(sorted(item for each in batch.config.images for item in library_versions(each).items())),
            },
            "questions": questions, "ladders": list(ladders.values()), **method.settings(batch.config),
        }
    )  # fmt: skip


def _remove_stale(output: BuildFolder, files: set[str], packs: set[str]) -> None:
    """Remove pages and packs of earlier builds; what another process is writing has another name."""
    for path in output.pages.glob("*.html"):
        if f"pages/{path.name}" not in files:
            path.unlink(missing_ok=True)
    for path in output.packs.glob("*.pack"):
        if path.stem not in packs:
            path.unlink(missing_ok=True)
