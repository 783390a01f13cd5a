"""`unionhub products`: what an issuer lets this hub issue, and its limits."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.parties import Party, Role

from .amounts import amount_text, numeric_currency
from .console import echo_json, echo_table, json_option
from .failures import CommandError
from .opening import Desk, at_desk
from .product_desk import all_products, changed, gateways_of, known, lock_products, minor, of_role, put
from .product_rules import RULES
from .product_views import describe, limit, tell

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


@click.group()
def products() -> None:
    """Card products: limits and rules, authorised gateways, ranges of numbers, card faces, cut-off.

    Running hosts see a change within a second; payments under way keep what they began with.
    """


@products.command("list")
@json_option
def list_products(*, as_json: bool) -> None:
    """All products."""
    found = at_desk(all_products)
    if as_json:
        echo_json([describe(product) for product in found])
        return
    head = ("PRODUCT", "ISSUER", "NAME", "PER PAYMENT", "PER DAY", "GATEWAYS", "CUT-OFF")
    rows = [
        (
            each.product_id,
            each.issuer,
            each.name,
            amount_text(limit(each, each.trx_limit_minor)),
            amount_text(limit(each, each.day_limit_minor)),
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
    tell(known(at_desk(all_products), product), as_json=as_json)


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
        trx_limit_minor=minor(trx, numeric),
        day_limit_minor=minor(day, numeric),
        messages=frozenset(facts["messages"] or MESSAGES),
        settle_currency=numeric_currency(facts["settle_currency"]),
        utc_offset_minutes=facts["utc_offset_minutes"],
    )

    async def write(desk: Desk) -> CardProduct:
        async with desk.store.begin() as uow:
            await lock_products(uow)
            parties = {party.app_id: party for party in await uow.parties()}
            if product in {each.product_id for each in await uow.products()}:
                raise CommandError(f"product {product} is there already: limits, allow, block-mcc and cut-off change it")
            of_role(parties, made.issuer, Role.ISSUER)
            whole = msgspec.structs.replace(made, gateways=gateways_of(parties, facts["gateways"]))
            await put(desk, uow, whole, action="add", detail=f"of {made.issuer}")
            await uow.commit()
        return whole

    tell(at_desk(write), as_json=as_json)


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
            name: minor(text, before.currency)
            for name, text in (("trx_limit_minor", trx), ("day_limit_minor", day))
            if text is not None
        }

    tell(changed(product, change, action="limits"), as_json=as_json)


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
            "gateways": before.gateways | gateways_of(parties, gateways),
            "messages": before.messages | set(messages),
        }

    tell(changed(product, change, action="allow"), as_json=as_json)


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

    tell(changed(product, change, action="block-mcc"), as_json=as_json)


@products.command("cut-off")
@click.argument("product")
@click.argument("switch", type=click.Choice(["on", "off"]))
@json_option
def cut_off(product: str, switch: str, *, as_json: bool) -> None:
    """Declare a cut-over window of the issuer, or end it. While it is on, payments get `90`; inquiries, reversals and
    notices go on."""
    tell(changed(product, lambda _before, _parties: {"cut_off": switch == "on"}, action="cut-off"), as_json=as_json)


for _command in RULES:
    products.add_command(_command)
