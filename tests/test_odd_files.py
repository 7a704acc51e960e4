"""Files of one's own that are no files, no text or not what was written: told by name at once, never waited for."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from pathlib import Path

import pytest
from jinja2 import TemplateRuntimeError
from jinja2.sandbox import SandboxedEnvironment

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector.server import Server
from hitgen.errors import InputError
from hitgen.lib.files import content_of, text_of
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.analysis.overlay import source_picture
from hitgen.pages.bounds import MOST_TEXT, Bounded
from hitgen.results.reviewfile import read_review
from hitgen.stimuli.sources import open_source
from tests.support.batches import link_batch
from tests.support.runs import soaked_but
from tests.support.small_study import SmallStudy

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = link_batch(tmp_path_factory.mktemp("odd") / "batch", 9750)
    build(folder, workers=1)
    return folder


@pytest.fixture
def study(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "batch"))


def said(study: Path, capsys: pytest.CaptureFixture[str], verb: str = "check", code: int = 1) -> str:
    capsys.readouterr()
    assert main([verb, str(study), *(["--workers", "1"] if verb in ("check", "build") else [])]) == code
    return capsys.readouterr().err


def pipe(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def test_a_pipe_is_no_file_wherever_one_is_read(study: Path) -> None:
    path = pipe(study / "results" / "review.csv")
    with pytest.raises(OSError, match="no ordinary file"):
        read_review(study)
    with pytest.raises(InputError, match="no ordinary file"):
        open_source(path)
    pipe(study / "build" / "manifest.json")
    with pytest.raises(OSError, match="no ordinary file"):
        read_manifest(study)
    with pytest.raises(OSError, match="no ordinary file"):
        content_of(Path("/dev/zero"))
    with pytest.raises(IsADirectoryError):
        content_of(study)


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('sources = "study/*.png"', 'sources = "pipe.csv"', "images[0].sources"),
        ("[hit]", '[[questions]]\nfile = "pipe.csv"\n[hit]', "questions[2].file"),
    ],
)
def test_a_table_that_is_a_pipe_is_told_with_its_field(
    study: Path, before: str, after: str, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(study / "pipe.csv")
    config = study / "batch.toml"
    config.write_text(config.read_text().replace(before, after, 1))
    found = said(study, capsys)
    assert f"{field}: 'pipe.csv' cannot be read (it is no ordinary file)" in found


@pytest.mark.parametrize("name", ["assets/styles/base.css", "templates/layouts/flicker.html", "assets/runtime/main.js"])
def test_what_is_no_text_is_told_by_name(study: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = study / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe\x00")
    found = said(study, capsys)
    assert name in found and "it is not UTF-8 text" in found
    with pytest.raises(InputError):
        text_of(path)


def test_a_layout_that_includes_itself_is_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = study / "templates" / "layouts" / "flicker.html"
    layout.parent.mkdir(parents=True)
    layout.write_text('{% include "layouts/flicker.html" %}')
    assert "layouts/flicker.html" in (found := said(study, capsys)) and "include each other without end" in found


@pytest.mark.parametrize("spoil", ["zeros", "cut", "a bit"])
def test_a_damaged_pack_goes_into_no_page_and_stops_no_other_verb_by_a_traceback(
    study: Path, spoil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = read_manifest(study)
    (pack,) = {ladder.pack for ladder in manifest.ladders if ladder.role == "study"}
    path = study / "build" / "packs" / f"{pack}.pack"
    content = path.read_bytes()
    bit = bytes([*content[:-1], content[-1] ^ 1])
    path.write_bytes({"zeros": bytes(len(content)), "cut": content[:100], "a bit": bit}[spoil])
    with pytest.raises(InputError, match="is damaged; try removing it"):
        source_picture(path.parent, pack)
    shutil.rmtree(study / "build" / "pages")
    if spoil == "cut":  # one of another length is made anew
        assert main(["build", str(study), "--workers", "1"]) == 0
        return
    assert f"{path}: it is damaged" in said(study, capsys, "build")
    assert not list((study / "build").rglob("*.html"))
    path.unlink()
    assert main(["build", str(study), "--workers", "1"]) == 0 and path.read_bytes() == content


def test_what_was_measured_and_got_lost_is_measured_again(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(study, capsys, code=0)
    kept = list((study / "cache" / "measured").glob("*.npz"))
    for number, path in enumerate(kept):
        path.write_bytes([b"", b"junk", b"PK\x03\x04"][number % 3])
    assert kept and said(study, capsys, code=0) == ""


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (b"\n{% for %}", "line 2: Expected an expression, got 'end of statement block'; try mending that line"),
        (b"{% include 'nope.html' %}", "line 1: it includes 'nope.html', which is not there"),
        (b"\n{{ 1 / 0 }}", "line 2: what it computes fails: division by zero"),
        (b"{{ title.size }}", "line 1: str has no attribute 'size'"),
        (b"{% include 'report/pjnd.html' %}", "line 1: templates include each other without end"),
        (b"\xff", "it is not UTF-8 text; try saving it as UTF-8"),
    ],
)
def test_a_reports_own_template_is_told_by_its_line(
    tmp_path: Path, template: bytes, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with SmallStudy(tmp_path).ledger():
        pass
    path = tmp_path / "templates" / "report" / "pjnd.html"
    path.parent.mkdir(parents=True)
    path.write_bytes(template)
    assert main(["report", str(tmp_path)]) == 1
    found = capsys.readouterr().err
    assert "templates/report/pjnd.html: " in found and told in found
    assert not (tmp_path / "results" / "report.html").exists()


def test_a_report_of_a_folder_whose_name_is_no_text_is_written(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    with SmallStudy(folder).ledger():
        assert main(["report", str(folder)]) == 0
    assert "caf\\udce9" in (folder / "results" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("loop", "line"),
    [
        ("{% for n in range(10 ** 12) %}x{% endfor %}", 2),
        ("{% for n in range(10 ** 30) %}{% endfor %}", 2),
        ("{% for n in range(9999) %}{% for m in range(9999) %}{% endfor %}{% endfor %}", 2),
        ("{% for n in range(0, 10 ** 9, 3) %}\n{{ n }}{% endfor %}", 2),
    ],
)
def test_a_layout_that_counts_without_end_is_told(
    study: Path, loop: str, line: int, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = study / "templates" / "layouts" / "flicker.html"
    layout.parent.mkdir(parents=True)
    layout.write_text(f"<p>{{{{ range(99) | sum }}}}\n{loop}")
    found = said(study, capsys)
    assert f"templates/layouts/flicker.html: line {line}: its ranges come to more than 100,000 steps a page" in found


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("{{ 9 ** (9 ** 9) }}", "what it makes by ** is too large"),
        ("{{ 7 ** (8 ** 9) }}", "what it makes by ** is too large"),
        ("{{ 'x' * 10 ** 12 }}", "what it makes by * is too large"),
        ("{{ 10 ** 12 * [0] }}", "what it makes by * is too large"),
        (
            "{% set ns = namespace(n=9) %}{% for n in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
            "what it makes by * is too large",
        ),
        (
            "{% set ns = namespace(n='9') %}{% for n in range(99) %}{% set ns.n = ns.n + ns.n %}{% endfor %}",
            "what it makes by + is too large",
        ),
        (
            "{% for a in 'x' * 999 %}{% for b in 'x' * 999 %}{% endfor %}{% endfor %}",
            "its loops and calls come to more than 100,000 steps a page",
        ),
        (
            "{% for a in cycler('a')|list %}{% for b in 'x' * 99999 %}{% for c in 'x' * 99999 if 0 %}{% endfor %}{% endfor %}{% endfor %}",
            "what it computes fails: 'Cycler' object is not iterable",
        ),
        (
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
            "its loops and calls come to more than 100,000 steps a page",
        ),
        (
            "{% for a in [1, 2] recursive %}{% if loop.depth < 60 %}{{ loop([1, 2]) }}{% endif %}{% endfor %}",
            "its loops and calls come to more than 100,000 steps a page",
        ),
        ("{{ 'x'|center(10 ** 12) }}", "do_center is given a number of more than 100,000"),
        ("{{ 'x'.zfill(10 ** 12) }}", "zfill is given a number of more than 100,000"),
        ("{{ 1 / 0 }}", "what it computes fails: division by zero"),
        ("{{ 2.0 ** 9999 }}", "what it computes fails: "),
        ("{{ 10 ** 9999 }}", "what it computes fails: Exceeds the limit"),
        ("{{ 'a' + 1 }}", "what it computes fails: can only concatenate str"),
    ],
)
def test_a_layout_whose_expressions_have_no_end_is_told(
    study: Path, code: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = study / "templates" / "layouts" / "flicker.html"
    layout.parent.mkdir(parents=True)
    layout.write_text(f"<p>\n{code}")
    assert f"templates/layouts/flicker.html: line 2: {told}" in said(study, capsys)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        *(
            (f"{{% set ns = namespace(n='9', l=[9]) %}}{{% for n in range(99) %}}{doubled}{{% endfor %}}", told)
            for doubled, told in (
                ("{% set ns.n = ns.n ~ ns.n %}", "the text that it makes comes to more than 50,000,000 characters"),
                ("{% set ns.n %}{{ ns.n }}{{ ns.n }}{% endset %}", "the text that it makes comes to more than"),
                ("{% set ns.n = [ns.n, ns.n]|join %}", "the text that it makes comes to more than"),
                ("{% set ns.n = ns.n.join([ns.n, ns.n]) %}", "the text that it makes comes to more than"),
                ("{% set ns.n = ns.n.replace('9', '99') %}", "the text that it makes comes to more than"),
                ("{% set ns.n = ns.n|replace('9', '99') %}", "the text that it makes comes to more than"),
                ("{% set ns.n = '%s%s'|format(ns.n, ns.n) %}", "the text that it makes comes to more than"),
                ("{% set ns.n = '%s%s' % (ns.n, ns.n) %}", "the text that it makes comes to more than"),
                ("{% set ns.n = '{0}{0}'.format(ns.n) %}", "the text that it makes comes to more than"),
                ("{% set ns.n = ns.n|e ~ '&' ~ ns.n|e %}", "the text that it makes comes to more than"),
                ("{% set _ = ns.l.extend(ns.l) %}", "a list is given a number of more than 1,000,000"),
                ("{% set ns.l = [ns.l, ns.l]|sum(start=[]) %}", "it makes a list of more than 1,000,000 entries"),
            )
        ),
        (
            "{% set x %}{% for a in 'x' * 300 %}{% for b in 'x' * 300 %}"
            + "words" * 200
            + "{% endfor %}{% endfor %}{% endset %}",
            "it comes to more than 50,000,000 characters",
        ),
        ("{{ '%1000000000d' % 1 }}", "% is given a number of more than 100,000"),
        ("{{ '%*d' % (10 ** 9, 1) }}", "% is given a number of more than 100,000"),
        ("{{ '%.999999999f'|format(1.5) }}", "% is given a number of more than 100,000"),
        ("{{ '{:1000000000}'.format(1) }}", "format is given a number of more than 100,000"),
        ("{{ '{:{}}'.format(1, 10 ** 9) }}", "format is given a number of more than 100,000"),
        ("{{ {'a': 1}|tojson(indent=10 ** 9) }}", "do_tojson is given a number of more than 100,000"),
    ],
)
def test_a_text_that_doubles_or_widens_is_told_before_memory_ends(code: str, told: str) -> None:
    environment = Bounded(autoescape=True)
    with pytest.raises(TemplateRuntimeError, match=re.escape(told)):
        environment.from_string(code).render()


def test_what_is_counted_is_what_it_was() -> None:
    code = (
        "{% set m = ['&'|safe]|first %}{{ '<' ~ 1 ~ m }} {{ '%5.1f|%s' % (1.25, 'b') }} {{ '{:>4}'.format(7) }} {{ '%s'|format('<') }} "
        "{{ ['<', 1]|join(', ') }} {{ 'a-b'|replace('-', '+') }} {{ 'ab'.replace('a', 'c') }} {{ ','.join(['a', 'b']) }} "
        "{{ [1, 2]|map('string')|join }} {{ 'x'.format() }} {{ 7 % 4 }} {{ {'a': [1]}|tojson }} {% filter upper %}a{% endfilter %}"
    )
    plain = SandboxedEnvironment(autoescape=True).from_string(code).render()
    bounded = Bounded(autoescape=True)
    assert [bounded.from_string(code).render() for _ in range(3)] == [plain] * 3
    assert plain.startswith("&lt;1&")
    bounded.begin()
    assert 0 < MOST_TEXT - (bounded.from_string(code).render(), bounded._text_left)[1] < 1000


FOLDERS = (
    "ledger.sqlite",
    "build/manifest.json",
    "plan.secret",
    "results/review.csv",
    "collected.sqlite",
    "places.csv",
)


READERS = ("status", "fetch", "review", "publish", "forget", "watch", "build", "serve", "simulate")
TELLING = {
    *(("ledger.sqlite", verb) for verb in READERS[:-1]),
    *(("build/manifest.json", "review"), ("collected.sqlite", "serve"), ("plan.secret", "build")),
}


@pytest.mark.parametrize(("name", "verb"), soaked_but(TELLING, itertools.product(FOLDERS, READERS)))
def test_a_folder_where_a_file_belongs_is_called_one(
    study: Path, name: str, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or it is in nobody's way, and the verb says what it says without it."""
    words = {"forget": ["nobody"], "watch": ["--no-open", "--port", "0"], "serve": ["--port", "0"]}.get(verb, [])
    path = study / name
    if path.exists():
        path.unlink()
    path.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Server, "run", lambda server: server.__exit__(server.__enter__()))
        code = main([verb, str(study), *words])
    found = capsys.readouterr().err
    assert path.is_dir() and "Traceback" not in found
    for wrong in ("giving yourself the right", "damaged", ".part", "Is a directory", "try again once"):
        assert wrong not in found
    assert not code or found


PLACES = ("build", "cache", "results", "build/pages", "build/packs", "simulation")
MAKERS = ("build", "simulate", "review", "report", "export")
NEEDED = {("build", "build"), ("cache", "build"), ("build/packs", "build"), ("simulation", "simulate")}


@pytest.mark.parametrize(("name", "verb"), soaked_but(NEEDED, itertools.product(PLACES, MAKERS)))
def test_a_file_where_a_folder_belongs_is_called_one(
    study: Path, name: str, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study / name
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    code = main([verb, str(study)])
    found = capsys.readouterr().err
    assert path.read_text() == "mine" and "Traceback" not in found
    assert "File exists" not in found and "Not a directory" not in found and ".part" not in found
    assert not code or found
