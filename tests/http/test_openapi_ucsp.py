"""/schema of both forms together: UCSP's rows are flat, and stand beside SCIS's."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from unionhub.adapters.http.partners import CONTENT_TYPE
from unionhub.adapters.wire.flat import ECHOED, FlatRow
from unionhub.adapters.wire.inbound import INBOUND
from unionhub.adapters.wire.table import ROWS
from unionhub.adapters.wire.ucsp import UCSP
from unionhub.adapters.wire.ucsp_orders import ORDERS, ResultInfo
from unionhub.domain.model.orders import order_id_of
from unionhub.hosts.service.openapi import answer_type, openapi_document

DOCUMENT = json.loads(openapi_document(ROWS))
SCHEMAS = DOCUMENT["components"]["schemas"]
OWN = {
    "CHANNEL_LOGIN_INFO": "industryUrl",
    "GET_INDUSTRY_LIST": "services",
    "GET_CARD_LIST": "cards",
    "GET_CARD_PAYLOAD": "encData",
}
"""What the answer has of its own, one member."""
ORDER = {
    "SUBMIT_PAYMENT_ORDER": ["ucspOrderId", "cashierUrl"],
    "PAYMENT_RESULT": [],
    "PAYMENT_RESULT_INQUIRY": [field.encode_name for field in msgspec.structs.fields(ResultInfo)],
}
"""The same of orders' messages."""
FLAT = (*UCSP, *ORDERS)
every_row = pytest.mark.parametrize("row", FLAT, ids=lambda row: row.name)


def test_the_rows_of_scis_are_as_they_are_alone() -> None:
    alone = json.loads(openapi_document(INBOUND))
    assert {path: DOCUMENT["paths"][path] for path in alone["paths"]} == alone["paths"]
    schemas = alone["components"]["schemas"]
    assert {name: SCHEMAS[name] for name in schemas} == schemas


def test_every_path_and_every_name_is_there_once() -> None:
    assert len({row.path for row in ROWS}) == len(ROWS)
    ids = [each["operationId"] for item in DOCUMENT["paths"].values() for each in item.values()]
    assert len(set(ids)) == len(ids) == len(ROWS) + 5
    assert all(row.path == f"/ucsp/v1/{row.name.lower().replace('_', '')}" for row in FLAT)
    assert {row.name for row in FLAT} == set(OWN) | set(ORDER)
    assert {row.path for row in FLAT} == {path for path in DOCUMENT["paths"] if path.startswith("/ucsp/")}


@every_row
def test_a_request_is_flat(row: FlatRow) -> None:
    request = SCHEMAS[f"{row.name}_request"]
    fields = msgspec.structs.fields(row.body)
    assert list(request["properties"]) == [field.encode_name for field in fields]
    assert request["required"] == [field.encode_name for field in fields if field.required]
    assert not {"msgInfo", "trxInfo"} & set(request["properties"])
    assert not {"mobile", "email", "idType", "idNo"} & set(request["properties"])


@every_row
def test_an_answer_repeats_what_was_asked_and_says_its_own_beside(row: FlatRow) -> None:
    answer = SCHEMAS[f"{row.name}_answer"]
    own = [OWN[row.name]] if row.name in OWN else ORDER[row.name]
    repeated = [
        name for name in ("msgID", "channelCode", "industryCode") if name in SCHEMAS[f"{row.name}_request"]["properties"]
    ]
    assert list(answer["properties"]) == [*repeated, *own, "msgResponse"]
    assert answer["required"] == ["msgResponse"]
    verdict = resolved(answer["properties"]["msgResponse"])
    assert list(verdict["properties"]) == ["responseCode", "responseMsg", "errorDetail"]


@every_row
def test_an_example_is_what_the_hub_reads_and_writes(row: FlatRow) -> None:
    operation = DOCUMENT["paths"][row.path]["post"]
    request = operation["requestBody"]["content"][CONTENT_TYPE]["example"]
    message = msgspec.convert(request, row.body)
    assert msgspec.to_builtins(message) == request, "nothing in it is dropped or defaulted"
    if not row.sealed:
        row.read(message, {})
    if row.name != "PAYMENT_RESULT":
        assert request["msgID"][1:9] == request.get("industryCode", "60010001")
    answer = operation["responses"]["200"]["content"][CONTENT_TYPE]["example"]
    schema = SCHEMAS[f"{row.name}_answer"]
    assert set(answer) <= set(schema["properties"])
    own = answer_type(row)
    if own is not None:
        mine = {name: value for name, value in answer.items() if name not in (*ECHOED, "msgResponse") or name in row_names(own)}
        assert msgspec.to_builtins(msgspec.convert(mine, own)) == mine
    assert answer["msgResponse"] == {"responseCode": "00", "responseMsg": "Approved"}
    assert all(answer[name] == request[name] for name in ECHOED if name in request)


def row_names(kind: Any) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)}


def test_the_examples_tell_of_one_order() -> None:
    """What is told of it adds up."""

    def shown(name: str) -> tuple[Any, Any]:
        operation = DOCUMENT["paths"][f"/ucsp/v1/{name}"]["post"]
        request = operation["requestBody"]["content"][CONTENT_TYPE]["example"]
        return request, operation["responses"]["200"]["content"][CONTENT_TYPE]["example"]

    submitted, opened = shown("submitpaymentorder")
    result, _ = shown("paymentresult")
    asked, found = shown("paymentresultinquiry")
    assert opened["ucspOrderId"] == result["ucspOrderId"] == found["ucspOrderId"]
    assert submitted["orderId"] == asked["orderId"] == found["orderId"]
    assert found["originalAmount"] == submitted["trxAmt"]
    off = sum(Decimal(each["discountAmt"]) for each in found["discountDetails"])
    assert Decimal(found["trxAmt"]) + off == Decimal(found["originalAmount"])
    assert order_id_of(opened["ucspOrderId"]) == 5


@every_row
def test_every_reference_leads_somewhere(row: FlatRow) -> None:
    for form in ("request", "answer"):
        for found in references(SCHEMAS[f"{row.name}_{form}"]):
            assert resolved({"$ref": found})


def resolved(node: Any) -> Any:
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [each for value in node.values() for each in references(value)]
    return [each for value in node for each in references(value)] if isinstance(node, list) else []
