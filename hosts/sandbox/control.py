"""The sandbox's own endpoints, `/sandbox/*` (DESIGN section 6): what there is, what was received, faults and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from unionhub.domain.model.identifiers import mask_number
from unionhub.hosts.sandbox.books import DEBIT, Account
from unionhub.hosts.sandbox.clock import ClockError, FileClock, ManualClock
from unionhub.hosts.sandbox.faults import FaultError, describe
from unionhub.hosts.sandbox.seeds import MerchantSeed
from unionhub.hosts.sandbox.world import World

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
    """Answers in JSON; a refusal is `{"error": ...}` with 400 (what was asked makes no sense) or 404 (it is not there)."""

    def __init__(self, world: World, clock: FileClock | ManualClock) -> None:
        self._world = world
        self._clock = clock

    def app(self) -> web.Application:
        app = web.Application(middlewares=[_in_json], client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/sandbox/cardholders", self._cardholders)
        app.router.add_get("/sandbox/merchants", self._merchants)
        app.router.add_get("/sandbox/bank/{app_id}/accounts", self._accounts)
        app.router.add_get("/sandbox/inbox/{app_id}", self._inbox)
        app.router.add_get("/sandbox/journal", self._journal)
        app.router.add_post("/sandbox/faults", self._add_fault)
        app.router.add_post("/sandbox/clock", self._advance)
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
        try:
            bank = self._world.bank(request.match_info["app_id"])
        except LookupError as error:
            raise _Refused(404, str(error)) from None
        return _json([_account(account) for account in await bank.accounts()])

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
