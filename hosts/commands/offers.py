"""`unionhub offers`: UCSP's marketing, by whom it is, who pays for it, and what is left of it (RULES section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

import click
import msgspec

from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.marketing import (
    HUB,
    Funder,
    MarketingOffer,
    OfferEvent,
    OfferKind,
    OfferState,
    offer_faults,
    typed,
)
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, currency
from unionhub.domain.model.parties import Party, Role
from unionhub.ports.store import UnitOfWork

from .amounts import amount_text, numeric_currency
from .console import echo_facts, echo_json, echo_table, json_option, moment
from .failures import CommandError
from .opening import Desk, at_desk
from .product_desk import of_role
from .trail import describe_audit, record, tell_audit, words

RECENT: Final = 5
_SECONDS: Final = len("2026-03-31 00:00:00")


class Standing(NamedTuple):
    """An offer, how much of its budget is reserved, and whether it is valid now."""

    offer: MarketingOffer
    used_minor: int
    now: datetime

    @property
    def used(self) -> Money:
        return Money(self.used_minor, self.offer.currency)

    @property
    def left(self) -> Money:
        """Nothing where the budget was lowered below what is used."""
        return Money(max(0, self.offer.budget_minor - self.used_minor), self.offer.currency)

    @property
    def state(self) -> str:
        """With what keeps an ACTIVE one from being given."""
        if self.offer.state is not OfferState.ACTIVE:
            return self.offer.state
        if not self.offer.valid_from <= self.now < self.offer.valid_until:
            return f"{self.offer.state}, {'not yet valid' if self.now < self.offer.valid_from else 'over'}"
        suffices = self.left.minor >= max(self.offer.off_minor, 1)  # it is never given in part
        return self.offer.state if suffices else f"{self.offer.state}, used up"


@click.group()
def offers() -> None:
    """Marketing offers at the cashier: coupons, incentive money, instant discounts.

    Merchants get the full amount: whoever funds an offer pays the rest. Running hosts see a change within a second or so;
    payments under way keep what they began with.
    """


@offers.command("list")
@click.option("--state", type=click.Choice([state.value for state in OfferState]), help="Default: all.")
@click.option("--owner", metavar="APPID", help=f"Of this party, or of {HUB}.")
@json_option
def list_offers(state: str | None, owner: str | None, *, as_json: bool) -> None:
    """Offers by their ids, with what is left of their budgets."""

    async def read(desk: Desk) -> list[Standing]:
        async with desk.store.begin() as uow:
            found = [each for each in await uow.offers() if state in (None, each.state) and owner in (None, each.owner)]
            return [await _standing(desk, uow, each) for each in found]

    found = at_desk(read)
    if as_json:
        echo_json([describe(each) for each in found])
        return
    head = ("OFFER", "KIND", "STATE", "OWNER", "FUNDED BY", "TAKES OFF", "BUDGET", "USED", "LEFT", "UNTIL (UTC)")
    rows = [
        (
            each.offer.offer_id,
            each.offer.kind,
            each.state,
            each.offer.owner,
            each.offer.funded_by,
            _off(each.offer),
            amount_text(each.offer.budget),
            each.used.text,
            each.left.text,
            moment(each.offer.valid_until)[:_SECONDS],
        )
        for each in found
    ]
    filtered = state is not None or owner is not None
    echo_table(head, rows, empty="no such offers" if filtered else "no offers yet: `unionhub offers add --help`")


@offers.command()
@click.argument("offer_id", metavar="OFFER")
@json_option
def show(offer_id: str, *, as_json: bool) -> None:
    """One offer: its rules, who pays for it, its budget, and what was done with it lately."""

    async def read(desk: Desk) -> tuple[Standing, dict[str, Party], list[AuditEntry]]:
        async with desk.store.begin() as uow:
            found = _known(await uow.offers(), offer_id)
            parties = {party.app_id: party for party in await uow.parties()}
            trail = await uow.audit(subject=_subject(offer_id), limit=RECENT)
            return await _standing(desk, uow, found), parties, trail

    found, parties, trail = at_desk(read)
    if as_json:
        echo_json(describe(found) | {"audit": describe_audit(trail)})
    else:
        _tell(found, parties)
        tell_audit(trail)


@offers.command()
@click.argument("offer_id", metavar="OFFER")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in OfferKind], case_sensitive=False))
@click.option("--name", required=True, help="What payers read; at most 50 characters.")
@click.option("--off", required=True, metavar="AMOUNT|PERCENT%", help="5.00, or 5% of the order's amount.")
@click.option("--currency", "currency_code", required=True, metavar="ISO4217", help="344 or HKD.")
@click.option("--budget", required=True, metavar="AMOUNT", help="All that is ever given.")
@click.option("--from", "valid_from", metavar="DAY", help="From this day on (UTC), 2026-03-31; default: at once.")
@click.option("--until", "valid_until", required=True, metavar="DAY", help="Before this day (UTC).")
@click.option("--owner", default=HUB, show_default=True, metavar="APPID", help="Whose campaign it is.")
@click.option(
    "--funded-by",
    "funders",
    multiple=True,
    metavar="APPID[:PERCENT]",
    help="Who pays; may be repeated, with percents that sum to 100. Default: the owner.",
)
@click.option("--cap", metavar="AMOUNT", help="The most that a percentage comes to.")
@click.option("--minimum", metavar="AMOUNT", help="The smallest order that it is for.")
@click.option("--per-user", type=click.IntRange(min=1), metavar="TIMES", help="How often a user has it; default: any number.")
@click.option("--channel", "channels", multiple=True, metavar="APPID", help="For users of this channel. May be repeated.")
@click.option("--industry", "industries", multiple=True, metavar="APPID", help="For orders there. May be repeated.")
@click.option("--code", default="", metavar="CODE", help="Of a coupon: users type it at the cashier.")
@click.option("--note", default="", metavar="TEXT", help="Why; kept on record.")
@json_option
def add(offer_id: str, *, note: str, as_json: bool, **terms: Any) -> None:
    """Make an offer; it is active at once, or from its first day on.

    On one payment there is at most one offer of each kind; the cashier proposes the combination that takes most off.
    """

    async def write(desk: Desk) -> Standing:
        made = _made(offer_id, desk.clock.now(), **terms)
        async with desk.store.begin() as uow:
            await _lock(uow)
            known = await uow.offers()
            _check(made, known, {party.app_id: party for party in await uow.parties()})
            await uow.put_offer(made)
            told = f"{_off(made)} off, budget {amount_text(made.budget)}, funded by {made.funded_by}"
            await record(desk, uow, "offer.add", _subject(offer_id), told, words("note", note))
            found = await _standing(desk, uow, made)
            await uow.commit()
        return found

    found = at_desk(write)
    if found.offer.kind is OfferKind.COUPON and not (found.offer.code or found.offer.industries):
        click.echo("note: without --code and --industry this coupon is everybody's, on every order", err=True)
    _tell_changed(found, as_json=as_json)


def _step(event: OfferEvent, line: str) -> None:
    """A command that takes an offer one step on."""

    @offers.command(event.value, help=line)
    @click.argument("offer_id", metavar="OFFER")
    @click.option("--note", default="", metavar="TEXT", help="Why; kept on record.")
    @json_option
    def step(offer_id: str, note: str, *, as_json: bool) -> None:
        def change(before: MarketingOffer) -> tuple[MarketingOffer, str]:
            try:
                after = msgspec.structs.replace(before, state=before.after(event))
            except IllegalMove as error:
                raise CommandError(str(error)) from None
            return after, f"{before.state} to {after.state}"

        _tell_changed(_changed(offer_id, event.value, change, note), as_json=as_json)


_step(OfferEvent.PAUSE, "Give it to nobody until it is resumed.")
_step(OfferEvent.RESUME, "Give a paused offer again.")
_step(OfferEvent.END, "End an offer for good. What was given with it stays given.")


@offers.command()
@click.argument("offer_id", metavar="OFFER")
@click.argument("amount")
@click.option("--note", default="", metavar="TEXT", help="Why; kept on record.")
@json_option
def budget(offer_id: str, amount: str, note: str, *, as_json: bool) -> None:
    """Set an offer's budget: all that is ever given, what is used already included.

    It may be lowered below what is used: then nothing more is given, unless payments fail and give back.
    """

    def change(before: MarketingOffer) -> tuple[MarketingOffer, str]:
        if before.state is OfferState.ENDED:
            raise CommandError(f"offer {before.offer_id} is ENDED: nothing is given any more")
        after = msgspec.structs.replace(before, budget_minor=_minor("budget", amount, before.currency))
        return after, f"{amount_text(before.budget)} to {amount_text(after.budget)}"

    _tell_changed(_changed(offer_id, "budget", change, note), as_json=as_json)


def describe(found: Standing) -> dict[str, Any]:
    """An offer for machines."""
    offer = found.offer
    return {
        "offerId": offer.offer_id,
        "kind": offer.kind,
        "name": offer.name,
        "state": offer.state,
        "owner": offer.owner,
        "funders": [{"party": each.party, "percent": each.percent} for each in offer.funders],
        "currency": offer.currency,
        "off": _text(offer, offer.off_minor) or None,
        "offPercent": str(offer.off_percent) if offer.off_percent else None,
        "cap": _text(offer, offer.cap_minor) or None,
        "minimum": _text(offer, offer.minimum_minor) or None,
        "perUser": offer.per_user_max or None,
        "code": offer.code,
        "channels": sorted(offer.channels),
        "industries": sorted(offer.industries),
        "from": offer.valid_from,
        "until": offer.valid_until,
        "budget": offer.budget.text,
        "used": found.used.text,
        "left": found.left.text,
    }


# --- reading and changing


def _changed(offer_id: str, action: str, change: Callable[[MarketingOffer], tuple[MarketingOffer, str]], note: str) -> Standing:
    """Read, change, check, write and record. `change` also tells what it did."""

    async def write(desk: Desk) -> Standing:
        async with desk.store.begin() as uow:
            await _lock(uow)
            after, told = change(_known(await uow.offers(), offer_id))
            if faults := offer_faults(after):
                raise CommandError("; ".join(faults))
            await uow.put_offer(after)
            await record(desk, uow, f"offer.{action}", _subject(offer_id), told, words("note", note))
            found = await _standing(desk, uow, after)
            await uow.commit()
        return found

    return at_desk(write)


async def _lock(uow: UnitOfWork) -> None:
    """Before offers are read to be changed: of two changes at once the second waits here (see `lock_products`)."""
    await uow.put_marker("offers", "")


async def _standing(desk: Desk, uow: UnitOfWork, offer: MarketingOffer) -> Standing:
    return Standing(offer, await uow.used(offer.budget_key), desk.clock.now())


def _known(found: list[MarketingOffer], offer_id: str) -> MarketingOffer:
    offer = next((each for each in found if each.offer_id == offer_id), None)
    if offer is None:
        raise CommandError(f"no offer {offer_id[:40]!r}: `unionhub offers list` shows them")
    return offer


def _subject(offer_id: str) -> str:
    """How the audit trail names an offer."""
    return f"offer {offer_id}"


# --- what an operator said


def _made(offer_id: str, now: datetime, **terms: Any) -> MarketingOffer:
    """The offer as it was asked for. Raises CommandError where the words mean nothing; `_check` judges the rest."""
    code = numeric_currency(terms["currency_code"])
    amounts = {name: _minor(name, terms[name], code) if terms[name] else 0 for name in ("budget", "cap", "minimum")}
    percent = _percent(terms["off"])
    return MarketingOffer(
        offer_id=offer_id,
        kind=OfferKind(terms["kind"]),
        name=terms["name"],
        owner=terms["owner"],
        funders=tuple(_funder(each) for each in terms["funders"] or (terms["owner"],)),
        currency=code,
        budget_minor=amounts["budget"],
        valid_from=_day(terms["valid_from"]) if terms["valid_from"] else now,
        valid_until=_day(terms["valid_until"]),
        off_minor=0 if percent is not None else _minor("off", terms["off"], code),
        off_percent=percent or Decimal(0),
        cap_minor=amounts["cap"],
        minimum_minor=amounts["minimum"],
        per_user_max=terms["per_user"] or 0,
        channels=frozenset(terms["channels"]),
        industries=frozenset(terms["industries"]),
        code=typed(terms["code"]),
    )


def _check(made: MarketingOffer, known: list[MarketingOffer], parties: Mapping[str, Party]) -> None:
    """Raises CommandError for an offer that cannot be."""
    if made.offer_id in {each.offer_id for each in known}:
        raise CommandError(f"there is an offer {made.offer_id[:40]!r} already; an id is never used again")
    if faults := offer_faults(made):
        raise CommandError("; ".join(faults))
    if made.budget_minor == 0:
        raise CommandError("without a budget nothing is ever given")
    if made.budget_minor < made.off_minor:
        raise CommandError("its budget does not suffice for one payment")
    for app_id in (made.owner, *(each.party for each in made.funders)):
        if app_id != HUB and app_id not in parties:
            raise CommandError(f"{app_id!r} is neither a party nor {HUB}: `unionhub parties list` shows who is")
    for role, app_ids in ((Role.CHANNEL, made.channels), (Role.INDUSTRY, made.industries)):
        for app_id in sorted(app_ids):
            of_role(parties, app_id, role)
    twins = [each.offer_id for each in known if made.code and each.code == made.code and each.state is not OfferState.ENDED]
    if twins:
        raise CommandError(f"offer {twins[0]} has the code {made.code} already: end it first, or choose another code")


def _minor(option: str, text: str, code: str) -> int:
    try:
        return Money.parse(text, code, zero=True).minor
    except (AmountError, AmountFormatError):
        example = Money(5 * 10 ** currency(code).exponent, code).text
        raise CommandError(f"{option} {text[:20]!r} is no amount in {currency(code).alpha}: such as {example}") from None


def _percent(text: str) -> Decimal | None:
    """Of `5%` or `7.25 %`; None for what is no percentage."""
    if not text.endswith("%"):
        return None
    try:
        return Decimal(text[:-1].strip())
    except InvalidOperation:
        raise CommandError(f"off {text[:20]!r} is no percentage: such as 5%") from None


def _funder(text: str) -> Funder:
    party, _, percent = text.partition(":")
    try:
        return Funder(party=party, percent=int(percent or "100"))
    except ValueError:
        raise CommandError(f"funded-by {text[:40]!r} is no share: APPID:PERCENT, such as {HUB}:40") from None


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise CommandError(f"{text[:20]!r} is no day: such as 2026-03-31") from None


# --- what an operator reads


def _text(offer: MarketingOffer, minor: int) -> str:
    """An amount of the offer's currency; empty for none."""
    return Money(minor, offer.currency).text if minor else ""


