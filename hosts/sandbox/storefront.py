"""An industry service's shop: its pages for users who are in, the orders they place, and what becomes of them (chart U3).

Builders take `**changes`: members of the body that replace their own; None leaves a member out.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from unionhub.adapters.http.transport import HttpReply
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.numbers import timestamp
from unionhub.hosts.sandbox.partner import HubRequest, NotGenuine, Partner, Visit
from unionhub.hosts.sandbox.seeds import HKD
from unionhub.hosts.sandbox.services import page_url
from unionhub.hosts.sandbox.walkthrough import shop
from unionhub.hosts.sandbox.walkthrough.shop import ShopOrder
from unionhub.ports.partners import PartnerError

APP_PATH: Final = "/sandbox/app/"
"""Where the channel's app is, on the hub's origin."""

REMEMBERED: Final = 5_000
_FORM_FIELDS: Final = 8


class Visitor(msgspec.Struct, kw_only=True):
    """A user whom the hub has announced. `personal` is what encData held; `form_key` is in every form of this visit."""

    channel_code: str
    user_id: str
    expires_at: datetime
    language: str = ""
    personal: dict[str, str] = {}
    is_in: bool = False
    form_key: str = ""

    def __repr__(self) -> str:
        return f"Visitor({self.channel_code})"


class _Visit(msgspec.Struct, frozen=True, kw_only=True):
    cookie: str
    visitor: Visitor


class Storefront(Partner):
    """`visits` are users who are in, by their cookie; `orders` by their orderId. The newest `REMEMBERED` of each, also
    over a restart: the hub's cashier sends users back to an order's page whenever they are done."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.visits: OrderedDict[str, Visitor] = OrderedDict()
        self.orders: OrderedDict[str, ShopOrder] = OrderedDict()
        for kept in self._kept("visit", _Visit):
            self.visits[kept.cookie] = kept.visitor
        for order in self._kept("order", ShopOrder):
            order.placed_s, order.returned_s, order.asked_s = time.monotonic(), None, None  # they were another loop's
            self.orders[order.order_id] = order
        self.handlers["PAYMENT_RESULT_NOTICE"] = self._noticed

    # --- messages

    def submit_payment_order(
        self,
        channel_code: str,
        user_id: str,
        order_id: str,
        amount: str,
        subject: str = "An order",
        *,
        currency: str = HKD,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """SUBMIT_PAYMENT_ORDER: `user_id` of that channel is to pay `amount` (text, major units) for our `order_id`."""
        members = {
            "channelCode": channel_code,
            "userId": user_id,
            "orderId": order_id,
            "orderTime": timestamp(self._clock),
            "trxAmt": amount,
            "trxCurrency": currency,
            "subject": subject,
            "returnUrl": page_url(self.identity.base_url, f"/return?orderId={order_id}"),
        }
        return self.request("SUBMIT_PAYMENT_ORDER", {**members, **changes}, msg_id=msg_id)

    def payment_result_inquiry(self, order_id: str, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """PAYMENT_RESULT_INQUIRY: no notice came, what became of `order_id`?"""
        return self.request("PAYMENT_RESULT_INQUIRY", {"orderId": order_id, **changes}, msg_id=msg_id)

    async def _noticed(self, received: Received) -> Answer:
        """PAYMENT_RESULT_NOTICE: the latest word about an order; a repeat is confirmed as the first one was."""
        order_id, status = received.body.get("orderId"), received.body.get("paymentStatus")
        if received.body.get("industryCode") != self.identity.industry_code:
            return Answer(code="A0")
        if not isinstance(order_id, str) or not isinstance(status, str):
            return Answer(code="30")
        self._learn(order_id, received.body, "PAYMENT_RESULT_NOTICE")
        return Answer(code="00")

    def _learn(self, order_id: str, said: dict[str, Any], told_by: str) -> None:
        order = self.orders.get(order_id)
        if order is not None and said.get("paymentStatus") != "PENDING":
            order.result, order.told_by = said, told_by
            self._remember("order", order_id, order)

    # --- pages

    async def browse(self, visit: Visit) -> HttpReply | None:
        match visit.method, visit.path:
            case "GET", "/shop":
                return self._goods(visit)
            case "POST", "/order":
                return await self._ordered(visit)
            case "GET", "/return":
                return await self._returned(visit)
            case _:
                return None

    @property
    def cookie_name(self) -> str:
        # Cookies do not know ports: other services of this machine must not overwrite ours.
        return f"visit-{self.app_id}"

    def let_in(self, visitor: Visitor) -> HttpReply:
        """The shop, for somebody who is in from now on."""
        key, visitor.form_key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.visits[key] = visitor
        self._remember("visit", key, _Visit(cookie=key, visitor=visitor))
        _keep_newest(self.visits)
        return self._shown(200, self._goods_of(visitor), f"{self.cookie_name}={key}; Path=/; HttpOnly; SameSite=Lax")

    def refused(self, line: str, status: int = 403) -> HttpReply:
        return self._shown(status, shop.line_page(self._shop(), line))

    def _goods(self, visit: Visit) -> HttpReply:
        visitor = self._visitor(visit)
        return self.refused("You are not logged in here.") if visitor is None else self._shown(200, self._goods_of(visitor))

    async def _ordered(self, visit: Visit) -> HttpReply:
        visitor = self._visitor(visit)
        form = _fields(visit.form)
        if visitor is None or not secrets.compare_digest(_one(form, "form").encode(), visitor.form_key.encode()):
            return self.refused("You are not logged in here.")
        shelf = shop.shelf_of(self.app_id)
        choice = shop.chosen(shelf, form)
        if choice is None:
            return self._shown(400, self._goods_of(visitor, f"That is no {shelf.asks.lower() or 'choice'}.", form))
        good, subject = choice
        order = ShopOrder(
            order_id=self._msg_ids.next(),
            visit=visit.cookies[self.cookie_name],
            channel_code=visitor.channel_code,
            user_id=visitor.user_id,
            subject=subject,
            amount=good.amount,
            currency=HKD,
            placed_s=asyncio.get_running_loop().time(),
            placed_at=self._clock.now(),
        )
        wrong = await self._submitted(order)
        if wrong:
            return self._shown(502, self._goods_of(visitor, wrong, form))
        self.orders[order.order_id] = order
        self._remember("order", order.order_id, order)
        _keep_newest(self.orders)
        return shop.see_other(order.cashier_url)

    async def _submitted(self, order: ShopOrder) -> str:
        """Let the hub place the order; what went wrong, in words, or nothing."""
        asked = self.submit_payment_order(
            order.channel_code, order.user_id, order.order_id, order.amount, order.subject, currency=order.currency
        )
        try:
            answer = await self.send(asked)
        except (PartnerError, NotGenuine):
            return "The cashier does not answer. Nothing was ordered."
        url = answer.body.get("cashierUrl")
        if answer.code != "00" or not isinstance(url, str):
            return f"The cashier cannot take this order now ({answer.code or answer.status} {answer.text})."
        order.cashier_url = url
        return ""

    async def _returned(self, visit: Visit) -> HttpReply:
        """Where the cashier sends the user back to. What it says in the address is not believed (RULES section 6)."""
        # The cashier adds what it has to say, and the orderId once more.
        named = set(_fields(visit.query.encode()).get("orderId", []))
        order = self.orders.get(named.pop()) if len(named) == 1 else None
        if order is None or order.visit != visit.cookies.get(self.cookie_name):
            return self.refused("This order is not known here.")
        now_s = asyncio.get_running_loop().time()
        order.returned_s = now_s if order.returned_s is None else order.returned_s
        if not order.result and now_s - (order.asked_s or order.returned_s) >= shop.INQUIRE_AFTER_S:
            order.asked_s = now_s
            await self._inquired(order)
        waits = order.status == "PENDING" and now_s - order.placed_s < shop.WAITED_FOR_S
        home = self._hub.base_url.rstrip("/") + APP_PATH
        return self._shown(200, shop.order_page(self._shop(order.user_id), order, home, waits=waits))

    async def _inquired(self, order: ShopOrder) -> None:
        """Chart U3, step 5: no notice came in time."""
        try:
            answer = await self.send(self.payment_result_inquiry(order.order_id))
        except (PartnerError, NotGenuine):
            return
        if answer.code == "00":
            self._learn(order.order_id, answer.body, "PAYMENT_RESULT_INQUIRY")

    def _visitor(self, visit: Visit) -> Visitor | None:
        return self.visits.get(visit.cookies.get(self.cookie_name, ""))

    def _goods_of(self, visitor: Visitor, wrong: str = "", form: Mapping[str, Sequence[str]] = shop.NO_FORM) -> str:
        return shop.goods_page(self._shop(visitor.user_id), visitor.personal, visitor.form_key, wrong, form)

    def _shop(self, user: str = "") -> shop.Shop:
        return shop.Shop(name=self.identity.name, shelf=shop.shelf_of(self.app_id), user=user)

    def _shown(self, status: int, page: str, cookie: str = "") -> HttpReply:
        return shop.reply(status, page, self._hub.base_url, cookie)


def _keep_newest(kept: OrderedDict[str, Any]) -> None:
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)


def _fields(form: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(form.decode("ascii"), max_num_fields=_FORM_FIELDS)
    except ValueError:
        return {}


def _one(fields: dict[str, list[str]], name: str) -> str:
    values = fields.get(name, [])
    return values[0] if len(values) == 1 else ""
