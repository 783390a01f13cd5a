"""Every row of INBOUND: a message that is right, one without each of its members, and sealed members that hold the wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from unionhub.adapters.wire.inbound import INBOUND, Incoming, Reader, Row
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.parties import Party, Role

SENDER = Party(app_id="30000001", role=Role.APP_GATEWAY, name="Sender")
MSG_ID = "A3000000120260101120000000001"

USER = {"deviceID": "1b5ddc2562a8de5b", "userID": "user-1"}
CARD = {**USER, "token": "6212345678901232"}
MONEY = {"trxAmt": "10.00", "trxCurrency": "344"}
SHOP = {"merchantInfo": {"mid": "344581200000001"}}
KEY = {
    "settlementKey": {
        "acquirerIIN": "30000001",
        "forwardingIIN": "30000001",
        "systemTraceAuditNumber": "000001",
        "transmissionDateTime": "0101120000",
    }
}
SALE = {**MONEY, **SHOP, **KEY}
UNDO = {"origMsgID": MSG_ID, **MONEY}

SAMPLES: dict[str, dict[str, Any]] = {
    "/scis/switch/cvminquiry": {"prdNo": "HKD-EVERYDAY"},
    "/scis/switch/kycverify": {**USER, "cvmInfo": "sealed"},
    "/scis/switch/openaccount": {**USER, "origMsgID": MSG_ID, "origReferNo": "1"},
    "/scis/switch/cardenrollment": {**USER, "cvmInfo": "sealed"},
    "/scis/switch/otprequest": {**USER, "origMsgID": MSG_ID},
    "/scis/switch/otpverification": {**USER, "origMsgID": MSG_ID, "otpValue": "123456"},
    "/scis/switch/cardstatusmgt": {**CARD, "tokenAction": "suspend"},
    "/scis/switch/cardstatusinquiry": CARD,
    "/scis/switch/cardbalanceinquiry": CARD,
    "/scis/switch/cardfacedownloading": {"cardfaceID": "100101"},
    "/scis/switch/account_update_notification": {"token": CARD["token"], "accountTier": "2"},
    "/scis/switch/qremvpayment": {**CARD, **MONEY, "mpqrcPayload": "0002"},
    "/scis/switch/qrcinfoinquiry": {**USER, "mpqrcPayload": "https://"},
    "/scis/switch/qrurlpayment": {**CARD, **MONEY, "mpqrcPayload": "https://", "origTrxMsgID": MSG_ID},
    "/scis/switch/qrcgeneration": CARD,
    "/scis/switch/additionalprocessingresult": {**CARD, "origMsgID": MSG_ID, "paymentStatus": "CONTINUING"},
    "/scis/switch/billpayment": {**CARD, **MONEY, **SHOP},
    "/scis/switch/credittransaction": {"token": CARD["token"], **MONEY, **SHOP},
    "/scis/switch/p2ptransfer": {**CARD, **MONEY, "creditAccountInfo": "sealed"},
    "/scis/switch/cashouttoken": {**CARD, **MONEY},
    "/scis/switch/exchangerateinquiry": {"origCurrency": "344", "origAmt": "10.00", "exchangeCurrency": "840"},
    "/scis/switch/trxresultinquiry": {**CARD, "origMsgID": MSG_ID, "origMsgType": "MPQRC_PAYMENT_EMV"},
    "/scis/acquirer/cpqrcpayment": {"emvCpqrcPayload": ["hQVDUFYwMQ=="], **SALE},
    "/scis/acquirer/tokenpayment": {"cardInfo": "sealed", **SALE},
    "/scis/acquirer/withdraw": {"trxToken": "123456789012345678", **SALE},
    "/scis/acquirer/refund": UNDO,
    "/scis/acquirer/cancellation": UNDO,
    "/scis/acquirer/reversal": UNDO,
    "/scis/acquirer/trxresultinquiry": {"origMsgID": MSG_ID, "origMsgType": "CPQRC_PAYMENT"},
    "/uags/api/v1/exchange": {"insSignCertID": "1", "insSignPublicKey": "x"},
}
HELD: dict[str, dict[str, Any]] = {
    "/scis/switch/kycverify": {"idNo": "A123456", "cvn2": "123"},
    "/scis/switch/cardenrollment": {"accountNo": "012800000001"},
    "/scis/switch/p2ptransfer": {"token": "6212345678901232"},
    "/scis/acquirer/tokenpayment": {"token": "6212345678901232", "expiry": "3101"},
}
"""What the sealed member of each message holds."""

NEEDED: dict[str, tuple[str, str]] = {
    "/scis/switch/additionalprocessingresult": ("origMsgID", "trxInfo.origMsgID"),
    "/scis/acquirer/cpqrcpayment": ("emvCpqrcPayload", "trxInfo.emvCpqrcPayload"),
    "/scis/acquirer/refund": ("origMsgID", "trxInfo.origMsgID"),
    "/scis/acquirer/cancellation": ("origMsgID", "trxInfo.origMsgID"),
    "/scis/acquirer/reversal": ("origMsgID", "trxInfo.origMsgID"),
}
"""Members that may be left out only while another says the same: without both, the first is named."""

every_row = pytest.mark.parametrize("row", INBOUND, ids=lambda row: row.path)
sealed_rows = pytest.mark.parametrize("row", [row for row in INBOUND if row.sealed], ids=lambda row: row.path)


def body_of(row: Row, trx: Any, **info: Any) -> dict[str, Any]:
    said = {
        "versionNo": "1.0.0",
        "msgID": MSG_ID,
        "timeStamp": "20260101120000",
        "msgType": row.name,
        "insID": SENDER.app_id,
    }
    return {"msgInfo": {**said, **info}, "trxInfo": trx}


def read(row: Row, body: Any, opens: Callable[[str], bytes] | None = None) -> Incoming:
    held = json.dumps(HELD.get(row.path)).encode()
    reader = Reader(row, lambda _sender, jwe: opens(jwe) if opens else held)
    return reader.read(json.dumps(body).encode(), SENDER)


def refusal(incoming: Incoming) -> tuple[str, str]:
    assert incoming.refusal is not None
    assert incoming.request is None
    return incoming.refusal.code, incoming.refusal.detail


def never_opens(_: str) -> bytes:
    raise Refusal("A0")


def required(kind: Any, path: str) -> Iterator[tuple[str, ...]]:
    """Paths of the members that a Struct must have, those of Structs in it too."""
    for field in msgspec.structs.fields(kind):
        if field.required:
            yield (path, field.encode_name)
            if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                for inner in required(field.type, field.encode_name):
                    yield (path, *inner)


def without(trx: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return {name: value for name, value in trx.items() if name != first}
    return {**trx, first: without(trx[first], tuple(rest))}


MISSING = [(row, path[1:]) for row in INBOUND for path in required(row.trx_info, "trxInfo")]


def test_the_samples_are_those_of_the_table() -> None:
    assert set(SAMPLES) == {row.path for row in INBOUND}
    assert set(HELD) == {row.path for row in INBOUND if row.sealed}


@every_row
def test_a_message_that_is_right_is_read(row: Row) -> None:
    incoming = read(row, body_of(row, SAMPLES[row.path]))
    assert incoming.refusal is None
    assert incoming.request is not None
    assert (incoming.msg_id, bool(incoming.content)) == (MSG_ID, True)
    assert "6212345678901232" not in repr(incoming.request)
    assert "012800000001" not in repr(incoming.request)


@pytest.mark.parametrize(("row", "path"), MISSING, ids=lambda value: value.path if isinstance(value, Row) else ".".join(value))
def test_without_a_member_it_is_30_with_its_path(row: Row, path: tuple[str, ...]) -> None:
    incoming = read(row, body_of(row, without(SAMPLES[row.path], path)))
    assert refusal(incoming) == ("30", ".".join(("trxInfo", *path)))


@pytest.mark.parametrize("path", NEEDED)
def test_one_of_two_members_must_be_there(path: str) -> None:
    row = next(row for row in INBOUND if row.path == path)
    member, told = NEEDED[path]
    assert refusal(read(row, body_of(row, without(SAMPLES[path], (member,))))) == ("30", told)


@every_row
def test_the_order_of_what_is_wrong_with_the_whole(row: Row) -> None:
    """A0 (institution) before 30 (fields); msgType is another path's; no trxInfo, or none that is one."""
    assert refusal(read(row, body_of(row, SAMPLES[row.path], insID="30000002", msgType="X")))[0] == "A0"
    assert refusal(read(row, body_of(row, SAMPLES[row.path], msgType="X"))) == ("30", "msgInfo.msgType")
    assert refusal(read(row, body_of(row, "text"))) == ("30", "trxInfo")
    lacking = {"msgInfo": body_of(row, {})["msgInfo"]}
    if row.may_lack_trx_info:
        assert read(row, lacking).refusal is None
    else:
        assert refusal(read(row, lacking)) == ("30", "trxInfo")


