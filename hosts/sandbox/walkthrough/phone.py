"""The phone: pages of a channel's app, which act as the app and its gateway do. Each action is a real message, signed.

No page has a script that it needs: forms go to the sandbox, which sends what the app's back end would send.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.services import PersonalField
from unionhub.hosts.sandbox.industry import Industry
from unionhub.hosts.sandbox.members import AppUser
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, NotGenuine, Partner
from unionhub.hosts.sandbox.seeds import WALLETS
from unionhub.hosts.sandbox.services import SERVICES, ServiceSeed
from unionhub.hosts.sandbox.walkthrough import shop
from unionhub.hosts.sandbox.walkthrough.notices import ORDER_NOTICE, notices_of
from unionhub.hosts.sandbox.walkthrough.rendering import render, stamp
from unionhub.hosts.sandbox.walkthrough.sessions import COOKIE, COOKIE_PATH, Person, PhoneCard, Session, Sessions
from unionhub.hosts.sandbox.world import World
from unionhub.ports.partners import PartnerError

log = logging.getLogger(__name__)

ROOT: Final = "/sandbox/app"
PENDING: Final = "04"
NO_SUCH_CARD: Final = "14"
_PATIENCE_S: Final = 20.0
"""Above the hub's own for its bank."""

FIELD_WORDS: Final = {
    PersonalField.MOBILE: "Mobile number",
    PersonalField.EMAIL: "Email address",
    PersonalField.ID_TYPE: "Kind of identity document",
    PersonalField.ID_NO: "Its number",
}
_CATEGORY_WORDS: Final = {"parking": "Parking", "travel": "Boats and travel"}
_TEXT: Final = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_PERSON: Final = ("first_name", "last_name", "id_no", "mobile", "email")
_FACES_MAX: Final = 16
_PNG: Final = b"\x89PNG\r\n\x1a\n"

Page = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]


class Trouble(Exception):  # noqa: N818 - told to whoever holds the phone
    """The hub refused, or did not answer. `code` as it said it."""

    def __init__(self, title: str, text: str, code: str = "") -> None:
        super().__init__(title)
        self.title, self.text, self.code = title, text, code


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """GET /sandbox/app/progress: which steps of the guide this browser has behind it, and what came last."""

    done: list[str]
    unread: int
    latest: dict[str, str] | None


