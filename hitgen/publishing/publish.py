"""Publishing: show what it would do and cost, upload and verify, then make each HIT exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from hitgen.config.hosts import S3Host
from hitgen.errors import Fault, InputError, OutsideError, in_config, raise_faults
from hitgen.hosts.base import HostedFile
from hitgen.hosts.upload import upload, verify
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import Hit, HitName
from hitgen.ledger.totals import Totals, totals
from hitgen.lib.addresses import reach
from hitgen.lib.money import Quote
from hitgen.lib.progress import OnProgress, silent
from hitgen.lib.web import LOOPBACK
from hitgen.publishing.adopt import adopt
from hitgen.publishing.collect import collect, keep_apart
from hitgen.publishing.create import create, settle
from hitgen.publishing.money import Outlay, check_total
from hitgen.publishing.orders import Intended, requirement_faults
from hitgen.publishing.publication import PUBLISHED_AGAIN, Publication
from hitgen.publishing.remembered import keep_config
from hitgen.publishing.rules import keep_rules

COSTS = "what is left to publish costs"


@dataclass(frozen=True)
class PublicationPlan(Outlay):
    """What `publish` is about to do.

    `now` are made by this run, `later` wait until HITs with the same study ladders are full, `doubtful`
    were meant by a run that was cut off, `adopted` were there without this ledger's knowing. `new_rewards` are fields
    of batch.toml with words on how they differ from what was published. `quote` covers now and later.
    """

    now: tuple[Intended, ...]
    later: tuple[Intended, ...]
    doubtful: tuple[Hit, ...]
    adopted: tuple[str, ...]
    quote: Quote
    files: int
    new_rewards: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Published:
    """What `publish` has done."""

    made: tuple[str, ...]
    settled: tuple[str, ...]
    uploaded: int
    later: int
    excluded: int
    told: tuple[str, ...] = ()


def plan_publication(
    publication: Publication, topup: Mapping[str, int] | None = None, others: bool = False
) -> PublicationPlan:
    """What is missing and what it costs; reads from the recruiter, changes nothing there.

    HITs that the ledger does not know are taken into it first, with `others` those of another ledger too.
    `topup` asks for further assignments by page. Raises InputError with everything that forbids it:
    a build that is not the published one, too many requirements, an address workers cannot open, the
    cap or the balance.
    """
    recruiter, ledger, config = publication.recruiter, publication.ledger, publication.config.recruiter
    raise_faults([*publication.host.faults(), *requirement_faults(publication.config, publication.built.pages)])
    raise_faults(_address_faults(publication))
    balance = recruiter.balance_usd()
    publication.check_clock()
    adopted = adopt(publication, others)
    # Before the look: a HIT that expires after it may have been accepted meanwhile, and is not over yet.
    at = publication.now()
    collect(publication)
    found = totals(ledger, publication.by_its_clock(at))
    missing = [*_missing(publication), *_replacements(publication, found), *_topup(publication, topup or {})]
    now, later = _in_turn(publication, found, missing)
    quote = publication.kind.quote((hit.order.assignments, hit.order.reward_usd) for hit in missing)
    plan = PublicationPlan(
        account=publication.binding,
        now=tuple(now),
        later=tuple(later),
        doubtful=tuple(hit for hit in ledger.hits() if hit.state == "intended"),
        adopted=adopted,
        quote=quote,
        cost_usd=quote.total_usd,
        committed_usd=found.committed_usd,
        paid_usd=found.paid_usd,
        cap_usd=config.cap_usd,
        balance_usd=balance,
        files=len(publication.built.pages) + len(publication.built.packs),
        new_rewards=_new_rewards(ledger, missing),
    )
    raise_faults(plan.faults(COSTS))
    return plan


def _address_faults(publication: Publication) -> list[Fault]:
    first = publication.built.pages[0].page
    url = publication.url(first)
    environment = publication.binding.environment
    alone = environment == "own" and urlsplit(url).hostname in LOOPBACK
    if environment == "production" and reach(url) != "the world":
        problem = f"workers cannot open {url}, which is open to {reach(url)} only"
        return [in_config("host", problem, "an address under host.base_url that the world can open")]
    if url.startswith("https://") or environment == "local" or alone:
        return []
    remedy = "an https address in host.base_url; plain http works in a rehearsal only"
    return [in_config("host", f"workers cannot open {url}", remedy)]


def _missing(publication: Publication) -> list[Intended]:
    """The HITs of the plan that do not exist; raises InputError where the build is not the published one."""
    urls = {page.page: publication.url(page.page) for page in publication.built.pages}
    wanted = {hit.order.hit: hit for hit in publication.orders.first(urls)}
    rows = {hit.hit: hit for hit in publication.ledger.hits()}
    for row in rows.values():
        if row.state == "refused":
            continue
        built = publication.page(row.page)
        planned = wanted.get(row.hit)
        regular = row.replaces is None and not HitName.of(row.hit).topup
        if built.sha256 != row.page_sha256:
            problem = f"page {row.page} is not the one that was published"
        elif regular and (planned is None or planned.order.assignments != row.order.assignments):
            problem = f"page {row.page} was published with other assignments or waves"
        else:
            continue
        remedy = PUBLISHED_AGAIN
        raise InputError(Fault("build/manifest.json", row.page, problem, remedy))
    return [hit for name, hit in wanted.items() if name not in rows or rows[name].state == "refused"]


def _replacements(publication: Publication, found: Totals) -> list[Intended]:
    """New HITs for places that expired unworked; HITs that were ended on purpose are not replaced."""
    new = []
    for row in found.hits:
        left = found.left[row.hit]
        if row.state != "created" or row.hit in found.replaced or not left or row.hit not in found.over:
            continue
        name = HitName.of(row.hit).again()
        new.append(publication.orders.intended(name, left, publication.url(row.page), row.hit))
    return new


def _topup(publication: Publication, wanted: Mapping[str, int]) -> list[Intended]:
    names = [HitName.of(row.hit) for row in publication.ledger.hits()]
    found = []
    for page, assignments in wanted.items():
        last = max((name.number for name in names if name.topup and name.page == page), default=0)
        name = HitName(page, last + 1, topup=True)
        found.append(publication.orders.intended(name, assignments, publication.url(page)))
    return found


def _in_turn(
    publication: Publication, found: Totals, missing: Iterable[Intended]
) -> tuple[list[Intended], list[Intended]]:
    """What can be made now, and what waits for open HITs with the same study ladders."""
    if publication.kind.apart:
        return list(missing), []
    groups = publication.orders.groups
    busy = {group for row in found.hits if row.hit not in found.over for group in groups[row.page].study}
    now: list[Intended] = []
    later: list[Intended] = []
    for hit in missing:
        (later if hit.in_turn & busy else now).append(hit)
        busy |= hit.in_turn
    return now, later


def _new_rewards(ledger: Ledger, missing: Iterable[Intended]) -> tuple[tuple[str, str], ...]:
    """Where HITs would pay something else than those of their kind that were made last: the field, and both rewards."""
    before = {hit.order.kind: hit.order.reward_usd for hit in ledger.hits() if hit.hit_id}
    now = {hit.order.kind: hit.order.reward_usd for hit in missing}
    table = {"study": "hit", "qualification": "qualification"}
    return tuple(
        (f"{table[kind]}.reward_usd", f"is ${usd}, and the {kind} pages that are out pay ${before[kind]}")
        for kind, usd in now.items()
        if kind in before and before[kind] != usd
    )


def publish(
    publication: Publication,
    plan: PublicationPlan,
    typed_total: str = "",
    workers: int = 8,
    progress: OnProgress = silent,
    new_reward: bool = False,
    new_answers: bool = False,
) -> Published:
    """Carry out a plan; can be cut off at any moment and run again.

    Production starts only if `typed_total` is the plan's `cost_usd`, a reward other than the published one only
    with `new_reward`. With `new_answers` what is built is what answers are graded by from now on. Nothing is made before
    every file is seen by the world as it was built: packs first, then pages.
    """
    cost_usd = plan.cost_usd if plan.now or plan.later else None
    check_total("publish", plan.account.environment, cost_usd, typed_total)
    if plan.new_rewards and not new_reward:
        remedy = "agreeing when asked, or --new-reward; or the reward that was published"
        raise InputError([in_config(field, problem, remedy) for field, problem in plan.new_rewards])
    raise_faults(plan.faults(COSTS))
    publication.ledger.bind(publication.binding)
    new = [hit.order for hit in plan.now]
    publication.recruiter.prepare(new)
    uploaded = _serve(publication, plan, workers, progress)
    keep_config(publication.ledger, publication.config)
    keep_rules(publication.folder, publication.config, publication.ledger, publication.built.manifest, new_answers)
    settled = tuple(settle(publication, row).hit for row in plan.doubtful)
    excluded = _keep_apart(publication, plan)
    made: list[str] = []
    for count, hit in enumerate(plan.now, start=1):
        row = create(publication, hit)
        if count == 1:
            _check_canary(publication, hit, row)
        publication.check_clock()
        made.append(row.hit)
        progress("publishing", count, len(plan.now))
    told = publication.recruiter.start()
    return Published(tuple(made), settled, uploaded, len(plan.later), excluded, tuple(told))


def _serve(publication: Publication, plan: PublicationPlan, workers: int, progress: OnProgress) -> int:
    """Bring packs, then pages, to the host, each seen by an anonymous fetch; returns the files sent.

    What was seen once is not fetched again, except for the first page that is about to be used.
    """
    sent = 0
    of_page = publication.built.files
    pages = list({file.key: file for file in of_page.values()}.values())
    first = {of_page[hit.order.page].key for hit in plan.now[:1]}
    for files, packs in ((list(publication.built.packs), True), (pages, False)):
        sent += upload(publication.host, files, workers, progress)
        # By address: another base_url shows the same key by another way, which may be broken.
        known = publication.ledger.verified()
        fresh = [file for file in files if file.key in first or publication.host.url(file.key) not in known]
        _verify(publication, fresh, packs, workers, progress)
    return sent


def _verify(publication: Publication, files: list[HostedFile], packs: bool, workers: int, progress: OnProgress) -> None:
    right: list[str] = []
    try:
        verify(publication.host, files, packs, workers, progress, right.append)
    except InputError as error:
        raise InputError([*error.faults, *_bucket_faults(publication)]) from error
    finally:
        publication.ledger.note_verified((publication.host.url(key) for key in right), publication.now())


def _bucket_faults(publication: Publication) -> list[Fault]:
    if not isinstance(publication.config.host, S3Host):
        return []
    from hitgen.hosts.bucket import bucket_faults
    from hitgen.hosts.s3 import S3

    host = publication.host
    return bucket_faults(host, bool(publication.built.packs)) if isinstance(host, S3) else []


def _keep_apart(publication: Publication, plan: PublicationPlan) -> int:
    groups_of = {page: groups.study | groups.gold for page, groups in publication.orders.groups.items()}
    in_use = {group for row in publication.ledger.hits() for group in row.order.unseen}
    in_use |= {group for hit in (*plan.now, *plan.later) for group in hit.order.unseen}
    return keep_apart(publication, groups_of, in_use)


def _check_canary(publication: Publication, hit: Intended, row: Hit) -> None:
    """Read the first HIT back; if the recruiter keeps something else than was ordered, stop there."""
    found = next(iter(publication.recruiter.progress([row.hit_id or ""])), None)
    wanted = (hit.order.annotation, hit.order.url, hit.order.reward_usd, hit.order.assignments)
    kept = found and (found.annotation, found.url, found.reward_usd, found.assignments)
    if kept != wanted:
        raise OutsideError(
            f"{row.hit} (HIT {row.hit_id}) reads back as {kept}, not as ordered {wanted}; nothing more "
            "was made. `hitgen expire` ends it"
        )
