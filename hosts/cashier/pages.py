"""The cashier's pages as HTML, and the headers they go out with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import segno
from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound

from unionhub.adapters.http.transport import HttpReply
from unionhub.domain.flows.cashier import accepted_url
from unionhub.domain.flows.cashier_keys import PATH
from unionhub.domain.model.cashier import CashierView, ShownOffer, Stage
from unionhub.domain.model.channel_cards import ListedCard
from unionhub.domain.model.marketing import OfferKind
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import OrderState

from . import words

PACKAGE: Final = "unionhub.hosts.cashier"
HTML: Final = "text/html; charset=utf-8"

_MEDIA_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_YEAR_S: Final = 365 * 86_400
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_TEMPLATES: Final = {
    Stage.CHOOSING: "choosing.html",
    Stage.PAYING: "paying.html",
    Stage.PAID: "paid.html",
    Stage.CLOSED: "closed.html",
}
_TITLES: Final = {OfferKind.INSTANT: "Discount", OfferKind.INCENTIVE: "Bonus", OfferKind.COUPON: "Coupon"}

SAFE: Final = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""Of everything that is one user's: it is kept by nobody, and its address, which may let in whoever has it, goes to nobody."""


class ShownCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card as the page has it: no more of its number than the last four digits."""

    card_id: str
    last: str
    name: str
    kind: str
    chosen: bool


class OfferGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Offers of one kind: of several, only one can be had."""

    kind: str
    title: str
    offers: tuple[ShownOffer, ...]

    @property
    def is_one(self) -> bool:
        return len(self.offers) == 1

    @property
    def none_chosen(self) -> bool:
        return not any(offer.chosen for offer in self.offers)


def order_page(view: CashierView, *, left_s: int, card_id: str = "", said: str = "") -> str:
    """The page at its stage. `left_s`: to the order's expiry; `card_id`: the card chosen before; `said`: why a try to pay came
    to nothing just now (see `words`)."""
    if not said and view.declined is not None:
        said = view.declined.answer_code
    return _render(
        _TEMPLATES[view.stage],
        view=view,
        order=view.order,
        home=f"{PATH}/{view.order.ucsp_order_id}",
        back=safe_url(accepted_url(view.order)),
        service_url=safe_url(view.home_url),
        left_s=left_s,
        said=said,
        said_words=words.decline(said) if said else "",
        said_is_code=words.is_code(said),
        no_cards=words.no_cards(view.no_cards, app=view.channel_name, service=view.industry_name),
        may_retry=view.no_cards in words.WORTH_RETRYING,
        cards=shown_cards(view.cards, card_id),
        groups=offer_groups(view.offers),
        codes=sorted(view.codes - view.code_faults.keys()),
        qr=qr_svg(view.qr_payload) if view.stage is Stage.CHOOSING and view.qr_payload else "",
        was_closed=view.order.state is OrderState.CLOSED,
        paid=_paid(view),
    )


def line_page(title: str, *lines: str, again: str = "") -> str:
    """A page that says one thing. `again`: a path to try once more."""
    return _render("line.html", title=title, lines=lines, again=again)


def shown_cards(cards: Sequence[ListedCard], card_id: str) -> tuple[ShownCard, ...]:
    """One of them is always chosen: the one that was, else the first."""
    known = card_id if any(card.card_id == card_id for card in cards) else cards[0].card_id if cards else ""
    return tuple(
        ShownCard(
            card_id=card.card_id,
            last=last_digits(card.masked_pan),
            name=card.issuer_name or "UnionPay card",
            kind=card.card_type.replace("_", " ").capitalize(),
            chosen=card.card_id == known,
        )
        for card in cards
    )


def last_digits(masked_pan: str) -> str:
    """The digits at its end, at most four."""
    found = re.search(r"[0-9]{1,4}\Z", masked_pan, re.ASCII)
    return found[0] if found else ""


def offer_groups(offers: Sequence[ShownOffer]) -> tuple[OfferGroup, ...]:
    found = ((kind, tuple(each for each in offers if each.offer.kind is kind)) for kind in OfferKind)
    return tuple(OfferGroup(kind=kind.value, title=_TITLES[kind], offers=of_kind) for kind, of_kind in found if of_kind)


def _paid(view: CashierView) -> Money:
    """What the payment that holds the order takes from its payer."""
    if view.payment is not None and view.payment.amount is not None:
        return view.payment.amount
    return view.net


QR_MASK: Final = 2
"""Readers take any mask; trying all eight for the one that is easiest to read is most of the work of a page. Of codes like ours
this one is hardly ever worse (tests/unit/test_cashier_qr.py)."""


@lru_cache(maxsize=256)
def qr_svg(text: str) -> str:
    """A QR code (error correction M or better) as an SVG element that scales. It costs some ms, and a page is shown more than
    once."""
    code = segno.make_qr(text, error="m", mask=QR_MASK)
    svg: str = code.svg_inline(omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None)
    return svg.replace("<svg ", '<svg shape-rendering="crispEdges" role="img" aria-label="QR code of this order" ', 1)


# --- addresses


def safe_url(url: str) -> str:
    """A link that a page may have: http or https, else none."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


def origin(url: str) -> str:
    """`https://host:port`, fit for a header; empty for what is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")


# --- replies


def page_reply(page: str, *, status: int = 200, return_url: str = "", cookie: str = "", **headers: str) -> HttpReply:
    """`return_url`: where the form's answer may lead, since browsers hold redirects against form-action too."""
    answered = " ".join(filter(None, ("'self'", origin(return_url))))
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"form-action {answered}; frame-ancestors 'self'; base-uri 'none'"
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    head = {"content-type": HTML, "content-security-policy": policy, **SAFE, **named}
    return HttpReply(status=status, headers=head | ({"set-cookie": cookie} if cookie else {}), body=page.encode())


def see_other(url: str, cookie: str = "") -> HttpReply:
    """Go there, with GET."""
    head = {"location": url, **SAFE} | ({"set-cookie": cookie} if cookie else {})
    return HttpReply(status=303, headers=head, body=b"")


def json_reply(status: int, content: object) -> HttpReply:
    return HttpReply(status=status, headers={"content-type": "application/json", **SAFE}, body=msgspec.json.encode(content))


def static_reply(name: str, version: str) -> HttpReply | None:
    """One of our own files, for a year if it is asked for by its content; None for a file that is not there."""
    suffix = name[name.rfind(".") :]
    if suffix not in _MEDIA_TYPES:
        return None
    try:
        body = _static(name)
    except TemplateNotFound:
        return None
    # While hosts are being renewed, a page of one may ask the other: what that one has must not be kept.
    kept = f"public, max-age={_YEAR_S}, immutable" if version == _version(name) else "no-cache"
    head = {"content-type": _MEDIA_TYPES[suffix], "cache-control": kept, "x-content-type-options": "nosniff"}
    return HttpReply(status=200, headers=head, body=body)


_templates: Final = Environment(
    loader=PackageLoader(PACKAGE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_files: Final = PackageLoader(PACKAGE, "static")


def _render(template: str, **members: Any) -> str:
    return _templates.get_template(template).render(**members)


@cache
def _static(name: str) -> bytes:
    return _files.get_source(_templates, name)[0].encode()


@cache
def _version(name: str) -> str:
    return hashlib.sha256(_static(name)).hexdigest()[:12]


def _static_url(name: str) -> str:
    return f"{PATH}/static/{name}?v={_version(name)}"


_templates.globals["static"] = _static_url
_templates.filters |= {"amount": words.amount, "alpha": words.alpha, "span": words.span}
