"""Orders of UCSP on the wire (RULES section 15), member by member: what is taken and refused, and what the hub writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from unionhub.adapters.wire.flat import FlatRow
from unionhub.adapters.wire.inbound import Incoming
from unionhub.adapters.wire.outgoing import path_of, write
from unionhub.adapters.wire.ucsp_orders import ORDERS, PaymentResult, PaymentResultInquiry, SubmitPaymentOrder
from unionhub.domain.model.channel_cards import CardPayload
from unionhub.domain.model.identifiers import Pan, Token, luhn_complete
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import Order, OrderRequest, OrderResult, OrderStanding, OrderState, OrderStatus, Submitted
from unionhub.domain.model.outgoing import OrderRefund, Pay, PayReversal, PlaceOrder, ResultNotice
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.transactions import Discount, Merchant, Payment, PaymentState

INDUSTRY = Party(app_id="39990041", role=Role.INDUSTRY, name="I", industry_code="60010001", utc_offset_minutes=480)
CHANNEL = Party(app_id="39990031", role=Role.CHANNEL, name="C", channel_code="CHANNEL01")
ACQUIRER = Party(app_id="39990020", role=Role.ACQUIRER, name="A")
ROWS: dict[str, FlatRow] = {row.name: row for row in ORDERS}

MSG_ID = "A6001000120260302040000000001"
UID = "20260302000000000042"
KEY = {
    "acquirerIIN": "39990020",
    "forwardingIIN": "39990020",
    "systemTraceAuditNumber": "000001",
    "transmissionDateTime": "0302040000",
}
Json = dict[str, Any]

SUBMIT: Json = {
    "msgID": MSG_ID,
    "industryCode": "60010001",
    "channelCode": "CHANNEL01",
    "userId": "user-1",
    "orderId": "O-1",
    "orderTime": "20260302120000",
    "trxAmt": "100.00",
    "trxCurrency": "344",
    "subject": "Parking",
    "returnUrl": "https://shop.example/return",
    "expiresAt": "20260302121500",
}
RESULT: Json = {
    "msgID": "A39990020202603020400000001",
    "downstreamOrderId": "D-1",
    "ucspOrderId": UID,
    "paymentStatus": "APPROVED",
    "settlementKey": KEY,
    "retrivlRefNum": "040000000001",
    "origMsgID": "U39990020202603020400000001",
    "reason": "51 Insufficient funds",
    "trxAmt": "90.00",
    "refundAmt": "30.00",
    "trxCurrency": "344",
}
INQUIRY: Json = {"msgID": MSG_ID, "industryCode": "60010001", "orderId": "O-1"}
USUAL = {"SUBMIT_PAYMENT_ORDER": SUBMIT, "PAYMENT_RESULT": RESULT, "PAYMENT_RESULT_INQUIRY": INQUIRY}


def opener(_: Party, sealed: str) -> bytes:
    raise AssertionError(f"nothing is sealed here: {sealed}")


def read(message: str, body: object) -> Incoming:
    sender = ACQUIRER if message == "PAYMENT_RESULT" else INDUSTRY
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ROWS[message].reader(opener).read(content, sender)


def with_(message: str, changes: Json) -> Json:
    """None leaves a member out, `...` makes it null."""
    members = {name: value for name, value in {**USUAL[message], **changes}.items() if value is not None}
    return {name: None if value is ... else value for name, value in members.items()}


def refused(message: str, changes: Json) -> tuple[str, str]:
    refusal = read(message, with_(message, changes)).refusal
    return (refusal.code, refusal.detail) if refusal else ("", "")


S, R, Q = "SUBMIT_PAYMENT_ORDER", "PAYMENT_RESULT", "PAYMENT_RESULT_INQUIRY"

TAKEN: list[tuple[str, Json]] = [
    (S, {}),
    (S, {"expiresAt": None}),
    (S, {"expiresAt": ...}),
    (S, {"unheardOf": {"a": [1]}}),
    *((S, {"userId": said}) for said in ("u", "~" * 64, " ")),
    *((S, {"orderId": said}) for said in ("1", "x" * 64, "a b/c?d&e#f")),
    *((S, {"orderTime": said}) for said in ("20240229235959", "00010101000000", "99991231235959")),
    *((S, {"trxAmt": said}) for said in ("0", "1", "0.01", "1.5", "1234567890.12", "9999999999999")),
    *((S, {"subject": said}) for said in ("x", "停车两小时", "x" * 128, "\u20ac 5 <b>&amp;'\"")),
    *(
        (S, {"subject": said})
        for said in (" x ", "cafe\u0301", "\u05d7\u05e0\u05d9\u05d4", "\u0e08\u0e2d\u0e14", "\u2615\ufe0f", "2\u00a0h")
    ),
    *((S, {"returnUrl": said}) for said in ("x", "https://" + "x" * 504)),
    (R, {}),
    (R, dict.fromkeys(("retrivlRefNum", "origMsgID", "reason", "trxAmt", "refundAmt", "trxCurrency"))),
    (R, dict.fromkeys(("retrivlRefNum", "origMsgID", "reason", "trxAmt", "refundAmt", "trxCurrency"), "")),
    (R, {"paymentStatus": "DECLINED", "settlementKey": None}),
    (R, {"paymentStatus": "REFUNDED", "settlementKey": ...}),
    (R, {"downstreamOrderId": "x" * 64}),
    (R, {"reason": "停" * 100}),
    (Q, {}),
]

UNSEEN = (
    "\x80\x85\x9b\x9f"  # C1 controls: next line, and what begins a terminal's sequence
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # which turn the direction of what follows
    "\u00ad\u180e\u200b\u200c\u200d\u2060\u2061\u2064\ufeff\u206a"  # of no width
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"  # letters and marks that nobody sees
    "\u2028\u2029"  # lines and paragraphs
    "\ufff9\ufffb\U0001d173\U000e0001\U000e0041\ue000\U000f0000\ufffe\ufdd0\U0001ffff"  # notes, tags, private, no characters
)

REFUSED: list[tuple[str, Json, str]] = [
    *((message, {name: None}, name) for message, body in USUAL.items() for name in body if name in ("msgID", "orderId")),
    *((S, {name: None}, name) for name in SUBMIT if name != "expiresAt"),
    *((S, {name: value}, name) for name in SUBMIT for value in (7, True, ["x"], {"a": "x"}) if name != "expiresAt" or value),
    *((S, {name: ...}, name) for name in SUBMIT if name != "expiresAt"),
    *((S, {name: ""}, name) for name in SUBMIT if name not in ("industryCode", "channelCode")),
    *((S, {name: f"{SUBMIT[name]}\n"}, name) for name in SUBMIT if name not in ("industryCode", "channelCode")),
    *((S, {name: f"{SUBMIT[name]}\0"}, name) for name in SUBMIT if name not in ("industryCode", "channelCode")),
    (S, {"msgID": MSG_ID[:-1]}, "msgID"),
    (S, {"msgID": f"{MSG_ID}0"}, "msgID"),
    (S, {"msgID": "U" + MSG_ID[1:]}, "msgID"),
    (S, {"msgID": "A6002000120260302040000000001"}, "msgID"),
    (S, {"msgID": "A6001000120260230040000000001"}, "msgID"),
    (S, {"userId": "u" * 65}, "userId"),
    (S, {"userId": "用户"}, "userId"),
    (S, {"userId": None, "userID": "user-1"}, "userId"),
    (S, {"orderId": "x" * 65}, "orderId"),
    (S, {"orderId": "单号"}, "orderId"),
    (S, {"orderId": None, "orderID": "O-1"}, "orderId"),
    (S, {"orderTime": "2026030212000"}, "orderTime"),
    (S, {"orderTime": "202603021200000"}, "orderTime"),
    (S, {"orderTime": "20260230120000"}, "orderTime"),
    (S, {"orderTime": "20230229120000"}, "orderTime"),
    (S, {"orderTime": "20260302240000"}, "orderTime"),
    (S, {"orderTime": "20260302235960"}, "orderTime"),
    (S, {"orderTime": "20261302120000"}, "orderTime"),
    (S, {"orderTime": "00000302120000"}, "orderTime"),
    (S, {"orderTime": "2026-03-02T120"}, "orderTime"),
    (S, {"expiresAt": "20260230120000"}, "expiresAt"),
    (S, {"expiresAt": "20261302120000"}, "expiresAt"),
    (S, {"expiresAt": "00000302120000"}, "expiresAt"),
    (S, {"expiresAt": "2026030212"}, "expiresAt"),
    *(
        (S, {"trxAmt": said}, "trxAmt")
        for said in ("-1.00", "+1.00", "1,00", ".5", "1e3", " 1", "1.00 ", "12345678901.00", "NaN", "0x1", "\u0661")
    ),
    (S, {"trxCurrency": "HKD"}, "trxCurrency"),
    (S, {"trxCurrency": "34"}, "trxCurrency"),
    (S, {"trxCurrency": "0344"}, "trxCurrency"),
    (S, {"subject": "x" * 129}, "subject"),
    (S, {"subject": "a\x7fb"}, "subject"),
    *((S, {"subject": f"Two{char}hours"}, "subject") for char in UNSEEN),
    *((S, {"subject": said}, "subject") for said in (" ", "\u00a0\u3000", "\u3164", "\u2800 ")),
    (S, {"returnUrl": "https://" + "x" * 505}, "returnUrl"),
    (S, {"returnUrl": "https://shop.example/a b"}, "returnUrl"),
    (S, {"returnUrl": "https://shop.example/\u8fd4"}, "returnUrl"),
    *((R, {name: None}, name) for name in ("msgID", "downstreamOrderId", "ucspOrderId", "paymentStatus", "settlementKey")),
    *((R, {name: value}, name) for name in RESULT for value in (7, True, ["x"]) if name != "settlementKey"),
    *((R, {name: f"{RESULT[name]}\n"}, name) for name in RESULT if name != "settlementKey"),
    *((R, {"settlementKey": value}, "settlementKey") for value in (7, "x", ["x"])),
    (R, {"msgID": "short"}, "msgID"),
    (R, {"msgID": "x" * 50}, "msgID"),
    (R, {"downstreamOrderId": ""}, "downstreamOrderId"),
    (R, {"downstreamOrderId": "x" * 65}, "downstreamOrderId"),
    (R, {"ucspOrderId": UID[:-1]}, "ucspOrderId"),
    (R, {"ucspOrderId": f"{UID}0"}, "ucspOrderId"),
    (R, {"ucspOrderId": UID[:-1] + "x"}, "ucspOrderId"),
    (R, {"ucspOrderId": UID[:-1] + "\u0662"}, "ucspOrderId"),
    *((R, {"paymentStatus": said}, "paymentStatus") for said in ("", "PENDING", "CLOSED", "approved", "REVERSED")),
    *(
        (R, {"settlementKey": {**KEY, name: value}}, f"settlementKey.{name}")
        for name in KEY
        for value in ("", "x", "1" * 11, 7)
    ),
    *((R, {"settlementKey": {k: v for k, v in KEY.items() if k != name}}, f"settlementKey.{name}") for name in KEY),
    (R, {"retrivlRefNum": "x" * 13}, "retrivlRefNum"),
    (R, {"origMsgID": "short"}, "origMsgID"),
    (R, {"reason": "x" * 101}, "reason"),
    (R, {"trxAmt": "-1"}, "trxAmt"),
    (R, {"trxAmt": "12345678901.00"}, "trxAmt"),
    (R, {"refundAmt": "1,00"}, "refundAmt"),
    (R, {"trxCurrency": "HKD"}, "trxCurrency"),
    (Q, {"orderId": ""}, "orderId"),
    (Q, {"orderId": "x" * 65}, "orderId"),
    (Q, {"orderId": "a\tb"}, "orderId"),
    (Q, {"msgID": "A6002000120260302040000000001"}, "msgID"),
    (Q, {"industryCode": None}, "industryCode"),
]


@pytest.mark.parametrize(("message", "changes"), TAKEN, ids=str)
def test_taken(message: str, changes: Json) -> None:
    assert refused(message, changes) == ("", "")


@pytest.mark.parametrize(("message", "changes", "where"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused(message: str, changes: Json, where: str) -> None:
    """With where the fault lies; a code that names no sender is a fault of form here, of a text that is another's `A0`."""
    code, detail = refused(message, changes)
    if isinstance(changes.get("industryCode"), str) or isinstance(changes.get("channelCode"), str):
        assert code in ("30", "A0")
    else:
        assert (code, detail) == ("30", where)


