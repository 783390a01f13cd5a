"""`unionhub orders`: what industries sell to channels' users, and what became of it (RULES section 6)."""

from __future__ import annotations

import click
import msgspec

from unionhub.domain.model.orders import Order, OrderState
from unionhub.ports.store import UnitOfWork

from .amounts import amount_text
from .console import echo_json, echo_table, json_option, moment
from .failures import CommandError
from .opening import Desk, at_desk
from .order_views import describe_life, describe_order, order_named, read_order, subject_of_order, tell_order
from .telling import notice_book
from .trail import record, words

_SECONDS = len("2026-03-31 00:00:00")
_SIDES = 2
_ORDER = click.argument("ref", metavar="ORDER")
_INDUSTRY = click.option("--industry", metavar="APPID", help="Of this industry: two may use the same orderId.")


@click.group()
def orders() -> None:
    """Orders at the cashier. ORDER is an order's number, its ucspOrderId or the industry's orderId."""


@orders.command("list")
@click.option("--industry", metavar="APPID", help="Of this industry.")
@click.option("--state", type=click.Choice([state.value for state in OrderState]), help="In this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@json_option
def list_orders(industry: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """Orders, newest first."""

    async def read(desk: Desk) -> list[Order]:
        async with desk.store.begin() as uow:
            return await uow.orders(industry=industry, state=OrderState(state) if state else None, limit=limit)

    found = at_desk(read)
    if as_json:
        echo_json([describe_order(each) for each in found])
        return
    head = ("NUMBER", "OPENED (UTC)", "STATE", "AMOUNT", "INDUSTRY", "ORDER ID", "CHANNEL", "USER", "EXPIRES (UTC)")
    rows = [
        (
            each.order_id,
            moment(each.opened_at)[:_SECONDS],
            each.state,
            amount_text(each.amount),
            each.industry,
            each.reference,
            each.channel,
            each.user_id,
            moment(each.expires_at)[:_SECONDS],
        )
        for each in found
    ]
    echo_table(head, rows, empty="no such orders" if industry or state else "no orders yet")


@orders.command()
@_ORDER
@_INDUSTRY
@json_option
def show(ref: str, industry: str | None, *, as_json: bool) -> None:
    """One order: every payment of it, who funds what was taken off, who was told, who was given a card to pay it."""
    life = at_desk(lambda desk: read_order(desk, ref, industry))
    if as_json:
        echo_json(describe_life(life))
    else:
        tell_order(life)


@orders.command()
@_ORDER
@_INDUSTRY
@click.option("--note", default="", metavar="TEXT", help="Why; kept on record.")
@json_option
def close(ref: str, industry: str | None, note: str, *, as_json: bool) -> None:
    """Close an order that nobody shall pay any more. Its industry and its channel are told CLOSED.

    Not while a payment of it is under way: how that ends has to be known first. If somebody pays its QR all the same, the
    hub gives that back by itself.
    """

    async def closed(desk: Desk) -> Order:
        said = words("note", note)
        async with notice_book(desk) as book:
            numbers = await book.draw(_SIDES)
            async with desk.store.begin() as uow:
                order = await order_named(uow, ref, industry)
                # Of one that was never placed nobody has a cashierUrl, so there is nobody to tell.
                notices = book.of_closed(order, numbers) if order.state is OrderState.OPEN else ()
                if not await uow.close_order(order, notices):
                    raise CommandError(await _why_not(uow, order))
                await record(desk, uow, "order.close", subject_of_order(order.order_id), f"{order.state} to CLOSED", said)
                await uow.commit()
        return msgspec.structs.replace(order, state=OrderState.CLOSED)

    order = at_desk(closed)
    if as_json:
        echo_json(describe_order(order))
    else:
        click.echo(f"order {order.order_id} of {order.industry} is CLOSED")


async def _why_not(uow: UnitOfWork, order: Order) -> str:
    holder = await uow.order_holder(order.order_id)
    name = f"order {order.order_id}"
    if order.state is OrderState.PAID:
        return f"{name} is PAID, by payment {order.paid_by}: only its acquirer can give it back"
    if order.state is OrderState.CLOSED:
        return f"{name} is CLOSED already"
    if holder is not None:
        return f"{name} is being paid: payment {holder.payment_id} is {holder.state}; `unionhub transactions show` says how far"
    return f"{name} has just moved on: look at it again"
