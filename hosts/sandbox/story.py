"""The story that `unionhub run` plays on the first start of a home: real signed messages between real processes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from unionhub.domain.model.identifiers import Token
from unionhub.hosts.sandbox.browser import confirm
from unionhub.hosts.sandbox.members import AppUser
from unionhub.hosts.sandbox.partner import HubAnswer, Partner
from unionhub.hosts.sandbox.seeds import APPLICANT, CNY, HKD, URL_CODES
from unionhub.hosts.sandbox.world import World

Tell = Callable[[str], None]

NOTICE: Final = "TRX_RESULT_NOTIFICATION"
ORDER_NOTICE: Final = "PAYMENT_RESULT_NOTICE"
_NOTICE_WAIT_S: Final = 10.0
_POLL_S: Final = 0.05


class StoryFailed(Exception):  # noqa: N818
    """The hub answered otherwise than the story goes."""


async def play(world: World, tell: Tell) -> None:
    """Tell the story; raises StoryFailed where it goes wrong. `tell` gets one line before each scene."""
    for scene in (_paid, _with_coupon, _declined, _new_card, _shown_code, _url, _login, _cashier, _bill, _transfer):
        await scene(world, tell)


async def _paid(world: World, tell: Tell) -> None:
    """A payment by a merchant's static code, the acquirer's notice, and the app's question what became of it."""
    holder, shop = world.cardholders[0], world.merchants[0]
    gateway = world.gateway(holder.gateway)
    tell(f"{holder.user_id} scans the code at {shop.name} and pays 88.00")
    payment = gateway.mpqrc_payment_emv(holder, shop, "88.00")
    async with _told(world.acquirer(shop.acquirer)):
        _expect(await gateway.send(payment), "00")
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
    tell(f"{holder.user_id} pays 120.00 at {shop.name}, with a coupon of 10.00")
    payment = gateway.mpqrc_payment_emv(holder, code, "120.00", currency=shop.currency, couponInfo="TENOFF")
    async with _told(world.acquirer(shop.acquirer)):
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


async def _new_card(world: World, tell: Tell) -> None:
    """Somebody without an account: the bank identifies her and opens one, the hub gives it a card and a token."""
    gateway, shop = world.gateway(world.cardholders[0].gateway), world.merchants[0]
    user, device = f"60{secrets.randbelow(10**14):014d}", secrets.token_hex(16)
    tell(f"{APPLICANT['firstName']} {APPLICANT['lastName']} opens an account in the app, with a virtual card")
    kyc = await gateway.kyc_verification(user, device, APPLICANT)
    identified = await gateway.send(kyc)
    _expect(identified, "00")
    opened = await gateway.send(gateway.open_account(user, device, kyc.msg_id, identified.trx["referNo"]))
    _expect(opened, "00")
    holder = AppUser(user_id=user, device_id=device, token=Token.parse(opened.trx["token"]))
    tell(f"and pays 48.00 at {shop.name} with it")
    async with _told(world.acquirer(shop.acquirer)):
        _expect(await gateway.send(gateway.mpqrc_payment_emv(holder, shop, "48.00")), "00")


async def _shown_code(world: World, tell: Tell) -> None:
    """Above the wallet's limit the app asks its cardholder, who says yes; then a part of it is given back."""
    holder, shop = world.cardholders[1], world.merchants[1]
    gateway, acquirer = world.gateway(holder.gateway), world.acquirer(shop.acquirer)
    tell(f"{holder.user_id} shows a code at {shop.name}")
    made = await gateway.send(gateway.qrc_generation(holder))
    _expect(made, "00")
    tell("1280.00 is above the limit: the app asks, the cardholder agrees")
    payment = acquirer.cpqrc_payment(shop, "1280.00", emv=made.trx["emvCpqrcPayload"][:1])
    async with _told(gateway):
        _expect(await acquirer.send(payment), "04")
    asked = await acquirer.send(acquirer.trx_result_inquiry(payment.msg_id, "CPQRC_PAYMENT"))
    if asked.trx.get("paymentStatus") != "APPROVED":
        raise StoryFailed(f"the inquiry said {asked.trx.get('paymentStatus')}")
    tell("one book goes back: the shop refunds 180.00")
    async with _told(gateway):
        _expect(await acquirer.send(acquirer.refund(payment.msg_id, "180.00")), "00")