@pytest.mark.parametrize(
    ("message", "changes"),
    [(S, {"industryCode": "60020001"}), (S, {"industryCode": ""}), (Q, {"industryCode": "60020001"})],
    ids=str,
)
def test_anothers_code_is_a0(message: str, changes: Json) -> None:
    assert refused(message, changes)[0] == "A0"


@pytest.mark.parametrize("message", USUAL)
@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"null", b'"x"', b"\xff", b"[" * 5000], ids=repr)
def test_what_is_no_message(message: str, body: bytes) -> None:
    incoming = read(message, body)
    assert incoming.refusal is not None
    assert (incoming.refusal.code, incoming.msg_info) == ("30", {}) or incoming.msg_info is None


@pytest.mark.parametrize(
    ("kind", "body"), [(SubmitPaymentOrder, SUBMIT), (PaymentResult, RESULT), (PaymentResultInquiry, INQUIRY)], ids=str
)
def test_the_usual_messages_have_every_member(kind: type[msgspec.Struct], body: Json) -> None:
    assert {field.encode_name for field in msgspec.structs.fields(kind)} == set(body)


def test_what_the_core_gets() -> None:
    assert read(S, SUBMIT).request == OrderRequest(
        channel_code="CHANNEL01",
        user_id="user-1",
        reference="O-1",
        ordered_at="20260302120000",
        amount="100.00",
        currency="344",
        subject="Parking",
        return_url="https://shop.example/return",
        asked_expiry="20260302121500",
    )
    approved = OrderResult(
        downstream_id="D-1",
        ucsp_order_id=UID,
        status=OrderStatus.APPROVED,
        settlement_key="39990020:39990020:000001:0302040000",
        retrieval_ref="040000000001",
        orig_msg_id="U39990020202603020400000001",
        reason="51 Insufficient funds",
        amount="90.00",
        currency="344",
    )
    assert read(R, RESULT).request == approved
    refund = msgspec.structs.replace(approved, status=OrderStatus.REFUNDED, amount="30.00")
    assert read(R, {**RESULT, "paymentStatus": "REFUNDED"}).request == refund
    whole = msgspec.structs.replace(refund, amount="90.00")
    assert read(R, with_(R, {"paymentStatus": "REFUNDED", "refundAmt": None})).request == whole
    assert read(Q, INQUIRY).request == "O-1"


