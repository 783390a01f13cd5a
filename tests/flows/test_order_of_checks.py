"""RULES section 9 for the messages beside MPQRC_PAYMENT_EMV: of two things that are wrong the first in order is told.

For each message its faults in their order: each is tried alone, and on one request with the two behind it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import msgspec
import pytest

from support.house import House, house
from unionhub.domain.model.cards import HolderState, IssuerBlock
from unionhub.domain.model.parties import PartyState
from unionhub.hosts.sandbox.partner import HubAnswer
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR, PEAK, Cardholder

ANOTHERS_KEY = {
    "acquirerIIN": "47010344",
    "forwardingIIN": "47010344",
    "systemTraceAuditNumber": "000001",
    "transmissionDateTime": "0101120000",
}
"""The settlement key of an acquirer that is not the sender."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The flows' decisions are the same on every store: one house does."""
    with house("memory", tmp_path_factory.mktemp("order")) as made:
        yield made


class Case:
    """A request that is right, until faults spoil it: members of trxInfo, the card, the product, the parties, the past."""

    def __init__(self, one: House) -> None:
        self.house = one
        self.gateway = one.world.gateway(HARBOUR)
        self.acquirer = one.world.acquirer()
        self.trx: dict[str, Any] = {}
        self.card: dict[str, Any] = {}
        self.product: dict[str, Any] = {}
        self.party: dict[str, dict[str, Any]] = {}
        self.first: dict[str, Any] = {}
        """What a message needs to know before it is built: the payee, the code's limit, whether it was sent before."""
        self.amount = "30.00"
        self.balance = "100.00"
        self.later_s = 0.0
        self.holder: Cardholder

    async def answer(self, message: str, faults: tuple[str, ...]) -> str:
        for fault in reversed(faults):
            CHAINS[message][fault][1](self)
        self.holder = await self.house.cardholder(HARBOUR, self.balance)
        product = self.house.hub.directory.product(self.house.world.product.product_id)
        assert product is not None
        offset_s = self.house.clock._offset_s
        try:
            return (await ASK[message](self)).code
        finally:
            self.house.clock._offset_s = offset_s  # the sandbox's clock goes no further than a century
            await self.house.change_product(**msgspec.structs.asdict(product))
            for app_id in self.party:
                await self.house.change_party(app_id, state=PartyState.LIVE)

    async def spoil(self) -> None:
        """What goes wrong between the past and the request."""
        async with self.house.hub.store.begin() as uow:
            (card,) = await uow.cards(gateway=HARBOUR, user_id=self.holder.user_id)
            await uow.move_card(card, msgspec.structs.replace(card, **self.card))
            await uow.commit()
        await self.house.change_product(**self.product)
        for app_id, changes in self.party.items():
            await self.house.change_party(app_id, **changes)
        if self.later_s:
            self.house.clock.advance(self.later_s)


# --- the requests


async def transfer(case: Case) -> HubAnswer:
    payee = case.first.get("payee") or await case.house.cardholder(PEAK)
    await case.spoil()
    request = await case.gateway.p2p_transfer(case.holder, case.holder if payee == "self" else payee, case.amount, **case.trx)
    return await case.gateway.send(request)


async def bill(case: Case) -> HubAnswer:
    merchant = case.house.world.preset_merchants[0]
    number: dict[str, Any] = {"additionalData": {"billNo": case.holder.user_id}}
    if case.first.get("paid"):
        paid = case.gateway.bill_payment(case.holder, merchant, "1.00", **number)
        assert (await case.gateway.send(paid)).code == "00"
    await case.spoil()
    return await case.gateway.send(case.gateway.bill_payment(case.holder, merchant, case.amount, **{**number, **case.trx}))


async def generation(case: Case) -> HubAnswer:
    await case.spoil()
    return await case.gateway.send(case.gateway.qrc_generation(case.holder, **case.first, **case.trx))


async def scan(case: Case) -> HubAnswer:
    made = await case.gateway.send(case.gateway.qrc_generation(case.holder, 2, trx_limit=case.first.get("limit")))
    code, other = made.trx["emvCpqrcPayload"]
    shop, key = case.house.world.merchants[0], case.acquirer.settlement_key()
    if case.first.get("spent"):
        assert (await case.acquirer.send(case.acquirer.cpqrc_payment(shop, "1.00", emv=code))).code == "00"
    if case.first.get("settled"):
        settled = case.acquirer.cpqrc_payment(shop, "1.00", emv=other, settlementKey=key)
        assert (await case.acquirer.send(settled)).code == "00"
    await case.spoil()
    trx = {"settlementKey": key, **case.trx}
    return await case.acquirer.send(case.acquirer.cpqrc_payment(shop, case.amount, emv=code, **trx))


