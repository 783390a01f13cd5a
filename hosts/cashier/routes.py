"""The cashier over HTTP: its paths, its sessions' cookie, and who may send its forms (chart U3, steps 2 and 3).

GET  /cashier/{ucspOrderId}?key=...   the page; comes in by the key, or goes on with the session
POST /cashier/{ucspOrderId}/choose    other offers, a coupon's code: the page again
POST /cashier/{ucspOrderId}/pay       the user's yes: on to returnUrl, or the page again, which says why not
GET  /cashier/{ucspOrderId}/stage     {"stage": ...}, for a page that waits
GET  /cashier/static/{name}?v=...     style sheet and script

Every form is answered by a redirect, so going back and loading again send nothing twice.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import parse_qs

import msgspec
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.types import HTTPScope, Receive, Send

from unionhub.adapters.http.transport import HttpReply
from unionhub.domain.flows.cashier_keys import KEY, PATH
from unionhub.domain.model.cashier import Accepted, CashierView, Confirmation, Session, Stage
from unionhub.hosts.service.bodies import BodyPolicy, BodyTooLarge, ClientGone, answer, answer_early, failure, read_body
from unionhub.hosts.service.deadlines import Deadlines
from unionhub.ports.clock import Clock
from unionhub.ports.store import StoreUnavailable

from . import words
from .forms import CHOICE_COOKIE, FORM, SESSION_COOKIE, Choice, Form, cookies, header, is_foreign, set_cookie
from .pages import json_reply, line_page, order_page, page_reply, see_other, static_reply

BODY_LIMIT_BYTES: Final = 8 * 1024
IN_FLIGHT_MAX: Final = 500
"""Requests handled at a time; beyond it 503."""

_ORDER: Final = re.compile(r"[0-9]{20}", re.ASCII)
_QUERY_MAX: Final = 8

_log = logging.getLogger(__name__)


class Desk(Protocol):
    """What the page needs of domain.flows.cashier.Cashier."""

    async def enter(self, ucsp_order_id: str, key: str) -> tuple[Session, str] | None: ...

    async def resume(self, ucsp_order_id: str, cookie: str) -> Session | None: ...

    async def stage(self, session: Session) -> Stage: ...

    async def view(
        self, session: Session, *, offer_ids: Collection[str] | None = None, codes: Collection[str] = ()
    ) -> CashierView: ...

    async def pay(self, session: Session, said: Confirmation) -> Accepted: ...


class CashierPages:
    """Everything below /cashier. `public_url`: where browsers find us."""

    def __init__(self, desk: Desk, clock: Clock, public_url: str, policy: BodyPolicy | None = None) -> None:
        self._desk = desk
        self._clock = clock
        self._public_url = public_url
        self._secure = public_url.startswith("https:")
        self._policy = policy or BodyPolicy()
        self._body_deadlines = Deadlines(self._policy.timeout_s)
        self._in_flight = 0

    def route(self) -> ASGIRouteHandler:
        """The mount, for every method."""
        return ASGIRouteHandler(PATH, name="cashier", is_mount=True, copy_scope=False)(self._handle)

    async def _handle(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        raw_path = scope["raw_path"].decode("latin-1")
        if not raw_path.startswith(f"{PATH}/"):
            raise NotFoundException  # Litestar mounts a prefix of text, not of path segments
        if scope["method"] not in ("GET", "POST"):
            raise MethodNotAllowedException(headers={"allow": "GET, POST"})
        if self._in_flight >= IN_FLIGHT_MAX:
            await answer(send, _unavailable(""), close=True)
            return
        self._in_flight += 1
        try:
            await self._take(raw_path.split("/")[2:], scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _take(self, path: list[str], scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(scope, receive, limit_bytes=BODY_LIMIT_BYTES, deadlines=self._body_deadlines)
        except BodyTooLarge:
            await answer_early(receive, send, failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), self._policy)
        except TimeoutError:
            await answer(send, failure(HTTPStatus.REQUEST_TIMEOUT), close=True)
        except ClientGone:
            pass
        else:
            await answer(send, await self._answered(path, scope, body))

    async def _answered(self, path: list[str], scope: HTTPScope, body: bytes) -> HttpReply:
        again = f"{PATH}/{path[0]}" if _ORDER.fullmatch(path[0]) else ""
        try:
            return await self._routed(path, scope, body)
        except StoreUnavailable as error:
            _log.warning("the cashier has no store: %s", error)
            return _unavailable(again)
        except (MethodNotAllowedException, NotFoundException):
            raise
        except Exception as error:  # the last barrier; addresses hold keys, so none is logged
            _log.error("the cashier crashed", exc_info=error)
            return _crashed(again)

    async def _routed(self, path: list[str], scope: HTTPScope, body: bytes) -> HttpReply:
        match scope["method"], *path:
            case "GET", "static", name:
                return static_reply(name, _query(scope, "v")) or _nothing_here()
            case "GET", order_id if _ORDER.fullmatch(order_id):
                return await self._page(order_id, scope)
            case "GET", order_id, "stage" if _ORDER.fullmatch(order_id):
                return await self._stage(order_id, scope)
            case "GET", order_id, "pay" | "choose" if _ORDER.fullmatch(order_id):
                return see_other(f"{PATH}/{order_id}")  # somebody went to the address of a form
            case "POST", order_id, "pay" | "choose" as action if _ORDER.fullmatch(order_id):
                return await self._sent(order_id, action, scope, body)
            case "POST", "static", _:
                raise MethodNotAllowedException(headers={"allow": "GET"})
            case "POST", order_id, *rest if _ORDER.fullmatch(order_id) and rest in ([], ["stage"]):
                raise MethodNotAllowedException(headers={"allow": "GET"})
            case _:
                return _nothing_here()

    # --- GET

    async def _page(self, order_id: str, scope: HTTPScope) -> HttpReply:
        session, cookie = await self._session(order_id, scope), ""
        if session is None:
            entered = await self._desk.enter(order_id, _query(scope, KEY))
            if entered is None:
                return _nothing_here()
            session, value = entered
            cookie = self._cookie(order_id, SESSION_COOKIE, value)
        choice = _choice(scope)
        view = await self._desk.view(session, offer_ids=choice.offers, codes=choice.codes)
        if choice.said and not cookie:  # it is told once
            cookie = self._choice_cookie(order_id, msgspec.structs.replace(choice, said=""))
        left_s = max(0, int((view.order.expires_at - self._clock.now()).total_seconds()))
        page = order_page(view, left_s=left_s, card_id=choice.card, said=choice.said)
        return page_reply(page, return_url=view.order.return_url, cookie=cookie)

    async def _stage(self, order_id: str, scope: HTTPScope) -> HttpReply:
        session = await self._session(order_id, scope)
        if session is None:
            return json_reply(404, {"error": "not found"})
        return json_reply(200, {"stage": await self._desk.stage(session)})

    # --- POST

    async def _sent(self, order_id: str, action: str, scope: HTTPScope, body: bytes) -> HttpReply:
        if is_foreign(scope, self._public_url):
            return _foreign()
        session = await self._session(order_id, scope)
        if session is None:
            return _nothing_here()
        if header(scope, b"content-type").encode().partition(b";")[0].strip().lower() != FORM:
            return failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            form = Form.read(body)
        except ValueError:
            return failure(HTTPStatus.BAD_REQUEST)
        if action == "choose":
            return self._back(order_id, form.choice)
        if form.changes_total:  # nobody pays another total than the one he saw
            return self._back(order_id, form.choice, words.CHECK_TOTAL)
        if not form.card:
            return self._back(order_id, form.choice, words.NO_CARD)
        said = Confirmation(form_token=form.token, card_id=form.card, offer_ids=form.offers, codes=frozenset(form.codes))
        accepted = await self._desk.pay(session, said)
        if accepted.return_url:
            return see_other(accepted.return_url)
        return self._back(order_id, form.choice, accepted.code)

    def _back(self, order_id: str, choice: Choice, said: str = "") -> HttpReply:
        """To the page, with the user's choice as it is now."""
        cookie = self._choice_cookie(order_id, msgspec.structs.replace(choice, said=said))
        return see_other(f"{PATH}/{order_id}", cookie)

    # --- cookies

    async def _session(self, order_id: str, scope: HTTPScope) -> Session | None:
        for cookie in cookies(scope, SESSION_COOKIE):
            session = await self._desk.resume(order_id, cookie)
            if session is not None:
                return session
        return None

    def _choice_cookie(self, order_id: str, choice: Choice) -> str:
        return self._cookie(order_id, CHOICE_COOKIE, choice.text)

    def _cookie(self, order_id: str, name: str, value: str) -> str:
        return set_cookie(name, value, path=f"{PATH}/{order_id}", secure=self._secure)