def test_what_a_message_says_is_what_makes_it_the_same() -> None:
    """The digest of a repeat is taken over this: every member counts, one that means nothing here does not."""
    for message, body in USUAL.items():
        usual = read(message, body).content
        assert read(message, {**body, "unheardOf": 1}).content == usual
        for name in body:
            other = read(message, with_(message, {name: _other(body[name])}))
            assert other.refusal is not None or other.content != usual, name


def _other(value: object) -> object:
    if isinstance(value, dict):
        return {**value, "systemTraceAuditNumber": "000002"}
    text = str(value)
    return {"APPROVED": "DECLINED"}.get(text, text[:-1] + ("1" if text[-1] != "1" else "2"))


# --- what the hub writes

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ORDER = Order(
    order_id=42,
    industry=INDUSTRY.app_id,
    channel=CHANNEL.app_id,
    user_id="user-1",
    reference="O-1",
    ordered_at="20260302120000",
    amount=Money(10_000, "344"),
    subject="Parking",
    return_url="https://shop.example/return",
    acquirer=ACQUIRER.app_id,
    merchant=Merchant(
        acquirer_iin="39990020",
        forwarding_iin="39990020",
        merchant_id="344000000000001",
        name="Shop",
        mcc="7523",
        country="344",
    ),
    state=OrderState.OPEN,
    opened_at=NOW,
    expires_at=NOW + timedelta(seconds=900),
    downstream_id="D-1",
)
PAYMENT = Payment(
    payment_id=7,
    kind="PAY",
    sender=INDUSTRY.app_id,
    msg_id="C1",
    state=PaymentState.APPROVED,
    opened_at=NOW,
    due_at=None,
    code="00",
    gross=Money(10_000, "344"),
    amount=Money(9_000, "344"),
    discounts=(
        Discount(amount=Money(600, "344"), note="six", funded_by="hub"),
        Discount(amount=Money(400, "344"), note="four", funded_by="hub"),
    ),
    retrieval_ref="040000000007",
    bank_msg_id="U-PAY",
    settlement_key="39990020:39990020:000001:0302040000",
    order_id=42,
    masked_pan="6291********0012",
)
TOKEN, PAN = luhn_complete("623609100000001"), luhn_complete("629100200000001")


