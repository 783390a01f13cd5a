"""Reading a message: PROTOCOL 1.6, 2.0 and 2.1, and the order of RULES section 9, step 1."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unionhub.adapters.wire.inbound import INBOUND, Incoming, Reader
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.messages import MerchantQrPayment
from unionhub.domain.model.parties import Party, Role

SENDER = Party(app_id="30000001", role=Role.APP_GATEWAY, name="Gateway")
PAYMENT = next(row for row in INBOUND if row.name == "MPQRC_PAYMENT_EMV")


def never_opens(_sender: Party, _jwe: str) -> bytes:
    raise Refusal("A0")


READER = Reader(PAYMENT, never_opens)


def message(**changes: Any) -> dict[str, Any]:
    """A valid message; `info__x` changes msgInfo, `x` trxInfo; None removes."""
    body: dict[str, Any] = {
        "msgInfo": {
            "versionNo": "1.0.0",
            "msgID": "A3000000120260101120000000001",
            "timeStamp": "20260101120000",
            "msgType": "MPQRC_PAYMENT_EMV",
            "insID": "30000001",
        },
        "trxInfo": {
            "deviceID": "1b5ddc2562a8de5b4e175d418f5b7edf",
            "userID": "user-1",
            "token": "6212345678901232",
            "trxAmt": "10.00",
            "trxCurrency": "344",
            "mpqrcPayload": "0002",
        },
    }
    for name, value in changes.items():
        part, _, member = name.rpartition("__")
        target = body["msgInfo"] if part == "info" else body["trxInfo"]
        if value is None:
            target.pop(member)
        else:
            target[member] = value
    return body


def read(body: Any) -> Incoming:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return READER.read(raw, SENDER)


def test_a_message_becomes_the_cores_request() -> None:
    incoming = read(message(merchantInfo={"acquirerIIN": "47010344", "merchantName": "x"}, unknown={"ignored": [1]}))
    assert incoming.refusal is None
    assert incoming.msg_id == "A3000000120260101120000000001"
    assert isinstance(incoming.request, MerchantQrPayment)
    assert incoming.request.payer.token.reveal() == "6212345678901232"
    assert incoming.request.claimed_merchant is not None
    assert incoming.request.claimed_merchant.acquirer_iin == "47010344"


REFUSED_AT = [
    *[({name: None}, f"trxInfo.{name}") for name in ("deviceID", "userID", "token", "trxAmt", "trxCurrency", "mpqrcPayload")],
    *[({f"info__{name}": None}, f"msgInfo.{name}") for name in ("versionNo", "msgID", "timeStamp", "msgType", "insID")],
    *[({name: ""}, f"trxInfo.{name}") for name in ("deviceID", "userID", "token", "trxAmt", "trxCurrency", "mpqrcPayload")],
    ({"trxAmt": 10}, "trxInfo.trxAmt"),
    ({"trxAmt": "-1"}, "trxInfo.trxAmt"),
    ({"trxAmt": "1e3"}, "trxInfo.trxAmt"),
    ({"trxAmt": "1\n"}, "trxInfo.trxAmt"),
    ({"trxAmt": "12345678901234"}, "trxInfo.trxAmt"),
    ({"trxFeeAmt": "-1"}, "trxInfo.trxFeeAmt"),
    ({"trxFeeAmt": 1}, "trxInfo.trxFeeAmt"),
    ({"trxCurrency": "HKD"}, "trxInfo.trxCurrency"),
    ({"trxCurrency": 344}, "trxInfo.trxCurrency"),
    ({"token": "621234567890123"}, "trxInfo.token"),
    ({"token": "62123456789012345678"}, "trxInfo.token"),
    ({"token": "6212 3456 7890 1232"}, "trxInfo.token"),
    ({"deviceID": "x" * 65}, "trxInfo.deviceID"),
    ({"deviceID": "a\u0000b"}, "trxInfo.deviceID"),
    ({"userID": "ü"}, "trxInfo.userID"),
    ({"couponInfo": "x" * 31}, "trxInfo.couponInfo"),
    ({"trxNote": "x" * 121}, "trxInfo.trxNote"),
    ({"trxNote": "a\nb"}, "trxInfo.trxNote"),
    ({"mpqrcPayload": "x" * 2049}, "trxInfo.mpqrcPayload"),
    ({"merchantInfo": "x"}, "trxInfo.merchantInfo"),
    ({"merchantInfo": {"mid": "x" * 16}}, "trxInfo.merchantInfo.mid"),
    ({"merchantInfo": {"termId": 1}}, "trxInfo.merchantInfo.termId"),
    ({"riskInfo": {"gps": "x" * 65}}, "trxInfo.riskInfo.gps"),
    ({"additionalData": {"billNo": "x" * 26}}, "trxInfo.additionalData.billNo"),
    ({"info__msgID": "x" * 16}, "msgInfo.msgID"),
    ({"info__msgID": "x" * 50}, "msgInfo.msgID"),
    ({"info__msgID": "A300000012026010112000000000-"}, "msgInfo.msgID"),
    ({"info__timeStamp": "20261301120000"}, "msgInfo.timeStamp"),
    ({"info__timeStamp": "2026-01-01 12:00:00"}, "msgInfo.timeStamp"),
    ({"info__versionNo": "1"}, "msgInfo.versionNo"),
    ({"info__msgType": "P2P_TRANSFER"}, "msgInfo.msgType"),
]


@pytest.mark.parametrize(("changes", "path"), REFUSED_AT)
def test_a_wrong_field_is_30_with_its_path_and_nothing_of_what_was_sent(changes: dict[str, Any], path: str) -> None:
    incoming = read(message(**changes))
    assert incoming.refusal is not None
    assert (incoming.refusal.code, incoming.refusal.detail) == ("30", path)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b'{"msgInfo":' + b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"msgInfo":"\xff"}',
        b'{"msgInfo":"\\ud800"}',
        b'{"msgInfo":1}',
    ],
)
def test_what_cannot_be_decoded_is_30_and_echoes_nothing(body: bytes) -> None:
    incoming = read(body)
    assert incoming.refusal is not None
    assert (incoming.refusal.code, incoming.msg_info) == ("30", None)


def test_another_institutions_insid_is_a0_before_any_field_is_looked_at() -> None:
    for changes in ({}, {"trxAmt": 1}, {"deviceID": None}):
        incoming = read(message(info__insID="30000002", **changes))
        assert incoming.refusal is not None
        assert incoming.refusal.code == "A0"


def test_what_can_be_echoed_is_echoed() -> None:
    incoming = read(message(trxAmt=1, info__timeStamp="x" * 1000, info__other="y"))
    assert incoming.msg_info == {
        "versionNo": "1.0.0",
        "msgID": "A3000000120260101120000000001",
        "msgType": "MPQRC_PAYMENT_EMV",
        "insID": "30000001",
    }


def test_the_same_content_is_the_same_whatever_the_time_stamp_and_unknown_members_say() -> None:
    first = read(message())
    assert read(message(info__timeStamp="20260101120059", more="x")).content == first.content
    for changes in ({"trxAmt": "10.01"}, {"couponInfo": "C"}, {"userID": "user-2"}, {"riskInfo": {"gps": "1"}}):
        assert read(message(**changes)).content != first.content


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert READER.read(body, SENDER).refusal is not None


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_json_is_read_or_refused(value: object) -> None:
    assert read({"msgInfo": value, "trxInfo": value}).refusal is not None
