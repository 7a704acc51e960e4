"""Which questions stand on which page: pure and seeded, each as often as its arm wants, as often left as right."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from hitgen.config.images import Role
from hitgen.errors import InputError, in_config
from hitgen.methods.compare.config import Config
from hitgen.methods.compare.manifest import subject_of
from hitgen.methods.compare.row import SOURCE, Arm, Asked, Version
from hitgen.plan import MOST_PAGES, LadderKey, Plan, PlannedPage, PlannedTrial, trial_id

Levels = Mapping[str, Mapping[str, int]]
"""Of each source, the highest level of each codec, codecs in the order of batch.toml."""


@dataclass(frozen=True)
class Question:
    """One question, whichever version stands left."""

    arm: Arm
    source: str
    asked: Asked
    left: Version
    right: Version

    @property
    def subject(self) -> str:
        return subject_of(self.arm, self.source, self.left, self.right)

    @property
    def ladder(self) -> LadderKey:
        """The ladder of one of the two, for the columns that every trial has."""
        version = self.left if self.left.level else self.right
        return f"{version.codec}.{self.arm}/{self.source}"

    def mirrored(self) -> Question:
        """The same with its sides changed."""
        return Question(self.arm, self.source, self.asked, self.right, self.left)


@dataclass(frozen=True)
class PlannedQuestion(PlannedTrial):
    """A question on a page; blocks hold one trap or bias question each, so that these are spread evenly."""

    what: Question
    block: int

    @property
    def subject(self) -> str:
        return self.what.subject


def levels_of(config: Config, keys: Iterable[LadderKey]) -> Levels:
    """What there is to compare, by source."""
    counts = {images.name: images.level_count for images in config.images}
    found: dict[str, dict[str, int]] = {}
    for key in keys:
        codec, _, source = key.partition("/")
        found.setdefault(source, {})[codec] = counts[codec]
    return found


def questions_of(config: Config, arm: Arm, levels: Levels) -> list[Question]:
    """All questions of an arm, each once, source by source."""
    method, table = config.method, config.method.table(arm)
    made: dict[str, Question] = {}
    for source, codecs in levels.items():
        pairs: list[tuple[Asked, Version, Version]] = []
        for codec, last in codecs.items():
            ladder = [SOURCE, *(Version(codec=codec, level=level) for level in range(1, last + 1))]
            near = table.distance or last
            for better, worse in combinations(range(last + 1), 2):
                same = "same" in method.compare and worse - better <= near
                if same or ("source" in method.compare and better == 0):
                    pairs.append(("same" if better else "source", ladder[better], ladder[worse]))
        if "cross" in method.compare:
            pairs += [pair for two in combinations(codecs.items(), 2) for pair in _across(*two, table.cross)]
        for asked, left, right in pairs:
            question = Question(arm, source, asked, left, right)
            made.setdefault(question.subject, question)
    return list(made.values())


def _across(one: tuple[str, int], other: tuple[str, int], count: int) -> Iterator[tuple[Asked, Version, Version]]:
    """Questions across two codecs at about the same share of their levels, from the middle of the first step to the last."""
    (first, last), (second, other_last) = one, other
    for number in range(count):
        share = (number + 0.5) / count
        levels = (1 + int(share * last), 1 + int(share * other_last))
        yield "cross", Version(codec=first, level=levels[0]), Version(codec=second, level=levels[1])


def loose_ends(questions: Iterable[Question], levels: Levels) -> list[str]:
    """The versions that no chain of questions leads to from their source, in words."""
    near: dict[tuple[str, Version], set[tuple[str, Version]]] = {}
    for question in questions:
        one, other = (question.source, question.left), (question.source, question.right)
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    found = []
    for source, codecs in levels.items():
        reached, ahead = {(source, SOURCE)}, [(source, SOURCE)]
        while ahead:
            new = near.get(ahead.pop(), set()) - reached
            reached |= new
            ahead += new
        versions = [Version(codec=codec, level=level) for codec, last in codecs.items() for level in range(1, last + 1)]
        found += [f"{source} {each.codec} {each.level}" for each in versions if (source, each) not in reached]
    return found


def make_plan(config: Config, names: Mapping[Role, Sequence[LadderKey]], salt: str = "") -> Plan:
    """Every question of every arm stands on pages with its arm's number of assignments, left and right to within one.

    The questions of an arm are dealt once into pages of about one size and at most `hit.study`; each page stands there
    twice, the second time with all sides changed, and as often as `hit.assignments` asks for. Both have the same questions, so
    that no worker does both. Traps, bias questions and training are dealt in turn from one shuffled round each.
    """
    secret = f"{salt}/" if salt else ""
    rng = random.Random(f"{secret}{config.batch.name}/{config.batch.seed}/compare")
    levels = levels_of(config, names["study"])
    pages: list[PlannedPage] = []
    for arm in config.method.arms:
        deal = _Deal(config, arm, levels, rng)
        rounds = _rounds(config.answers(arm), config.hit.assignments)
        if len(rounds) * len(deal.groups) > MOST_PAGES:
            problem = f"makes {len(rounds) * len(deal.groups)} pages of the {arm} arm; a batch has at most {MOST_PAGES}"
            raise InputError(in_config("hit.assignments", problem, "more assignments a page, or several batches"))
        for assignments, mirrored in rounds:
            for group in deal.groups:
                page = f"p{len(pages) + 1:04d}"
                pages.append(_page(config, salt, page, assignments, deal.content(group, mirrored, rng)))
    return Plan(tuple(pages))


def _rounds(answers: int, most: int | None) -> list[tuple[int, bool]]:
    """Assignments of each round and whether sides are changed in it: as many with as without."""
    wanted = [answers - answers // 2, answers // 2]
    rounds: list[tuple[int, bool]] = []
    while any(wanted):
        for mirrored in (False, True):
            if part := min(wanted[mirrored], most or answers):
                rounds.append((part, mirrored))
                wanted[mirrored] -= part
    return rounds


class _Deal:
    """The questions of one arm: study ones in groups, and decks of traps and bias questions."""

    def __init__(self, config: Config, arm: Arm, levels: Levels, rng: random.Random) -> None:
        self._hit = config.hit
        self.groups = _groups(questions_of(config, arm, levels), config.hit.study, rng)
        worst = [(source, codec, last) for source, codecs in levels.items() for codec, last in codecs.items()]
        self._traps = _Deck([_trap(arm, *each) for each in worst], rng)
        middle = [(source, codec, 1 + int(rng.random() * last)) for source, codec, last in worst]
        self._bias = _Deck([_bias(arm, *each) for each in middle], rng)

    def content(
        self, group: list[Question], mirrored: bool, rng: random.Random
    ) -> tuple[list[Question], list[list[tuple[Question, Role]]]]:
        """A page's training and its blocks, each with one trap or bias question as far as these go."""
        taken = {question.subject for question in group}
        training = _sided(self._traps.deal(self._hit.training, set()), rng)
        controls = _sided(self._traps.deal(self._hit.gold, taken), rng) + self._bias.deal(self._hit.bias, set())
        rng.shuffle(controls)
        asked = [question.mirrored() for question in group] if mirrored else list(group)
        rng.shuffle(asked)
        count = max(1, len(controls))
        blocks: list[list[tuple[Question, Role]]] = []
        for number in range(count):
            part = asked[number * len(asked) // count : (number + 1) * len(asked) // count]
            block: list[tuple[Question, Role]] = [(question, "study") for question in part]
            block += [(question, "gold") for question in controls[number : number + 1]]
            rng.shuffle(block)
            blocks.append(block)
        return training, [block for block in blocks if block]


class _Deck:
    """Deals questions in turn, over and over, from one shuffled round."""

    def __init__(self, questions: list[Question], rng: random.Random) -> None:
        self._questions = questions
        rng.shuffle(questions)
        self._next = 0

    def deal(self, count: int, taken: Set[str]) -> list[Question]:
        """The next so many, those that ask what is `taken` last of all; none twice while there are others."""
        turn = (
            self._questions[self._next % len(self._questions) :] + self._questions[: self._next % len(self._questions)]
        )
        turn.sort(key=lambda question: question.subject in taken)
        self._next += count
        return [turn[number % len(turn)] for number in range(count)]


def _trap(arm: Arm, source: str, codec: str, last: int) -> Question:
    return Question(arm, source, "trap", SOURCE, Version(codec=codec, level=last))


def _bias(arm: Arm, source: str, codec: str, level: int) -> Question:
    version = Version(codec=codec, level=level)
    return Question(arm, source, "bias", version, version)


def _sided(questions: list[Question], rng: random.Random) -> list[Question]:
    """Half of the questions, drawn at random, with their sides changed."""
    turned = set(rng.sample(range(len(questions)), (len(questions) + rng.randint(0, 1)) // 2))
    return [question.mirrored() if number in turned else question for number, question in enumerate(questions)]


def _groups(questions: list[Question], most: int, rng: random.Random) -> list[list[Question]]:
    """Groups of about one size, each with its part of every source and codec; half of each has its sides changed."""
    shuffled = list(questions)
    rng.shuffle(shuffled)
    shuffled.sort(key=lambda question: (question.source, question.ladder))
    count = -(-len(shuffled) // most)
    return [_sided(shuffled[start::count], rng) for start in range(count)]


def _page(
    config: Config,
    salt: str,
    page: str,
    assignments: int,
    content: tuple[list[Question], list[list[tuple[Question, Role]]]],
) -> PlannedPage:
    training, blocks = content
    rows: list[tuple[Question, Role, int]] = [(question, "training", 0) for question in training]
    rows += [(question, role, number) for number, block in enumerate(blocks) for question, role in block]
    trials = []
    for position, (question, role, block) in enumerate(rows):
        own = trial_id(config, page, position, salt)
        name = None if role == "study" else own
        trials.append(PlannedQuestion(own, question.ladder, role, name, question, block))
    return PlannedPage(page, "study", assignments, tuple(trials))
