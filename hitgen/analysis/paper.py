"""A study's methods in the words of a paper, with its own numbers: each sentence only where it is true of this study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hitgen import __version__
from hitgen.analysis.analysed import Analysed
from hitgen.analysis.provenance import analysed_by, named
from hitgen.analysis.references import CHECKS, SHARED, Reference, cited, numbered, read_references
from hitgen.analysis.rules import rule_words
from hitgen.analysis.stimuli import display_told, stimuli_told
from hitgen.checks.made import checkup_of
from hitgen.lib.text import count
from hitgen.manifest import BuildFolder
from hitgen.methods.base import method_of
from hitgen.methods.section import Section
from hitgen.methods.told import Told, listed
from hitgen.recruiters import kind_of

CITE = {"numpy": "harris2020", "scipy": "virtanen2020", "matplotlib": "hunter2007"}
UNTOLD = (
    "The files do not tell how pictures were made and shown, who took part, how they were recruited and paid, and what was left out before; "
    "that is for the authors to say."
)


@dataclass(frozen=True)
class Paper:
    """Paragraphs by heading, with citations by key, and what they cite in order."""

    paragraphs: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]

    @property
    def numbered(self) -> list[tuple[str, str]]:
        """The paragraphs with numbers in the place of keys."""
        return [(heading, numbered(text, self.references)) for heading, text in self.paragraphs]

    @property
    def markdown(self) -> str:
        """The paragraphs as Markdown, whose citations Pandoc and Quarto look up in `bibtex`."""
        return "\n\n".join(["# Methods", *(f"**{heading}.** {text}" for heading, text in self.paragraphs)]) + "\n"

    @property
    def bibtex(self) -> str:
        """What is cited, and nothing else."""
        return "\n\n".join(reference.bibtex for reference in self.references) + "\n"


def _paper(parts: Iterable[tuple[str, Iterable[str]]], section: Section) -> Paper:
    told = [(heading, " ".join(sentence for sentence in sentences if sentence)) for heading, sentences in parts]
    paragraphs = tuple((heading, text) for heading, text in told if text)
    known = read_references([SHARED, CHECKS, *([section.references] if section.references else [])])
    return Paper(paragraphs, tuple(cited((text for _, text in paragraphs), known)))


def public_paper(section: Section) -> Paper:
    """What can be said of a public dataset."""
    software = f"Figures were computed by hitgen {__version__} [@hitgen], {_libraries(section)}."
    return _paper([("Data", [UNTOLD]), ("Analysis", section.words), ("Software", [software])], section)


def paper(found: Analysed) -> Paper:
    """The methods of a study of one's own."""
    study, section = found.study, found.section
    told = method_of(study.config).told(study.config, study.manifest)
    return _paper(
        [
            (
                "Stimuli",
                [*stimuli_told(study.config, study.manifest), *told.stimuli, *display_told(study.config.display)],
            ),
            ("Procedure", [*told.procedure, *_procedure(found)]),
            ("Participants", _participants(found)),
            ("Screening", _screening(found, told)),
            ("Analysis", section.words),
            ("Software", _software(found)),
        ],
        section,
    )


def _procedure(found: Analysed) -> Iterator[str]:
    config, seen = found.study.config, found.own.timing
    if config.check:
        kinds = [checkup_of(table) for table in config.check]
        checks = listed([f"{kind.about}{f' [@{kind.cites}]' if kind.cites else ''}" for kind in kinds])
        yield f"Before the trials it was checked: {checks}."
    many = config.batch.spoken
    yield f"Pages were in the language{'s' if len(many) > 1 else ''} {listed(many)}{', as participants chose' if len(many) > 1 else ''}."
    stage = config.qualification
    if stage:
        yield (
            f"A qualification page with {count(stage.training, 'training trial')} and {count(stage.gold, 'control trial')} came first; who passed at least "
            f"{stage.pass_share:.0%} of its checks was admitted."
        )
    if config.hit.training_tries:
        yield f"Who answered a training trial wrongly {count(config.hit.training_tries, 'time')} left the study."
    errors = abs(seen.swap_error_ms)
    if len(errors):
        yield (
            f"Over {len(errors):,} study trials the mean swap was {np.quantile(errors, 0.5):.2f} ms off its time at the median and at most "
            f"{np.quantile(errors, 0.95):.1f} ms in 95% of them, as pages recorded it."
        )


