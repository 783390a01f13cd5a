"""UCSP's services, grants and logins."""

from __future__ import annotations

import sqlalchemy as sa

from unionhub.domain.model.login import Login
from unionhub.domain.model.services import Grant, IndustryService

from .reference import putting
from .rows import GRANTS, LOGINS, SERVICES
from .statement import Statement, done, insert, number, text
from .tables import grants, logins, services
from .transaction import Transaction

_SERVICES = Statement(sa.select(*SERVICES.columns).order_by(services.c.app_id))
_PUT_SERVICE = putting(SERVICES, services)
_GRANTS = Statement(sa.select(*GRANTS.columns).order_by(grants.c.channel, grants.c.industry))
_PUT_GRANT = putting(GRANTS, grants)
_ADD_LOGIN = Statement(insert(logins).values(LOGINS.parameters()).on_conflict_do_nothing().returning(done()))
_LOGIN = Statement(sa.select(*LOGINS.columns).where(logins.c.login_id == number("login_id")))
_LATEST_LOGIN = Statement(
    sa.select(*LOGINS.columns)
    .where(
        logins.c.channel == text("channel"),
        logins.c.user_id == text("user_id"),
        logins.c.industry == text("industry"),
    )
    .order_by(logins.c.ends_at.desc(), logins.c.login_id.desc())
    .limit(sa.literal_column("1"))
)


class Services(Transaction):
    """Of the unit of work. `purge` is in `upkeep.py`."""

    async def services(self) -> list[IndustryService]:
        return await self._items(SERVICES, _SERVICES)

    async def put_service(self, service: IndustryService) -> None:
        await self._fetch(_PUT_SERVICE, SERVICES.values(service))

    async def grants(self) -> list[Grant]:
        return await self._items(GRANTS, _GRANTS)

    async def put_grant(self, grant: Grant) -> None:
        await self._fetch(_PUT_GRANT, GRANTS.values(grant))

    async def add_login(self, login: Login) -> None:
        if not await self._fetch(_ADD_LOGIN, LOGINS.values(login)):
            raise ValueError(f"login {login.login_id} is there already")

    async def login(self, login_id: int) -> Login | None:
        return await self._item(LOGINS, _LOGIN, {"login_id": login_id})

    async def latest_login(self, channel: str, user_id: str, industry: str) -> Login | None:
        values = {"channel": channel, "user_id": user_id, "industry": industry}
        return await self._item(LOGINS, _LATEST_LOGIN, values)