@sealed_rows
def test_what_does_not_open_is_a0_whatever_else_is_wrong(row: Row) -> None:
    for trx in (SAMPLES[row.path], {**SAMPLES[row.path], "deviceID": 1, "trxAmt": 1}):
        assert refusal(read(row, body_of(row, trx), never_opens)) == ("A0", "")
    assert refusal(read(row, body_of(row, SAMPLES[row.path], msgType="X"), never_opens)) == ("A0", "")


@sealed_rows
@pytest.mark.parametrize("plaintext", [b"", b"not JSON", b"[]", b'"text"', b"\xff", b'{"token": 1, "accountNo": 1, "idNo": 1}'])
def test_a_sealed_member_that_holds_the_wrong_thing_is_30(row: Row, plaintext: bytes) -> None:
    (member,) = row.sealed
    code, path = refusal(read(row, body_of(row, SAMPLES[row.path]), lambda _: plaintext))
    assert code == "30"
    assert path.startswith(f"trxInfo.{member}")


@pytest.mark.parametrize(
    ("path", "held", "told"),
    [
        ("/scis/switch/cardenrollment", {}, "trxInfo.cvmInfo.accountNo"),
        ("/scis/switch/cardenrollment", {"pan": "12x"}, "trxInfo.cvmInfo.pan"),
        ("/scis/switch/kycverify", {"idNo": 1}, "trxInfo.cvmInfo.idNo"),
        ("/scis/switch/p2ptransfer", {}, "trxInfo.creditAccountInfo"),
        ("/scis/switch/p2ptransfer", {"token": "123"}, "trxInfo.creditAccountInfo.token"),
        ("/scis/acquirer/tokenpayment", {"expiry": "3101"}, "trxInfo.cardInfo.token"),
        ("/scis/acquirer/tokenpayment", {"token": "6212345678901232", "expiry": "01/31"}, "trxInfo.cardInfo.expiry"),
    ],
)
def test_the_path_goes_on_within_a_sealed_member(path: str, held: dict[str, Any], told: str) -> None:
    row = next(row for row in INBOUND if row.path == path)
    incoming = read(row, body_of(row, SAMPLES[path]), lambda _: json.dumps(held).encode())
    assert refusal(incoming) == ("30", told)


@sealed_rows
def test_sealed_anew_it_is_the_same_message_and_with_other_content_another(row: Row) -> None:
    (member,) = row.sealed
    sample, held = SAMPLES[row.path], HELD[row.path]
    first, again, other = (
        read(row, body_of(row, {**sample, member: jwe}), lambda _, held=content: json.dumps(held).encode())  # type: ignore[misc]
        for jwe, content in (("one", held), ("another", held), ("one", {**held, "expiry": "3102", "mobileNo": "1"}))
    )
    assert first.content == again.content != other.content


def test_what_the_hub_does_not_know_of_an_applicant_is_dropped() -> None:
    row = next(row for row in INBOUND if row.name == "KYC_VERIFICATION")
    request = read(row, body_of(row, SAMPLES[row.path])).request
    assert json.loads(request.identity.reveal()) == {"idNo": "A123456"}
