"""`unionhub parties service`, `services`, `grant`, `grants`: what industries offer, and which channels may open it (UCSP)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import click
import msgspec

from unionhub.domain.flows.launch import lock_party, subject_of
from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.services import Grant, GrantEvent, IndustryService, PersonalField, service_faults
from unionhub.ports.store import UnitOfWork

from .console import echo_facts, echo_json, echo_table, json_option, moment
from .failures import CommandError
from .opening import Desk, at_desk
from .product_desk import of_role
from .trail import describe_audit, record, tell_audit, words

CHANGE: Final = "change"
RECENT: Final = 5
TEXT_MAX: Final = 100
_FIELDS: Final = click.Choice([field.value for field in PersonalField])
_STEPS: Final = click.Choice([*(event.value for event in GrantEvent), CHANGE])
_NAMES: Final = {
    "needs": "needs",
    "takes": "takes",
    "speaks": "languages",
    "language": "default_language",
    "merchant": "merchant_id",
}
"""Option -> what it is called in the record, where that differs."""


@click.command()
@click.argument("app_id", metavar="INDUSTRY")
@click.option("--name", help="As channels show it.")
@click.option("--category", help="Such as parking or travel.")
@click.option("--url", help="Where users land; https. The ticket is put behind it, and other addresses must lie under it.")
@click.option("--icon-url", help="Its icon in channels' apps.")
@click.option("--needs", multiple=True, type=_FIELDS, help="A login without it gets `70`. May be repeated.")
@click.option("--takes", multiple=True, type=_FIELDS, help="Passed on where the channel tells it. May be repeated.")
@click.option("--language", metavar="ll-CC", help="Its own language.")
@click.option("--speaks", multiple=True, metavar="ll-CC", help="A language that it speaks. May be repeated; default: any.")
@click.option("--login-life-s", type=int, metavar="SECONDS", help="How long cards may be asked for after a login.")
@click.option("--ticket-life-s", type=int, metavar="SECONDS", help="How long its page lets the user in.")
@click.option("--acquirer", metavar="APPID", help="Who acquires what is paid there.")
@click.option("--merchant", metavar="MID", help="Its merchant number there, 15 characters; without it nothing is sold.")
@click.option("--mcc", metavar="MCC", help="Its merchant category code, 4 digits; default: 7399, business services.")
@click.option("--city", metavar="CITY", help="Where it is, as its orders' codes say it; default: Online.")
@json_option
def service(app_id: str, *, as_json: bool, **facts: Any) -> None:
    """Register the service of an industry, or change what is named. Without an option: show it.

    The first time --name, --category and --url are needed.
    """
    given = {_NAMES.get(name, name): value for name, value in facts.items() if value not in (None, ())}
    given |= {name: frozenset(PersonalField(each) for each in given[name]) for name in ("needs", "takes") if name in given}
    given |= {name: frozenset(given[name]) for name in ("languages",) if name in given}

    async def put(desk: Desk) -> IndustryService:
        async with desk.store.begin() as uow:
            await lock_party(uow, app_id)
            parties = {party.app_id: party for party in await uow.parties()}
            of_role(parties, app_id, Role.INDUSTRY)
            before = {each.app_id: each for each in await uow.services()}.get(app_id)
            if not given and before is not None:
                return before
            after = _service(app_id, before, given)
            _check(after, parties)
            await uow.put_service(after)
            await record(desk, uow, "party.service", subject_of(app_id), ", ".join(sorted(given)))
            await uow.commit()
        return after

    done = at_desk(put)
    if as_json:
        echo_json(describe_service(done))
    else:
        _tell_service(done)


@click.command()
@json_option
def services(*, as_json: bool) -> None:
    """All industry services."""

    async def read(desk: Desk) -> tuple[list[IndustryService], dict[str, Party]]:
        async with desk.store.begin() as uow:
            return await uow.services(), {party.app_id: party for party in await uow.parties()}

    found, parties = at_desk(read)
    if as_json:
        echo_json([describe_service(each) for each in found])
        return
    rows = [
        (each.app_id, parties[each.app_id].industry_code, each.name, each.category, _list(each.needs), each.url)
        for each in found
        if each.app_id in parties
    ]
    head = ("INDUSTRY", "CODE", "NAME", "CATEGORY", "NEEDS", "URL")
    echo_table(head, rows, empty="no services yet: `unionhub parties service --help`")


@click.command()
@click.argument("channel", metavar="CHANNEL")
@click.argument("industry", metavar="INDUSTRY")
@click.argument("step", metavar="STEP", type=_STEPS)
@click.option("--from", "valid_from", metavar="DAY", help="From this day on (UTC), 2026-03-31; - for at once.")
@click.option("--until", "valid_until", metavar="DAY", help="Before this day (UTC); - for without an end.")
@click.option("--pan/--no-pan", "allows_pan", default=None, help="Whether card numbers may be asked for, not tokens only.")
@click.option("--fee-terms", metavar="TEXT", help="What the two agreed on.")
@click.option("--note", default="", metavar="TEXT", help="Why; kept on record.")
@json_option
def grant(channel: str, industry: str, step: str, note: str, *, as_json: bool, **terms: Any) -> None:
    """What a channel and an industry have agreed on: apply, grant, suspend, resume, revoke; or change its terms.

    A channel's users can open the industry's service only while this is GRANTED, from --from until --until.
    """
    given = {name: value for name, value in terms.items() if value is not None}
    given |= {name: _day(given[name]) for name in ("valid_from", "valid_until") if name in given}
    if "fee_terms" in given:
        given["fee_terms"] = words("fee-terms", given["fee_terms"])
    if step == CHANGE and not given:
        raise CommandError("name what to change: --from, --until, --pan, --no-pan or --fee-terms")

    async def moved(desk: Desk) -> Grant:
        async with desk.store.begin() as uow:
            await uow.put_marker("parties", "")  # as `lock_party`: whoever changes them takes turns
            before = await _grant(uow, channel, industry)
            after = msgspec.structs.replace(_stepped(before, channel, industry, step), **given)
            if after.valid_from and after.valid_until and after.valid_from >= after.valid_until:
                raise CommandError("it would end before it begins")
            await uow.put_grant(after)
            state = f"{before.state if before else 'nothing'} to {after.state}"
            told = (state, ", ".join(sorted(given)), words("note", note))
            await record(desk, uow, f"grant.{step}", _subject(channel, industry), *told)
            await uow.commit()
        return after

    done = at_desk(moved)
    if as_json:
        echo_json(describe_grant(done))
    else:
        _tell_grant(done)


@click.command()
@click.option("--channel", metavar="APPID", help="Of this channel only.")
@click.option("--industry", metavar="APPID", help="Of this industry only. With --channel: with what was done lately.")
@json_option
def grants(channel: str | None, industry: str | None, *, as_json: bool) -> None:
    """Which channels may open which industries."""

    async def read(desk: Desk) -> tuple[list[Grant], list[Any]]:
        async with desk.store.begin() as uow:
            trail = await uow.audit(subject=_subject(channel, industry), limit=RECENT) if channel and industry else []
            return await uow.grants(), trail

    known, trail = at_desk(read)
    found = [each for each in known if channel in (None, each.channel) and industry in (None, each.industry)]
    if as_json:
        echo_json([describe_grant(each) | ({"audit": describe_audit(trail)} if trail else {}) for each in found])
        return
    rows = [
        (each.channel, each.industry, each.state, _shown(each.valid_from), _shown(each.valid_until), _pan(each))
        for each in found
    ]
    head = ("CHANNEL", "INDUSTRY", "STATE", "FROM", "UNTIL", "MAY ASK FOR")
    echo_table(head, rows, empty="nothing is agreed on yet: `unionhub parties grant --help`")
    tell_audit(trail)


def describe_service(found: IndustryService) -> dict[str, Any]:
    """A service for machines."""
    return {
        "appId": found.app_id,
        "name": found.name,
        "category": found.category,
        "url": found.url,
        "iconUrl": found.icon_url,
        "needs": sorted(found.needs),
        "takes": sorted(found.takes),
        "language": found.default_language,
        "speaks": sorted(found.languages),
        "loginLifeS": found.login_life_s,
        "ticketLifeS": found.ticket_life_s,
        "acquirer": found.acquirer,
        "merchant": found.merchant_id,
        "mcc": found.mcc,
        "city": found.city,
    }


def describe_grant(found: Grant) -> dict[str, Any]:
    """A grant for machines."""
    return {
        "channel": found.channel,
        "industry": found.industry,
        "state": found.state,
        "from": found.valid_from,
        "until": found.valid_until,
        "pan": found.allows_pan,
        "feeTerms": found.fee_terms,
    }


def _service(app_id: str, before: IndustryService | None, given: dict[str, Any]) -> IndustryService:
    if before is not None:
        return msgspec.structs.replace(before, **given)
    if lacking := [f"--{name}" for name in ("name", "category", "url") if name not in given]:
        raise CommandError(f"{app_id} has no service yet; to register it: {', '.join(lacking)}")
    return IndustryService(**({"app_id": app_id} | given))


def _check(found: IndustryService, parties: dict[str, Party]) -> None:
    """Raises CommandError for a service that cannot be."""
    for name, text in (("name", found.name), ("category", found.category), ("merchant", found.merchant_id)):
        if len(text) > TEXT_MAX or not text.isprintable():
            raise CommandError(f"--{name} takes up to {TEXT_MAX} printable characters")
    if not (found.icon_url.isascii() and found.icon_url.isprintable()) or len(found.icon_url) > TEXT_MAX * 5:
        raise CommandError("the icon's URL has at most 500 printable ASCII characters")
    if found.acquirer:
        of_role(parties, found.acquirer, Role.ACQUIRER)
    if faults := service_faults(found):
        raise CommandError("; ".join(faults))


async def _grant(uow: UnitOfWork, channel: str, industry: str) -> Grant | None:
    parties = {party.app_id: party for party in await uow.parties()}
    of_role(parties, channel, Role.CHANNEL)
    of_role(parties, industry, Role.INDUSTRY)
    if industry not in {each.app_id for each in await uow.services()}:
        raise CommandError(f"{industry} has no service yet: `unionhub parties service {industry}`")
    known = {(each.channel, each.industry): each for each in await uow.grants()}
    return known.get((channel, industry))


def _stepped(before: Grant | None, channel: str, industry: str, step: str) -> Grant:
    if before is None:
        if step != GrantEvent.APPLY:
            raise CommandError(f"{channel} has not applied for {industry} yet: step `apply`")
        return Grant(channel=channel, industry=industry)
    if step == CHANGE:
        return before
    try:
        return msgspec.structs.replace(before, state=before.after(GrantEvent(step)))
    except IllegalMove as error:
        raise CommandError(str(error)) from None


def _day(text: str) -> datetime | None:
    if text == "-":
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise CommandError(f"{text[:20]!r} is no day: 2026-03-31, or - for none") from None


def _subject(channel: str, industry: str) -> str:
    """How the audit trail names a grant."""
    return f"grant {channel} {industry}"


def _list(found: frozenset[Any]) -> str:
    return ", ".join(sorted(found))


def _shown(at: datetime | None) -> str:
    return moment(at) if at is not None else ""


def _pan(found: Grant) -> str:
    return "tokens and card numbers" if found.allows_pan else "tokens"


def _tell_service(found: IndustryService) -> None:
    echo_facts(
        [
            (found.app_id, found.name),
            ("category", found.category),
            ("URL", found.url),
            ("icon", found.icon_url),
            ("needs", _list(found.needs)),
            ("takes", _list(found.takes)),
            ("language", found.default_language),
            ("speaks", _list(found.languages) or "any"),
            ("login lives", f"{found.login_life_s} s"),
            ("ticket lives", f"{found.ticket_life_s} s"),
            ("acquirer", found.acquirer),
            ("merchant", found.merchant_id),
            ("MCC", found.mcc),
            ("city", found.city),
        ]
    )


def _tell_grant(found: Grant) -> None:
    echo_facts(
        [
            (found.channel, f"at {found.industry}"),
            ("state", found.state),
            ("from (UTC)", _shown(found.valid_from)),
            ("until (UTC)", _shown(found.valid_until)),
            ("may ask for", _pan(found)),
            ("fee terms", found.fee_terms),
        ]
    )


SERVICES: Final = (service, services, grant, grants)