def sealed(plaintext: bytes) -> str:
    return f"sealed {plaintext.decode()}"


def written(outgoing: Any, party: Party = ACQUIRER) -> Json:
    found: Json = json.loads(write(outgoing, party, sealed))
    return found


def moved(kind: Any, payment: Payment = PAYMENT, **more: Any) -> Json:
    body = written(kind(msg_id="U-1", sent_at=NOW, order=ORDER, payment=payment, **more))
    assert (body["msgInfo"]["msgID"], body["msgInfo"]["msgType"], body["msgInfo"]["insID"]) == (
        "U-1",
        kind.message,
        ACQUIRER.app_id,
    )
    trx: Json = body["trxInfo"]
    return trx


def test_place_order() -> None:
    body = written(PlaceOrder(msg_id="U-1", sent_at=NOW, order=ORDER))
    assert body["trxInfo"] == {
        "ucspOrderId": UID,
        "orderId": "O-1",
        "trxAmt": "100.00",
        "trxCurrency": "344",
        "subject": "Parking",
        "merchantInfo": {
            "acquirerIIN": "39990020",
            "fwdIIN": "39990020",
            "mid": "344000000000001",
            "merchantName": "Shop",
            "mcc": "7523",
            "merchantCountry": "344",
        },
    }
    assert path_of(ACQUIRER, "PLACE_ORDER") == "/placeorder"


