"""The hot path's parts as rows that can be measured alone, and its whole on each store."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import msgspec

from loadgen.messages import Cardholder, Merchant, Reply, Sandbox, Step
from rig.floor import Floor, Wires
from rig.instant_bank import InstantBank
from rig.onboarding import crowd, onboard
from scenarios.merchant_qr import MerchantQr, MerchantQrSettings
from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.jose.header import parse_header
from unionhub.adapters.memory.store import MemoryStore
from unionhub.adapters.sql import migrate
from unionhub.adapters.wire.inbound import INBOUND, Reader
from unionhub.domain.model.cards import Card
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Notice
from unionhub.domain.model.parties import Party
from unionhub.domain.model.transactions import Payment, PaymentEvent, PaymentState, day_limit
from unionhub.hosts.hub import Hub, open_hub
from unionhub.hosts.sandbox.control import describe_merchant
from unionhub.hosts.sandbox.partner import JWS_HEADER, Identity
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, HKD, MERCHANTS
from unionhub.hosts.settings import DatabaseUrl, Settings
from unionhub.ports.store import Store

CARDHOLDERS: Final = 40
ACCOUNT: Final = b'{"accountNo":"012800000001"}'
PATH: Final = "/debittransaction"
QR: Final = MERCHANTS[0].qr

Work = Callable[[Step], Awaitable[object]]
"""One operation on a payment that nobody has seen before."""


class Row:
    """Something that is measured in rounds. `aside_s` tells CPU seconds so far that must not count: the partners'."""

    def __init__(self, name: str, work: Work, aside_s: Callable[[], float] = lambda: 0.0) -> None:
        self.name = name
        self.work = work
        self._aside_s = aside_s
        self._cpu_s = self._wall_s = 0.0
        self._count = 0
        self.cpu_ms: list[float] = []  # one value a round
        self.wall_ms: list[float] = []

    async def measure(self, step: Step) -> None:
        """One operation."""
        aside_s, cpu_s, wall_s = self._aside_s(), time.process_time(), time.perf_counter()
        await self.work(step)
        self._wall_s += time.perf_counter() - wall_s
        self._cpu_s += time.process_time() - cpu_s - (self._aside_s() - aside_s)
        self._count += 1

    def end_round(self, *, keep: bool) -> None:
        """The mean of this round's operations becomes a value, unless it was for warming up."""
        if keep:
            self.cpu_ms.append(1000 * self._cpu_s / self._count)
            self.wall_ms.append(1000 * self._wall_s / self._count)
        self._cpu_s = self._wall_s = 0.0
        self._count = 0


async def measure_all(rows: Sequence[Row], payments: Callable[[int], list[Step]], *, rounds: int, each: int) -> None:
    """`rounds` after one for warming up. Rows take turns operation by operation: each finds caches as cold as in a real
    payment, and neighbours on the machine disturb all of them alike."""
    for place in range(rounds + 1):
        for _ in range(each):
            for row, step in zip(rows, payments(len(rows)), strict=True):
                await row.measure(step)
        for row in rows:
            row.end_round(keep=place > 0)


