"""`unionhub products set`, `block-country`, `merchant`, `face`, `faces`: what cards are issued, and what they may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from unionhub.domain.model.cards import CardFace, CardProduct
from unionhub.domain.model.parties import Party, Role

from . import party_terms, product_terms
from .console import echo_facts, echo_json, echo_table, json_option
from .failures import CommandError
from .opening import Desk, at_desk
from .product_desk import changed, gateways_of, minor, of_role
from .product_views import tell
from .trail import record


@click.command("set")
@click.argument("product")
@click.option("--cvm-limit", metavar="AMOUNT", help="Above it the cardholder verifies himself (ADDITIONAL_PROCESSING).")
@click.option("--token-range", metavar="FIRST-LAST", help="Tokens to give out, without the check digit; they begin with 62.")
@click.option("--pan-range", metavar="FIRST-LAST", help="Card numbers to give out, without the check digit.")
@click.option("--card-years", type=click.IntRange(1, 20), help="New cards expire after so many.")
@click.option("--card-type", metavar="TEXT", help="As apps show it.")
@click.option("--card-face", "card_face_id", metavar="FACE_ID", help="One of `products faces`; empty for none.")
@click.option("--cvm-field", "cvm_fields", multiple=True, type=click.Choice(product_terms.CVM_FIELDS), help="May be repeated.")
@click.option("--verify-owner/--no-verify-owner", default=None, help="Enrolling: ask the bank whose account it is.")
@click.option("--step-up/--no-step-up", default=None, help="Enrolling: a one-time password first.")
@click.option(
    "--kyc-window-s", type=click.IntRange(60, 86_400), metavar="SECONDS", help="An identity check lasts so long (95)."
)
@click.option("--otp-life-s", type=click.IntRange(30, 3600), metavar="SECONDS", help="A one-time password's life (74).")
@click.option("--otp-tries", type=click.IntRange(1, 10), help="Wrong one-time passwords (32).")
@click.option("--cross-currency/--no-cross-currency", default=None, help="Payments in other currencies (40).")
@json_option
def set_rules(product: str, *, as_json: bool, **options: Any) -> None:
    """Set rules of a product. What is not named stays as it is. Cards that were issued keep their numbers."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if not given:
        raise CommandError("nothing to set was named (see: unionhub products set --help)")

    def change(before: CardProduct, _parties: dict[str, Party]) -> dict[str, Any]:
        changes = dict(given)
        for name in ("token_range", "pan_range"):
            if name in changes:
                changes[name] = product_terms.number_range(changes[name])
        if "cvm_limit" in changes:
            changes["cvm_limit_minor"] = minor(changes.pop("cvm_limit"), before.currency, zero=True)
        if "card_type" in changes and not (changes["card_type"].strip() and changes["card_type"].isprintable()):
            raise CommandError("the card type must be printable characters")
        return changes

    tell(changed(product, change, action="set"), as_json=as_json)


@click.command("block-country")
@click.argument("product")
@click.argument("countries", nargs=-1, required=True, metavar="COUNTRY...")
@click.option("--unblock", is_flag=True, help="Let them be paid again.")
@json_option
def block_country(product: str, countries: tuple[str, ...], *, unblock: bool, as_json: bool) -> None:
    """Block merchants' countries (ISO 3166: 344 or HK): a payment there gets `62`."""
    named = {party_terms.country(each) for each in countries}

    def change(before: CardProduct, _parties: dict[str, Party]) -> dict[str, Any]:
        return {"blocked_countries": before.blocked_countries - named if unblock else before.blocked_countries | named}

    tell(changed(product, change, action="block-country"), as_json=as_json)