def _participants(found: Analysed) -> Iterator[str]:
    config, own, flow, study_folder = found.study.config, found.own, found.own.exclusions.flow, found.study.folder
    money, people, consent = own.spending, own.participants, config.consent
    if money is not None and money.simulated:
        yield "All answers were made by hitgen's simulated observers: nobody took part."
        return
    when = f" from {people.first} to {people.last}" if people.first else ""
    came = (
        f"{count(flow.handed_in.submissions, 'page')} {'was' if flow.handed_in.submissions == 1 else 'were'} handed in"
    )
    who = "" if flow.handed_in.people is None else f" by {_people(flow.handed_in.people)}"
    rehearsed = study_folder == BuildFolder(study_folder.parent.parent).rehearsal
    if rehearsed or (money is not None and money.environment in ("sandbox", "local")):
        sandbox = money is not None and money.environment == "sandbox" and not rehearsed
        there = "the recruiter's sandbox" if sandbox else "the researchers' own machine"
        yield f"{came}{who}{when} on {there}, as in a rehearsal: nobody was recruited or paid."
        return
    kind = kind_of(config)
    yield f"{kind.people}; {came}{who}{when}. {_wanted(found)}"
    if config.hit.reward_usd:
        pays = "was paid with" if kind.own.pays else "had a reward of"
        hour = ""
        if own.pilot.median_minutes:
            hour = f"; it took {own.pilot.median_minutes:.1f} minutes at the median, which comes to {own.pilot.hourly_usd} USD an hour"
        yield f"A page {pays} {config.hit.reward_usd} USD{hour}."
    approved = (
        f"approval {consent.approval}"
        if consent.approval
        else f"exempt from approval, in its words: “{consent.exemption.rstrip('.')}”"
    )
    yield f"Everyone consented before the first trial to the study “{consent.title}” ({approved})."


def _wanted(found: Analysed) -> str:
    config, method = found.study.config, method_of(found.study.config)
    subjects = found.study.manifest.by_subject.values()
    goals = sorted({method.wanted(config, trial) for trial in subjects}) or [config.hit.ratings]
    subject, unit = ("picture", "rating") if config.deals_ladders else ("question", "answer")
    *fewer, most = goals
    return f"Each study {subject} was to get {''.join(f'{goal} or ' for goal in fewer)}{count(most, unit)}."


def _screening(found: Analysed, told: Told) -> Iterator[str]:
    study, flow = found.study, found.own.exclusions.flow
    if flow.offered.erased:
        yield f"{count(flow.offered.erased, 'submission')} had been erased on request."
    for step in flow.steps:
        if step.out.submissions and not step.rule and step.out.ratings is None and "erased" not in step.name:
            yield f"{count(step.out.submissions, 'submission')} {'was' if step.out.submissions == 1 else 'were'} {step.name}."
    words = {**rule_words(study.config), **told.rules}
    parts = [
        f"{step.rule}, if {words.get(step.rule, 'that rule was broken')} ({step.out.ratings or 'none'})"
        for step in flow.screened
        if step.rule and (step.out.ratings or words.get(step.rule))
    ]
    if flow.read.ratings:
        yield f"Of {count(flow.read.ratings, 'study rating')} that could be read, one was left out under the first of these that applied to it: {'; '.join(parts)}."
        yield f"{_are(flow.used.ratings or 0)} in use, by {_people(flow.used.people or 0)}."
    if flow.kept:
        yield f"{flow.kept} of them were kept by hand, against the rules."
    for text in study.edited:
        yield f"After publication a rule was changed: {text.partition(' (')[0]}."


def _software(found: Analysed) -> Iterator[str]:
    built = found.study.manifest.hitgen
    both = (
        f"built and analysed by hitgen {built}"
        if built == __version__
        else f"built by hitgen {built} and analysed by hitgen {__version__}"
    )
    yield f"The study was {both} [@hitgen], {_libraries(found.section)}."


def _libraries(section: Section) -> str:
    versions = analysed_by(section.software)
    told = [
        f"{named({name: version})}{f' [@{CITE[name]}]' if name in CITE else ''}" for name, version in versions.items()
    ]
    return f"with {listed(told)}"


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"


def _are(number: int) -> str:
    return f"{number:,} {'rating is' if number == 1 else 'ratings are'}"
