"""HITs of this batch that the ledger does not know: another copy of it made them, or a ledger that was lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from hitgen.errors import Fault, InputError, OutsideError
from hitgen.ledger.rows import Hit, HitName, HitProgress
from hitgen.publishing.create import cost_usd
from hitgen.publishing.orders import Intended
from hitgen.publishing.publication import Publication

WRITTEN = re.compile(r"[A-Za-z0-9_-]+\.t?[0-9]{1,9}(r[0-9]{1,9})?")
"""How a HIT's name is written."""
PAGE_IN_URL = re.compile(r"/pages/([0-9a-f]{64})\.html")


def adopt(publication: Publication, others: bool = False) -> tuple[str, ...]:
    """Take into the ledger every HIT of this batch that the recruiter lists and the ledger does not know; their names.

    Those that carry this ledger's own annotation always; those of another ledger only with `others`, else InputError
    names them. Raises OutsideError where two HITs stand for the same places.
    """
    ledger = publication.ledger
    known = {hit.hit_id for hit in ledger.hits()}
    listed = sorted(_of_this_batch(publication), key=lambda row: _place(row[1]))
    new = [(made_by, name, found) for made_by, name, found in listed if found.hit_id not in known]
    foreign = [found for made_by, _, found in new if made_by != ledger.name]
    if foreign and not others:
        problem = (
            f"this account has {len(foreign)} HITs of the batch {publication.config.batch.name!r} from another ledger "
            f"({foreign[0].hit_id} ...)"
        )
        remedy = (
            "the ledger they were made with, `hitgen publish --adopt` to take them into this one, "
            "or another name under [batch]"
        )
        raise InputError(Fault(str(ledger.path), "", problem, remedy))
    adopted = []
    if new:
        ledger.bind(publication.binding)
    for _, name, found in new:
        row = ledger.hit(str(name))
        if row and row.hit_id:
            _refuse_twins(row, found)
        if row is None or row.state == "refused":
            _take_in(publication, name, found)
            adopted.append(str(name))
        # What is intended is settled by publishing.
    return tuple(adopted)


def _of_this_batch(publication: Publication) -> Iterator[tuple[str, HitName, HitProgress]]:
    """Ledger, name and state of what is listed of this batch, whoever made it; each once, also where it moved while the
    listing was read. What hitgen cannot have written is nobody's."""
    for found in {found.hit_id: found for found in publication.recruiter.everything()}.values():
        words = found.annotation.split(" ")
        ours = len(words) == 4 and words[0] == "hitgen" and words[2] == publication.config.batch.name
        if ours and WRITTEN.fullmatch(words[3]) and not found.gone:
            yield words[1], HitName.of(words[3]), found


def _place(name: HitName) -> tuple[str, bool, int, int]:
    return name.page, name.topup, name.number, name.copy


def _refuse_twins(row: Hit, found: HitProgress) -> None:
    raise OutsideError(
        f"{row.hit}: 2 HITs carry its annotation ({row.hit_id}, {found.hit_id}); end and judge one of them at the "
        "requester's page, delete it there and run this again"
    )


def _take_in(publication: Publication, name: HitName, found: HitProgress) -> None:
    ledger = publication.ledger
    page = publication.page(name.page)
    told = PAGE_IN_URL.search(found.url)
    if told and told[1] != page.sha256:
        problem = f"HIT {found.hit_id} shows page {name.page} of another build"
        remedy = "the build it was published with, or ending and deleting it at the requester's page"
        raise InputError(Fault("build/manifest.json", name.page, problem, remedy))
    before = ledger.hit(str(HitName(name.page, name.number, name.topup, name.copy - 1))) if name.copy > 1 else None
    meant = publication.orders.intended(name, found.assignments, found.url, before.hit if before else None)
    # A recruiter that pays nobody may not know what was promised.
    order = replace(meant.order, reward_usd=found.reward_usd or meant.order.reward_usd, annotation=found.annotation)
    hit = Intended(order, page.sha256, meant.in_turn, meant.replaces)
    with ledger.together():
        ledger.intend(order, page.sha256, cost_usd(publication, hit), found.created_at, hit.replaces)
        ledger.created(order.hit, found)
        publication.recruiter.adopted(order, found.hit_id)
