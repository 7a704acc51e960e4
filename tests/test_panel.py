"""Places by the panel's ids: the same id the same place, a person's act alone takes one, and everybody finds the way back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from hitgen.collector.door import MOST_QUERY
from hitgen.collector.rates import PLACES_REFILL_S
from hitgen.config.read import read_config
from hitgen.errors import InputError
from hitgen.recruiters.seals import completion_code, place_pattern
from tests.support.panels import RESULTS, PanelStudy, Said, panel_study

PLAIN = f'kind = "panel"\n{RESULTS}\n'
WAYS = PLAIN + "".join(
    f'{way} = "https://panel.example/{way}?p={{PID}}"\n'
    for way in ("complete", "screened_out", "declined", "failed", "full")
)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[PanelStudy]:
    with panel_study(tmp_path / "study", PLAIN) as made:
        yield made


@contextmanager
def with_ways(folder: Path, more: str = "") -> Iterator[PanelStudy]:
    with panel_study(folder, WAYS + more) as made:
        yield made


def given(study: PanelStudy) -> int:
    return len(study.inbox.query("SELECT 1 FROM turns"))


def test_nothing_is_given_to_looks_and_one_place_to_a_person(study: PanelStudy) -> None:
    assert "has not begun" in study.come("PID=a").words
    study.open("p0001.1", 3)
    for method, headers in (
        ("GET", {}),
        ("HEAD", {}),
        ("GET", {"HTTP_SEC_PURPOSE": "prefetch"}),
        ("POST", {"HTTP_SEC_PURPOSE": "prefetch"}),
    ):
        assert not study.go("PID=a", method, **headers).url
    assert given(study) == 0
    first = study.come("PID=a")
    assert first.place and {study.come("PID=a").place for _ in range(3)} == {first.place}
    assert study.go("PID=a", "HEAD").place == first.place
    assert study.come("PID=b").place not in ("", first.place) and given(study) == 2


@pytest.mark.parametrize(
    "query",
    [
        *("", "PID=", "PID=%SURVEY_CODE%", "PID={{PID}}", "PID=%3Cid%3E", "PID=a&PID=b", "pid=a", "PID=" + "a" * 129),
        *("PID=a%0d%0ab", "PID=%FF", "PID=\u00e9", "x=" + "a" * MOST_QUERY + "&PID=a"),
        "hitgen_place=p0001.1-1-" + "a" * 26,
    ],
)
def test_an_address_without_an_id_is_told_so(study: PanelStudy, query: str) -> None:
    study.open("p0001.1", 3)
    for method in ("GET", "POST"):
        said = study.go(query, method)
        assert (said.status, said.url) == (200, "") and "lacks PID" in said.words
    assert given(study) == 0


def test_ids_of_any_panel_are_ids(study: PanelStudy) -> None:
    ids = ["1", "A1B2", "61f2_-9", "person@example.org", "0f8fad5b-d9cb-469f-a165-70867728950e", "a+b=/|~:1", "x" * 128]
    study.open("p0001.1", len(ids))
    places = [study.come(f"PID={quote(name, safe='')}").place for name in ids]
    assert len({*places, ""}) == len(ids) + 1


def test_two_at_once_get_one_place_each(study: PanelStudy) -> None:
    study.open("p0001.1", 5)
    study.open("p0002.1", 5)
    found: list[tuple[int, str]] = []
    gate = threading.Barrier(24)

    def comes(number: int) -> None:
        gate.wait()
        found.append((number % 8, study.go(f"PID=id{number % 8}", "POST").place))

    threads = [threading.Thread(target=comes, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 24 and len(set(found)) == 8 and given(study) == 8 and all(place for _, place in found)
    assert sorted(taken.places for taken in study.recruiter._places._taken().values()) == [4, 4]


def test_every_page_gets_its_share_and_nobody_meets_a_picture_twice(tmp_path: Path) -> None:
    with panel_study(tmp_path / "study", f"{PLAIN}pages_each = 9\n") as study:
        study.open("p0001.1", 2, ("g1", "s1"))
        study.open("p0002.1", 2, ("g1", "s2"))
        study.open("p0003.1", 2, ("g2", "s3"))
        hits = []
        while (said := study.come("PID=a")).place:
            hits.append(said.place.partition("-")[0])
            study.deliver(said.place)
        assert hits == ["p0001.1", "p0003.1"] and "Your code: " in said.words
        others = [study.come(f"PID=b{number}").place.partition("-")[0] for number in range(5)]
        assert sorted([*hits, *others[:4]]) == ["p0001.1", "p0001.1", "p0002.1", "p0002.1", "p0003.1", "p0003.1"]
        assert others[4] == "" and "All places are taken" in study.come("PID=b4").words


def test_one_page_a_person_unless_said(study: PanelStudy) -> None:
    study.open("p0001.1", 2)
    study.open("p0002.1", 2)
    place = study.come("PID=a").place
    assert study.deliver(place) == "stored"
    for query in ("PID=a", f"hitgen_place={place}"):
        assert completion_code("demo", place) in study.come(query).words
    assert given(study) == 1


def test_a_place_that_nobody_works_on_is_free_again(study: PanelStudy) -> None:
    study.open("p0001.1", 1)
    first = study.come("PID=a").place
    assert "All places" in study.come("PID=b").words
    study.wait(minutes=119)
    assert study.come("PID=a").place == first  # seen again, so it is kept
    study.wait(minutes=119)
    assert "All places" in study.come("PID=b").words
    study.wait(minutes=2)
    second = study.come("PID=b").place
    assert second not in ("", first) and "All places" in study.come("PID=a").words
    study.wait(hours=3)
    assert study.come("PID=a").place == first  # its own, as long as there is room
    # Both deliver: each is who they are, and the HIT has one more than was ordered.
    assert study.deliver(first) == study.deliver(second) == "stored"
    assert {row.worker: row.assignment for row in study.recruiter.submissions("p0001.1")} == {"a": first, "b": second}
    (seen,) = study.recruiter.progress(["p0001.1"])
    assert (seen.assignments, seen.available, seen.pending) == (1, 0, 0)


def test_everybody_finds_the_way_back(tmp_path: Path) -> None:
    with with_ways(tmp_path / "study") as study:
        study.open("p0001.1", 4)
        places = {name: study.come(f"PID={name}").place for name in ("done", "small", "no", "bad")}
        study.deliver(places["done"])
        for why, name in (("screened-out", "small"), ("declined", "no")):
            assert (
                study.go(f"hitgen_place={places[name]}&hitgen_out={why}", "HEAD").place == places[name]
                and study.go(f"hitgen_place={places[name]}&hitgen_out={why}", HTTP_X_MOZ="prefetch").place
                == places[name]
            )  # a look changes nothing
            study.go(f"hitgen_place={places[name]}&hitgen_out={why}")
        study.go(f"hitgen_place={places['done']}&hitgen_out=declined")
        study.recruiter.exclude("bad")
        places["late"] = study.come("PID=late").place
        places["later"] = study.come("PID=later").place
        wanted = {"done": "complete", "small": "screened_out", "no": "declined", "bad": "failed", "latest": "full"}
        for name, way in wanted.items():
            for query in (f"PID={name}", f"hitgen_place={places.get(name, '')}&PID={name}"):
                assert study.come(query).url == f"https://panel.example/{way}?p={name}"
        assert all(places.values())
        # Who left and delivers after all is done.
        assert study.deliver(places["no"]) == "stored"
        assert study.come("PID=no").url == "https://panel.example/complete?p=no"


def test_what_is_filled_in_is_escaped_and_what_lacks_is_said(tmp_path: Path) -> None:
    more = 'keep = ["s", "t.x"]\ncomplete = "https://panel.example/c/{s}?a={t.x}&i={id}&c={code}#{s}"\n'
    with panel_study(tmp_path / "study", PLAIN + more) as study:
        study.open("p0001.1", 2)
        assert "lacks t.x" in study.come("PID=a&s=1").words
        place = study.come(f"PID=a&s={quote('../&x=%<', safe='')}&t.x=%0d%0aSet-Cookie:%201").place
        study.deliver(place)
        code = completion_code("demo", place)
        way = f"https://panel.example/c/..%2F%26x%3D%25%3C?a=%0D%0ASet-Cookie%3A%201&i=a&c={code}#..%2F%26x%3D%25%3C"
        assert study.go(f"hitgen_place={place}").url == way


def test_who_passed_the_qualification_page_gets_study_pages(study: PanelStudy) -> None:
    study.open("p0001.1", 5, kind="qualification")
    study.open("p0002.1", 1, admitted=True)
    quiz = study.come("PID=a").place
    assert quiz.startswith("p0001.1-")
    study.deliver(quiz)
    assert "Your code" in study.come("PID=a").words
    study.recruiter.admit("a")
    assert study.come("PID=a").place.startswith("p0002.1-")


def test_ended_and_deleted_hits_are_given_no_more(study: PanelStudy) -> None:
    study.open("p0001.1", 3)
    place = study.come("PID=a").place
    recruiter = study.recruiter
    recruiter.expire("p0001.1", study.now)
    assert "All places" in study.come("PID=b").words and study.come("PID=a").place == place
    recruiter.extend("p0001.1", study.now + timedelta(hours=1))
    assert study.come("PID=b").place
    recruiter.delete("p0001.1")
    assert "All places" in study.come("PID=c").words and [hit.gone for hit in recruiter.progress(["p0001.1"])] == [True]


def test_one_network_gets_so_many_places(study: PanelStudy) -> None:
    study.open("p0001.1", 400)
    said = [study.go(f"PID=a{number}", "POST", REMOTE_ADDR="203.0.113.5") for number in range(302)]
    assert [one.status for one in said] == [303] * 300 + [429] * 2
    study.wait(seconds=PLACES_REFILL_S)
    later = [study.go(f"PID=c{number}", "POST", REMOTE_ADDR="203.0.113.5").status for number in range(2)]
    assert later == [303, 429]
    assert study.go("PID=a0", "POST", REMOTE_ADDR="203.0.113.5").place == said[0].place
    assert study.go("PID=b", "POST", REMOTE_ADDR="203.0.113.6").place and given(study) == 302


FAULTS = {
    'complete = "https://panel.example/{pid}"': "complete has {pid}, which nothing fills",
    'complete = "https://{PID}.example/"': "has a placeholder in its host",
    'complete = "{digest}"': "digest is empty",
    'failed = "{secret}"': "failed has {secret}",
    'keep = ["hitgen_place"]': "'hitgen_place' has a meaning of its own",
    'credit = "code"': "credit is no address",
    'complete = "http://panel.example:1/"': "browser",
}


@pytest.mark.parametrize("line", FAULTS)
def test_a_way_back_that_leads_nowhere_is_refused(tmp_path: Path, line: str) -> None:
    making = panel_study(tmp_path / "study", f"{PLAIN}{line}\n")
    with pytest.raises(InputError, match=r"batch\.toml: recruiter") as refused, making:
        pass
    assert FAULTS[line] in str(refused.value)


def test_a_key_that_is_needed_and_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PANEL_SECRET", raising=False)
    more = 'complete = "mw-{digest}"\ndigest = "{PID}{secret}"\n'
    making, words = panel_study(tmp_path / "study", PLAIN + more), "the environment variable PANEL_SECRET is not set"
    with pytest.raises(InputError, match=rf"recruiter\.secret_env: {words}"), making:
        pass
    assert read_config(tmp_path / "study" / "batch.toml").recruiter.kind == "panel"


def test_a_person_is_erased_with_all_that_the_panel_said(study: PanelStudy) -> None:
    study.open("p0001.1", 2)
    place = study.come("PID=person77").place
    study.deliver(place, worker="person77")
    assert study.inbox.erase({place}, "person77") == 1
    assert b"person77" not in (study.folder / "collected.sqlite").read_bytes()
    again: Said = study.come("PID=person77")
    assert again.place == place  # the name is made of the id and the key alone


def test_a_page_knows_the_names_of_its_places(study: PanelStudy) -> None:
    study.open("p0001.1", 30)
    for number in range(30):
        place = study.come(f"PID=person{number}").place
        assert re.fullmatch(place_pattern("p0001"), place) and not re.fullmatch(place_pattern("p0002"), place)
