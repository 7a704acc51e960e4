"""A batch as it lies on disk: its config, the sources found and its questions, cross-checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from hitgen.batch.sources import LadderSource, composed, find_sources, table_rows
from hitgen.config.batch import BatchConfig
from hitgen.config.images import AnyImageSet, CommandSet
from hitgen.config.questions import Question, QuestionFile
from hitgen.config.read import nearest, read_config, validation_faults
from hitgen.config.told import translation_faults
from hitgen.errors import CONFIG_NAME, Fault, in_config, raise_faults
from hitgen.lib.pictures import upright_size


@dataclass(frozen=True)
class Batch:
    """Everything a batch says, before anything is made of it."""

    folder: Path
    config: BatchConfig
    ladders: tuple[LadderSource, ...]
    questions: tuple[Question, ...]

    def names(self, role: str) -> list[str]:
        """The keys of all ladders of one role, in config order."""
        return [ladder.key for ladder in self.ladders if ladder.images.role == role]


def load_batch(folder: Path) -> Batch:
    """The batch in a folder; InputError with every fault of its config, files and cross-references."""
    config = read_config(folder / CONFIG_NAME)
    faults: list[Fault] = list(translation_faults(config))
    ladders: list[LadderSource] = []
    names_seen: set[str] = set()
    for position, images in enumerate(config.images):
        field = f"images[{position}]"
        if images.name in names_seen:
            faults.append(in_config(f"{field}.name", f"{images.name!r} is used twice", "another name"))
        names_seen.add(images.name)
        if isinstance(images, CommandSet):
            images.start_in(folder)
        ladders += find_sources(folder, images, f"{field}.sources", faults)
    questions = [(field, _named(question, ladders)) for field, question in _questions(folder, config, faults)]
    if len(names_seen) == len(config.images):
        faults += _question_faults(config, ladders, questions)
    faults += _supply_faults(config, ladders)
    raise_faults(faults)
    return Batch(folder, config, tuple(ladders), tuple(question for _, question in questions))


def _questions(folder: Path, config: BatchConfig, faults: list[Fault]) -> list[tuple[str, Question]]:
    """Every question with the place it was written at."""
    questions: list[tuple[str, Question]] = []
    model = config.question
    for position, entry in enumerate(config.questions):
        if not isinstance(entry, QuestionFile):
            questions.append((f"questions[{position}]", entry))
            continue
        for line, row in table_rows(folder, entry.file, f"questions[{position}].file", model.columns, faults):
            try:
                questions.append((f"{entry.file} line {line}", model.of_row(row)))
            except ValidationError as error:
                faults += validation_faults(error, model, entry.file, f"line {line}")
            except ValueError as error:
                faults.append(Fault(entry.file, f"line {line}", str(error), model.form))
    return questions


def _named(question: Question, ladders: list[LadderSource]) -> Question:
    """The question with its source's name as the file has it, where the two differ in how accents are stored."""
    names = [ladder.source for ladder in ladders if ladder.images.name == question.images]
    alike = [name for name in names if composed(name) == composed(question.source)]
    return question if question.source in names or not alike else question.model_copy(update={"source": alike[0]})


def _question_faults(
    config: BatchConfig, ladders: list[LadderSource], questions: list[tuple[str, Question]]
) -> Iterator[Fault]:
    by_key = {ladder.key: ladder for ladder in ladders}
    sets = {images.name: images for images in config.images}
    asked: dict[str, str] = {}
    astray = False
    for field, question in questions:
        images = sets.get(question.images)
        if images is None or images.role == "study" or question.name not in by_key:
            astray = True
            yield from _astray(field, question, sets, ladders)
            continue
        if question.name in asked:
            problem = f"{question.name} has a question already ({asked[question.name]})"
            yield in_config(field, problem, "leaving one of the two out")
        asked[question.name] = field
        size = upright_size(by_key[question.name].path)
        for key, problem, remedy in question.faults(config, images.level_count, size):
            yield in_config(f"{field}.{key}", problem, remedy)
    if astray:
        return  # the ladder that such a question means would be named as having none
    for key, ladder in by_key.items():
        if ladder.images.role != "study" and key not in asked:
            yield in_config(
                "questions",
                f"the {ladder.images.role} ladder {key} has no question",
                f'a [[questions]] entry with images = "{ladder.images.name}" and source = "{ladder.source}"',
            )


def _astray(
    field: str, question: Question, sets: Mapping[str, AnyImageSet], ladders: list[LadderSource]
) -> Iterator[Fault]:
    """Why there is no ladder that a question asks about; nothing where its set found no pictures, which is told of the set."""
    images = sets.get(question.images)
    names = [ladder.source for ladder in ladders if ladder.images.name == question.images]
    if images is None:
        yield in_config(
            f"{field}.images", f"no image set is called {question.images!r}", nearest(question.images, sets)
        )
    elif images.role == "study":
        problem = f"the set {images.name!r} has the role study, which has no known answers"
        yield in_config(f"{field}.images", problem, 'role = "gold" or role = "training" for that set')
    elif names:
        problem = f"the set {images.name!r} has no source {question.source!r}"
        yield in_config(f"{field}.source", problem, nearest(question.source, names))


def _supply_faults(config: BatchConfig, ladders: list[LadderSource]) -> Iterator[Fault]:
    supply = {role: sum(ladder.images.role == role for ladder in ladders) for role in ("study", "training", "gold")}
    if all(images.role != "study" for images in config.images):
        yield in_config("images", "no image set has the role study", 'role = "study" for the set to be rated')
    stages = [("hit", config.hit.training, config.hit.gold)] if config.deals_ladders else []
    if config.qualification:
        stages.append(("qualification", config.qualification.training, config.qualification.gold))
    for stage, training, gold in stages:
        for role, wanted in (("training", training), ("gold", gold)):
            if wanted > supply[role]:
                yield in_config(
                    f"{stage}.{role}",
                    f"{wanted} {role} trials a page are asked, but there are {supply[role]} {role} ladders",
                    f"{role} = {supply[role]}, or more ladders by `hitgen gold`",
                )
