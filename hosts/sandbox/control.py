"""The sandbox's own endpoints, `/sandbox/*` (README.md here): what there is, what was received, faults and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.bank import CoreBank
from unionhub.hosts.sandbox.books import DEBIT, Account
from unionhub.hosts.sandbox.clock import ClockError, FileClock, ManualClock
from unionhub.hosts.sandbox.faults import FaultError, describe
from unionhub.hosts.sandbox.images import ShownCode, cardholders_page, codes_page
from unionhub.hosts.sandbox.partner import NotGenuine
from unionhub.hosts.sandbox.seeds import Cardholder, MerchantSeed, UrlCode
from unionhub.hosts.sandbox.till import Order
from unionhub.hosts.sandbox.walkthrough.page import Walkthrough
from unionhub.hosts.sandbox.world import World
from unionhub.ports.partners import NotSent, NoWord

T = TypeVar("T")

MAX_BODY_BYTES: Final = 65_536


class FaultOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /sandbox/faults."""

    party: str
    fault: str
    message: str | None = None
    times: int | None = None
    seconds: float | None = None


class ClockOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /sandbox/clock."""

    advance_s: float


class Control:
    """Answers in JSON, a page for people apart; a refusal is `{"error": ...}` with 400 (what was asked makes no sense), 404
    (it is not there), 409 (the hub refuses) or 502 (the hub does not answer)."""

    def __init__(self, world: World, clock: FileClock | ManualClock) -> None:
        self._world = world
        self._clock = clock

    def app(self) -> web.Application:
        app = web.Application(middlewares=[_in_json], client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/sandbox/cardholders", self._cardholders)
        app.router.add_get("/sandbox/merchants", self._merchants)
        app.router.add_get("/sandbox/bank/{app_id}/accounts", self._accounts)
        app.router.add_get("/sandbox/bank/{app_id}/otps", self._otps)
        app.router.add_get("/sandbox/orders/{ucsp_order_id}", self._orders)
        app.router.add_get("/sandbox/qrcodes", self._qrcodes)
        app.router.add_get("/sandbox/codes", self._codes)
        app.router.add_get("/sandbox/inbox/{app_id}", self._inbox)
        app.router.add_get("/sandbox/journal", self._journal)
        app.router.add_post("/sandbox/faults", self._add_fault)
        app.router.add_post("/sandbox/clock", self._advance)
        Walkthrough(self._world).add_to(app)
        return app

    async def _cardholders(self, _request: web.Request) -> web.Response:
        found = []
        for holder in self._world.cardholders:
            balance = await self._world.bank(holder.issuer).balance(holder.account)
            found.append(
                {
                    "userID": holder.user_id,
                    "deviceID": holder.device_id,
                    "insID": holder.gateway,
                    "issuer": holder.issuer,
                    "token": holder.token.reveal(),
                    "currency": holder.currency,
                    "balance": (balance or holder.opening).text,
                }
            )
        return _json(found)

    async def _merchants(self, _request: web.Request) -> web.Response:
        return _json([describe_merchant(merchant) for merchant in self._world.merchants])

    async def _accounts(self, request: web.Request) -> web.Response:
        return _json([_account(account) for account in await self._bank(request).accounts()])

    async def _otps(self, request: web.Request) -> web.Response:
        return _json(await self._bank(request).texts())

    async def _orders(self, request: web.Request) -> web.Response:
        """As the acquirers' tills have it: one, or none."""
        order_id = request.match_info["ucsp_order_id"]
        acquirers = [each for each in self._world.partners.values() if isinstance(each, Acquirer)]
        found = [await each.till.run(lambda book: book.order(order_id)) for each in acquirers]
        return _json([_order(order) for order in found if order is not None])

    async def _qrcodes(self, _request: web.Request) -> web.Response:
        return _json([describe_code(code) for code in self._world.qr_platform().codes.values()])

    async def _codes(self, request: web.Request) -> web.Response:
        """A page for people: whose code, or with `user` a new code of that cardholder, asked of the hub."""
        user_id = request.query.get("user")
        if user_id is None:
            names = {app_id: partner.identity.name for app_id, partner in self._world.partners.items()}
            return _html(cardholders_page(self._world.cardholders, names))
        holder = next((holder for holder in self._world.cardholders if holder.user_id == user_id), None)
        if holder is None:
            raise _Refused(404, f"no such cardholder: {user_id}")
        codes = await self._new_codes(holder)
        try:
            return _html(codes_page(codes, now=self._clock.now()))
        except ValueError as error:
            raise _Refused(502, f"the hub's codes cannot be drawn: {error}") from None

    async def _new_codes(self, holder: Cardholder) -> list[ShownCode]:
        gateway = self._world.gateway(holder.gateway)
        # The answer does not say how long a code lives: the hub's default, counted from before it was made.
        expires_at = self._clock.now() + timedelta(seconds=OutcomePolicy().code_life_s)
        try:
            answer = await gateway.send(gateway.qrc_generation(holder, count=1))
        except (NotSent, NoWord, NotGenuine) as error:
            raise _Refused(502, f"no code: {type(error).__name__} {error}".rstrip()) from None
        if answer.code != "00":
            raise _Refused(409, f"no code: the hub says {answer.code or answer.status} {answer.text}".rstrip())
        pairs = zip(answer.trx.get("emvCpqrcPayload", ()), answer.trx.get("barcodeCpqrcPayload", ()), strict=False)
        return [ShownCode(emv=emv, barcode=bars, expires_at=expires_at, holder=holder.user_id) for emv, bars in pairs]

    def _bank(self, request: web.Request) -> CoreBank:
        try:
            return self._world.bank(request.match_info["app_id"])
        except LookupError as error:
            raise _Refused(404, str(error)) from None

    async def _inbox(self, request: web.Request) -> web.Response:
        partner = self._world.partners.get(request.match_info["app_id"])
        if partner is None:
            raise _Refused(404, f"no such party: {request.match_info['app_id']}")
        return _json(partner.inbox.items())

    async def _journal(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise _Refused(400, "after must be a number: the seq of the last entry that you have")
        return _json(self._world.journal.entries(int(after)))

    async def _add_fault(self, request: web.Request) -> web.Response:
        order = await _body(request, FaultOrder)
        try:
            row = self._world.faults.add(
                order.party, order.message, order.fault, times=1 if order.times is None else order.times, seconds=order.seconds
            )
        except FaultError as error:
            raise _Refused(400, str(error)) from None
        return _json(describe(row))

    async def _advance(self, request: web.Request) -> web.Response:
        order = await _body(request, ClockOrder)
        try:
            now = self._clock.advance(order.advance_s)
        except ClockError as error:
            raise _Refused(400, str(error)) from None
        return _json({"now": now})


def describe_merchant(merchant: MerchantSeed) -> dict[str, Any]:
    """A merchant as GET /sandbox/merchants shows it."""
    return {
        "name": merchant.name,
        "mid": merchant.mid,
        "acquirerIIN": merchant.acquirer_iin,
        "fwdIIN": merchant.forwarding_iin,
        "mcc": merchant.mcc,
        "currency": merchant.currency,
        "country": merchant.country,
        "acquirer": merchant.acquirer,
        "qr": merchant.qr,
    }


def describe_code(code: UrlCode) -> dict[str, Any]:
    """A URL-mode code as GET /sandbox/qrcodes shows it; `trxAmt` null where the payer types it in."""
    return {"url": code.url, "merchantName": code.name, "trxAmt": code.amount, "trxCurrency": code.currency}


def _order(order: Order) -> dict[str, Any]:
    return {
        "ucspOrderId": order.ucsp_order_id,
        "downstreamOrderId": order.downstream_id,
        "orderId": order.order_id,
        "trxAmt": order.amount.text,
        "trxCurrency": order.amount.currency,
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "account": mask_number(account.account_no),
        "currency": account.currency,
        "balance": account.balance_text,
        "bookings": [
            {
                "at": booking.at,
                "amount": booking.amount.text,
                "currency": booking.amount.currency,
                "sign": "-" if booking.sign == DEBIT else "+",
                "ref": booking.ref,
            }
            for booking in account.bookings
        ],
    }


class _Refused(Exception):  # noqa: N818 - an answer
    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


@web.middleware
async def _in_json(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    try:
        return await handler(request)
    except _Refused as refused:
        return _json({"error": refused.error}, status=refused.status)
    except web.HTTPException as error:  # aiohttp's own: no such path, wrong method, too large
        headers = {name: value for name, value in error.headers.items() if name == "Allow"}
        return _json({"error": error.reason}, status=error.status, headers=headers)


async def _body(request: web.Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _Refused(400, str(error)) from None


def _json(content: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), status=status, headers=headers, content_type="application/json")


def _html(page: str) -> web.Response:
    # Never kept: a page with a code is as good as the code.
    return web.Response(text=page, content_type="text/html", headers={"Cache-Control": "no-store"})