MOVED = {"ucspOrderId": UID, "downstreamOrderId": "D-1", "trxAmt": "90.00", "trxCurrency": "344"}


@pytest.mark.parametrize(
    ("card", "number"),
    [
        (CardPayload(token=Token.parse(TOKEN), expiry="3112"), {"token": TOKEN}),
        (CardPayload(pan=Pan.parse(PAN), expiry="3112"), {"pan": PAN}),
    ],
    ids=["token", "PAN"],
)
def test_pay(card: CardPayload, number: Json) -> None:
    trx = moved(Pay, card=card)
    assert json.loads(trx.pop("cardInfo").removeprefix("sealed ")) == {**number, "expiry": "3112"}
    assert trx == {
        **MOVED,
        "originalAmount": "100.00",
        "discountDetails": [
            {"discountAmt": "6.00", "discountNote": "six"},
            {"discountAmt": "4.00", "discountNote": "four"},
        ],
    }


def test_pay_without_offers() -> None:
    plain = msgspec.structs.replace(PAYMENT, amount=Money(10_000, "344"), discounts=())
    trx = moved(Pay, plain, card=CardPayload(token=Token.parse(TOKEN), expiry="3112"))
    assert "discountDetails" not in trx
    assert (trx["trxAmt"], trx["originalAmount"]) == ("100.00", "100.00")


