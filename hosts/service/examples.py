"""A request and an answer of each message of UCSP, for /schema: one user, one parking, one order of 100.00."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

Json = dict[str, Any]

_DONE: Final[Json] = {"responseCode": "00", "responseMsg": "Approved"}
_JWE: Final = "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiMSJ9.a2V5.aXY.Y2lwaGVydGV4dA.dGFn"


class Example(NamedTuple):
    """What is asked, and what the answer has of its own beside what it repeats."""

    request: Json
    own: Mapping[str, Any] = MappingProxyType({})

    def answer(self, echoed: tuple[str, ...]) -> Json:
        return {name: self.request[name] for name in echoed if name in self.request} | {**self.own, "msgResponse": _DONE}


_CODES: Final[Json] = {"channelCode": "HARBOUR01", "industryCode": "60010001"}
_USER: Final[Json] = {**_CODES, "userId": "6099010000000103"}
_CARD: Final = "82b76d2aac839c7507e5e1686701a959"
_ORDER: Final[Json] = {"orderId": "order-7", "ucspOrderId": "20260302000000000005"}


def _msg_id(number: int) -> str:
    return f"A6001000120260302120000{number:06d}"


EXAMPLES: Final[dict[str, Example]] = {
    "CHANNEL_LOGIN_INFO": Example(
        {"msgID": _msg_id(1), **_USER, "clientType": "1", "language": "en-HK", "encData": _JWE},
        {"industryUrl": "https://parking.example/start?ticket=Zk2v9mJ7wq4hT1xR8sNcYb3uLd6pGa0eKiQoVtXfWyE"},
    ),
    "GET_INDUSTRY_LIST": Example(
        {"msgID": _msg_id(2), "channelCode": "HARBOUR01", "language": "en-HK"},
        {
            "services": [
                {
                    "industryCode": "60010001",
                    "name": "Kerbside Parking",
                    "category": "parking",
                    "iconUrl": "https://parking.example/icon.png",
                    "state": "GRANTED",
                }
            ]
        },
    ),
    "GET_CARD_LIST": Example(
        {"msgID": _msg_id(3), **_USER},
        {"cards": [{"cardId": _CARD, "maskedPan": "6291********5528", "cardType": "DEBIT", "issuerName": "Bauhinia Bank"}]},
    ),
    "GET_CARD_PAYLOAD": Example({"msgID": _msg_id(4), **_USER, "cardId": _CARD}, {"encData": _JWE}),
    "SUBMIT_PAYMENT_ORDER": Example(
        {
            "msgID": _msg_id(5),
            **_USER,
            "orderId": _ORDER["orderId"],
            "orderTime": "20260302120000",
            "trxAmt": "100.00",
            "trxCurrency": "344",
            "subject": "Two hours",
            "returnUrl": "https://parking.example/return",
            "expiresAt": "20260302121500",
        },
        {
            "ucspOrderId": _ORDER["ucspOrderId"],
            "cashierUrl": f"https://pay.example/cashier/{_ORDER['ucspOrderId']}?key=qG1Vtpu_ixwPlSHOiRMky1JUM9lDMFOe-FWKINUev54",
        },
    ),
    "PAYMENT_RESULT_INQUIRY": Example(
        {"msgID": _msg_id(6), "industryCode": "60010001", "orderId": _ORDER["orderId"]},
        {
            **_ORDER,
            "trxAmt": "90.00",
            "originalAmount": "100.00",
            "discountDetails": [
                {"discountAmt": "5.00", "discountNote": "5 % off parking"},
                {"discountAmt": "5.00", "discountNote": "5 dollars from Harbour Life"},
            ],
            "trxCurrency": "344",
            "maskedPan": "6291********5528",
            "retrivlRefNum": "040000604756",
            "paymentStatus": "APPROVED",
            "paidAt": "20260302120140",
        },
    ),
    "PAYMENT_RESULT": Example(
        {
            "msgID": "A9920034420260302120140000001",
            "downstreamOrderId": "20260302120001000001",
            "ucspOrderId": _ORDER["ucspOrderId"],
            "paymentStatus": "APPROVED",
            "settlementKey": {
                "acquirerIIN": "99200344",
                "forwardingIIN": "99200344",
                "systemTraceAuditNumber": "604756",
                "transmissionDateTime": "0302120139",
            },
            "retrivlRefNum": "040000604756",
            "origMsgID": "U9920034420260302120139000007",
        }
    ),
}
"""Message -> its example. Signatures are in the UPI-JWS header, so these cannot be sent as they stand."""
