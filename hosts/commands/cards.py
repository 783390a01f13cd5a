"""`unionhub cards`: find a card, see its state, block it. No number of a card is ever printed in full."""

from __future__ import annotations

import sys
from typing import Any

import click

from unionhub.domain.flows.payers import TOKEN
from unionhub.domain.model.cards import Card, HolderState, IssuerBlock
from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.transactions import Payment

from .amounts import amount_text
from .console import echo_facts, echo_json, echo_table, json_option, moment
from .failures import CommandError
from .opening import Desk, at_desk

RECENT = 5


@click.group()
def cards() -> None:
    """Virtual cards. Two states decide: the holder's (ACTIVE, SUSPENDED, DELETED), which his app moves, and the issuer's
    block, which only operators and issuers move and no app can lift.
    """


@cards.command("list")
@click.option("--user", metavar="USERID", help="Of this user.")
@click.option("--gateway", metavar="APPID", help="Issued to this app gateway.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
def list_cards(user: str | None, gateway: str | None, limit: int, *, as_json: bool) -> None:
    """Cards, oldest first."""

    async def read(desk: Desk) -> list[Card]:
        async with desk.store.begin() as uow:
            return await uow.cards(gateway=gateway, user_id=user, limit=limit)

    found = at_desk(read)
    if as_json:
        echo_json([describe(card) for card in found])
        return
    head = ("CARD", "PAN", "PRODUCT", "GATEWAY", "USER", "HOLDER", "BLOCK", "EXPIRES")
    rows = [
        (
            card.card_id,
            card.masked_pan,
            card.product_id,
            card.gateway,
            card.user_id,
            card.holder_state,
            card.issuer_block if card.issuer_block is not IssuerBlock.NONE else "",
            f"{card.token_expiry:%Y-%m}",
        )
        for card in found
    ]
    echo_table(head, rows, empty="no cards")


@cards.command()
@click.argument("card_id", type=int, required=False, metavar="[CARD_ID]")
@click.option("--token", metavar="TOKEN", help="By its token instead; - reads it from stdin, where no process list shows it.")
@json_option
def show(card_id: int | None, token: str | None, *, as_json: bool) -> None:
    """One card, with its last payments."""
    if (card_id is None) == (token is None):
        raise CommandError("name one card: its CARD_ID, or --token")

    async def read(desk: Desk) -> tuple[Card, list[Payment]]:
        index = await _token_index(desk, token) if token is not None else b""
        async with desk.store.begin() as uow:
            card = await uow.card_by_token(index) if card_id is None else await uow.card(card_id)
            if card is None:
                raise CommandError("no card has this token" if card_id is None else f"no card {card_id}")
            return card, await uow.payments(card_id=card.card_id, limit=RECENT)

    card, payments = at_desk(read)
    if as_json:
        echo_json(describe(card) | {"payments": [_brief(payment) for payment in payments]})
        return
    _tell(card)
    if payments:
        click.echo("\nlast payments (`unionhub transactions show NUMBER` draws one):")
        rows = [(each.payment_id, moment(each.opened_at), each.state, each.code, amount_text(each.amount)) for each in payments]
        echo_table(("NUMBER", "OPENED (UTC)", "STATE", "CODE", "AMOUNT"), rows, empty="")


@cards.command()
@click.argument("card_id", type=int, metavar="CARD_ID")
@click.option(
    "--reason",
    required=True,
    type=click.Choice([block.value for block in IssuerBlock]),
    help="LOST 41, STOLEN 43, FRAUD 34, RESTRICTED 62, CLOSED 21: the code that payments get. NONE lifts the block.",
)
@json_option
def block(card_id: int, reason: str, *, as_json: bool) -> None:
    """Block a card on the issuer's side, or lift the block. It counts from the next payment on, on every host at once."""
    _moved(card_id, block=IssuerBlock(reason), as_json=as_json)


@cards.command()
@click.argument("card_id", type=int, metavar="CARD_ID")
@click.argument("state", type=click.Choice(["ACTIVE", "SUSPENDED"]))
@json_option
def holder(card_id: int, state: str, *, as_json: bool) -> None:
    """Suspend a card on the holder's side, or activate it again, as his app could. A deleted card stays deleted."""
    _moved(card_id, holder=HolderState(state), as_json=as_json)


def describe(card: Card) -> dict[str, Any]:
    """A card for machines, without any of its numbers."""
    return {
        "cardId": card.card_id,
        "maskedPan": card.masked_pan,
        "issuer": card.issuer,
        "productId": card.product_id,
        "gateway": card.gateway,
        "userID": card.user_id,
        "deviceID": card.device_id,
        "currency": card.currency,
        "holderState": card.holder_state,
        "issuerBlock": card.issuer_block,
        "tokenExpiry": card.token_expiry,
        "panExpiry": card.pan_expiry,
        "createdAt": card.created_at,
    }


def _moved(card_id: int, *, as_json: bool, holder: HolderState | None = None, block: IssuerBlock | None = None) -> None:
    async def write(desk: Desk) -> Card:
        async with desk.store.begin() as uow:
            card = await uow.card(card_id)
            if card is None:
                raise CommandError(f"no card {card_id}: `unionhub cards list` shows them")
            if holder is not None and card.holder_state is HolderState.DELETED:
                raise CommandError(f"card {card_id} was deleted by its holder, which is final")
            await uow.set_card_state(card_id, holder=holder, block=block)
            after = await uow.card(card_id)
            await uow.commit()
        return after or card

    card = at_desk(write)
    if as_json:
        echo_json(describe(card))
    else:
        _tell(card)


async def _token_index(desk: Desk, text: str) -> bytes:
    from .vaults import open_vault  # only this needs the master key

    given = sys.stdin.readline().strip() if text == "-" else text
    try:
        token = Token.parse(given)
    except ValueError:
        raise CommandError("that is no token: 16 to 19 digits with a right check digit are") from None
    vault = await open_vault(desk)
    if vault is None:
        raise CommandError("no card has this token")
    return vault.index(token, TOKEN)


def _brief(payment: Payment) -> dict[str, Any]:
    return {
        "paymentId": payment.payment_id,
        "openedAt": payment.opened_at,
        "kind": payment.kind,
        "state": payment.state,
        "code": payment.code,
        "amount": payment.amount.text if payment.amount else None,
        "currency": payment.amount.currency if payment.amount else None,
    }


def _tell(card: Card) -> None:
    echo_facts(
        [
            (f"card {card.card_id}", card.masked_pan),
            ("holder's state", card.holder_state),
            ("issuer's block", card.issuer_block),
            ("issuer", card.issuer),
            ("product", card.product_id),
            ("gateway", card.gateway),
            ("user", card.user_id),
            ("device", card.device_id),
            ("account in", card.currency),
            ("token expires", moment(card.token_expiry)[:10]),
            ("issued", moment(card.created_at)),
        ]
    )
