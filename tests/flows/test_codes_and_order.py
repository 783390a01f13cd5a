"""RULES sections 8 and 9 for MPQRC_PAYMENT_EMV: what gets each code, and which of two faults is told (first hit wins)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from support.house import House, house
from unionhub.domain.model.cards import HolderState, IssuerBlock
from unionhub.domain.model.parties import PartyState
from unionhub.domain.model.transactions import PaymentState
from unionhub.hosts.sandbox.seeds import BANK


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The flow's decisions are the same on every store: one house does."""
    with house("memory", tmp_path_factory.mktemp("codes")) as made:
        yield made


class Faulty:
    """A payment with chosen faults: each method spoils one thing."""

    def __init__(self, one: House) -> None:
        self.house = one
        self.trx: dict[str, Any] = {}
        self.card: dict[str, Any] = {}
        self.product: dict[str, Any] = {}
        self.issuer: dict[str, Any] = {}
        self.code: dict[str, Any] = {}
        self.shop = 0
        self.payload: str | None = None
        self.amount = "30.00"
        self.balance = "100.00"
        self.later = timedelta()

    def spoil(self, fault: str) -> None:
        SPOIL[fault](self)

    async def answer(self) -> tuple[str, str]:
        """(code, msgID)"""
        holder = await self.house.cardholder(balance=self.balance)
        await self._prepare(holder.token)
        gateway = self.house.world.gateway(holder.gateway)
        shop = self.house.world.merchants[self.shop]
        payload = self.payload or (shop.code(**self.code) if self.code else shop.qr)
        request = gateway.mpqrc_payment_emv(holder, payload, self.amount, currency="344", **self.trx)
        try:
            return (await gateway.send(request)).code, request.msg_id
        finally:
            await self.house.change_product(**{name: getattr(self._product, name) for name in self.product})
            await self.house.change_party(BANK, state=PartyState.LIVE)

    async def _prepare(self, token: Any) -> None:
        async with self.house.hub.store.begin() as uow:
            self._product = (await uow.products())[0]
            card = await uow.card_by_token(self.house.hub.vault.index(token, "token"))
            assert card is not None
            if self.card:
                await uow.move_card(card, msgspec.structs.replace(card, **self.card))
            await uow.commit()
        if self.product:
            await self.house.change_product(**self.product)
        if self.issuer:
            await self.house.change_party(BANK, **self.issuer)


def _set(part: str, **values: Any) -> Any:
    return lambda faulty: getattr(faulty, part).update(values)


def _change(name: str, value: Any) -> Any:
    return lambda faulty: setattr(faulty, name, value)


JAPANESE = "0002010102121516ABCDEF123456789052045311530339254039995802JP5906DONGRI6005TOKYO62240104hoge0504fuga0704piyo63043FE6"
"""A published code whose ID 15 has 16 characters: EMVCo allows that, UnionPay does not."""

SPOIL: dict[str, Any] = {
    "cut-off": _set("product", cut_off=True),
    "issuer suspended": _set("issuer", state=PartyState.SUSPENDED),
    "gateway not authorised": _set("product", gateways=frozenset()),
    "message not supported": _set("product", messages=frozenset()),
    "token unknown": _set("trx", token="6212345678901232"),
    "token not Luhn": _set("trx", token="6212345678901233"),
    "another user": _set("trx", userID="somebody-else"),
    "another device": _set("trx", deviceID="another-device"),
    "fraud": _set("card", issuer_block=IssuerBlock.FRAUD),
    "lost": _set("card", issuer_block=IssuerBlock.LOST),
    "stolen": _set("card", issuer_block=IssuerBlock.STOLEN),
    "closed": _set("card", issuer_block=IssuerBlock.CLOSED),
    "restricted": _set("card", issuer_block=IssuerBlock.RESTRICTED),
    "suspended": _set("card", holder_state=HolderState.SUSPENDED),
    "deleted": _set("card", holder_state=HolderState.DELETED),
    "code broken": _change("payload", "000201"),
    "no UnionPay account": _change("payload", JAPANESE),
    "another merchant claimed": _set("trx", merchantInfo={"mid": "000000000000000"}),
    "another currency": _set("trx", trxCurrency="840"),
    "amount too fine": _set("trx", trxAmt="1.001"),
    "amount zero": _set("trx", trxAmt="0.00"),
    "fee without indicator": _set("trx", trxFeeAmt="1.00"),
    "coupon unknown": _set("trx", couponInfo="NOSUCH"),
    "category blocked": lambda faulty: faulty.product.update(blocked_mccs=frozenset({faulty.house.world.merchants[0].mcc})),
    "over the payment limit": _set("product", trx_limit_minor=2999),
    "over the day limit": _set("product", day_limit_minor=2999),
    "not enough money": _change("balance", "29.99"),
}  # fmt: skip

ALONE = [
    ("cut-off", "90"), ("issuer suspended", "15"), ("gateway not authorised", "15"), ("message not supported", "40"),
    ("token unknown", "14"), ("token not Luhn", "14"), ("another user", "57"), ("another device", "55"), ("fraud", "34"),
    ("lost", "41"), ("stolen", "43"), ("closed", "21"), ("restricted", "62"), ("suspended", "21"), ("deleted", "21"),
    ("code broken", "30"), ("no UnionPay account", "03"), ("another merchant claimed", "03"), ("another currency", "12"),
    ("amount too fine", "13"), ("amount zero", "13"), ("fee without indicator", "13"), ("coupon unknown", "12"),
    ("category blocked", "62"), ("over the payment limit", "61"), ("over the day limit", "61"), ("not enough money", "51"),
]  # fmt: skip