async def refund(case: Case) -> HubAnswer:
    made = await case.gateway.send(case.gateway.qrc_generation(case.holder))
    shop, key = case.house.world.merchants[0], case.acquirer.settlement_key()
    paid = case.acquirer.cpqrc_payment(shop, "31.00", emv=made.trx["emvCpqrcPayload"][0])
    if case.first.get("declined"):
        paid.body["trxInfo"]["trxAmt"] = "100.01"
    assert (await case.acquirer.send(paid)).code == ("51" if case.first.get("declined") else "00")
    if case.first.get("settled"):
        settled = case.acquirer.refund(paid.msg_id, "1.00", settlementKey=key)
        assert (await case.acquirer.send(settled)).code == "00"
    await case.spoil()
    return await case.acquirer.send(case.acquirer.refund(paid.msg_id, case.amount, **{"settlementKey": key, **case.trx}))


async def open_account(case: Case) -> HubAnswer:
    person = await case.house.world.new_cardholder(HARBOUR)
    kyc = await case.gateway.kyc_verification(person.user_id, person.device_id, {"idNo": person.user_id})
    refer_no = (await case.gateway.send(kyc)).trx["referNo"]
    if case.first.get("used"):
        used = case.gateway.open_account(person.user_id, person.device_id, kyc.msg_id, refer_no)
        assert (await case.gateway.send(used)).code == "00"
    await case.spoil()
    request = case.gateway.open_account(person.user_id, person.device_id, kyc.msg_id, refer_no, **case.trx)
    return await case.gateway.send(request)


ASK: Final[dict[str, Callable[[Case], Awaitable[HubAnswer]]]] = {
    "P2P_TRANSFER": transfer,
    "BILL_PAYMENT": bill,
    "QRC_GENERATION": generation,
    "CPQRC_PAYMENT": scan,
    "REFUND": refund,
    "OPEN_ACCOUNT": open_account,
}

# --- the faults, in their order


def put(part: str, **values: Any) -> Callable[[Case], None]:
    return lambda case: getattr(case, part).update(values)


def change(name: str, value: Any) -> Callable[[Case], None]:
    return lambda case: setattr(case, name, value)


Fault = tuple[str, Callable[[Case], None]]

FORMAT: Final[dict[str, Fault]] = {"field missing": ("30", put("trx", trxCurrency=None))}
NOT_LIVE: Final[dict[str, Fault]] = {"gateway not live": ("62", put("party", **{HARBOUR: {"state": PartyState.TESTING}}))}
STRANGER: Final[dict[str, Fault]] = {"token unknown": ("14", put("trx", token="6212345678901232"))}
PRODUCT: Final[dict[str, Fault]] = {
    "cut-off": ("90", put("product", cut_off=True)),
    "gateway not authorised": ("15", put("product", gateways=frozenset())),
    "message not supported": ("40", put("product", messages=frozenset())),
}
PAYER: Final[dict[str, Fault]] = {
    "another user": ("57", put("trx", userID="somebody-else")),
    "another device": ("55", put("trx", deviceID="another-device")),
}
STATE: Final[dict[str, Fault]] = {
    "stolen": ("43", put("card", issuer_block=IssuerBlock.STOLEN)),
    "suspended": ("21", put("card", holder_state=HolderState.SUSPENDED)),
    "expired": ("54", change("later_s", 6 * 366 * 86_400.0)),
}
TOO_FINE: Final[dict[str, Fault]] = {"amount too fine": ("13", change("amount", "1.001"))}
LIMITS: Final[dict[str, Fault]] = {
    "over the payment limit": ("61", put("product", trx_limit_minor=99)),
    "over the day limit": ("61", put("product", day_limit_minor=99)),
}
BROKE: Final[dict[str, Fault]] = {"not enough money": ("51", change("amount", "100.01"))}