def test_reversal_and_refund() -> None:
    assert moved(PayReversal) == {**MOVED, "origMsgID": "U-PAY", "origMsgType": "PAY"}
    assert moved(OrderRefund) == {**MOVED, "origSettlementKey": KEY}


def notice(**changes: Any) -> ResultNotice:
    usual = ResultNotice(
        msg_id=MSG_ID,
        sent_at=NOW,
        channel_code="CHANNEL01",
        industry_code="60010001",
        order=ORDER,
        status=OrderStatus.APPROVED,
        payment=PAYMENT,
        paid_at=NOW,
    )
    return msgspec.structs.replace(usual, **changes)


ABOUT = {
    "msgID": MSG_ID,
    "channelCode": "CHANNEL01",
    "industryCode": "60010001",
    "orderId": "O-1",
    "ucspOrderId": UID,
    "originalAmount": "100.00",
    "trxCurrency": "344",
}
PAID = {
    "trxAmt": "90.00",
    "discountDetails": [
        {"discountAmt": "6.00", "discountNote": "six"},
        {"discountAmt": "4.00", "discountNote": "four"},
    ],
    "maskedPan": "6291********0012",
    "retrivlRefNum": "040000000007",
}

NOTHING: Json = {"discountDetails": [], "retrivlRefNum": ""}
"""Members that are always there."""

NOTICES: list[tuple[str, Json, Json]] = [
    ("approved", {}, {**PAID, "paymentStatus": "APPROVED"}),
    (
        "declined",
        {"status": OrderStatus.DECLINED, "payment": msgspec.structs.replace(PAYMENT, code="51")},
        {**PAID, "paymentStatus": "DECLINED", "reason": "51 Insufficient balance"},
    ),
    (
        "declined, code unknown",
        {"status": OrderStatus.DECLINED, "payment": msgspec.structs.replace(PAYMENT, code="ZZ")},
        {**PAID, "paymentStatus": "DECLINED", "reason": "ZZ"},
    ),
    ("closed", {"status": OrderStatus.CLOSED, "payment": None}, {**NOTHING, "trxAmt": "100.00", "paymentStatus": "CLOSED"}),
    (
        "refunded",
        {"status": OrderStatus.REFUNDED, "refunded": Money(3_000, "344")},
        {**PAID, "paymentStatus": "REFUNDED", "refundAmt": "30.00"},
    ),
]


@pytest.mark.parametrize(("how", "changes", "members"), NOTICES, ids=[row[0] for row in NOTICES])
def test_notice(how: str, changes: Json, members: Json) -> None:
    """Time is the receiver's."""
    for party, paid_at in ((INDUSTRY, "20260302120000"), (CHANNEL, "20260302040000")):
        assert written(notice(**changes), party) == {**ABOUT, **members, "paidAt": paid_at}


def test_no_number_of_a_card_is_in_a_notice() -> None:
    """It has none to tell: the masked PAN is all that the record holds."""
    text = json.dumps(written(notice(), INDUSTRY))
    assert TOKEN not in text
    assert PAN not in text


def test_answers() -> None:
    done = Submitted(order=ORDER, cashier_url="https://hub.example/cashier/x?key=y")
    assert ROWS[S].members(done, sealed) == {"ucspOrderId": UID, "cashierUrl": "https://hub.example/cashier/x?key=y"}
    standing = OrderStanding(order=ORDER, status=OrderStatus.PENDING)
    pending = {name: ABOUT[name] for name in ("orderId", "ucspOrderId", "originalAmount", "trxCurrency")}
    assert ROWS[Q].members(standing, sealed) == {
        **pending,
        **NOTHING,
        "trxAmt": "100.00",
        "paymentStatus": "PENDING",
        "paidAt": "",
    }
    refunded = msgspec.structs.replace(
        standing, status=OrderStatus.REFUNDED, payment=PAYMENT, refunded=Money(3_000, "344"), paid_at=NOW
    )
    assert ROWS[Q].members(refunded, sealed) == {
        **pending,
        **PAID,
        "paymentStatus": "REFUNDED",
        "refundAmt": "30.00",
        "paidAt": "20260302040000",
    }