def _off(offer: MarketingOffer) -> str:
    if offer.off_minor:
        return amount_text(Money(offer.off_minor, offer.currency))
    return f"{offer.off_percent} %" + (f", at most {_text(offer, offer.cap_minor)}" if offer.cap_minor else "")


def _tell_changed(found: Standing, *, as_json: bool) -> None:
    if as_json:
        echo_json(describe(found))
    else:
        _tell(found, {})


def _tell(found: Standing, parties: Mapping[str, Party]) -> None:
    offer = found.offer
    over = "; the budget is below that: nothing more is given" if found.used_minor > offer.budget_minor else ""

    def named(app_id: str) -> str:
        return f"{parties[app_id].name} ({app_id})" if app_id in parties else app_id

    def all_of(app_ids: frozenset[str]) -> str:
        return ", ".join(named(app_id) for app_id in sorted(app_ids)) or "all"

    echo_facts(
        [
            (offer.offer_id, offer.name),
            ("kind", offer.kind),
            ("state", found.state),
            ("owner", named(offer.owner)),
            ("funded by", ", ".join(f"{named(each.party)} {each.percent} %" for each in offer.funders)),
            ("takes off", _off(offer)),
            ("orders from", _text(offer, offer.minimum_minor)),
            ("code", offer.code),
            ("per user", f"{offer.per_user_max} time(s)" if offer.per_user_max else ""),
            ("channels", all_of(offer.channels)),
            ("industries", all_of(offer.industries)),
            ("from (UTC)", moment(offer.valid_from)[:_SECONDS]),
            ("until (UTC)", moment(offer.valid_until)[:_SECONDS]),
            ("budget", amount_text(offer.budget)),
            ("used", f"{found.used.text}{over}"),
            ("left", found.left.text),
        ]
    )
