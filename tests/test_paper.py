"""What a paper takes over from a study: where it comes from, its figures, its methods in words; nothing that is not so."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import PIL
import pytest
from matplotlib.figure import Figure

import hitgen
from hitgen import __version__
from hitgen.analysis.analysed import analysed
from hitgen.analysis.paper import CITE, paper
from hitgen.analysis.references import CITED, read_references
from hitgen.build import build
from hitgen.cli import main
from hitgen.commands.report import headline_lines
from hitgen.config.kinds import CHECKS
from hitgen.manifest import FILE, BuildFolder, read_manifest
from hitgen.methods.section import Headlines, Section
from hitgen.recruiters import kind_of
from hitgen.results.study import read_study
from tests.support.batches import write_batch

EXTRA = "ratings = 6\n[screening]\ngold_answers_min = 1\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of small pictures, built and answered by simulated people."""
    folder = write_batch(tmp_path_factory.mktemp("paper") / "batch", EXTRA, size=(96, 72))
    build(folder, workers=1)
    assert main(["simulate", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def report(built: Path) -> str:
    assert main(["report", str(built)]) == 0
    return (built / "results" / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def exported(built: Path) -> Path:
    assert main(["export", str(built)]) == 0
    return built / "results" / "export"


def test_a_build_says_what_it_was_made_of_and_its_secret_to_nobody(built: Path, report: str) -> None:
    found = read_manifest(built).provenance
    config = built / "batch.toml"
    assert found and found.seed == 5 and found.libraries["pillow"] == PIL.__version__
    assert found.config_sha256 == hashlib.sha256(config.read_bytes()).hexdigest() and "libjpeg_turbo" in found.libraries
    before = (built / FILE).read_bytes()
    build(built, workers=1)
    assert (built / FILE).read_bytes() == before
    secret = (built / "plan.secret").read_text().strip()
    assert found.config_sha256 in report and f"Pillow {PIL.__version__}" in report and secret not in report
    assert "as analysed (SHA-256)" not in report


def test_what_an_earlier_version_did_not_record_is_said_to_be_unknown(built: Path, tmp_path: Path) -> None:
    written: dict[str, Any] = json.loads((built / FILE).read_bytes())
    del written["provenance"]
    (tmp_path / "build").mkdir()
    (tmp_path / FILE).write_text(json.dumps(written))
    from hitgen.analysis.provenance import provenance

    (tmp_path / "batch.toml").write_bytes((built / "batch.toml").read_bytes())
    told = dict(provenance(tmp_path, read_manifest(tmp_path), ()))
    assert told["seed"] == told["frames encoded by"] == f"not recorded by hitgen {written['hitgen']}"
    assert re.fullmatch("[0-9a-f]{64}", told["batch.toml as analysed (SHA-256)"])


def test_every_figure_of_the_report_goes_out_as_svg_and_pdf(built: Path, report: str, exported: Path) -> None:
    figures = exported / "figures"
    plots = {path.stem for path in figures.glob("*.svg")}
    assert {"progress", "timing", "pjnd", "workers"} <= plots
    shown = {base64.b64decode(data) for data in re.findall('data:image/svg.xml;base64,([^"]+)', report)}
    assert shown == {path.read_bytes() for path in figures.glob("*.svg")}
    for kind in ("sur", "regions"):
        assert len(list((figures / kind).glob("study_study?_????????.svg"))) == 2
    for svg in figures.rglob("*.svg"):
        pdf, words = svg.with_suffix(".pdf").read_bytes(), svg.read_text("utf-8")
        is_picture = svg.parent.name == "regions"
        assert (
            pdf.startswith(b"%PDF")
            and bool(re.search(rb"/Subtype\s*/Image\b", pdf)) == is_picture
            and (b"/FontFile2" in pdf) != is_picture
        )
        assert is_picture or ("<text" in words and "<image" not in words)
    curve = next((figures / "sur").glob("*.svg")).read_text("utf-8")
    inline = re.search('<svg class="sur"[^>]*>(.*?)</svg>', report)
    assert inline and curve.partition('fill="#fff"/>')[2].startswith(inline[1][:200])
    before = {path: path.read_bytes() for path in figures.rglob("*.*")}
    (figures / "of-an-earlier-day.pdf").write_bytes(b"")
    with matplotlib.rc_context({"figure.facecolor": "black", "text.color": "white", "lines.linewidth": 9}):
        assert main(["export", str(built)]) == 0
    assert {path: path.read_bytes() for path in figures.rglob("*.*")} == before


def test_the_methods_say_the_study_s_own_numbers_and_cite_what_is_in_the_bibliography(
    exported: Path, report: str
) -> None:
    text, bibtex = (exported / "methods.md").read_text("utf-8"), (exported / "references.bib").read_text("utf-8")
    for words in (
        "2 source pictures of 96 x 72 pixels were shown as JPEG", "at 12 levels, from quality 83 at level 1 to 6 at level 12",
        f"Pillow {PIL.__version__}", "13.797 cm wide", "30 cm away", "8 swaps per second (a flicker of 4 Hz)", "marked 3 places",
        "2 study trials and 1 control trial with a known answer, in random order, after 1 training trial with feedback",
        "nobody took part", "study ratings that could be read", "speed, if the median study trial", "are in use, by",
        "1,999 resamples of workers", f"hitgen {__version__} [@hitgen]",
    ):  # fmt: skip
        assert words in text, words
    for words in ("USD", "Prolific", "Mechanical Turk", "crossed model of", "consented"):
        assert words not in text, "true of no simulated study of six people"
    cited = set(re.findall(r"@([\w:-]+)", " ".join(re.findall(r"\[@[^\]]*\]", text))))
    assert cited == set(re.findall(r"^@\w+\{([^,]+),", bibtex, re.M)) and "hitgen" in cited
    parts = dict(re.findall(r"<p><strong>(\w+)\.</strong> (.*?)</p>", report))
    assert list(parts) == ["Stimuli", "Procedure", "Participants", "Screening", "Analysis", "Software"]
    assert "[1]" in parts["Stimuli"] and "[@" not in parts["Stimuli"]
    assert report.count("<li value=") == len(cited) and html.escape(bibtex[:80]) in report


def test_of_people_it_says_where_they_came_from_and_what_they_got(built: Path) -> None:
    found = analysed(read_study(built))
    assert found.own.spending is not None
    out = replace(found.own.spending, simulated=False, environment="production")
    config = found.study.config.model_copy(
        update={"consent": found.study.config.consent.model_copy(update={"approval": "A-7"})}
    )
    real = replace(found, own=replace(found.own, spending=out), study=replace(found.study, config=config))
    text = paper(real).markdown
    assert "A page was paid with 1.20 USD; it took" in text and "(approval A-7)" in text and "nobody" not in text
    assert (
        f"{kind_of(config).people}; 6 pages were handed in by" in text
        and "Each study picture was to get 6 ratings." in text
    )
    sandbox = replace(real, own=replace(real.own, spending=replace(out, environment="sandbox")))
    rehearsed = replace(real, study=replace(real.study, folder=BuildFolder(built).rehearsal))
    for tried in (paper(sandbox).markdown, paper(rehearsed).markdown):
        assert "in a rehearsal: nobody was recruited or paid" in tried and "1.20" not in tried


def test_every_reference_is_cited_and_every_citation_has_one() -> None:
    code = Path(hitgen.__file__).parent
    files = list(code.rglob("references.bib"))
    known = read_references(files)
    texts = [path.read_text("utf-8") for path in code.rglob("*.py") if path.name != "told.py"]
    cited = {key for text in texts for found in CITED.findall(text) for key in re.findall(r"@([\w:-]+)", found)}
    of_checks = {CHECKS.get(name).cites for name in CHECKS.names()} - {""}
    assert cited - {"key", "other"} | set(CITE.values()) | of_checks == set(known)
    for reference in known.values():
        fields, entry = reference.fields, reference.bibtex
        assert {"author", "title"} <= set(fields) and ("year" in fields) != (reference.key == "hitgen")
        assert entry.count("{") == entry.count("}") and "VERSION" not in entry
        assert re.fullmatch(r"10\.\d{4,}/\S+", fields.get("doi", "10.1000/x"))
        assert reference.text.count(fields.get("year", "")) and "{" not in reference.text
    told = (code.parent / "CITATION.cff").read_text("utf-8")
    own = known["hitgen"].fields
    assert f'title: "{own["title"]}"' in told and f'name: "{own["author"].strip("{}")}"' in told
    assert own["note"] == f"Version {__version__}, MIT license" and "license: MIT" in told


def test_a_pdf_whose_letters_no_font_has_is_told_of() -> None:
    from hitgen.methods.figures import Drawing, axes_of, plot

    @plot
    def named(name: str) -> Figure:
        figure, [axes] = axes_of(2, 2)
        axes.set_title(name)
        return figure

    drawing = named("\U0001f9ea")
    assert isinstance(drawing, Drawing) and "\U0001f9ea" in drawing.svg.decode()
    with pytest.warns(UserWarning, match="missing from font"):
        drawing.pdf()


def test_the_terminal_tells_the_main_results_and_a_script_none(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(built)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["source", "codec", "used", "PJND", "95%", "75%", "level", "95%"]
    assert [line.split()[:2] for line in lines[1:3]] == [["study0", "jpeg"], ["study1", "jpeg"]]
    found = analysed(read_study(built)).section.values["analysis"].ladders[0]
    assert f"{found.mean.value:.1f}" in lines[1] and lines[3].startswith("Open ")
    assert main(["report", str(built), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"report", "bytes"}


def test_the_terminal_has_ten_rows_at_most() -> None:
    many = Headlines(("source", "codec", "n"), [("s" * 90, "jpeg", str(number)) for number in range(25)])
    lines = headline_lines(Section(headlines=many))
    assert len(lines) == 12 and lines[-1] == "… and 15 more in the report" and max(map(len, lines)) < 60
    assert headline_lines(Section()) == []
