"""The invariants find what is wrong: each is shown a record that breaks it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from contracts.store_orders import order
from contracts.store_samples import act, card, enrolment, payment
from support.house import House
from unionhub.adapters.memory.store import MemoryStore
from unionhub.domain.flows import invariants as rules
from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card
from unionhub.domain.model.enrolment import Enrolment, EnrolmentState
from unionhub.domain.model.orders import OrderState
from unionhub.domain.model.transactions import Allowance, OnceKey, Payment, PaymentState
from unionhub.ports.books import Booked


async def _approved(house: House) -> Payment:
    holder = await house.cardholder(balance="100.00")
    gateway = house.world.gateway(holder.gateway)
    request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "30.00")
    assert (await gateway.send(request)).code == "00"
    await house.work()
    payment = await house.payment(holder.gateway, request.msg_id)
    assert payment is not None
    return payment


def test_they_hold_and_find_what_the_bank_alone_or_nobody_booked(house: House) -> None:
    async def scenario() -> None:
        payment = await _approved(house)
        assert await house.broken() == set()
        assert await house.broken(U0=Booked(taken=100)) == {"booked_is_approved"}
        assert await house.broken(**{payment.bank_msg_id: Booked(taken=3000)}) == {"booked_is_approved"}, "booked twice"
        assert await house.broken(**{payment.bank_msg_id: Booked(given=3000)}) == {"booked_is_approved"}, "given back"

    house.run(scenario())


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"state": PaymentState.UNKNOWN, "code": ""}, "every_payment_ends"),
        ({"reservations": (OnceKey(key="qr:same", code="02"),)}, "no_purchase_twice"),
        ({"told_pending": True}, "everyone_is_told"),
    ],
)
def test_a_broken_record_is_found(house: House, changes: dict[str, object], broken: str) -> None:
    async def scenario() -> None:
        for number in (1, 2):
            payment = await _approved(house)
            wrong = msgspec.structs.replace(
                payment,
                payment_id=payment.payment_id + 1_000_000_000,
                msg_id=f"A{number:028d}{broken}"[:49],
                bank_msg_id="",
                **changes,
            )
            async with house.hub.store.begin() as uow:
                await uow.record_payment(wrong)
                await uow.commit()
        house.clock.advance(3600)
        assert broken in await house.broken()

    house.run(scenario())


def test_an_overspent_limit_is_found(house: House) -> None:
    async def scenario() -> None:
        payment = await _approved(house)
        share = next(found for found in payment.reservations if isinstance(found, Allowance))
        too_much = msgspec.structs.replace(
            payment,
            payment_id=payment.payment_id + 2_000_000_000,
            msg_id="A" + "5" * 28,
            bank_msg_id="",
            reservations=(msgspec.structs.replace(share, amount_minor=share.limit_minor),),
        )
        async with house.hub.store.begin() as uow:
            await uow.record_payment(too_much)
            await uow.commit()
        assert "no_limit_overspent" in await house.broken()

    house.run(scenario())


_HELD = OnceKey(key="code:5", code="02", kept=True)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"state": PaymentState.READY, "code": "", "due_at": None}, "every_wait_is_owned"),
        ({"kind": "CPQRC_PAYMENT", "code_id": 5, "reservations": (_HELD,)}, "no_code_pays_twice"),
        # a consumer's code stays spent, whatever became of the first payment
        (
            {"kind": "CPQRC_PAYMENT", "code_id": 6, "reservations": (_HELD,), "state": PaymentState.DECLINED, "code": "51"},
            "no_code_pays_twice",
        ),
        ({"kind": "WITHDRAW", "code_id": 7}, "no_code_pays_twice"),
        ({"kind": "CREDIT_TRANSACTION", "state": PaymentState.REVERSED, "code": "91"}, "no_credit_reversed"),
        ({"kind": "REFUND", "reversal_msg_id": "U1"}, "no_credit_reversed"),
    ],
)
def test_a_record_that_breaks_a_rule_of_every_kind_is_found(house: House, changes: dict[str, Any], broken: str) -> None:
    async def scenario() -> None:
        before = await _found(house)
        for _ in range(2):
            payment = await _approved(house)
            await _record(house, payment, 3_000_000_000, f"B{payment.payment_id:028d}", **changes)
        assert (await _found(house))[broken] > before[broken]

    house.run(scenario())


def test_two_refunds_of_more_than_was_paid_are_found_though_nothing_was_reserved(house: House) -> None:
    async def scenario() -> None:
        payment = await _approved(house)
        changes = {"kind": "REFUND", "orig_payment_id": payment.payment_id, "reservations": ()}
        await _record(house, payment, 4_000_000_000, f"C{payment.payment_id:028d}", **changes)
        assert not (await _found(house))["no_refund_beyond_paid"], "all of it, once"
        await _record(house, payment, 5_000_000_000, f"D{payment.payment_id:028d}", **changes)
        assert (await _found(house))["no_refund_beyond_paid"] == 1

    house.run(scenario())


async def _record(house: House, payment: Payment, beyond: int, msg_id: str, **changes: Any) -> None:
    number = payment.payment_id + beyond
    wrong = msgspec.structs.replace(payment, payment_id=number, msg_id=msg_id, bank_msg_id="", **changes)
    async with house.hub.store.begin() as uow:
        await uow.record_payment(wrong)
        await uow.commit()


async def _found(house: House) -> Counter[str]:
    """How often each is broken: other tests of this house left their wrong records behind."""
    store, limit = house.hub.store, timedelta(minutes=10)
    all_of_them = (
        rules.EveryWaitIsOwned(store, house.clock, limit),
        rules.NoCodePaysTwice(store),
        rules.OrdersArePaidOnce(store),
        rules.NoRefundBeyondPaid(store),
        rules.NoCreditReversed(store),
    )
    return Counter(found.invariant for found in await rules.check(all_of_them))


# --- what is not a payment

_NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
_ENROLMENT = Enrolment(
    enrolment_id=1,
    kind="OPEN_ACCOUNT",
    state=EnrolmentState.ISSUED,
    gateway="99010344",
    user_id="u",
    device_id="d",
    issuer="99100344",
    product_id="P",
    msg_id="A1",
    opened_at=_NOW,
    act_id=10,
    bank_msg_id="U1",
    card_id=100,
)
_CARD = Card(
    card_id=100,
    issuer="99100344",
    product_id="P",
    gateway="99010344",
    user_id="u",
    device_id="d",
    token_index=b"t",
    token_sealed=b"",
    token_expiry=_NOW,
    pan_index=b"p",
    pan_sealed=b"",
    pan_expiry=_NOW,
    masked_pan="",
    account_index=b"a",
    account_sealed=b"",
    currency="344",
    created_at=_NOW,
)
_ACT = Act(act_id=10, kind="OPEN_ACCOUNT", sender="99010344", msg_id="A2", opened_at=_NOW, code="00", subject_id=1)


class _Records:
    """One enrolment with its card and act, as it should be; and what a test puts in their place."""

    def __init__(self, **changed: Sequence[Any]) -> None:
        self._all: dict[str, Sequence[Any]] = {"acts": (_ACT,), "enrolments": (_ENROLMENT,), "cards": (_CARD,), **changed}

    async def acts(self) -> AsyncIterator[Act]:
        for each in self._all["acts"]:
            yield each

    async def enrolments(self) -> AsyncIterator[Enrolment]:
        for each in self._all["enrolments"]:
            yield each

    async def cards(self) -> AsyncIterator[Card]:
        for each in self._all["cards"]:
            yield each

    async def opened(self, issuer: str) -> Sequence[str]:
        del issuer
        return self._all.get("opened", ("U1",))


class _Later:
    def now(self) -> datetime:
        return _NOW + timedelta(hours=2)


def _but(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, set()),
        ({"acts": (_ACT, _but(_ACT, act_id=11, code="", due_at=_NOW))}, {"every_act_ends"}),
        ({"acts": (_ACT, _but(_ACT, act_id=11, code=""))}, {"every_act_ends"}),
        ({"acts": (_but(_ACT, code="98"),)}, {"one_card_each"}),
        (
            {"enrolments": (_but(_ENROLMENT, state=EnrolmentState.OPENING, card_id=None),)},
            {"every_opening_ends", "one_card_each"},
        ),
        ({"enrolments": (_ENROLMENT, _but(_ENROLMENT, enrolment_id=2, bank_msg_id=""))}, {"one_card_each"}),
        ({"cards": (_CARD, _but(_CARD, card_id=101))}, {"one_card_each"}),
        ({"cards": ()}, {"one_card_each"}),
        ({"opened": ("U1", "U2")}, {"no_account_lost"}),
        ({"opened": ()}, {"no_account_lost"}),
        (
            {"enrolments": (_but(_ENROLMENT, state=EnrolmentState.VERIFIED, card_id=None),)},
            {"no_account_lost", "one_card_each"},
        ),
        ({"enrolments": (_but(_ENROLMENT, state=EnrolmentState.REFUSED, card_id=None),)}, {"no_account_lost", "one_card_each"}),
    ],
)
def test_what_is_wrong_with_acts_enrolments_and_accounts_is_found(changed: dict[str, Any], broken: set[str]) -> None:
    records, limit = _Records(**changed), timedelta(hours=1)
    all_of_them = (
        rules.EveryActEnds(records, _Later(), limit),
        rules.EveryOpeningEnds(records, _Later(), limit),
        rules.OneCardEach(records),
        rules.NoAccountLost(records, records),
    )
    assert {found.invariant for found in asyncio.run(rules.check(all_of_them))} == broken


class _Seen:
    """Finds what it is told to, at each look."""

    name = "seen"
    message = "seen"

    def __init__(self, *looks: Sequence[str]) -> None:
        self._looks = list(looks)

    async def findings(self) -> AsyncIterator[str]:
        for line in self._looks.pop(0):
            yield line


@pytest.mark.parametrize(
    ("looks", "found"),
    [
        ([["a", "b"], ["b", "c"]], ["b"]),
        ([["a"], []], []),
        ([[]], []),
        ([[f"{number}" for number in range(21)], ["c"]], ["c"]),
        ([["a"], [f"{number}" for number in range(30)] + ["a"]], ["a"]),
    ],
    ids=["one stays", "gone", "a second look costs only where it is needed", "more than can be remembered", "others come"],
)
def test_what_is_gone_at_the_second_look_was_never_wrong(looks: list[list[str]], found: list[str]) -> None:
    again = asyncio.run(rules.check((_Seen(*looks),), looks=2))
    assert [finding.evidence for finding in again] == found


def test_all_records_of_a_store_are_read() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        async with store.begin() as unit:
            for number in range(1, 4):
                await unit.record_act(act(number))
                await unit.add_enrolment(enrolment(number))
                await unit.put_card(card(number))
            await unit.commit()
        records = rules.StoredRecords(store)
        assert [each async for each in records.acts()] == [act(number) for number in range(1, 4)]
        assert [each async for each in records.enrolments()] == [enrolment(number) for number in range(1, 4)]
        assert [each async for each in records.cards()] == [card(number) for number in range(1, 4)]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"state": OrderState.PAID, "paid_by": 7}, set()),
        ({"state": OrderState.OPEN, "paid_by": None}, {"orders_are_paid_once"}),  # and its payment is APPROVED
        ({"state": OrderState.PAID, "paid_by": None}, {"orders_are_paid_once"}),
        ({"state": OrderState.CLOSED, "paid_by": 7}, {"orders_are_paid_once"}),
        ({"state": OrderState.PAID, "paid_by": 8}, {"orders_are_paid_once"}),
        ({"state": OrderState.PAID, "paid_by": 9}, {"orders_are_paid_once"}),
    ],
    ids=["paid", "open", "paid by nobody", "closed, and paid", "paid by another's", "paid by a declined one"],
)
def test_an_order_that_does_not_fit_its_payment_is_found(changes: dict[str, Any], broken: set[str]) -> None:
    async def scenario() -> set[str]:
        store = MemoryStore()
        async with store.begin() as unit:
            await unit.add_order(order(1, **changes))
            for number, of, state in (
                (7, 1, PaymentState.APPROVED),
                (8, None, PaymentState.APPROVED),
                (9, 1, PaymentState.DECLINED),
            ):
                await unit.record_payment(payment(number, kind="PAY", order_id=of, state=state, due_at=None))
            await unit.commit()
        return {found.invariant for found in await rules.check((rules.OrdersArePaidOnce(store),))}

    assert asyncio.run(scenario()) == broken
