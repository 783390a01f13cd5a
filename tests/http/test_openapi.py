"""/schema: the structure of the document, and that what it says is what the hub does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from support.http import get, run, service
from unionhub.adapters.wire.inbound import INBOUND, Row
from unionhub.hosts.service.openapi import answer_type, openapi_document, schema_name

DOCUMENT = json.loads(openapi_document(INBOUND))
every_row = pytest.mark.parametrize("row", INBOUND, ids=schema_name)


def resolved(node: Any) -> Any:
    """`node` with its own reference followed."""
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def nodes(node: Any = DOCUMENT) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def schema_of(content: dict[str, Any]) -> Any:
    return resolved(content["content"]["application/json;charset=UTF-8"]["schema"])


def trx_info_of(request: dict[str, Any]) -> Any:
    """trxInfo; of a message that may come without it, the alternative that is not null."""
    member = request["properties"]["trxInfo"]
    return next(resolved(form) for form in member.get("anyOf", [member]) if form.get("type") != "null")


def test_it_is_served_as_json() -> None:
    async def scenario() -> None:
        async with service() as hub:
            answer = await get(hub.port, "/schema")
            assert (answer.status, answer.header("content-type")) == (200, "application/json")
            assert answer.json == DOCUMENT

    run(scenario())


def test_the_document_is_whole() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"].keys() >= {"title", "version"}
    for node in nodes():
        if "$ref" in node:
            resolved(node)
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) == len(INBOUND) + 5
    assert all(answer["description"] for operation in operations for answer in map(resolved, operation["responses"].values()))


@every_row
def test_each_message_has_its_request(row: Row) -> None:
    operation = DOCUMENT["paths"][row.path]["post"]
    assert operation["requestBody"]["required"] is True
    request = schema_of(operation["requestBody"])
    assert request["required"] == ["msgInfo"] + ["trxInfo"] * (not row.may_lack_trx_info)
    info, name = request["properties"]["msgInfo"]["allOf"]
    assert resolved(info)["required"] == ["versionNo", "msgID", "timeStamp", "msgType", "insID"]
    assert name == {"properties": {"msgType": {"const": row.name}}}
    trx_info = trx_info_of(request)
    fields = msgspec.structs.fields(row.trx_info)
    assert trx_info.get("required", []) == [field.encode_name for field in fields if field.required]
    assert list(trx_info["properties"]) == [field.encode_name for field in fields]


def test_the_mandatory_fields_of_a_payment_are_those_of_the_protocol() -> None:
    request = schema_of(DOCUMENT["paths"]["/scis/switch/qremvpayment"]["post"]["requestBody"])
    mandatory = ["deviceID", "userID", "token", "trxAmt", "trxCurrency", "mpqrcPayload"]
    assert resolved(request["properties"]["trxInfo"])["required"] == mandatory


@every_row
def test_each_message_has_its_answers(row: Row) -> None:
    answers = DOCUMENT["paths"][row.path]["post"]["responses"]
    assert list(answers) == ["200", "401", "408", "413", "503"]
    answer = schema_of(answers["200"])
    assert answer["required"] == ["msgResponse"]
    assert resolved(answer["properties"]["msgResponse"])["required"] == ["responseCode", "responseMsg"]
    made = answer_type(row)
    assert (made is None) == (row.write is None), "its write says what it makes"
    assert resolved(answers["200"]["headers"]["UPI-JWS"])["required"] is True
    assert schema_of(resolved(answers["401"]))["const"]["MsgResponse"]["responseCode"] == "E0"
    assert ("trxInfo" in answer["properties"]) == (made is not None)
    if made is not None:
        assert list(resolved(answer["properties"]["trxInfo"])["properties"]) == list(made.__struct_encode_fields__)


@every_row
def test_the_signature_is_a_parameter(row: Row) -> None:
    (parameter,) = map(resolved, DOCUMENT["paths"][row.path]["post"]["parameters"])
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("UPI-JWS", "header", True)
    assert re.search(parameter["schema"]["pattern"], "eyJhbGciOiJSUzI1NiJ9..c2ln")
    assert not re.search(parameter["schema"]["pattern"], "eyJhbGciOiJSUzI1NiJ9.e30.c2ln")


def test_patterns_are_of_ecma_262() -> None:
    """There `\\Z` is the letter Z."""
    patterns = [node["pattern"] for node in nodes() if isinstance(node.get("pattern"), str)]
    assert len(patterns) > 20
    for pattern in patterns:
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert r"\Z" not in pattern
        assert r"\A" not in pattern


def test_nothing_of_our_own_notes_is_shown() -> None:
    text = json.dumps(DOCUMENT)
    for word in ("PROTOCOL", "RULES", "DESIGN", "http://", "https://"):
        assert word not in text