@click.command()
@click.argument("product")
@click.argument("action", type=click.Choice(["add", "remove"]))
@click.argument("merchant_id", metavar="MERCHANT_ID")
@click.option("--name", default="", help="As messages show it.")
@click.option("--mcc", default="", metavar="MCC", help="Merchant category, 4 digits.")
@click.option("--gateway", "gateways", multiple=True, metavar="APPID", help="Who may name it; default: all of the product's.")
@json_option
def merchant(
    product: str, action: str, merchant_id: str, name: str, mcc: str, gateways: tuple[str, ...], *, as_json: bool
) -> None:
    """Preset merchants, with an account at the issuer's bank: whom BILL_PAYMENT pays and CREDIT_TRANSACTION takes from."""

    def change(before: CardProduct, parties: dict[str, Party]) -> dict[str, Any]:
        others = tuple(each for each in before.preset_merchants if each.merchant_id != merchant_id)
        if action == "remove":
            if others == before.preset_merchants:
                raise CommandError(f"{product} has no preset merchant {merchant_id[:40]!r}")
            return {"preset_merchants": others}
        made = product_terms.merchant(merchant_id, name, mcc, gateways_of(parties, gateways), before)
        return {"preset_merchants": (*others, made)}

    tell(changed(product, change, action=f"merchant-{action}"), as_json=as_json)


@click.command()
@click.argument("action", type=click.Choice(["add"]))
@click.argument("face_id", metavar="FACE_ID")
@click.option("--issuer", required=True, metavar="APPID")
@click.option("--file", "file", required=True, type=click.Path(path_type=Path), metavar="FILE", help="A PNG, at most 256 KiB.")
@click.option("--pan-x", required=True, type=int, help="Where the number begins, in pixels from the left.")
@click.option("--pan-y", required=True, type=int, help="And from the top.")
@click.option("--font-size", required=True, type=int, help="Of the number, in pixels.")
@click.option("--color", default="FFFFFF", show_default=True, metavar="RRGGBB", help="Of the number.")
@json_option
def face(action: str, face_id: str, issuer: str, file: Path, *, as_json: bool, **place: Any) -> None:
    """Add a card face, or replace it: the picture that apps download (CARDFACE_DOWNLOADING)."""
    made = CardFace(
        face_id=face_id,
        issuer=issuer,
        pan_x=place["pan_x"],
        pan_y=place["pan_y"],
        pan_font_size=place["font_size"],
        color=place["color"].upper(),
        data=_picture(file),
    )
    product_terms.check_face(made)

    async def write(desk: Desk) -> CardFace:
        async with desk.store.begin() as uow:
            of_role({party.app_id: party for party in await uow.parties()}, issuer, Role.ISSUER)
            there = await uow.card_face(face_id)
            if there is not None and there.issuer != issuer:
                raise CommandError(f"card face {face_id} is {there.issuer}'s")
            await uow.put_card_face(made)
            await record(desk, uow, f"face.{action}", f"face {face_id}", f"of {issuer}, {len(made.data)} bytes")
            await uow.commit()
        return made

    written = at_desk(write)
    if as_json:
        echo_json(describe_face(written))
    else:
        echo_facts([(f"face {face_id}", issuer), *list(describe_face(written).items())[2:]])


@click.command()
@json_option
def faces(*, as_json: bool) -> None:
    """All card faces."""

    async def read(desk: Desk) -> list[CardFace]:
        async with desk.store.begin() as uow:
            return await uow.card_faces()

    found = [describe_face(each) for each in at_desk(read)]
    if as_json:
        echo_json(found)
        return
    head = ("FACE", "ISSUER", "KIND", "PAN X", "PAN Y", "FONT", "COLOR", "BYTES")
    echo_table(head, [tuple(each.values()) for each in found], empty="no card faces yet: `unionhub products face --help`")


def describe_face(found: CardFace) -> dict[str, Any]:
    """A card face for machines, without its picture."""
    return {
        "cardfaceID": found.face_id,
        "issuer": found.issuer,
        "kind": found.kind,
        "panPosX": found.pan_x,
        "panPosY": found.pan_y,
        "panFontSize": found.pan_font_size,
        "color": found.color,
        "bytes": len(found.data),
    }


def _picture(file: Path) -> bytes:
    """The file's bytes; one more than is allowed at most, so that a huge file costs nothing. Raises CommandError."""
    try:
        with file.open("rb") as opened:
            return opened.read(product_terms.FACE_BYTES_MAX + 1)
    except OSError as error:
        raise CommandError(f"the picture {file} cannot be read: {error.strerror or 'no reason given'}") from None


RULES: Final = (set_rules, block_country, merchant, face, faces)
