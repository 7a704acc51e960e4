"""HITs of this batch that the ledger does not know: another copy of it made them, or a ledger that was lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from hitgen.errors import Fault, InputError, OutsideError
from hitgen.ledger.rows import Hit, HitName, HitProgress
from hitgen.manifest import Page
from hitgen.publishing.create import cost_usd
from hitgen.publishing.orders import Intended, Orders
from hitgen.publishing.publication import Account, Publication
from hitgen.publishing.remembered import published_manifest

WRITTEN = re.compile(r"[A-Za-z0-9_-]+\.t?[0-9]{1,9}(r[0-9]{1,9})?")
"""How a HIT's name is written."""
PAGE_IN_URL = re.compile(r"/pages/([0-9a-f]{64})\.html")


def adopt(publication: Publication, others: bool = False) -> tuple[str, ...]:
    """Take into the ledger every HIT of this batch that the recruiter lists and the ledger does not know; their names.

    Those that carry this ledger's own annotation always; those of another ledger only with `others`, else InputError
    names them. Raises OutsideError where two HITs stand for the same places.
    """
    ledger = publication.ledger
    new = _unknown(publication)
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
            _refuse_other_build(publication.page(name.page), found)
            _take_in(publication, publication.orders, publication.page(name.page), name, found)
            adopted.append(str(name))
        # What is intended is settled by publishing.
    return tuple(adopted)


def adopt_ours(account: Account) -> None:
    """Take into the ledger what another copy of it has made since, by the manifest that was published.

    What cannot be told so, a twin or a page of another build, waits for the next publication, which says what to do.
    """
    manifest = published_manifest(account.ledger)
    if manifest is None:
        return
    orders = Orders(account.config, manifest.pages, account.ledger.name)
    for made_by, name, found in _unknown(account):
        row, page = account.ledger.hit(str(name)), manifest.by_page.get(name.page)
        is_ours = made_by == account.ledger.name and (row is None or row.state == "refused")
        if is_ours and page and not _is_of_another(page, found):
            _take_in(account, orders, page, name, found)


def _unknown(account: Account) -> list[tuple[str, HitName, HitProgress]]:
    known = {hit.hit_id for hit in account.ledger.hits()}
    listed = sorted(_of_this_batch(account), key=lambda row: _place(row[1]))
    return [row for row in listed if row[2].hit_id not in known]


def _of_this_batch(account: Account) -> Iterator[tuple[str, HitName, HitProgress]]:
    """Ledger, name and state of what is listed of this batch, whoever made it; each once, also where it moved while the
    listing was read. What hitgen cannot have written is nobody's."""
    for found in {found.hit_id: found for found in account.recruiter.everything()}.values():
        words = found.annotation.split(" ")
        ours = len(words) == 4 and words[0] == "hitgen" and words[2] == account.config.batch.name
        if ours and WRITTEN.fullmatch(words[3]) and not found.gone:
            yield words[1], HitName.of(words[3]), found


def _place(name: HitName) -> tuple[str, bool, int, int]:
    return name.page, name.topup, name.number, name.copy


def _refuse_twins(row: Hit, found: HitProgress) -> None:
    raise OutsideError(
        f"{row.hit}: 2 HITs carry its annotation ({row.hit_id}, {found.hit_id}); end and judge one of them at the "
        "requester's page, delete it there and run this again"
    )


def _is_of_another(page: Page, found: HitProgress) -> bool:
    told = PAGE_IN_URL.search(found.url)
    return bool(told and told[1] != page.sha256)


def _refuse_other_build(page: Page, found: HitProgress) -> None:
    if _is_of_another(page, found):
        problem = f"HIT {found.hit_id} shows page {page.page} of another build"
        remedy = "the build it was published with, or ending and deleting it at the requester's page"
        raise InputError(Fault("build/manifest.json", page.page, problem, remedy))


def _take_in(account: Account, orders: Orders, page: Page, name: HitName, found: HitProgress) -> None:
    ledger = account.ledger
    before = ledger.hit(str(HitName(name.page, name.number, name.topup, name.copy - 1))) if name.copy > 1 else None
    meant = orders.intended(name, found.assignments, found.url, before.hit if before else None)
    # A recruiter that pays nobody may not know what was promised.
    order = replace(meant.order, reward_usd=found.reward_usd or meant.order.reward_usd, annotation=found.annotation)
    hit = Intended(order, page.sha256, meant.in_turn, meant.replaces)
    with ledger.together():
        ledger.intend(order, page.sha256, cost_usd(account, hit), found.created_at, hit.replaces)
        ledger.created(order.hit, found)
        account.recruiter.adopted(order, found.hit_id)
