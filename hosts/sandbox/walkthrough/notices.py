"""The notices that a phone's user has got: the channel's about orders, the app gateway's about payments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from unionhub.hosts.sandbox.industry import Industry
from unionhub.hosts.sandbox.seeds import WALLETS
from unionhub.hosts.sandbox.walkthrough.rendering import money
from unionhub.hosts.sandbox.walkthrough.sessions import Session
from unionhub.hosts.sandbox.world import World

ORDER_NOTICE: Final = "PAYMENT_RESULT_NOTICE"
CARD_NOTICE: Final = "TRX_RESULT_NOTIFICATION"

_ORDER_TITLES: Final = {"APPROVED": "Paid", "DECLINED": "Not paid", "CLOSED": "Order closed", "REFUNDED": "Refunded"}
_CARD_KINDS: Final = {"REFUND": "Money back", "CANCELLATION": "Called off", "P2P_TRANSFER": "Money received"}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One line on the phone. `tone` is good, bad or plain; `message` is what it came by."""

    at: datetime
    msg_id: str
    message: str
    title: str
    text: str
    tone: str


def notices_of(world: World, session: Session) -> list[Notice]:
    """The newest first, each once however often it was sent."""
    found = {notice.msg_id: notice for notice in (*_of_orders(world, session), *_of_cards(world, session))}
    return sorted(found.values(), key=lambda notice: notice.at, reverse=True)


def _of_orders(world: World, session: Session) -> Iterator[Notice]:
    channel = world.channel(WALLETS[session.gateway])
    shops = {each.identity.industry_code: each for each in world.partners.values() if isinstance(each, Industry)}
    for item in channel.inbox.items(ORDER_NOTICE):
        body = item.body
        if item.at < session.since or not isinstance(body, dict):
            continue
        shop = shops.get(str(body.get("industryCode")))
        # The notice names the order. An app knows who of its users placed it; here that is looked up where it was placed.
        order = shop.orders.get(str(body.get("orderId"))) if shop else None
        if shop is None or order is None or order.user_id != session.user_id:
            continue
        status = str(body.get("paymentStatus"))
        yield Notice(
            at=item.at,
            msg_id=item.msg_id,
            message=item.message,
            title=f"{_ORDER_TITLES.get(status, status)}: {_amount(body)}",
            text=f"{shop.identity.name} · {order.subject}",
            tone="bad" if status in ("DECLINED", "CLOSED") else "good",
        )


def _of_cards(world: World, session: Session) -> Iterator[Notice]:
    tokens = {card.user.token.reveal() for card in session.cards}
    for item in world.gateway(session.gateway).inbox.items(CARD_NOTICE):
        trx = item.body.get("trxInfo") if isinstance(item.body, dict) else None
        if item.at < session.since or not isinstance(trx, dict) or trx.get("token") not in tokens:
            continue
        approved = trx.get("paymentStatus") == "APPROVED"
        kind = _CARD_KINDS.get(str(trx.get("trxMsgType")), "Card payment")
        yield Notice(
            at=item.at,
            msg_id=item.msg_id,
            message=item.message,
            title=kind if approved else f"{kind} declined",
            text=_amount(trx) if approved else f"{_amount(trx)} · {trx.get('rejectionReason', '')}",
            tone="plain" if approved else "bad",
        )


def _amount(body: dict[str, Any]) -> str:
    return money(str(body.get("refundAmt") or body.get("trxAmt", "")), str(body.get("trxCurrency", "")))