CHAINS: Final[dict[str, dict[str, Fault]]] = {
    "P2P_TRANSFER": {
        **FORMAT, **NOT_LIVE, **STRANGER, **PRODUCT, **PAYER, **STATE,
        "payee unknown": ("14", put("first", payee={"token": "6212345678901232"})),
        "to oneself": ("12", put("first", payee="self")),
        **TOO_FINE, **LIMITS, **BROKE,
    },
    "BILL_PAYMENT": {
        **FORMAT, **NOT_LIVE, **STRANGER, **PRODUCT, **PAYER, **STATE,
        "merchant not preset": ("03", put("trx", merchantInfo={"mid": "999999999999999"})),
        "no such currency": ("12", put("trx", trxCurrency="000")),
        **TOO_FINE,
        "category blocked": ("62", put("product", blocked_mccs=frozenset({"4900"}))),
        **LIMITS,
        "bill paid": ("94", put("first", paid=True)),
        **BROKE,
    },
    "QRC_GENERATION": {
        "eleven codes": ("30", put("trx", cpqrcNo="11")),
        **NOT_LIVE, **STRANGER, **PRODUCT, **PAYER, **STATE,
        "limit of no currency": ("12", put("first", trx_limit="1.001", limit_currency="000")),
        "limit too fine": ("13", put("first", trx_limit="1.001")),
    },
    "CPQRC_PAYMENT": {
        **FORMAT,
        "no code at all": ("30", put("trx", emvCpqrcPayload=["https://example.org"])),
        "acquirer not live": ("62", put("party", **{ACQUIRER: {"state": PartyState.TESTING}})),
        "another's merchant": ("03", put("trx", merchantInfo={"mid": "344581200000001", "acquirerIIN": "47010344"})),
        "another's settlement key": ("12", put("trx", settlementKey=ANOTHERS_KEY)),
        **NOT_LIVE, **PRODUCT, **STATE,
        "no such currency": ("12", put("trx", trxCurrency="000")),
        **TOO_FINE,
        "code too old": ("02", change("later_s", 61.0)),
        "code spent": ("02", put("first", spent=True)),
        "category blocked": ("62", put("product", blocked_mccs=frozenset({"5812"}))),
        **LIMITS,
        "over the code's limit": ("61", put("first", limit="2.00")),
        "settled under this key": ("94", put("first", settled=True)),
        **BROKE,
    },
    "REFUND": {
        **FORMAT,
        "original unknown": ("25", put("trx", origMsgID="A" + "1" * 28)),
        "cut-off": PRODUCT["cut-off"],
        "original declined": ("12", put("first", declined=True)),
        "another currency": ("12", put("trx", trxCurrency="392")),
        **TOO_FINE,
        "more than was paid": ("13", change("amount", "31.01")),
        "settled under this key": ("94", put("first", settled=True)),
    },
    "OPEN_ACCOUNT": {
        "field missing": ("30", put("trx", origReferNo=None)),
        **NOT_LIVE,
        "another reference": ("73", put("trx", origReferNo="000000000000")),
        "KYC used": ("93", put("first", used=True)),
        "cut-off": PRODUCT["cut-off"],
        "gateway not authorised": PRODUCT["gateway not authorised"],
        "KYC too old": ("95", change("later_s", 1801.0)),
    },
}  # fmt: skip

NEVER_BOTH: Final = [
    {"expired", "code too old"},  # one clock; and a card that old has no code that young
    {"original declined", "settled under this key"},
    {"code spent", "over the code's limit"},
]
_SAME: Final = ("trxCurrency", "amount", "payee", "trx_limit", "settlementKey", "merchantInfo")


def _can_be(message: str, first: str, then: str) -> bool:
    """Two faults that spoil one and the same member cannot be told apart, and some never meet."""
    if {first, then} in NEVER_BOTH:
        return False
    members = [_spoils(CHAINS[message][name]) for name in (first, then)]
    return not members[0] & members[1]


def _spoils(fault: Fault) -> set[str]:
    class Watched:
        def __init__(self) -> None:
            for part in ("trx", "card", "product", "party", "first"):
                self.__dict__[part] = {}

    watched: Any = Watched()
    fault[1](watched)
    found = {name for name, value in vars(watched).items() if not isinstance(value, dict)}
    return found | {member for value in vars(watched).values() if isinstance(value, dict) for member in value}


ALONE = [(message, fault) for message, chain in CHAINS.items() for fault in chain]
PAIRS = [
    (message, first, then)
    for message, chain in CHAINS.items()
    for at, first in enumerate(chain)
    for then in [other for other in list(chain)[at + 1 :] if _can_be(message, first, other)][:2]
]


@pytest.mark.parametrize(("message", "fault"), ALONE)
def test_each_fault_has_its_code(one: House, message: str, fault: str) -> None:
    assert one.run(Case(one).answer(message, (fault,))) == CHAINS[message][fault][0]


@pytest.mark.parametrize(("message", "first", "then"), PAIRS)
def test_of_two_faults_the_first_in_order_is_told(one: House, message: str, first: str, then: str) -> None:
    assert one.run(Case(one).answer(message, (first, then))) == CHAINS[message][first][0]


@pytest.mark.parametrize("message", CHAINS)
def test_without_a_fault_it_is_done(one: House, message: str) -> None:
    assert one.run(Case(one).answer(message, ())) == "00"
