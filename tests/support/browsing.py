"""Browsers without a window: one that fills in forms as they stand, and somebody at a service's counter without sockets."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import aiohttp

from unionhub.hosts.sandbox.envelope import Received
from unionhub.hosts.sandbox.industry import Industry, Visitor
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, Visit


class Browser:
    """One browser: its cookies, and forms that it fills in as they stand."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self.session, self.base_url = session, base_url
        self.text, self.url, self.status = "", "", 0

    async def go(self, url: str) -> str:
        async with self.session.get(url if "://" in url else self.base_url + url) as page:
            return await self._read(page)

    async def submit(self, **changes: str | None) -> str:
        """The page's first form."""
        form = re.search(r'<form method="post" action="([^"]+)"(.*?)</form>', self.text, re.DOTALL)
        assert form, self.text
        fields = dict(re.findall(r'<input (?:type="hidden" )?name="([^"]+)" value="([^"]*)"', form[2]))
        fields |= dict(re.findall(r'type="radio" name="(\w+)" value="([^"]+)" checked', form[2]))
        data = {name: unescape(value) for name, value in fields.items()} | changes
        action = unescape(form[1])
        url = str(self.url.join(aiohttp.client.URL(action)))
        async with self.session.post(url, data={name: value for name, value in data.items() if value is not None}) as page:
            return await self._read(page)

    async def _read(self, page: aiohttp.ClientResponse) -> str:
        self.url, self.status, self.text = page.url, page.status, await page.text()
        return self.text


class Counter:
    """Somebody in a service's shop, without sockets; `said` is what the hub answers next."""

    def __init__(self, industry: Industry) -> None:
        self.industry = industry
        self.sent: list[HubRequest] = []
        self.said: list[HubAnswer | Exception] = []
        industry.send = self._send  # type: ignore[method-assign]
        visitor = Visitor(channel_code="HARBOUR01", user_id="user-1", expires_at=industry._clock.now())
        reply = industry.let_in(visitor)
        self.form_key = visitor.form_key
        self.cookies = dict([reply.headers["set-cookie"].split(";")[0].split("=", 1)])

    async def _send(self, request: HubRequest, *, timeout_s: float = 15.0) -> HubAnswer:
        self.sent.append(request)
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    async def order(self, **fields: str) -> tuple[int, str]:
        form = urlencode({"form": self.form_key, "good": "2h", "detail": "lk 8848", **fields}).encode()
        return await self.ask("POST", "/order", form=form)

    async def back(self, order_id: str = "") -> tuple[int, str]:
        return await self.ask("GET", "/return", query=f"orderId={order_id or self.order_id}")

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        reply = await self.industry.browse(Visit(method=method, path=path, **{"cookies": self.cookies, **more}))
        assert reply is not None
        return reply.status, reply.headers.get("location") or reply.body.decode()

    @property
    def order_id(self) -> str:
        return str(self.sent[0].body["orderId"])

    async def notice(self, status: str, **more: Any) -> str:
        body = {
            "msgID": "U1",
            "industryCode": self.industry.identity.industry_code,
            "orderId": self.order_id,
            "paymentStatus": status,
            **more,
        }
        received = Received(message="PAYMENT_RESULT_NOTICE", msg_id="U1", ins_id="", trx=body, body=body, flat=True)
        return (await self.industry.handlers["PAYMENT_RESULT_NOTICE"](received)).code


def answered(code: str, body: dict[str, Any]) -> HubAnswer:
    return HubAnswer(status=200, code=code, text="", body=body)


def placed(url: str = "http://hub.sandbox/cashier/1") -> HubAnswer:
    return answered("00", {"cashierUrl": url})
