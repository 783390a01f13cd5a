"""`unionhub products`: what an issuer lets this hub issue, and its limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError, currency
from unionhub.domain.model.parties import Party, Role

from .amounts import amount_text, numeric_currency
from .console import echo_facts, echo_json, echo_table, json_option
from .failures import CommandError
from .opening import Desk, at_desk

MESSAGES = (
    "MPQRC_PAYMENT_EMV",
    "MPQRC_PAYMENT_URL",
    "CPQRC_PAYMENT",
    "TOKEN_PAYMENT",
    "BILL_PAYMENT",
    "CREDIT_TRANSACTION",
    "P2P_TRANSFER",
    "GET_CASH_OUT_TOKEN",
    "WITHDRAW",
)
"""Money messages that a product may do; the others get `40`."""

Change = Callable[[CardProduct, dict[str, Party]], dict[str, Any]]


@click.group()
def products() -> None:
    """Card products: limits, authorised gateways, blocked merchant categories, cut-off.

    Running hosts see a change within a second; payments under way keep what they began with.
    """


@products.command("list")
@json_option
def list_products(*, as_json: bool) -> None:
    """All products."""
    found = at_desk(_all)
    if as_json:
        echo_json([describe(product) for product in found])
        return
    head = ("PRODUCT", "ISSUER", "NAME", "PER PAYMENT", "PER DAY", "GATEWAYS", "CUT-OFF")
    rows = [
        (
            each.product_id,
            each.issuer,
            each.name,
            amount_text(_limit(each, each.trx_limit_minor)),
            amount_text(_limit(each, each.day_limit_minor)),
            len(each.gateways),
            "ON" if each.cut_off else "",
        )
        for each in found
    ]
    echo_table(head, rows, empty="no card products yet: `unionhub products add --help`")


@products.command()
@click.argument("product")
@json_option
def show(product: str, *, as_json: bool) -> None:
    """One product with all its rules."""
    _tell(_known(at_desk(_all), product), as_json=as_json)


@products.command()
@click.argument("product")
@click.option("--issuer", required=True, metavar="APPID")
@click.option("--name", required=True)
@click.option("--currency", "code", required=True, help="Of its cards' accounts, ISO 4217: 344 or HKD.")
@click.option("--trx", required=True, metavar="AMOUNT", help="Limit per payment, such as 5000.00.")
@click.option("--day", required=True, metavar="AMOUNT", help="Limit per card and day.")
@click.option("--gateway", "gateways", multiple=True, metavar="APPID", help="An app gateway that may issue and use it.")
@click.option("--message", "messages", multiple=True, type=click.Choice(MESSAGES), help="What it may do; default: everything.")
@click.option("--settle-currency", default="840", show_default=True, help="Between issuer and scheme.")
@click.option("--utc-offset-minutes", type=click.IntRange(-720, 840), default=480, show_default=True, help="Issuer's day.")
@json_option
def add(product: str, code: str, trx: str, day: str, *, as_json: bool, **facts: Any) -> None:
    """Register a card product of an issuer."""
    if not product.isascii() or not product.isprintable() or not 1 <= len(product) <= 40:
        raise CommandError("a product's id is 1 to 40 printable ASCII characters")
    numeric = numeric_currency(code)
    made = CardProduct(
        product_id=product,
        issuer=facts["issuer"],
        name=facts["name"],
        currency=numeric,
        trx_limit_minor=_minor(trx, numeric),
        day_limit_minor=_minor(day, numeric),
        messages=frozenset(facts["messages"] or MESSAGES),
        settle_currency=numeric_currency(facts["settle_currency"]),
        utc_offset_minutes=facts["utc_offset_minutes"],
    )

    async def write(desk: Desk) -> CardProduct:
        async with desk.store.begin() as uow:
            parties = {party.app_id: party for party in await uow.parties()}
            if product in {known.product_id for known in await uow.products()}:
                raise CommandError(f"product {product} is there already: limits, allow, block-mcc and cut-off change it")
            _of_role(parties, made.issuer, Role.ISSUER)
            whole = msgspec.structs.replace(made, gateways=_gateways(parties, facts["gateways"]))
            _check_limits(whole)
            await uow.put_product(whole)
            await uow.commit()
        return whole

    _tell(at_desk(write), as_json=as_json)


@products.command()
@click.argument("product")
@click.option("--trx", metavar="AMOUNT", help="Per payment, such as 5000.00.")
@click.option("--day", metavar="AMOUNT", help="Per card and day, on the issuer's date.")
@json_option
def limits(product: str, trx: str | None, day: str | None, *, as_json: bool) -> None:
    """Set the limits of a product, in the currency of its accounts. A payment above gets `61`."""
    if trx is None and day is None:
        raise CommandError("name a limit: --trx AMOUNT, --day AMOUNT or both")

    def change(before: CardProduct, _parties: dict[str, Party]) -> dict[str, Any]:
        return {
            name: _minor(text, before.currency)
            for name, text in (("trx_limit_minor", trx), ("day_limit_minor", day))
            if text is not None
        }

    _tell(_changed(product, change), as_json=as_json)


@products.command()
@click.argument("product")
@click.option("--gateway", "gateways", multiple=True, metavar="APPID", help="An app gateway. May be repeated.")
@click.option("--message", "messages", multiple=True, type=click.Choice(MESSAGES), help="A money message. May be repeated.")
@click.option("--revoke", is_flag=True, help="Take the authorisation away instead.")
@json_option
def allow(product: str, gateways: tuple[str, ...], messages: tuple[str, ...], *, revoke: bool, as_json: bool) -> None:
    """Authorise app gateways for a product (`15` without), or messages (`40` without)."""
    if not gateways and not messages:
        raise CommandError("name what to allow: --gateway APPID or --message NAME")

    def change(before: CardProduct, parties: dict[str, Party]) -> dict[str, Any]:
        if revoke:
            return {"gateways": before.gateways - set(gateways), "messages": before.messages - set(messages)}
        return {
            "gateways": before.gateways | _gateways(parties, gateways),
            "messages": before.messages | set(messages),
        }

    _tell(_changed(product, change), as_json=as_json)


@products.command("block-mcc")
@click.argument("product")
@click.argument("mccs", nargs=-1, required=True, metavar="MCC...")
@click.option("--unblock", is_flag=True, help="Let them be paid again.")
@json_option
def block_mcc(product: str, mccs: tuple[str, ...], *, unblock: bool, as_json: bool) -> None:
    """Block merchant categories (ISO 18245, 4 digits): a payment there gets `62`."""
    for mcc in mccs:
        if not (mcc.isascii() and mcc.isdigit() and len(mcc) == 4):
            raise CommandError(f"{mcc[:40]!r} is no merchant category: 4 digits are")

    def change(before: CardProduct, _parties: dict[str, Party]) -> dict[str, Any]:
        return {"blocked_mccs": before.blocked_mccs - set(mccs) if unblock else before.blocked_mccs | set(mccs)}

    _tell(_changed(product, change), as_json=as_json)


@products.command("cut-off")
@click.argument("product")
@click.argument("switch", type=click.Choice(["on", "off"]))
@json_option
def cut_off(product: str, switch: str, *, as_json: bool) -> None:
    """Declare a cut-over window of the issuer, or end it. While it is on, payments get `90`; inquiries, reversals and
    notices go on."""
    _tell(_changed(product, lambda _before, _parties: {"cut_off": switch == "on"}), as_json=as_json)


def describe(product: CardProduct) -> dict[str, Any]:
    """A product for machines."""
    return {
        "productId": product.product_id,
        "issuer": product.issuer,
        "name": product.name,
        "currency": product.currency,
        "trxLimit": _limit(product, product.trx_limit_minor).text,
        "dayLimit": _limit(product, product.day_limit_minor).text,
        "gateways": sorted(product.gateways),
        "messages": sorted(product.messages),
        "blockedMccs": sorted(product.blocked_mccs),
        "settleCurrency": product.settle_currency,
        "utcOffsetMinutes": product.utc_offset_minutes,
        "cutOff": product.cut_off,
    }


async def _all(desk: Desk) -> list[CardProduct]:
    async with desk.store.begin() as uow:
        return await uow.products()


def _changed(product_id: str, change: Change) -> CardProduct:
    """Read, change, check and write, in one unit of work."""

    async def write(desk: Desk) -> CardProduct:
        async with desk.store.begin() as uow:
            parties = {party.app_id: party for party in await uow.parties()}
            before = _known(await uow.products(), product_id)
            product = msgspec.structs.replace(before, **change(before, parties))
            _check_limits(product)
            await uow.put_product(product)
            await uow.commit()
        return product

    return at_desk(write)


def _known(found: list[CardProduct], product_id: str) -> CardProduct:
    product = next((each for each in found if each.product_id == product_id), None)
    if product is None:
        names = ", ".join(each.product_id for each in found) or "none yet"
        raise CommandError(f"no product {product_id[:40]!r}; there are: {names}")
    return product


def _gateways(parties: dict[str, Party], app_ids: tuple[str, ...]) -> frozenset[str]:
    for app_id in app_ids:
        _of_role(parties, app_id, Role.APP_GATEWAY)
    return frozenset(app_ids)


def _of_role(parties: dict[str, Party], app_id: str, role: Role) -> None:
    party = parties.get(app_id)
    if party is None or party.role is not role:
        raise CommandError(f"{app_id[:40]!r} is no {role.value} here: `unionhub parties list` shows who is")


def _check_limits(product: CardProduct) -> None:
    if product.trx_limit_minor > product.day_limit_minor:
        raise CommandError("the limit per payment is above the limit per day: it would never be reached")


def _minor(text: str, code: str) -> int:
    try:
        return Money.parse(text, code).minor
    except (AmountError, AmountFormatError, UnknownCurrencyError):
        exponent = currency(code).exponent
        example = "5000" if exponent == 0 else f"5000.{'0' * exponent}"
        raise CommandError(f"{text[:20]!r} is no limit: an amount above zero such as {example}") from None


def _limit(product: CardProduct, minor: int) -> Money:
    return Money(minor, product.currency)


def _tell(product: CardProduct, *, as_json: bool) -> None:
    if as_json:
        echo_json(describe(product))
        return
    echo_facts(
        [
            (product.product_id, product.name),
            ("issuer", product.issuer),
            ("per payment", amount_text(_limit(product, product.trx_limit_minor))),
            ("per day", amount_text(_limit(product, product.day_limit_minor))),
            ("cut-off", "ON: payments get 90" if product.cut_off else "off"),
            ("gateways", ", ".join(sorted(product.gateways)) or "none: nobody can pay with it"),
            ("messages", ", ".join(sorted(product.messages)) or "none"),
            ("blocked MCCs", ", ".join(sorted(product.blocked_mccs)) or "none"),
            ("settled in", product.settle_currency),
            ("issuer's day", f"UTC{product.utc_offset_minutes / 60:+g} h"),
        ]
    )