class Kit:
    """A home with partner files, cardholders, a bank in this process, and payments to be signed."""

    def __init__(self, home: Path, identities: Mapping[str, Identity]) -> None:
        self.home = home
        self.identities = dict(identities)
        self.holders = crowd(CARDHOLDERS)
        self.bank = InstantBank(self.identities[BANK])
        self._dice = Random(1)
        self._scenario: MerchantQr | None = None

    def settings(self, url: str) -> Settings:
        return Settings(home=self.home, database_url=DatabaseUrl.parse(url), log_to="file", port=0, operator_port=0)

    async def open(self, stack: AsyncExitStack, url: str | None) -> Hub:
        """A hub on that database (None: in memory), with the bank in this process."""
        if url is not None:
            await migrate.upgrade(url)
            await onboard(self.settings(url), self.identities, self.holders)
            return await stack.enter_async_context(open_hub(self.settings(url), transport=self.bank))
        settings = self.settings(f"sqlite:///{self.home / 'unused.db'}")
        hub = await stack.enter_async_context(open_hub(settings, store=MemoryStore(), transport=self.bank))
        registrar = Registrar(hub.store, hub.vault, hub.sequences, hub.clock)
        await registrar.register(self.identities, cardholders=tuple(self.holders))
        await hub.directory.refresh()
        return hub

    def payments(self, jwks: Mapping[str, Any], how_many: int) -> list[Step]:
        """Signed payments, by cardholders of both gateways: half of them in each of the two RSA profiles."""
        if self._scenario is None:
            people = [
                Cardholder(
                    user_id=holder.user_id,
                    device_id=holder.device_id,
                    gateway=holder.gateway,
                    token=holder.token.reveal(),
                    currency=holder.currency,
                    balance=holder.opening.text,
                )
                for holder in self.holders
            ]
            shops = [msgspec.convert(describe_merchant(merchant), Merchant) for merchant in MERCHANTS]
            self._scenario = MerchantQr(MerchantQrSettings(inquiry_share=0.0), Sandbox(self.home, jwks, people, shops))
        journeys = [self._scenario(self._dice) for _ in range(how_many)]
        return [step for journey in journeys for step in journey if isinstance(step, Step)]


async def part_rows(hub: Hub, bank: InstantBank) -> list[Row]:
    """What one payment consists of, each alone. No HTTP, no store."""
    jose = HubJose(hub.keys, time.time)
    issuer = _known(hub, BANK)
    (row,) = (row for row in INBOUND if row.name == "MPQRC_PAYMENT_EMV")
    reader = Reader(row, jose.open_from)
    word, word_signature = bank.answer(b'{"msgInfo":{"msgID":"U"},"trxInfo":{"trxAmt":"1.00","trxCurrency":"344"}}')

    async def verify(step: Step) -> None:
        header = parse_header(step.headers[JWS_HEADER])
        jose.admit_request(header, step.path, step.body, hub.directory.party(header.app_id), row.roles)

    async def read(step: Step) -> None:
        incoming = reader.read(step.body, _known(hub, step.signer.app_id))
        assert incoming.refusal is None
        hub.vault.digest(incoming.content)

    async def seal(_: Step) -> None:
        jose.seal_for(issuer, ACCOUNT)

    async def ask(step: Step) -> None:
        jose.sign_request(step.body, issuer, PATH)

    async def believe(_: Step) -> None:
        jose.verify_response(word_signature, word, issuer)

    async def answer(step: Step) -> None:
        jose.sign_response(step.body, _known(hub, step.signer.app_id))

    return [
        Row("verify the request", verify),
        Row("read it, digest it", read),
        Row("seal the account for the bank", seal),
        Row("sign the request to the bank", ask),
        Row("verify the bank's answer", believe),
        Row("sign the answer", answer),
    ]


def store_row(name: str, hub: Hub, cards: Mapping[str, Card]) -> Row:
    """A payment's two units of work, and nothing else of it."""
    numbers = count(10**12)  # far from the hub's own

    async def units(step: Step) -> None:
        card = cards[step.signer.app_id]
        payment = _payment(next(numbers), step, card)
        claim = Claim(
            sender=payment.sender,
            msg_id=payment.msg_id,
            message=payment.kind,
            digest=step.body[:32],
            record_id=payment.payment_id,
        )
        async with hub.store.begin() as unit:
            await unit.admit(payment.sender, f"{payment.payment_id:032x}", claim)
            await unit.card_by_token(card.token_index)
            await unit.open_payment(payment)
            await unit.commit()
        after = payment.moved(PaymentEvent.APPROVE, code="00", due_at=None, bank_code="00")
        assert await hub.store.move_payment(payment, after, [_notice(after)])

    return Row(name, units)