ORDER = [
    "cut-off", "gateway not authorised", "message not supported", "another user", "another device", "lost", "suspended",
    "code broken",
]  # fmt: skip
QR_ORDER = ["another merchant claimed", "another currency", "amount too fine"]
LAST_ORDER = ["category blocked", "over the payment limit", "over the day limit", "not enough money"]
PAIRS = [
    *[(first, then) for i, first in enumerate(ORDER) for then in ORDER[i + 1 :]],
    *[(first, then) for i, first in enumerate(QR_ORDER) for then in QR_ORDER[i + 1 :]],
    *[(first, then) for first in ORDER[:-1] for then in QR_ORDER],
    *[(first, then) for i, first in enumerate(LAST_ORDER) for then in LAST_ORDER[i + 1 :]],
    ("suspended", "restricted"),
]
CODES = dict(ALONE)


@pytest.mark.parametrize(("fault", "code"), ALONE)
def test_each_fault_has_its_code(one: House, fault: str, code: str) -> None:
    faulty = Faulty(one)
    faulty.spoil(fault)
    answered, msg_id = one.run(faulty.answer())
    assert answered == code
    payment = one.run(one.payment(one.world.cardholders[-1].gateway, msg_id))
    if code == "30":
        assert payment is None, "a format error leaves no claim"
    else:
        assert payment is not None, "every business refusal is recorded"
        assert (payment.state, payment.code) == (PaymentState.DECLINED, code)


@pytest.mark.parametrize(("first", "then"), PAIRS)
def test_of_two_faults_the_first_in_order_is_told(one: House, first: str, then: str) -> None:
    faulty = Faulty(one)
    faulty.spoil(then)
    faulty.spoil(first)
    assert one.run(faulty.answer())[0] == CODES[first]


def test_a_spent_code_is_told_before_a_limit_and_gives_nothing_back_twice(one: House) -> None:
    async def scenario() -> None:
        holder = await one.cardholder(balance="100.00")
        gateway, shop = one.world.gateway(holder.gateway), one.world.merchants[0]
        code = shop.code(amount="10.00", reference="BILL-4711")
        first = await gateway.send(gateway.mpqrc_payment_emv(holder, code, "10.00", currency="344"))
        assert first.code == "00"
        await one.change_product(trx_limit_minor=500)
        try:
            other = await one.cardholder(balance="100.00")
            again = await gateway.send(gateway.mpqrc_payment_emv(other, code, "10.00", currency="344"))
            assert again.code == "02"
        finally:
            await one.change_product(trx_limit_minor=one.world.product.trx_limit_minor)

    one.run(scenario())


def test_a_declined_try_frees_the_code_for_another_card(one: House) -> None:
    async def scenario() -> None:
        poor, rich = await one.cardholder(balance="1.00"), await one.cardholder(balance="100.00")
        gateway, shop = one.world.gateway(poor.gateway), one.world.merchants[0]
        code = shop.code(amount="10.00", reference="BILL-4712")
        codes = [
            (await gateway.send(gateway.mpqrc_payment_emv(holder, code, "10.00", currency="344"))).code
            for holder in (poor, rich, rich)
        ]
        assert codes == ["51", "00", "02"]
        assert await one.balance(rich) == "90.00"

    one.run(scenario())


def test_another_gateways_card_is_14_whatever_else_is_wrong(one: House) -> None:
    async def scenario() -> None:
        theirs = await one.cardholder(one.world.cardholders[1].gateway)
        gateway = one.world.gateway(one.world.cardholders[0].gateway)
        await one.change_product(cut_off=True)
        try:
            answer = await gateway.send(gateway.mpqrc_payment_emv(theirs, one.world.merchants[0], "1.00"))
        finally:
            await one.change_product(cut_off=False)
        assert answer.code == "14"

    one.run(scenario())


def test_a_gateway_that_is_not_live_yet_may_ask_but_not_pay(one: House) -> None:
    async def scenario() -> None:
        holder = await one.cardholder(balance="100.00")
        gateway = one.world.gateway(holder.gateway)
        paid = gateway.mpqrc_payment_emv(holder, one.world.merchants[0], "1.00")
        assert (await gateway.send(paid)).code == "00"
        await one.change_party(holder.gateway, state=PartyState.TESTING)
        try:
            answer = await gateway.send(gateway.mpqrc_payment_emv(holder, one.world.merchants[0], "1.00"))
            inquiry = await gateway.send(gateway.trx_result_inquiry(holder, paid.msg_id))
        finally:
            await one.change_party(holder.gateway, state=PartyState.LIVE)
        assert (answer.code, inquiry.code) == ("62", "00")
        assert await one.balance(holder) == "99.00"

    one.run(scenario())


def test_an_expired_card_is_54(one: House) -> None:
    async def scenario() -> None:
        holder = await one.cardholder()
        gateway = one.world.gateway(holder.gateway)
        one.clock.advance(6 * 366 * 86_400)
        answer = await gateway.send(gateway.mpqrc_payment_emv(holder, one.world.merchants[0], "1.00"))
        assert answer.code == "54"

    one.run(scenario())
