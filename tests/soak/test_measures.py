"""The whole proof that a study measures what is true, and that grading and reporting grow linearly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hitgen.analysis.report import report_batch
from hitgen.methods.pjnd.population import Population
from hitgen.simulation.simulate import simulate
from tests.bench import measures
from tests.support.figures import write_figures
from tests.support.large_study import make_study

pytestmark = pytest.mark.soak
SIZES = (75, 150, 300)


@pytest.mark.timeout(3600)
def test_simulated_studies_are_measured() -> None:
    assert measures.main() == 0


@pytest.mark.timeout(1800)
def test_reporting_grows_linearly(tmp_path: Path) -> None:
    """300 images and 12,900 ratings, graded, screened, analysed and reported; twice the size, about twice the time.

    Growth is taken of processor time, which does not depend on what else the machine does.
    """
    seconds, processor, sizes = {}, {}, {}
    for images in SIZES:
        folder = make_study(tmp_path / str(images), images)
        simulate(folder, Population(), seed=images)
        begun, worked = time.perf_counter(), time.process_time()
        report_batch(folder, folder / "report.html")
        seconds[images] = round(time.perf_counter() - begun, 2)
        processor[images] = round(time.process_time() - worked, 2)
        sizes[images] = (folder / "report.html").stat().st_size
    growth = processor[300] / processor[150]
    figures = {"seconds": seconds, "processor_s": processor, "bytes": sizes, "growth_when_doubled": round(growth, 2)}
    write_figures("report", figures)
    assert growth < 2.5