def _choice(scope: HTTPScope) -> Choice:
    found = cookies(scope, CHOICE_COOKIE)
    return Choice.read(found[0]) if found else Choice()


def _query(scope: HTTPScope, name: str) -> str:
    """A member of the query; empty if it is not there once."""
    try:
        found: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=_QUERY_MAX)
    except ValueError:
        return ""
    values = found.get(name, [])
    return values[0] if len(values) == 1 else ""


# --- pages that are about nobody's order


def _nothing_here() -> HttpReply:
    """Of an order that there is not and of one that is somebody else's: the same bytes."""
    page = line_page(
        "This page cannot be opened",
        "Its address is incomplete, or your visit has ended.",
        "Please open the order again from the service where you placed it. Your browser must allow cookies.",
    )
    return page_reply(page, status=404)


def _foreign() -> HttpReply:
    page = line_page(
        "Nothing was paid",
        "This was not sent by our own page.",
        "Please open the order again from the service where you placed it.",
    )
    return page_reply(page, status=403)


def _unavailable(again: str) -> HttpReply:
    page = line_page(
        "Just a moment, please",
        "We cannot answer right now.",
        "If you have just confirmed a payment: it is safe to look again, nothing is paid twice.",
        again=again,
    )
    return page_reply(page, status=503, retry_after="2")


def _crashed(again: str) -> HttpReply:
    page = line_page(
        "Something went wrong",
        "That is our fault, not yours.",
        "If you have just confirmed a payment: it is safe to look again, nothing is paid twice.",
        again=again,
    )
    return page_reply(page, status=500)
