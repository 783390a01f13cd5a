"""A user pays an industry's order at the cashier, from the login to the notices (chart: UCSP frontend payment, U3).

U1.2 CHANNEL_LOGIN_INFO          the user comes in: without a login the cashier has no cards
U3.1 SUBMIT_PAYMENT_ORDER        the industry; the hub sends the acquirer PLACE_ORDER
U3.2 cashier page                the user's browser; the hub asks the channel for GET_CARD_LIST
U3.3 confirm                     the browser's form, as the page proposes it, and the redirect to returnUrl; the hub asks for
                                 GET_CARD_PAYLOAD and sends the acquirer PAY
U3.4 PAYMENT_RESULT_NOTICE       the acquirer's PAYMENT_RESULT comes, and the worker tells both sides: read from their ears
                                 after the run (rig/hearing.py), measured from the moment the user confirmed

`by SCIS`: the acquirer debits the card itself, with a TOKEN_PAYMENT at SCIS and a debit at the bank (chart X3), before it sends
PAYMENT_RESULT. Otherwise the rig's acquirer says at once that it is paid (rig/acquiring.py), and the hub's own part is what
is measured.
"""

from __future__ import annotations

from random import Random
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec

from loadgen.messages import Answer, Journey, Reply, Sandbox, Signer, Step, Visit
from loadgen.pages import FORM_TYPE, CashierForm, cookie_of, read_form, said_in
from scenarios.authorized_login import LOGIN, Visitors
from scenarios.players import Minor, Share, amount_members, amount_of
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.seeds import PARKING

__all__ = ["ALLOWED_OF", "ASKED", "CONFIRM", "CONFIRM_SCIS", "LOGIN", "NOTICES", "PAGE", "SUBMIT"]

SUBMIT: Final = "U3.1 SUBMIT_PAYMENT_ORDER"
PAGE: Final = "U3.2 cashier page"
CONFIRM: Final = "U3.3 confirm"
CONFIRM_SCIS: Final = "U3.3 confirm by SCIS"
NOTICES: Final = {CONFIRM: "U3.4 PAYMENT_RESULT_NOTICE", CONFIRM_SCIS: "U3.4 PAYMENT_RESULT_NOTICE by SCIS"}
"""The confirmation -> what its notices are called."""

ASKED: Final = {"lean": "Parking, told at once", "scis": "Parking, debited at SCIS"}
"""The order's subject: how the rig's acquirer is to pay it. Others pay every order at SCIS."""

ALLOWED_OF: Final = {PAGE: 3, CONFIRM: 5, CONFIRM_SCIS: 7}
"""Database transactions. A page is no message and no payment: it lets the user in, keeps the list of cards that its channel
gave, and reads the rest at once. A confirmation
looks twice, opens its payment, and keeps on the audit trail who got the card; what comes of it counts too: PAYMENT_RESULT one,
a TOKEN_PAYMENT two."""

FOLLOWED_S: Final = 1.0
"""So long after a confirmation its PAYMENT_RESULT has come, when nobody else is at work."""

_FETCH: Final = {"Accept": "text/html", "Sec-Fetch-Site": "none"}
_SEND: Final = {"Accept": "text/html", "Content-Type": FORM_TYPE, "Sec-Fetch-Site": "same-origin"}


class CashierPaymentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[cashier_payment] in mix.toml."""

    amount_minor: tuple[Minor, Minor] = (40_00, 90_00)
    scis_share: Share = 0.25


class CashierPayment:
    """Login and order can be signed before they are due; the browser's requests follow from the answers."""

    def __init__(self, settings: CashierPaymentSettings, sandbox: Sandbox) -> None:
        self._settings = settings
        self._visitors = Visitors(sandbox)
        if PARKING not in self._visitors.industries:
            raise ValueError(f"there is no industry {PARKING}, which sells something")
        self._seller = sandbox.signer(PARKING)

    def __call__(self, dice: Random) -> Journey:
        return self._journey(dice, by_scis=dice.random() < self._settings.scis_share)

    def forms(self, dice: Random) -> tuple[Journey, ...]:
        """See scenarios.Scenario."""
        share = self._settings.scis_share
        return tuple(self._journey(dice, by_scis=by_scis) for by_scis in (False, True) if (share > 0 if by_scis else share < 1))

    def _journey(self, dice: Random, *, by_scis: bool) -> Journey:
        user = self._visitors.user(dice)
        amount = amount_of(dice, self._settings.amount_minor, user)
        seller = self._seller
        reference = seller.msg_id_about(seller.identity.industry_code)
        return_url = f"{seller.identity.base_url.rstrip('/')}/return?orderId={reference}"
        members = {
            "channelCode": self._visitors.channel_code(user),
            "userId": user.user_id,
            "orderId": reference,
            "orderTime": seller.now,
            "subject": ASKED["scis" if by_scis else "lean"],
            "returnUrl": return_url,
            **amount_members(amount),
        }
        order = seller.step(SUBMIT, "SUBMIT_PAYMENT_ORDER", members, check=_has_cashier_url)
        name = CONFIRM_SCIS if by_scis else CONFIRM
        return (
            self._visitors.login(user, PARKING),
            order,
            lambda answer: _page(seller, answer, amount),
            lambda answer: _confirmation(name, seller, answer, reference, return_url),
        )


def _has_cashier_url(answer: Answer) -> str:
    parts = urlsplit(str(answer.trx.get("cashierUrl", "")))
    return "" if parts.path and parts.query and answer.trx.get("ucspOrderId") else "no_cashier_url"


def _page(seller: Signer, answer: Answer, amount: Money) -> Step:
    """The browser at cashierUrl."""
    parts = urlsplit(answer.trx["cashierUrl"])
    path = parts.path

    def read(reply: Reply) -> tuple[str, Answer | None]:
        if reply.status != 200:
            return f"http_{reply.status}", None
        form = read_form(reply.body.decode("utf-8", "replace"))
        cookie = cookie_of(reply.headers.get("set-cookie", ""))
        failure = _doubt(form, cookie, amount)
        if failure or form is None:
            return failure, None
        trx: dict[str, Any] = {"form": form, "cookie": cookie, "path": path, "minor": form.minor(amount.currency)}
        return "", Answer(code="", msg_id="", trx=trx)

    url = f"{path}?{parts.query}"
    return Visit(
        name=PAGE, signer=seller, path=url, headers=dict(_FETCH), body=b"", method="GET", read=read, allowed=ALLOWED_OF[PAGE]
    )


def _doubt(form: CashierForm | None, cookie: str, amount: Money) -> str:
    """What is wrong with a page that is to be paid at; empty if nothing is."""
    if form is None:
        return "no_form"
    if not form.has_card:
        return "no_card"
    if not cookie:
        return "no_cookie"
    return "" if 0 < form.minor(amount.currency) <= amount.minor else "total_differs"


def _confirmation(name: str, seller: Signer, answer: Answer, reference: str, return_url: str) -> Step:
    """The browser sends the form. It pays what the button said; whether it did, the notices tell."""
    form: CashierForm = answer.trx["form"]
    path: str = answer.trx["path"]

    def read(reply: Reply) -> tuple[str, Answer | None]:
        if reply.status != 303:
            return f"http_{reply.status}", None
        there = reply.headers.get("location", "")
        if urlsplit(urljoin(path, there)).path == path:
            return f"stays_{said_in(reply.headers.get('set-cookie', ''))}", None
        right = there.startswith(return_url) and "acceptance=ACCEPTED" in there
        return ("", Answer(code="", msg_id="", trx={})) if right else ("another_way_back", None)

    return Visit(
        name=name,
        signer=seller,
        path=form.action,
        headers={**_SEND, "Cookie": answer.trx["cookie"]},
        body=form.body,
        minor=answer.trx["minor"],
        pays_for=reference,
        pause_s=FOLLOWED_S,
        read=read,
        allowed=ALLOWED_OF[name],
    )
