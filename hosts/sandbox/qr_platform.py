"""The platform behind URL-mode codes, simulated: what a URL asks for, and whether it is still to be paid (RULES section 15).

What it knows lives as long as its process; the seeded codes are always there.
"""

from __future__ import annotations

import itertools
import secrets
from datetime import timedelta
from typing import Any, Final

from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import Partner
from unionhub.hosts.sandbox.seeds import URL_CODES, URL_HOST, UrlCode

ALWAYS_VALID: Final = timedelta(days=1)
"""How long a code without an end is said to be valid from the moment of the question."""

NEW_CODE_LIFE: Final = timedelta(minutes=30)

_ELSEWHERE: Final = "elsewhere"
_USE_CASE: Final = "10"
_SERIAL_DIGITS: Final = 28
_REMEMBERED: Final = 5_000


class QrPlatform(Partner):
    """`codes` are the codes that it knows, by their URL."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.codes: dict[str, UrlCode] = {code.url: code for code in URL_CODES}
        self._paid_by: dict[str, str] = {}  # URL of a one-time code -> msgID of the notice that said so
        self._told: dict[str, Answer] = {}
        self._serials = itertools.count(secrets.randbelow(10 ** (_SERIAL_DIGITS - 1)))
        self.handlers["RESOLVE"] = self._resolve
        self.handlers["TRX_RESULT_NOTIFICATION"] = self._notified

    def new_code(
        self,
        amount: str | None = None,
        one_time: bool = True,
        *,
        seller: UrlCode = URL_CODES[0],
        life: timedelta = NEW_CODE_LIFE,
    ) -> UrlCode:
        """A new code of `seller`'s shop, for `amount` yuan (text; None: the payer types it in), valid for `life`."""
        code = UrlCode(
            url=f"{URL_HOST}/00010000/{next(self._serials):0{_SERIAL_DIGITS}d}",
            name=seller.name,
            mcc=seller.mcc,
            city=seller.city,
            amount=amount,
            one_time=one_time,
            valid_until=self._clock.now() + life,
        )
        self.codes[code.url] = code
        return code

    def paid_elsewhere(self, url: str) -> None:
        """Somebody else's wallet paid this code, whatever kind it is."""
        self._paid_by[self.codes[url].url] = _ELSEWHERE

    def is_paid(self, url: str) -> bool:
        """Can this code be paid no more?"""
        return url in self._paid_by

    async def _resolve(self, received: Received) -> Answer:
        url = received.trx.get("mpqrcPayload")
        if not isinstance(url, str):
            return Answer(code="30", detail="trxInfo.mpqrcPayload")
        code = self.codes.get(url)
        if code is None:
            return Answer(code="12")
        now = self._clock.now()
        valid_until = code.valid_until or now + ALWAYS_VALID
        if self.is_paid(url) or valid_until <= now:
            return Answer(code="02")
        told = {
            "trxAmt": code.amount,
            "trxCurrency": code.currency,
            "merchantName": code.name,
            "mcc": code.mcc,
            "merchantCountry": code.country,
            "merchantCity": code.city,
            "qrcUseCase": _USE_CASE,
            "validUntil": f"{valid_until:%Y%m%d%H%M%S}",
        }
        return Answer(trx={name: value for name, value in told.items() if value is not None})

    async def _notified(self, received: Received) -> Answer:
        """The same notice gets the same answer; another one for a code that is paid is refused."""
        known = self._told.get(received.msg_id)
        answer = self._told[received.msg_id] = known or self._judged(received)
        if len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]  # the oldest: the hub has long stopped repeating it
        return answer

    def _judged(self, received: Received) -> Answer:
        url = received.trx.get("mpqrcPayload")
        if received.trx.get("paymentStatus") != "APPROVED" or not isinstance(url, str):
            return Answer(code="00")  # there is nothing to settle
        code = self.codes.get(url)
        if code is None:
            return Answer(code="12")
        if self._paid_by.get(url, received.msg_id) != received.msg_id:
            return Answer(code="02")
        if code.one_time:
            self._paid_by[url] = received.msg_id
        return Answer(code="00")
