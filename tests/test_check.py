"""What `hitgen check` advises: packs beside pages, and HITs in waves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hitgen.check import check
from tests.support.batches import write_batch


@pytest.mark.parametrize(("pages", "worth_it"), [(3, False), (4, True)])
def test_linked_packs_are_worth_it_where_pages_repeat_them_more_than_three_times(
    tmp_path: Path, pages: int, worth_it: bool
) -> None:
    folder = write_batch(tmp_path / "batch", f"ratings = {pages}\nassignments = 1\n", size=(64, 48), study=1)
    found = check(folder, workers=1)
    assert (found.planned.pages, found.linked_worth_it) == (pages, worth_it)
    assert found.inline_bytes == pages * found.linked_bytes * 4 // 3


@pytest.mark.parametrize(("assignments", "saved_usd"), [(9, "0.00"), (20, "4.80")])
@pytest.mark.parametrize("waves", ["true", "false"])
def test_waves_save_the_fee_of_large_hits(tmp_path: Path, assignments: int, saved_usd: str, waves: str) -> None:
    """Forty per cent instead of twenty, of rewards of $1.20."""
    extra = f'ratings = {assignments}\nreward_usd = "1.20"\n[recruiter]\nkind = "mturk"\nwaves = {waves}\n'
    folder = write_batch(tmp_path / "batch", extra, size=(64, 48), study=1)
    assert check(folder, workers=1).planned.waves_save_usd == Decimal(saved_usd)
