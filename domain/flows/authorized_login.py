"""UCSP chart: authorized login (U-47..53, U-113..129; RULES sections 6, 10 and 14; section 12, U1).

2. Channel APP -> UCSP         CHANNEL_LOGIN_INFO with what the channel tells of its user, sealed
3.                             UCSP verifies the channel, the industry, their grant, and what this industry needs
   UCSP -> Industry Service    INDUSTRY_LOGIN_INFO: a ticket, and what the industry may know, sealed anew
   Industry Service -> UCSP    it will let in whoever brings the ticket
4. UCSP -> Channel APP         the industry's URL with the ticket; or the code of what failed, and no URL
5.                             the app opens the URL; this never crosses the hub
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import Secret
from unionhub.domain.model.login import Listed, LoggedIn, Login, LoginRequest
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.outgoing import Answer, IndustryLogin
from unionhub.domain.model.parties import Party
from unionhub.domain.model.services import TICKET_BYTES, IndustryService, offered, service_faults
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.entropy import Entropy
from unionhub.ports.store import Store, UnitOfWork
from unionhub.ports.vault import Vault

from .acts import Calling, Done
from .numbers import Numbers, industry_msg_id
from .service_questions import ServiceQuestions


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What a login needs that is taken outside of a unit of work."""

    login_id: int
    message_no: int
    ticket: Secret


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A user whom the industry is about to be told of."""

    login: Login
    industry: Party
    announcement: IndustryLogin
    url: Secret


class AuthorizedLogin:
    """CHANNEL_LOGIN_INFO. Nothing of what is told of the user is written anywhere."""

    message: ClassVar[str] = "CHANNEL_LOGIN_INFO"

    def __init__(
        self,
        directory: Directory,
        questions: ServiceQuestions,
        vault: Vault,
        entropy: Entropy,
        numbers: Numbers,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._questions = questions
        self._vault = vault
        self._entropy = entropy
        self._numbers = numbers
        self._clock = clock

    async def prepare(self, request: LoginRequest) -> Prepared:
        """The login's id, the number of the message to the industry, and a ticket that nobody can guess."""
        del request
        ticket = base64.urlsafe_b64encode(self._entropy.token_bytes(TICKET_BYTES)).rstrip(b"=").decode()
        return Prepared(
            login_id=await self._numbers.payment_id(),
            message_no=await self._numbers.payment_id(),
            ticket=Secret(ticket),
        )

    async def open(self, uow: UnitOfWork, act: Act, request: LoginRequest, prepared: Prepared) -> Calling:
        """Step 3: `62`, `03`, `40`, `70`, in this order; `96` for a service whose URL can be no industryUrl."""
        del uow
        channel = self._channel(act.sender)
        service, industry = self._service(request.industry_code)
        grant = self._directory.grant(channel.app_id, industry.app_id)
        if grant is None or not grant.holds(self._clock.now()):
            raise Decline("40")
        if service.needs - request.personal.keys():
            raise Decline("70")
        if service_faults(service):
            raise Decline("96")
        return Calling(work=self._admission(act, channel, industry, service, request, prepared))

    async def call(self, act: Act, work: Admission) -> Answer | str:
        """The ticket is at the industry before anybody else has it."""
        return await self._questions.ask(work.industry, work.announcement)

    async def close(self, uow: UnitOfWork, act: Act, work: Admission, result: Answer | str) -> Done:
        """Step 4. An industry that did not say `00` may have the ticket all the same: nobody is given it, and it dies."""
        if isinstance(result, str):
            raise Decline(result)
        await uow.add_login(work.login)
        return Done(value=LoggedIn(industry_url=work.url), subject_id=work.login.login_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> LoggedIn | None:
        """The same URL, for a repeat."""
        login = await uow.login(act.subject_id) if act.subject_id is not None else None
        if login is None:
            return None
        return LoggedIn(industry_url=Secret(self._vault.open(login.url_sealed, of_login(login.login_id))))

    def _channel(self, app_id: str) -> Party:
        party = self._directory.party(app_id)
        if party is None or not party.is_live:
            raise Decline("62")
        return party

    def _service(self, industry_code: str) -> tuple[IndustryService, Party]:
        service = self._directory.service(industry_code)
        industry = self._directory.party(service.app_id) if service is not None else None
        if service is None or industry is None or not industry.is_live:
            raise Decline("03")
        return service, industry

    def _admission(
        self, act: Act, channel: Party, industry: Party, service: IndustryService, request: LoginRequest, prepared: Prepared
    ) -> Admission:
        url = service.landing(prepared.ticket)
        login = Login(
            login_id=prepared.login_id,
            channel=channel.app_id,
            industry=industry.app_id,
            user_id=request.user_id,
            opened_at=act.opened_at,
            ends_at=act.opened_at + timedelta(seconds=service.login_life_s),
            url_sealed=self._vault.seal(url, of_login(prepared.login_id)),
        )
        announcement = IndustryLogin(
            msg_id=industry_msg_id(industry, act.opened_at, prepared.message_no),
            sent_at=act.opened_at,
            channel_code=channel.channel_code,
            industry_code=industry.industry_code,
            user_id=request.user_id,
            ticket=prepared.ticket,
            expires_at=act.opened_at + timedelta(seconds=service.ticket_life_s),
            language=service.language_for(request.language),
            longitude=request.longitude,
            latitude=request.latitude,
            personal={field: value for field, value in request.personal.items() if field in service.passes},
        )
        return Admission(login=login, industry=industry, announcement=announcement, url=url)


class IndustryList:
    """GET_INDUSTRY_LIST: the services there are, and how far this channel has come with each (U-46, U-189)."""

    def __init__(self, store: Store, directory: Directory, clock: Clock) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    async def ask(self, envelope: Envelope, request: None) -> Sequence[Listed]:
        """By industry code. A service whose industry is not live is not there; a channel that is still tested may ask."""
        del request
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            await uow.commit()
        now, channel = self._clock.now(), envelope.sender.app_id
        return [
            Listed(
                industry_code=industry.industry_code,
                service=service,
                state=offered(self._directory.grant(channel, service.app_id), now),
            )
            for service in self._directory.services()
            if (industry := self._directory.party(service.app_id)) is not None and industry.is_live
        ]


def of_login(login_id: int) -> str:
    """The purpose of a login's own ciphertext: nobody can put one user's URL on another's login."""
    return f"url of login {login_id}"
