"""`unionhub cards`: find a card, see its state, block it. No number of a card is ever printed in full."""

from __future__ import annotations

from typing import Any

import click

from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.cards import Card, IssuerBlock
from unionhub.domain.model.transactions import Payment

from .amounts import amount_text
from .card_moves import MOVES
from .card_views import describe, find, subject_of, tell
from .console import echo_json, echo_table, json_option, moment
from .opening import Desk, at_desk
from .trail import describe_audit, tell_audit

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
    """One card, with its last payments, and what was done to it lately."""

    async def read(desk: Desk) -> tuple[Card, list[Payment], list[AuditEntry]]:
        card = await find(desk, card_id, token)
        async with desk.store.begin() as uow:
            payments = await uow.payments(card_id=card.card_id, limit=RECENT)
            return card, payments, await uow.audit(subject=subject_of(card.card_id), limit=RECENT)

    card, payments, audit = at_desk(read)
    if as_json:
        echo_json(describe(card) | {"payments": [_brief(each) for each in payments], "audit": describe_audit(audit)})
        return
    tell(card)
    if payments:
        click.echo("\nlast payments (`unionhub transactions show NUMBER` draws one):")
        rows = [(each.payment_id, moment(each.opened_at), each.state, each.code, amount_text(each.amount)) for each in payments]
        echo_table(("NUMBER", "OPENED (UTC)", "STATE", "CODE", "AMOUNT"), rows, empty="")
    tell_audit(audit)


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


for _move in MOVES:
    cards.add_command(_move)
