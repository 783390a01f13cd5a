"""One request of each kind that leaves something behind, ready to be sent: for tests of repeats and of races."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from support.house import House
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, Partner
from unionhub.hosts.sandbox.seeds import HARBOUR, PEAK, Cardholder

Build = Callable[[str | None], Awaitable[HubRequest]]
"""Makes the request, under a msgID of its own or under this one. What it seals it seals anew each time."""


class Prepared:
    """`sender` sends what `build` makes; `bank` is the message that the bank gets for it, "" for none."""

    def __init__(self, sender: Partner, build: Build, bank: str = "") -> None:
        self.sender = sender
        self.build = build
        self.bank = bank


async def texted(house: House) -> str:
    """The one-time password that reached a phone last."""
    texts = await house.world.bank().ledger.run(lambda books: books.people.texts())
    return texts[-1].otp


async def kyc(house: House) -> Prepared:
    gateway, person = house.world.gateway(HARBOUR), await house.world.new_cardholder(HARBOUR)
    identity = {"idNo": person.user_id, "lastName": "Lam"}

    async def build(msg_id: str | None) -> HubRequest:
        return await gateway.kyc_verification(person.user_id, person.device_id, identity, msg_id=msg_id)

    return Prepared(gateway, build, "KYC_VERIFICATION")


async def open_account(house: House) -> Prepared:
    verified = await kyc(house)
    gateway, request = house.world.gateway(HARBOUR), await verified.build(None)
    answer = await gateway.send(request)
    trx = request.body["trxInfo"]

    async def build(msg_id: str | None) -> HubRequest:
        refer_no = answer.trx["referNo"]
        return gateway.open_account(trx["userID"], trx["deviceID"], request.msg_id, refer_no, msg_id=msg_id)

    return Prepared(gateway, build, "OPEN_ACCOUNT")


async def enrolment(house: House) -> Prepared:
    gateway, person = house.world.gateway(HARBOUR), await house.world.new_cardholder(HARBOUR)
    identity = {"accountNo": person.account.reveal()}

    async def build(msg_id: str | None) -> HubRequest:
        return await gateway.card_enrollment(person.user_id, person.device_id, identity, msg_id=msg_id)

    return Prepared(gateway, build)


async def otp_request(house: House) -> Prepared:
    """The product must want a one-time password."""
    waiting = await enrolment(house)
    gateway, request = house.world.gateway(HARBOUR), await waiting.build(None)
    assert (await gateway.send(request)).code == "04"
    trx = request.body["trxInfo"]

    async def build(msg_id: str | None) -> HubRequest:
        return gateway.otp_request(trx["userID"], trx["deviceID"], request.msg_id, msg_id=msg_id)

    return Prepared(gateway, build, "OTP_DELIVERY")


async def otp_verification(house: House) -> Prepared:
    """The product must want a one-time password."""
    asked = await otp_request(house)
    gateway, request = house.world.gateway(HARBOUR), await asked.build(None)
    assert (await gateway.send(request)).code == "00"
    trx, otp = request.body["trxInfo"], await texted(house)

    async def build(msg_id: str | None) -> HubRequest:
        return gateway.otp_verification(trx["userID"], trx["deviceID"], trx["origMsgID"], otp, msg_id=msg_id)

    return Prepared(gateway, build)


def of_holder(bank: str, make: Callable[[House, Cardholder], Build]) -> Callable[[House], Awaitable[Prepared]]:
    """A message of a gateway about one of its cards."""

    async def prepare(house: House) -> Prepared:
        holder = await house.cardholder(HARBOUR, balance="100.00")
        return Prepared(house.world.gateway(HARBOUR), make(house, holder), bank)

    return prepare


def _plain(request: Callable[[str | None], HubRequest]) -> Build:
    async def build(msg_id: str | None) -> HubRequest:
        return request(msg_id)

    return build


def suspension(house: House, holder: Cardholder) -> Build:
    gateway = house.world.gateway(HARBOUR)
    return _plain(lambda msg_id: gateway.card_status_management(holder, "SUSPEND", msg_id=msg_id))


def codes(house: House, holder: Cardholder) -> Build:
    gateway = house.world.gateway(HARBOUR)
    return _plain(lambda msg_id: gateway.qrc_generation(holder, 3, msg_id=msg_id))


def cash_out_token(house: House, holder: Cardholder) -> Build:
    gateway = house.world.gateway(HARBOUR)
    return _plain(lambda msg_id: gateway.get_cash_out_token(holder, "30.00", msg_id=msg_id))


def bill(house: House, holder: Cardholder) -> Build:
    gateway, merchant = house.world.gateway(HARBOUR), house.world.preset_merchants[0]
    return _plain(lambda msg_id: gateway.bill_payment(holder, merchant, "30.00", msg_id=msg_id))


def credit(house: House, holder: Cardholder) -> Build:
    gateway, merchant = house.world.gateway(HARBOUR), house.world.preset_merchants[0]
    return _plain(lambda msg_id: gateway.credit_transaction(holder, merchant, "30.00", msg_id=msg_id))


async def transfer(house: House) -> Prepared:
    payer, payee = await house.cardholder(HARBOUR, balance="100.00"), await house.cardholder(PEAK)
    gateway = house.world.gateway(HARBOUR)

    async def build(msg_id: str | None) -> HubRequest:
        return await gateway.p2p_transfer(payer, payee, "30.00", msg_id=msg_id)

    return Prepared(gateway, build, "P2P_TRANSFER")


async def scan(house: House) -> Prepared:
    holder = await house.cardholder(HARBOUR, balance="100.00")
    made = await house.world.gateway(HARBOUR).send(house.world.gateway(HARBOUR).qrc_generation(holder))
    acquirer, key = house.world.acquirer(), house.world.acquirer().settlement_key()
    options: dict[str, Any] = {"emv": made.trx["emvCpqrcPayload"][0], "settlementKey": key}
    shop = house.world.merchants[0]
    return Prepared(
        acquirer, _plain(lambda msg_id: acquirer.cpqrc_payment(shop, "30.00", msg_id=msg_id, **options)), "DEBIT_TRANSACTION"
    )


async def token_payment(house: House) -> Prepared:
    holder = await house.cardholder(HARBOUR, balance="100.00")
    acquirer, shop = house.world.acquirer(), house.world.merchants[0]
    key = acquirer.settlement_key()

    async def build(msg_id: str | None) -> HubRequest:
        return await acquirer.token_payment(shop, "30.00", holder.token, "", msg_id=msg_id, settlementKey=key)

    return Prepared(acquirer, build, "DEBIT_TRANSACTION")


async def withdrawal(house: House) -> Prepared:
    holder = await house.cardholder(HARBOUR, balance="100.00")
    token = await house.world.gateway(HARBOUR).send(house.world.gateway(HARBOUR).get_cash_out_token(holder, "30.00"))
    acquirer, shop = house.world.acquirer(), house.world.merchants[0]
    key, number = acquirer.settlement_key(), token.trx["trxToken"]
    return Prepared(
        acquirer,
        _plain(lambda msg_id: acquirer.withdraw(shop, "30.00", number, msg_id=msg_id, settlementKey=key)),
        "DEBIT_TRANSACTION",
    )


async def refund(house: House) -> Prepared:
    paid = await scan(house)
    acquirer, original = house.world.acquirer(), await paid.build(None)
    assert (await acquirer.send(original)).code == "00"
    key = acquirer.settlement_key()
    return Prepared(
        acquirer,
        _plain(lambda msg_id: acquirer.refund(original.msg_id, "10.00", msg_id=msg_id, settlementKey=key)),
        "CREDIT_TRANSACTION",
    )


ACTS: Final[dict[str, Callable[[House], Awaitable[Prepared]]]] = {
    "KYC_VERIFICATION": kyc,
    "OPEN_ACCOUNT": open_account,
    "CARD_ENROLLMENT": enrolment,
    "OTP_REQUEST": otp_request,
    "OTP_VERIFICATION": otp_verification,
    "CARD_STATUS_MANAGEMENT": of_holder("", suspension),
    "QRC_GENERATION": of_holder("", codes),
    "GET_CASH_OUT_TOKEN": of_holder("GET_CASH_OUT_TOKEN", cash_out_token),
    "BILL_PAYMENT": of_holder("DEBIT_TRANSACTION", bill),
    "CREDIT_TRANSACTION": of_holder("CREDIT_TRANSACTION", credit),
    "P2P_TRANSFER": transfer,
    "CPQRC_PAYMENT": scan,
    "TOKEN_PAYMENT": token_payment,
    "WITHDRAW": withdrawal,
    "REFUND": refund,
}
STEPPED_UP: Final = frozenset({"OTP_REQUEST", "OTP_VERIFICATION"})


async def content_of(house: House, answer: HubAnswer) -> dict[str, Any]:
    """trxInfo of an answer, what was sealed in it opened: sealed anew it is another text."""
    trx = dict(answer.trx)
    if "pan" in trx:
        trx["pan"] = (await house.world.gateway(HARBOUR).opened_pan(answer)).reveal()
    return trx
