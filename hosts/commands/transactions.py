"""`unionhub transactions`: payments, one payment's life, and the two-operator end of one that no bank will confirm."""

from __future__ import annotations

import click

from unionhub.domain.model.transactions import Payment, PaymentState

from .amounts import amount_text
from .console import echo_json, echo_table, in_color, json_option, moment
from .failures import CommandError
from .life import Life
from .life_drawing import draw
from .life_json import describe, facts
from .opening import Desk, at_desk
from .order_views import order_named
from .resolution import Resolution, Resolved, Verdict, proposal_of


@click.group()
def transactions() -> None:
    """Payments as they are recorded."""


@transactions.command("list")
@click.option("--state", type=click.Choice([state.value for state in PaymentState]), help="In this state.")
@click.option("--card", "card_id", type=int, metavar="CARD_ID", help="With this card.")
@click.option("--order", metavar="ORDER", help="Of this order: its number, its ucspOrderId or the industry's orderId.")
@click.option("--reference", metavar="REF", help="msgID (the sender's or ours to the bank), qrcVoucherNo or retrivlRefNum.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@json_option
def list_transactions(
    state: str | None, card_id: int | None, order: str | None, reference: str | None, limit: int, *, as_json: bool
) -> None:
    """Payments, newest first. --order goes with --state only."""
    if order is not None and (card_id is not None or reference is not None):
        raise CommandError("--order goes with --state only")

    async def read(desk: Desk) -> tuple[list[Payment], dict[int | None, str]]:
        async with desk.store.begin() as uow:
            wanted = PaymentState(state) if state else None
            if order is not None:
                of_order = await uow.payments_of_order((await order_named(uow, order)).order_id)
                found = [each for each in reversed(of_order) if wanted in (None, each.state)][:limit]
            else:
                found = await uow.payments(state=wanted, card_id=card_id, reference=reference, limit=limit)
            used = {each.card_id for each in found if each.card_id is not None}
            cards = [card for number in used if (card := await uow.card(number)) is not None]
        return found, {card.card_id: card.masked_pan for card in cards}

    found, cards = at_desk(read)
    if as_json:
        echo_json([describe(payment) for payment in found])
        return
    head = ("NUMBER", "OPENED (UTC)", "MESSAGE", "STATE", "CODE", "AMOUNT", "SENDER", "CARD", "MERCHANT")
    rows = [
        (
            each.payment_id,
            moment(each.opened_at)[:19],
            each.kind,
            each.state,
            each.code,
            amount_text(each.amount),
            each.sender,
            cards.get(each.card_id, each.masked_pan),
            each.merchant.name,
        )
        for each in found
    ]
    echo_table(head, rows, empty="no such payments")


@transactions.command()
@click.argument("ref", required=False)
@json_option
def show(ref: str | None, *, as_json: bool) -> None:
    """Draw one payment's life: the newest, or the one of REF.

    REF is a payment's number, a msgID (the sender's, or ours to the bank), a qrcVoucherNo or a retrivlRefNum. Times are
    UTC and the hub's business time.
    """
    life = at_desk(lambda desk: read_life(desk, ref))
    if as_json:
        echo_json(facts(life))
        return
    for line in draw(life, color=in_color()):
        click.echo(line)


@transactions.command()
@click.argument("payment_id", type=int, metavar="NUMBER")
@click.option("--as", "verdict", type=click.Choice([each.value for each in Verdict]), help="What the bank's books say.")
@click.option("--operator", required=True, metavar="NAME", help="Who you are.")
@click.option("--reason", default="", help="How it was found out: the bank's reference, a ticket. Needed for a proposal.")
@click.option("--confirm", is_flag=True, help="You are the second operator, and you have checked it too.")
@click.option("--withdraw", is_flag=True, help="Take the proposal back.")
@json_option
def resolve(
    payment_id: int, verdict: str | None, operator: str, reason: str, *, confirm: bool, withdraw: bool, as_json: bool
) -> None:
    """End a payment by hand, for a bank that will not confirm a reversal or answer a question. Takes two operators.

    The first proposes, with --as and a reason; the second checks the same with the bank and runs the same command with
    --confirm. REVERSING ends as reversed, UNKNOWN as approved or declined, an UNKNOWN cancellation or reversal as approved
    only: the bank may obey it at any time. The end is final, gives limits back, and is told to the partners as any other.

    A payment at the cashier (PAY) ends by what its acquirer's books say. As approved it pays its order, if nothing else has.

    A command line cannot prove who types. The names must differ; the operating system's accounts are recorded beside them.
    """
    if confirm and withdraw:
        raise CommandError("--confirm or --withdraw, not both")
    wanted = Verdict(verdict) if verdict else None

    async def act(desk: Desk) -> Resolved:
        resolution = Resolution(desk, payment_id, operator)
        if withdraw:
            return await resolution.withdraw()
        if wanted is None:
            raise CommandError("say what the bank's books say: --as reversed, approved or declined")
        return await (resolution.confirm(wanted) if confirm else resolution.propose(wanted, reason))

    done = at_desk(act)
    if as_json:
        echo_json({"payment": describe(done.payment), "proposal": done.proposal, "said": done.line})
    else:
        click.echo(done.line)


async def read_life(desk: Desk, ref: str | None) -> Life:
    """Everything that the store knows of one payment. Raises CommandError where there is none, or more than one."""
    async with desk.store.begin() as uow:
        found = await uow.payments(reference=ref, limit=2)
        if not found and ref is not None and ref.isdecimal() and len(ref) <= 18:
            found = [payment for payment in [await uow.payment(int(ref))] if payment is not None]
        if not found:
            raise CommandError(f"no payment {ref[:60]!r}" if ref else "no payments yet")
        if ref is not None and len(found) > 1:
            raise CommandError(f"{ref} is ambiguous: `unionhub transactions list --reference {ref}` shows their numbers")
        payment = found[0]
        notices = await uow.notices(payment_id=payment.payment_id)
        return Life(
            payment=payment,
            parties={party.app_id: party.name for party in await uow.parties()},
            card=await uow.card(payment.card_id) if payment.card_id is not None else None,
            order=await uow.order(payment.order_id) if payment.order_id is not None else None,
            payee=await uow.card(payment.payee_card_id) if payment.payee_card_id is not None else None,
            original=await uow.payment(payment.orig_payment_id) if payment.orig_payment_id is not None else None,
            undone_by=await uow.payments_undoing(payment.payment_id),
            notices=[(notice, await uow.attempts(notice.notice_id)) for notice in notices],
            proposal=await proposal_of(uow, payment.payment_id),
        )