async def _url(world: World, tell: Tell) -> None:
    """A code of mainland China is a URL: its platform knows what is behind it, the card pays yuan in Hong Kong dollars."""
    holder, code, platform = world.cardholders[0], URL_CODES[1], world.qr_platform()
    gateway = world.gateway(holder.gateway)
    tell(f"{holder.user_id} scans a code in {code.city}: {code.name}, {code.amount} yuan")
    inquiry = gateway.qrc_info_inquiry(holder, code)
    known = await gateway.send(inquiry)
    _expect(known, "00")
    rate = await gateway.send(gateway.exchange_rate_inquiry(known.trx["trxAmt"], CNY, HKD))
    _expect(rate, "00")
    tell(f"the app says what that is: {rate.trx['exchangeAmt']} Hong Kong dollars")
    async with _told(platform):
        _expect(await gateway.send(gateway.mpqrc_payment_url(holder, code, inquiry.msg_id, known.trx["trxAmt"])), "00")


async def _login(world: World, tell: Tell) -> None:
    """UCSP: the user of a channel app is let in at an industry service, without doing anything there."""
    channel, industry = world.channel(), world.industry()
    user_id = world.cardholders[0].user_id
    tell(f"{user_id} opens {industry.identity.name} in the app {channel.identity.name}")
    request = await channel.channel_login_info(industry.identity.industry_code, user_id, {"mobile": APPLICANT["mobileNo"]})
    answer = await channel.send(request)
    _expect(answer, "00")
    page = industry.opened(answer.body["industryUrl"])
    if page is None or page.status != 200:
        raise StoryFailed(f"{industry.identity.name} did not let its user in")


async def _cashier(world: World, tell: Tell) -> None:
    """UCSP: what the service sells is paid at the hub's own cashier, with a card that SCIS issued: the two platforms meet."""
    channel, industry, holder = world.channel(), world.industry(), world.cardholders[0]
    tell(f"three hours of parking, 120.00: {industry.identity.name} places the order")
    order_id = f"P-{payment_reference(industry.request('PAYMENT_RESULT_INQUIRY').msg_id)}"
    order = industry.submit_payment_order(channel.identity.channel_code, holder.user_id, order_id, "120.00", "Parking, 3 hours")
    placed = await industry.send(order)
    _expect(placed, "00")
    tell("at the cashier: its card list, two offers, and the user pays")
    async with _told(channel, ORDER_NOTICE), _told(industry, ORDER_NOTICE):
        if not await confirm(placed.body["cashierUrl"], world.hub.base_url):
            raise StoryFailed("the cashier took no payment")
    told = industry.inbox.items(ORDER_NOTICE)[-1].body
    if not isinstance(told, dict) or told.get("paymentStatus") != "APPROVED":
        raise StoryFailed(f"{industry.identity.name} was told {told}")


async def _bill(world: World, tell: Tell) -> None:
    """A bill of a merchant whom the issuer knows."""
    holder, power = world.cardholders[0], world.preset_merchants[0]
    gateway = world.gateway(holder.gateway)
    tell(f"{holder.user_id} pays the bill of {power.name}: 268.40")
    _expect(await gateway.send(gateway.bill_payment(holder, power, "268.40")), "00")


async def _transfer(world: World, tell: Tell) -> None:
    """From one app to the other: the payee's app is told."""
    payer, payee = world.cardholders[1], world.cardholders[0]
    gateway = world.gateway(payer.gateway)
    tell(f"{payer.user_id} sends {payee.user_id} 50.00")
    async with _told(world.gateway(payee.gateway)):
        _expect(await gateway.send(await gateway.p2p_transfer(payer, payee, "50.00")), "00")


def payment_reference(msg_id: str) -> str:
    """A reference label for a dynamic code that no other has: the message's own number."""
    return msg_id[-20:]


def _expect(answer: HubAnswer, code: str) -> None:
    if answer.code != code:
        raise StoryFailed(f"the hub answered {answer.code} {answer.text}, not {code}")


@asynccontextmanager
async def _told(partner: Partner, notice: str = NOTICE) -> AsyncIterator[None]:
    """After the block, wait until that partner has got one more notice: scenes do not run into each other."""
    before = len(partner.inbox.items(notice))
    yield
    try:
        async with asyncio.timeout(_NOTICE_WAIT_S):
            while len(partner.inbox.items(notice)) <= before:  # noqa: ASYNC110 - partners' inboxes tell nobody
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise StoryFailed(f"{partner.identity.name} was not told") from None
