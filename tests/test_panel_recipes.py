"""docs/panels.md: each recipe against a double written from the service's own description."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hitgen.doubles.panel.panel import Panel
from hitgen.doubles.panel.server import PanelServer
from tests.support.panel_services import SERVICES, TOLD
from tests.support.panels import PanelStudy, panel_study

DOCS = Path(__file__).parents[1] / "docs" / "panels.md"
RECIPE = re.compile(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", re.M | re.S)
RECIPES = [
    (name, number, text.split("[recruiter]\n")[1])
    for name, section in RECIPE.findall(DOCS.read_text(encoding="utf-8"))
    for number, text in enumerate(re.findall(r"```toml\n(.*?)```", section, re.S))
]
STUDY = "https://study.example.org/hitgen/go"


def test_every_service_has_a_recipe() -> None:
    assert {name for name, _, _ in RECIPES} == set(SERVICES)
    assert {
        name for name, section in RECIPE.findall(DOCS.read_text(encoding="utf-8")) if "Second-hand" in section
    } >= TOLD


def came_back(study: PanelStudy, panel: Panel, person: str, query: str) -> str:
    """How the panel takes a person back who is done, or sent away."""
    said = study.come(query)
    if said.url:
        return panel.visit(said.url)
    code = said.words.partition("Your code: ")[2].partition("<")[0]
    panel.codes.setdefault(person, code)
    return "complete" if panel.enter(person, code) else said.words


@pytest.mark.parametrize(
    ("name", "number", "recruiter"), RECIPES, ids=[f"{name} {number}" for name, number, _ in RECIPES]
)
def test_a_recipe_gives_places_and_sends_people_back(
    tmp_path: Path, name: str, number: int, recruiter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SERVICES[name]
    if variable := re.search(r'secret_env = "(\w+)"', recruiter):
        monkeypatch.setenv(variable[1], service.secret)
    with panel_study(tmp_path / "study", recruiter) as study:
        study.open("p0001.1", 2)
        panel = Panel(service)
        people = [panel.send(number, STUDY) for number in range(1, 5)]
        queries = [address.partition("?")[2] for _, address in people]
        said = [study.come(query) for query in queries[:2]]
        assert [len({one.place, study.come(query).place}) for one, query in zip(said, queries, strict=False)] == [1, 1]
        assert said[0].place != said[1].place and said[0].query["workerId"] == people[0][0]
        assert study.deliver(said[0].place) == "stored"
        way = f"hitgen_place={said[0].place}"
        ends = [came_back(study, panel, people[0][0], query) for query in (queries[0], way, way)]
        if "credit_shows" in recruiter:
            assert all(end.startswith("<!doctype") for end in ends)  # credit comes with the review
        else:
            assert ends == ["complete"] * 3
        if "full" in service.ways:
            assert came_back(study, panel, people[2][0], queries[2]) == "full"
            study.go(f"hitgen_place={said[1].place}&hitgen_out=screened-out")
            assert came_back(study, panel, people[1][0], queries[1]) == "screened-out"
            study.recruiter.exclude(people[3][0])
            ways = service.ways  # this one has the same for both
            assert ways[came_back(study, panel, people[3][0], queries[3])] == ways["failed"]


@pytest.mark.parametrize("faults", [[], ["busy"], ["lost"]])
def test_sonas_server_is_told_once(tmp_path: Path, faults: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitgen.lib.web.FIRST_WAIT_S", 0.01)
    recruiter = next(text for name, number, text in RECIPES if (name, number) == ("SONA", 1))
    service = SERVICES["SONA"]
    with PanelServer(service) as sona, panel_study(tmp_path / "study", recruiter) as study:
        monkeypatch.setenv("SONA_TOKEN", service.secret)
        config = study.kind.own.model_copy(
            update={"credit": study.kind.own.credit.replace("https://yourschool.sona-systems.com", sona.base)}
        )
        study.kind.own = config
        sona.service = type(service)(
            **{**vars(service), "credit": service.credit.replace("https://yourschool.sona-systems.com", "")}
        )
        study.open("p0001.1", 1)
        person, address = sona.send(7, STUDY)
        place = study.come(address.partition("?")[2]).place
        study.deliver(place)
        recruiter_now = study.recruiter
        sona.faults = list(faults)
        assert recruiter_now.approve(place) == recruiter_now.approve(place) == "Approved"
        assert sona.credited[person] == (2 if "lost" in faults else 1)  # the second was told that it had been given
        recruiter_now.close()
