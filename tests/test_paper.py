"""What a paper takes over from a study: where it comes from, its figures, its methods in words; nothing that is not so."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import matplotlib
import PIL
import pytest
from matplotlib.figure import Figure

from hitgen.build import build
from hitgen.cli import main
from hitgen.manifest import FILE, read_manifest
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
