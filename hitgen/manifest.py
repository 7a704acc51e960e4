"""The manifest: what was built. `hitgen build` writes it as build/manifest.json, everybody else reads it here."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from hitgen.config.batch import BatchConfig
from hitgen.config.images import Parameter, Role
from hitgen.config.kinds import DEFAULT_METHOD, METHODS
from hitgen.config.screening import GoldRule
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.files import content_of

FILE = "build/manifest.json"
PageKind = Literal["study", "qualification"]
Digest = Annotated[str, Field(description="a sha256 in hex")]


@dataclass(frozen=True)
class BuildFolder:
    """Where the parts of a build lie."""

    batch: Path

    @property
    def root(self) -> Path:
        return self.batch / "build"

    @property
    def packs(self) -> Path:
        return self.root / "packs"

    @property
    def pages(self) -> Path:
        return self.root / "pages"

    @property
    def manifest(self) -> Path:
        return self.batch / FILE

    @property
    def cache(self) -> Path:
        return self.batch / "cache"

    @property
    def rehearsal(self) -> Path:
        """Where the last rehearsal lies, a study of its own."""
        return self.root / "rehearsal"


class PageContent(Protocol):
    """A page as those see it who arrange who works what: planned or built."""

    @property
    def page(self) -> str: ...
    @property
    def kind(self) -> PageKind: ...
    @property
    def assignments(self) -> int: ...
    @property
    def study(self) -> frozenset[str]: ...
    @property
    def gold(self) -> frozenset[str]: ...


class Frozen(BaseModel):
    """A part of the manifest; keys that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its codec parameter (None for level 0, the source) and its frame's digest."""

    level: int
    parameter: Parameter | None
    frame: str


class Ladder(Frozen):
    """All frames of one source under one codec."""

    ladder: Digest
    images: str
    source: str
    codec: str
    role: Role
    pack: Digest
    bytes: int = Field(description="of the pack")
    carried_bytes: int | None = Field(
        default=None, description="about what the pack would weigh if it carried its frames; null where it does"
    )
    width: int = Field(description="of the source in pixels")
    height: int = Field(description="of the source in pixels")
    levels: tuple[Level, ...] = Field(min_length=1, description="level 0, the source, and 1 to the highest")

    @property
    def key(self) -> str:
        """`images/source`: unique in the batch, also where two sets share a source."""
        return f"{self.images}/{self.source}"

    @property
    def source_size(self) -> tuple[int, int]:
        """Width and height of the whole source in pixels, however much of it is shown."""
        return self.width, self.height

    @property
    def packs(self) -> dict[str, int]:
        """The packs that pages are given, with their bytes."""
        return {self.pack: self.bytes}

    @property
    def made(self) -> bool:
        """Whether pages make its frames."""
        return self.carried_bytes is not None

    @property
    def level_max(self) -> int:
        """L, the highest level."""
        return len(self.levels) - 1

    @property
    def parameters(self) -> tuple[Parameter | None, ...]:
        """The codec parameter of levels 1..L."""
        return tuple(level.parameter for level in self.levels[1:])

    def parameter(self, level: int | None) -> float | None:
        """The codec parameter of a level as a number; None where there is none, or where it is a name."""
        value = self.levels[level].parameter if level else None
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


class Question(Frozen):
    """A gold or training question; a method's subclass has the known answer."""

    question: str = Field(description="its name, images/source")
    ladder: Digest
    images: str
    source: str


class Trial(Frozen):
    """One trial of a page."""

    trial: str = Field(description="its opaque id, all that the page says of it")
    ladder: Digest
    images: str
    source: str
    codec: str
    role: Role
    question: str | None = Field(description="the name of the gold or training question; null in study trials")

    @property
    def key(self) -> str:
        """`images/source` of its ladder."""
        return f"{self.images}/{self.source}"

    @property
    def subject(self) -> str:
        """What a study trial asks about, which nobody is asked twice."""
        return self.ladder

    @property
    def at_once(self) -> str:
        """The same of all trials of a page that are shown at once; usually each is shown alone."""
        return self.trial