class Phone:
    """The routes below /sandbox/app."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions = Sessions(world.keepsakes)
        self._faces: dict[str, bytes] = {}

    def add_to(self, app: web.Application) -> None:
        """Each page for whoever holds the phone; POSTs want the key of its forms."""
        router = app.router
        router.add_get(f"{ROOT}/", self._page(self._wallet))
        router.add_get(f"{ROOT}/open", self._page(self._open))
        router.add_post(f"{ROOT}/open", self._act(self._opened))
        router.add_get(f"{ROOT}/who", self._page(self._who))
        router.add_post(f"{ROOT}/who", self._act(self._become))
        router.add_get(f"{ROOT}/services", self._page(self._services))
        router.add_get(f"{ROOT}/services/{{code}}", self._page(self._consent))
        router.add_post(f"{ROOT}/services/{{code}}", self._act(self._enter))
        router.add_get(f"{ROOT}/notices", self._page(self._notices))
        router.add_get(f"{ROOT}/faces/{{face}}", self._face)
        router.add_get(f"{ROOT}/progress", self._progress)

    # --- the wallet

    async def _wallet(self, _request: web.Request, session: Session) -> web.StreamResponse:
        if not session.cards:
            return self._shown(session, "app_welcome.html")
        card = session.cards[-1]
        balance, wrong = None, None
        gateway = self._world.gateway(session.gateway)
        try:
            answer = await self._ask(gateway, gateway.card_balance_inquiry(card.user))
            balance = {"amount": answer.trx.get("balAmt", ""), "currency": answer.trx.get("balCurrency", "")}
            session.looked = True
        except Trouble as trouble:
            if trouble.code == NO_SUCH_CARD:
                return self._without(card, session)
            wrong = trouble
        await self._learn_face(session, card.face)
        newest = notices_of(self._world, session)[:3]
        face = card.face if card.face in self._faces else ""
        return self._shown(session, "app_wallet.html", card=card, face=face, balance=balance, wrong=wrong, newest=newest)

    def _without(self, card: PhoneCard, session: Session) -> web.StreamResponse:
        """What the hub does not know (any more) is no card, whatever this phone remembers."""
        session.cards.remove(card)
        self._world.channel(WALLETS[session.gateway]).drop_card(session.user_id, card.user.token)
        return see_other(f"{ROOT}/")

    async def _learn_face(self, session: Session, face: str) -> None:
        """The card's picture, by CARDFACE_DOWNLOADING, once; without one the wallet draws a card of its own."""
        if not face or face in self._faces or len(self._faces) >= _FACES_MAX:
            return
        gateway = self._world.gateway(session.gateway)
        try:
            answer = await self._ask(gateway, gateway.cardface_downloading(face))
            picture = base64.b64decode(str(answer.trx.get("cardfaceData", "")), validate=True)
        except (Trouble, binascii.Error):
            return
        if picture.startswith(_PNG):
            self._faces[face] = picture

    async def _face(self, request: web.Request) -> web.StreamResponse:
        picture = self._faces.get(request.match_info["face"])
        if picture is None:
            raise web.HTTPNotFound(reason="no such picture")
        headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=picture, content_type="image/png", headers=headers)

    # --- opening an account (chart S1)

    async def _open(self, _request: web.Request, session: Session) -> web.StreamResponse:
        return self._shown(session, "app_open.html", person=session.person, wrong=None)

    async def _opened(self, request: web.Request, session: Session) -> web.StreamResponse:
        form = await request.post()
        if session.cards:
            return see_other(f"{ROOT}/")
        try:
            if session.opening is None:
                person = _person(form)
                if person is None:
                    raise Trouble("Something is missing", "Every field wants up to 64 characters.")
                session.person = person
                session.opening = await self._identified(session)
            await self._open_account(session, session.opening)
        except Trouble as trouble:
            return self._shown(session, "app_open.html", person=session.person, wrong=trouble, status=409)
        return see_other(f"{ROOT}/")

    async def _identified(self, session: Session) -> HubRequest:
        """KYC_VERIFICATION; the OPEN_ACCOUNT that may follow it."""
        gateway = self._world.gateway(session.gateway)
        kyc = await gateway.kyc_verification(session.user_id, session.device_id, session.person.applies())
        answer = await self._ask(gateway, kyc)
        return gateway.open_account(session.user_id, session.device_id, kyc.msg_id, str(answer.trx.get("referNo", "")))

    async def _open_account(self, session: Session, opening: HubRequest) -> None:
        """The same message each time it is asked (RULES section 2). Raises Trouble, for a 04 too."""
        gateway = self._world.gateway(session.gateway)
        try:
            answer = await self._ask(gateway, opening)
        except Trouble as trouble:
            if trouble.code and trouble.code != PENDING:
                session.opening = None  # a new try needs a new identification
            raise
        session.opening = None
        try:
            token = Token.parse(str(answer.trx.get("token", "")))
        except ValueError:
            raise Trouble("The card did not come", "The answer had no token in it.") from None
        user = AppUser(user_id=session.user_id, device_id=session.device_id, token=token)
        expiry = str(answer.trx.get("tokenExpiry", ""))
        masked_pan = str(answer.trx.get("maskedPan", ""))
        face = str(answer.trx.get("cardFaceID", ""))
        session.cards.append(PhoneCard(user=user, masked_pan=masked_pan, expiry=_month(expiry), face=face))
        # What the wallet has got, the channel app of the same house shows.
        channel = self._world.channel(WALLETS[session.gateway])
        channel.add_card(session.user_id, token, expiry[:4], masked_pan, self._world.issuer().identity.name)

    # --- whose phone it is

    async def _who(self, _request: web.Request, session: Session) -> web.StreamResponse:
        names = {app_id: identity.name for app_id, identity in self._world.identities.items()}
        return self._shown(session, "app_who.html", holders=self._world.cardholders[:4], names=names)

    async def _become(self, request: web.Request, session: Session) -> web.StreamResponse:
        wanted = (await request.post()).get("user", "")
        holder = next((each for each in self._world.cardholders if each.user_id == wanted), None)
        if holder is not None:
            session.becomes(holder, self._world.product.card_face_id)
        else:
            session.becomes_new()
        session.since = self._world.clock.now()
        return see_other(f"{ROOT}/")

    # --- services (chart U1)

    async def _services(self, _request: web.Request, session: Session) -> web.StreamResponse:
        channel = self._world.channel(WALLETS[session.gateway])
        listed: list[dict[str, Any]] = []
        wrong = None
        try:
            answer = await self._ask(channel, channel.get_industry_list(language="en-HK"))
            listed = [each for each in answer.body.get("services", []) if isinstance(each, dict)]
        except Trouble as trouble:
            wrong = trouble
        return self._shown(session, "app_services.html", services=listed, categories=_CATEGORY_WORDS, wrong=wrong)

    async def _consent(self, request: web.Request, session: Session) -> web.StreamResponse:
        service = self._service(request)
        return self._asked_consent(session, *service) if service else self._no_such_service(session)

    async def _enter(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The user agrees: CHANNEL_LOGIN_INFO with what they agreed to, and the app opens what comes back."""
        service = self._service(request)
        if service is None:
            return self._no_such_service(session)
        industry, seed = service
        form = await request.post()
        agreed = seed.needs | {field for field in seed.takes if f"tell-{field.value}" in form}
        if PersonalField.ID_NO in agreed:
            agreed |= {PersonalField.ID_TYPE}
        channel = self._world.channel(WALLETS[session.gateway])
        personal = session.person.told(sorted(agreed)) or None
        login = await channel.channel_login_info(industry.identity.industry_code, session.user_id, personal, language="en-HK")
        try:
            answer = await self._ask(channel, login)
        except Trouble as trouble:
            return self._asked_consent(session, industry, seed, trouble, status=409)
        session.logged_in = True
        return see_other(str(answer.body.get("industryUrl", f"{ROOT}/services")))

    def _asked_consent(
        self, session: Session, industry: Industry, seed: ServiceSeed, wrong: Trouble | None = None, *, status: int = 200
    ) -> web.Response:
        # Kind and number of a document go together: one line on the screen.
        takes = sorted(seed.takes - {PersonalField.ID_TYPE})
        return self._shown(
            session,
            "app_consent.html",
            service=industry.identity,
            category=_CATEGORY_WORDS.get(seed.category, seed.category),
            needs=sorted(seed.needs),
            takes=takes,
            words=FIELD_WORDS,
            values=session.person.told(PersonalField),
            wrong=wrong,
            status=status,
        )

    def _no_such_service(self, session: Session) -> web.Response:
        return self._shown(session, "app_lost.html", status=404)

    def _service(self, request: web.Request) -> tuple[Industry, ServiceSeed] | None:
        code = request.match_info["code"]
        for seed in SERVICES:
            industry = self._world.partners.get(seed.app_id)
            if isinstance(industry, Industry) and industry.identity.industry_code == code:
                return industry, seed
        return None

    # --- notices

    async def _notices(self, _request: web.Request, session: Session) -> web.StreamResponse:
        notices = notices_of(self._world, session)
        session.seen = {notice.msg_id for notice in notices}
        return self._shown(session, "app_notices.html", notices=notices)

    async def _progress(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.of(request.cookies.get(COOKIE))
        found = self._progress_of(session) if session else Progress(done=[], unread=0, latest=None)
        return web.Response(
            body=msgspec.json.encode(found), content_type="application/json", headers={"Cache-Control": "no-store"}
        )

    def _progress_of(self, session: Session) -> Progress:
        notices = notices_of(self._world, session)
        orders = [
            order
            for industry in self._world.partners.values()
            if isinstance(industry, Industry)
            for order in industry.orders.values()
            if order.user_id == session.user_id and order.placed_at >= session.since
        ]
        steps = {
            "open": bool(session.cards),
            "login": session.logged_in,
            "order": bool(orders),
            "pay": any(order.status == "APPROVED" for order in orders),
            "told": any(order.status == "APPROVED" and order.told_by == ORDER_NOTICE for order in orders)
            and any(notice.message == ORDER_NOTICE for notice in notices),
        }
        unread = [notice for notice in notices if notice.msg_id not in session.seen]
        latest = {"id": unread[0].msg_id, "title": unread[0].title, "text": unread[0].text} if unread else None
        return Progress(done=[name for name, is_done in steps.items() if is_done], unread=len(unread), latest=latest)

    # --- messages and pages

    async def _ask(self, partner: Partner, request: HubRequest) -> HubAnswer:
        """Send it; raises Trouble for everything but 00."""
        try:
            answer = await partner.send(request, timeout_s=_PATIENCE_S)
        except (PartnerError, NotGenuine) as error:
            log.info("the phone got no answer to %s: %s", request.message, error)
            raise Trouble("No answer", f"The hub said nothing to {request.message} in time.") from None
        if answer.code == PENDING:
            raise Trouble("Not known yet", "The bank has not answered. Asking again is safe: it is done once.", PENDING)
        if answer.code != "00":
            detail = str(answer.body.get("msgResponse", {}).get("errorDetail", ""))
            said = f"{answer.text}{f': {detail}' if detail else ''}"
            raise Trouble(f"The hub said {answer.code or answer.status}", said, answer.code or str(answer.status))
        return answer

    def _page(self, page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self._with_session(request, page)

        return handler

    def _act(self, page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A form of ours, and one at a time: a double click does nothing twice."""

        async def handler(request: web.Request) -> web.StreamResponse:
            session = self._sessions.of(request.cookies.get(COOKIE))
            form = await request.post()
            if session is None or not _same(form.get("form"), session.form_key):
                return see_other(f"{ROOT}/")  # the phone was put away meanwhile: begin at its first page
            async with self._sessions.lock(session):
                try:
                    return await page(request, session)
                finally:
                    self._sessions.keep(session)

        return handler

    async def _with_session(self, request: web.Request, page: Page) -> web.StreamResponse:
        session = self._sessions.of(request.cookies.get(COOKIE))
        is_new = session is None
        session = session or self._sessions.begin(self._world.clock.now())
        response = await page(request, session)
        self._sessions.keep(session)
        if is_new:
            response.set_cookie(COOKIE, session.key, path=COOKIE_PATH, httponly=True, samesite="Lax")
        return response

    def _shown(self, session: Session, template: str, *, status: int = 200, **members: Any) -> web.Response:
        channel = self._world.identities[WALLETS[session.gateway]]
        unread = sum(notice.msg_id not in session.seen for notice in notices_of(self._world, session))
        page = render(
            template,
            session=session,
            brand=channel.name,
            look="peak" if channel.app_id != WALLETS[self._world.cardholders[0].gateway] else "harbour",
            root=ROOT,
            stamp=stamp(),
            unread=unread,
            **members,
        )
        return web.Response(text=page, status=status, content_type="text/html", headers=self._headers())

    def _headers(self) -> Mapping[str, str]:
        """Forms may lead on to the services, and nobody but the walk-through frames the phone."""
        policy = (
            f"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
            f"form-action 'self' {' '.join(industry_origins(self._world))}; frame-ancestors 'self'; base-uri 'none'"
        )
        return {
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


def industry_origins(world: World) -> list[str]:
    """Where services have their pages."""
    pages = (each.identity.base_url for each in world.partners.values() if isinstance(each, Industry))
    return sorted({shop.origin(url) for url in pages if url})


def see_other(url: str) -> web.Response:
    return web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _same(said: object, key: str) -> bool:
    return isinstance(said, str) and secrets.compare_digest(said.encode(), key.encode())


def _person(form: Mapping[str, Any]) -> Person | None:
    said = {name: str(form.get(name, "")).strip() for name in _PERSON}
    return Person(**said) if all(_TEXT.fullmatch(text) for text in said.values()) else None


def _month(expiry: str) -> str:
    """YYMMDDhhmmss as MM/YY."""
    return f"{expiry[2:4]}/{expiry[:2]}" if len(expiry) >= 4 and expiry.isdecimal() else ""