def whole_row(name: str, hub: Hub, bank: InstantBank) -> Row:
    """`MessageEndpoint.handle`, from bytes to bytes."""

    async def handle(step: Step) -> None:
        reply = await hub.endpoint.handle(step.path, step.headers[JWS_HEADER], step.body)
        assert b'"responseCode":"00"' in reply.body, reply.body

    return Row(name, handle, lambda: bank.cpu_s)


def call_rows(bank_url: str, stack: AsyncExitStack) -> list[Row]:
    """The call to a bank in another process: the hub's client and the floor's, with a request as large as a debit."""
    transport = AiohttpTransport()
    stack.push_async_callback(transport.aclose)
    address = urlsplit(bank_url)
    wires = Wires(address.hostname or "", address.port or 80)

    async def hubs(step: Step) -> None:
        await transport.post(bank_url + PATH, step.headers, step.body, timeout_s=10)

    async def raw(step: Step) -> None:
        await wires.post(PATH, step.headers, step.body)

    return [Row("call the bank over HTTP", hubs), Row("the same with the floor's client", raw)]


async def floor_row(name: str, kit: Kit, hub: Hub, pool: asyncpg.Pool) -> Row:
    """The floor's own job, without HTTP as well."""

    async def post(path: str, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
        reply = await kit.bank.post(path, headers, body, timeout_s=1)
        return reply.headers[JWS_HEADER.lower()], reply.body

    floor = Floor(pool, hub.keys, kit.identities, post)
    await floor.prepare([holder.token.reveal() for holder in kit.holders])

    async def pay(step: Step) -> None:
        _, body = await floor.pay(step.headers[JWS_HEADER], step.path, step.body)
        assert b'"responseCode":"00"' in body

    return Row(name, pay, lambda: kit.bank.cpu_s)


async def cards_of(store: Store, holders_of: Sequence[str]) -> dict[str, Card]:
    """One card of each gateway."""
    async with store.begin() as unit:
        return {gateway: (await unit.cards(gateway=gateway, limit=1))[0] for gateway in holders_of}


def failure_of(step: Step, status: int, headers: Mapping[str, str], body: bytes) -> str:
    """What is wrong with an answer; empty when it is right."""
    return step.failure_of(Reply(status=status, headers={name.lower(): value for name, value in headers.items()}, body=body))[0]


def _payment(number: int, step: Step, card: Card) -> Payment:
    now = datetime.now(UTC)
    amount = Money(step.minor, HKD)
    limit = day_limit(card.card_id, now.date(), amount.minor, 10**12)
    return Payment(
        payment_id=number,
        kind="MPQRC_PAYMENT_EMV",
        sender=step.signer.app_id,
        msg_id=f"bench{number}",
        state=PaymentState.PENDING,
        opened_at=now,
        due_at=now,
        gateway=step.signer.app_id,
        issuer=card.issuer,
        acquirer=ACQUIRER,
        card_id=card.card_id,
        user_id=card.user_id,
        device_id=card.device_id,
        gross=amount,
        amount=amount,
        fee=Money(0, HKD),
        bill=amount,
        settle=amount,
        settle_date=now.date(),
        qr_payload=QR,
        reservations=(limit,),
        voucher_no=str(number),
        trace_no="000001",
        retrieval_ref=str(number)[-12:],
        bank_msg_id=f"U{number}",
    )


def _notice(payment: Payment) -> Notice:
    return Notice(
        notice_id=payment.payment_id,
        payment_id=payment.payment_id,
        receiver=payment.acquirer,
        message="TRX_RESULT_NOTIFICATION",
        msg_id=f"U{payment.payment_id}",
        due_at=payment.opened_at,
        created_at=payment.opened_at,
    )


def _known(hub: Hub, app_id: str) -> Party:
    party = hub.directory.party(app_id)
    assert party is not None
    return party
