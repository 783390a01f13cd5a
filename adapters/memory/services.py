"""UCSP's services, grants and logins in memory."""

from __future__ import annotations

from unionhub.domain.model.login import Login
from unionhub.domain.model.services import Grant, IndustryService

from .unit import UnitBase


class Services(UnitBase):
    async def services(self) -> list[IndustryService]:
        return [service for _, service in sorted(self._tables.services.items())]

    async def put_service(self, service: IndustryService) -> None:
        self._put(self._tables.services, service.app_id, service)

    async def grants(self) -> list[Grant]:
        return [grant for _, grant in sorted(self._tables.grants.items())]

    async def put_grant(self, grant: Grant) -> None:
        self._put(self._tables.grants, (grant.channel, grant.industry), grant)

    async def add_login(self, login: Login) -> None:
        if login.login_id in self._tables.logins:
            raise ValueError(f"login {login.login_id} is there already")
        self._put(self._tables.logins, login.login_id, login)

    async def login(self, login_id: int) -> Login | None:
        return self._tables.logins.get(login_id)

    async def latest_login(self, channel: str, user_id: str, industry: str) -> Login | None:
        found = [
            login
            for login in self._tables.logins.values()
            if (login.channel, login.user_id, login.industry) == (channel, user_id, industry)
        ]
        return max(found, key=lambda login: (login.ends_at, login.login_id), default=None)