class Page(Frozen):
    """One page, to be worked by `assignments` people."""

    page: str = Field(description="p0001 up")
    kind: PageKind
    assignments: int
    file: str = Field(description="below build/")
    sha256: Digest
    bytes: int
    consents: dict[str, Digest] = Field(
        default={}, description="the digest of what is agreed to, by language; empty in builds of an earlier hitgen"
    )
    trials: tuple[Trial, ...]
    checks: dict[str, dict[str, JsonValue]] = Field(
        default={}, description="the checks of eyes and screens that it has, by kind, with what is right in each"
    )

    @cached_property
    def by_trial(self) -> dict[str, Trial]:
        """The trials by their opaque ids."""
        return {trial.trial: trial for trial in self.trials}

    @property
    def study(self) -> frozenset[str]:
        """What the study trials on this page ask about."""
        return frozenset(trial.subject for trial in self.trials if trial.role == "study")

    @property
    def gold(self) -> frozenset[str]:
        """The gold questions on this page."""
        return frozenset(trial.question or "" for trial in self.trials if trial.role == "gold")


class Provenance(Frozen):
    """What a build was made of, as a paper tells it; nothing in it is secret."""

    config_sha256: Digest = Field(description="of batch.toml as it was built")
    seed: int
    libraries: dict[str, str] = Field(description="what encoded the frames, by name, with its version")


class Manifest(Frozen):
    """Everything that was built, with what the method's subclass adds; it maps the opaque trial ids back to ladders and answers, and is never published."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    batch: str
    hitgen: str = Field(description="the version that built it")
    method: str = Field(default=DEFAULT_METHOD, description="what its trials ask")
    judged_by: GoldRule = Field(
        default="thresholds", description="how gold answers judge a worker, where batch.toml does not say"
    )
    provenance: Provenance | None = Field(
        default=None, description="what it was made of; null where an earlier version built it"
    )
    pages: tuple[Page, ...]
    questions: tuple[Question, ...]
    ladders: tuple[Ladder, ...]

    @cached_property
    def by_page(self) -> dict[str, Page]:
        """The pages by name, in order."""
        return {page.page: page for page in self.pages}

    @cached_property
    def by_key(self) -> dict[str, Ladder]:
        """The ladders by `images/source`."""
        return {ladder.key: ladder for ladder in self.ladders}

    @cached_property
    def by_subject(self) -> dict[str, Trial]:
        """A study trial of each subject."""
        return {trial.subject: trial for page in self.pages for trial in page.trials if trial.role == "study"}

    @cached_property
    def by_question(self) -> dict[str, Question]:
        """The gold and training questions by name."""
        return {question.question: question for question in self.questions}

    def json(self, indent: int | None = None) -> str:  # type: ignore[override]
        """The manifest as JSON text."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=indent, ensure_ascii=False)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a built batch; InputError where it is missing or damaged."""
    path = folder / FILE
    try:
        return parse_manifest(content_of(path), str(path))
    except FileNotFoundError:
        raise InputError(Fault(str(path), "", "the batch is not built", "`hitgen build` first")) from None


def refuse_other_method(config: BatchConfig, manifest: Manifest) -> None:
    """Stop where batch.toml has come to name another method than the build's: its answers would all be read as faulty."""
    if config.method.kind != manifest.method:
        problem = f"it is {config.method.kind!r}, and what was built is of {manifest.method!r}"
        remedy = f'"{manifest.method}"; another method is another study, in a folder of its own or after `hitgen build`'
        raise InputError(in_config("method.kind", problem, remedy))


def parse_manifest(text: str | bytes, path: str) -> Manifest:
    """The manifest in a text, as its method's model; InputError, naming `path`, where it is damaged."""
    try:
        data = json.loads(text)
        model: type[Manifest] = METHODS.get(data.get("method", DEFAULT_METHOD)).manifest
        return model.model_validate(data)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
        field, problem = ".".join(map(str, first["loc"])), str(first["msg"])
    except (ValueError, AttributeError) as error:
        field, problem = "", str(error)
    except KeyError as error:
        field, problem = "method", f"{error} is not known here"
    raise InputError(Fault(path, field, f"cannot be read ({problem})", "`hitgen build` again"))
