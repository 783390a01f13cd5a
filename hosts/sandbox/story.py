"""The story that `unionhub run` plays on the first start of a home: real signed messages between real processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from unionhub.hosts.sandbox.partner import HubAnswer
from unionhub.hosts.sandbox.world import World

Tell = Callable[[str], None]

_NOTICE_WAIT_S: Final = 10.0
_POLL_S: Final = 0.05


class StoryFailed(Exception):  # noqa: N818
    """The hub answered otherwise than the story goes."""


async def play(world: World, tell: Tell) -> None:
    """Tell the story; raises StoryFailed where it goes wrong. `tell` gets one line before each scene."""
    for scene in (_paid, _with_coupon, _declined):
        await scene(world, tell)


async def _paid(world: World, tell: Tell) -> None:
    """A payment by a merchant's static code, the acquirer's notice, and the app's question what became of it."""
    holder, shop = world.cardholders[0], world.merchants[0]
    gateway, acquirer = world.gateway(holder.gateway), world.acquirer(world.merchants[0].acquirer)
    tell(f"{holder.user_id} scans the code at {shop.name} and pays 88.00")
    told = len(acquirer.inbox.items("TRX_RESULT_NOTIFICATION"))
    payment = gateway.mpqrc_payment_emv(holder, shop, "88.00")
    _expect(await gateway.send(payment), "00")
    await _until(lambda: len(acquirer.inbox.items("TRX_RESULT_NOTIFICATION")) > told)
    tell("the app asks what became of it")
    answer = await gateway.send(gateway.trx_result_inquiry(holder, payment.msg_id))
    _expect(answer, "00")
    if answer.trx.get("paymentStatus") != "APPROVED":
        raise StoryFailed(f"the inquiry said {answer.trx.get('paymentStatus')}")


async def _with_coupon(world: World, tell: Tell) -> None:
    """The second gateway speaks another JOSE profile; a dynamic code carries the amount; a coupon takes 10.00 off."""
    holder, shop = world.cardholders[1], world.merchants[1]
    gateway = world.gateway(holder.gateway)
    reference = payment_reference(gateway.request("MPQRC_PAYMENT_EMV", {}).msg_id)
    code = shop.code(amount="120.00", reference=reference)
    tell(f"{holder.user_id} pays a bill of 120.00 at {shop.name}, with a coupon of 10.00")
    payment = gateway.mpqrc_payment_emv(holder, code, "120.00", currency=shop.currency, couponInfo="TENOFF")
    _expect(await gateway.send(payment), "00")
    tell("the same code again: it is spent")
    again = gateway.mpqrc_payment_emv(holder, code, "120.00", currency=shop.currency)
    _expect(await gateway.send(again), "02")


async def _declined(world: World, tell: Tell) -> None:
    """The bank has the last word about the balance."""
    holder, shop = world.cardholders[2], world.merchants[0]
    gateway = world.gateway(holder.gateway)
    tell(f"{holder.user_id} has not enough money on the account")
    _expect(await gateway.send(gateway.mpqrc_payment_emv(holder, shop, "4999.00")), "51")


def payment_reference(msg_id: str) -> str:
    """A reference label for a dynamic code that no other has: the message's own number."""
    return msg_id[-20:]


def _expect(answer: HubAnswer, code: str) -> None:
    if answer.code != code:
        raise StoryFailed(f"the hub answered {answer.code} {answer.text}, not {code}")


async def _until(happened: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(_NOTICE_WAIT_S):
            while not happened():  # noqa: ASYNC110 - partners' inboxes tell nobody
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise StoryFailed("the acquirer was not told") from None
