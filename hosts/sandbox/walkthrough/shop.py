"""What an industry service sells and the pages it does that on: goods, an order, what became of it (charts U1 and U3).

Pages are for a browser inside the channel's app: no script, nothing from elsewhere, framed by the hub's walk-through alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from unionhub.adapters.http.transport import HttpReply
from unionhub.hosts.sandbox.seeds import HKD, PARKING, TRAVEL
from unionhub.hosts.sandbox.walkthrough.rendering import render, source_hash, static

STYLE: Final = "shop.css"
INQUIRE_AFTER_S: Final = 8.0
"""So long a service waits for its notice; then it asks, and again after the same time (chart U3, step 5)."""

WAITED_FOR_S: Final = 900.0
"""A page that has waited so long no longer renews itself."""

RENEW_S: Final = 2
NO_FORM: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})
_PLATE: Final = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,9}", re.ASCII)


class Good(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be ordered. `amount` in Hong Kong dollars, as text."""

    key: str
    name: str
    note: str
    amount: str


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """A service's goods. `asks` is the label of what else it wants to know, with `example` filled in; `look` is a class of the
    style sheet."""

    title: str
    look: str = ""
    place: str = ""
    verb: str
    goods: tuple[Good, ...]
    asks: str = ""
    example: str = ""


SHELVES: Final[Mapping[str, Shelf]] = {
    PARKING: Shelf(
        title="Park at the kerb",
        look="kerb",
        place="Lantern Street, bay 12",
        verb="Park for",
        asks="Number plate",
        example="LK 8848",
        goods=(
            Good(key="1h", name="1 hour", note="", amount="18.00"),
            Good(key="2h", name="2 hours", note="", amount="36.00"),
            Good(key="4h", name="4 hours", note="", amount="64.00"),
            Good(key="day", name="All day", note="", amount="120.00"),
        ),
    ),
    TRAVEL: Shelf(
        title="Take a boat",
        look="sea",
        place="From Central, today",
        verb="Sail",
        goods=(
            Good(key="cheung-chau", name="Cheung Chau", note="slow ferry, 55 minutes", amount="28.40"),
            Good(key="macau", name="Macau", note="jetfoil, one way", amount="175.00"),
            Good(key="junk", name="Sunset junk", note="more than a new card has on it", amount="1280.00"),
        ),
    ),
}
_ANY: Final = Shelf(
    title="Order something", verb="Order", goods=(Good(key="one", name="One", note="of anything", amount="10.00"),)
)


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells what, and to whom: `user` is who is in, nobody where it is empty."""

    name: str
    shelf: Shelf
    user: str = ""


class ShopOrder(msgspec.Struct, kw_only=True):
    """An order of a visitor. `asked_s` and `placed_s` are of the event loop; `result` is the last that the hub said of it, in
    a notice or as the answer to an inquiry (`told_by`)."""

    order_id: str
    visit: str
    channel_code: str
    user_id: str
    subject: str
    amount: str
    currency: str
    placed_s: float
    placed_at: datetime
    cashier_url: str = ""
    returned_s: float | None = None
    asked_s: float | None = None
    result: dict[str, Any] = {}
    told_by: str = ""

    def __repr__(self) -> str:
        return f"ShopOrder({self.order_id}, {self.status})"  # the cashier's address lets in whoever has it

    @property
    def status(self) -> str:
        return str(self.result.get("paymentStatus", "PENDING"))


def shelf_of(app_id: str) -> Shelf:
    return SHELVES.get(app_id, _ANY)


def chosen(shelf: Shelf, form: Mapping[str, Sequence[str]]) -> tuple[Good, str] | None:
    """What a form orders, and the subject that says so; None for what is not on the shelf."""
    key = _one(form, "good")
    good = next((each for each in shelf.goods if each.key == key), None)
    if good is None:
        return None
    if not shelf.asks:
        return good, f"{shelf.verb}: {good.name}"
    plate = _one(form, "detail").strip().upper()
    return (good, f"{shelf.verb} {good.name.lower()}, {plate}") if _PLATE.fullmatch(plate) else None


def goods_page(
    shop: Shop,
    told: Mapping[str, str],
    form_key: str,
    wrong: str = "",
    form: Mapping[str, Sequence[str]] = NO_FORM,
) -> str:
    """The page with the goods. `told` is what the channel passed on, which a page shows in part. What is `wrong` with a `form`
    leaves everything else in it as it was."""
    shown = {field: _half_hidden(value) for field, value in told.items()}
    goods = shop.shelf.goods
    usual = goods[1 if len(goods) > 3 else 0].key
    key = _one(form, "good")
    choice = key if any(each.key == key for each in goods) else usual
    detail = _one(form, "detail") if form else shop.shelf.example
    return _page(
        "shop_goods.html", shop, currency=HKD, told=shown, form_key=form_key, wrong=wrong, choice=choice, detail=detail
    )


def order_page(shop: Shop, order: ShopOrder, home: str, *, waits: bool) -> str:
    """What became of the order: never "paid" before the hub said so. `home` leads back to the channel's app."""
    return _page("shop_order.html", shop, order=order, home=home, renew_s=RENEW_S if waits else 0)


def line_page(shop: Shop, line: str) -> str:
    """A page that says one thing."""
    return _page("shop_line.html", shop, line=line)


def reply(status: int, page: str, hub_url: str, cookie: str = "") -> HttpReply:
    """The page on its way. Its address may have a ticket in it, so it goes to nobody; orders go on to the hub's cashier."""
    hub = origin(hub_url)
    policy = (
        f"default-src 'none'; style-src {source_hash(STYLE)}; img-src data:; form-action 'self' {hub}; "
        f"frame-ancestors 'self' {hub}; base-uri 'none'"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "content-security-policy": policy,
    }
    return HttpReply(status=status, headers=headers | ({"set-cookie": cookie} if cookie else {}), body=page.encode())


def see_other(url: str) -> HttpReply:
    """Go there, with GET."""
    return HttpReply(
        status=303, headers={"location": url, "cache-control": "no-store", "referrer-policy": "no-referrer"}, body=b""
    )


def _page(template: str, shop: Shop, **members: Any) -> str:
    return render(template, shop=shop, style=static(STYLE), renew_s=members.pop("renew_s", 0), **members)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _one(form: Mapping[str, Sequence[str]], name: str) -> str:
    values = form.get(name, ())
    return values[0] if len(values) == 1 else ""


def _half_hidden(value: str) -> str:
    return f"••• {value[-4:]}" if len(value) > 6 else "•••"
