"""The OpenAPI document of /schema, made from the very Structs that read and write the messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from types import NoneType
from typing import Any, Final, get_args, get_type_hints

import msgspec

from unionhub.adapters.http.partners import CONTENT_TYPE, SIGNATURE_HEADER
from unionhub.adapters.jose.gate import UNAUTHORIZED_BODY
from unionhub.adapters.jose.header import MAX_HEADER_CHARS
from unionhub.adapters.wire.envelope import BareRequest, MsgInfo, MsgResponse, Request
from unionhub.adapters.wire.flat import ECHOED, FlatResponse, FlatRow
from unionhub.adapters.wire.inbound import Row
from unionhub.adapters.wire.table import AnyRow

from .examples import EXAMPLES

Json = dict[str, Any]

_SCHEMAS: Final = "#/components/schemas/"
_JWS: Final = r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+$"


def openapi_document(rows: Iterable[AnyRow]) -> bytes:
    """OpenAPI 3.1 in JSON: each row with its request and answer, and what can be looked up."""
    rows = tuple(rows)
    schemas = _schemas(rows)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "unionhub",
            "version": version("unionhub"),
            "description": "Messages are POSTs of JSON, signed in the UPI-JWS header in both directions.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": "messages"}, {"name": "lookups"}],
        "paths": {row.path: {"post": _message(row)} for row in rows} | _LOOKUPS,
        "components": {"schemas": schemas, "parameters": _PARAMETERS, "headers": _HEADERS, "responses": _RESPONSES},
    }
    return msgspec.json.encode(document)


def answer_type(row: AnyRow) -> Any:
    """What the row's `write` makes: trxInfo of the answer, or its own members. None where it does not say."""
    said = get_type_hints(row.write).get("return", NoneType) if row.write else NoneType
    made = [kind for kind in get_args(said) or (said,) if kind is not NoneType]
    return made[0] if len(made) == 1 and isinstance(made[0], type) and issubclass(made[0], msgspec.Struct) else None


def schema_name(row: AnyRow) -> str:
    """The message's name; the acquirer's inquiry is called as the gateway's is, and is another."""
    return f"ACQUIRER_{row.name}" if row.path == "/scis/acquirer/trxresultinquiry" else row.name


def _schemas(rows: tuple[AnyRow, ...]) -> Json:
    answers = {row.path: answer_type(row) for row in rows}
    requests = {row.path: _FORMS[type(row)].request_type(row) for row in rows}
    _, components = msgspec.json.schema_components(
        [MsgInfo, MsgResponse, FlatResponse, *requests.values(), *filter(None, answers.values())],
        ref_template=_SCHEMAS + "{name}",
    )
    schemas = {name: _for_partners(schema) for name, schema in components.items()}
    named, wrappers = {}, set()
    for row in rows:
        form = _FORMS[type(row)]
        wrapper = form.component(row)
        wrappers.add(wrapper)
        named[f"{schema_name(row)}_request"] = form.request(row, schemas[wrapper])
        named[f"{schema_name(row)}_answer"] = form.answer(row, answers[row.path], schemas)
    return {name: schema for name, schema in schemas.items() if name not in wrappers} | named


class _Enveloped:
    """SCIS: msgInfo, trxInfo, msgResponse."""

    @staticmethod
    def request_type(row: Any) -> Any:
        form: Any = BareRequest if row.may_lack_trx_info else Request
        return form[row.trx_info]

    @staticmethod
    def component(row: Any) -> str:
        """msgspec names a generic by its parameter; partners look for the message."""
        return f"{(BareRequest if row.may_lack_trx_info else Request).__name__}_{row.trx_info.__name__}_"

    @staticmethod
    def request(row: Any, schema: Json) -> Json:
        """msgType is the message's name, and nothing else comes at this path."""
        members = dict(schema["properties"])
        members["msgInfo"] = {"allOf": [members["msgInfo"], {"properties": {"msgType": {"const": row.name}}}]}
        return {**schema, "title": f"{row.name} request", "properties": members}

    @staticmethod
    def answer(row: Any, trx_info: Any, _schemas: Json) -> Json:
        """msgInfo repeats the request's, as far as that could be read; trxInfo is absent when empty."""
        members: Json = {
            "msgInfo": {"type": "object", "description": "The request's msgInfo. Absent where the request was not JSON."},
            "msgResponse": {"$ref": f"{_SCHEMAS}MsgResponse"},
        }
        if trx_info is not None:
            members["trxInfo"] = {"$ref": f"{_SCHEMAS}{trx_info.__name__}"}
        return {"title": f"{row.name} answer", "type": "object", "properties": members, "required": ["msgResponse"]}


class _Flat:
    """UCSP: everything stands beside msgID."""

    @staticmethod
    def request_type(row: Any) -> Any:
        return row.body

    @staticmethod
    def component(row: Any) -> str:
        name: str = row.body.__name__
        return name

    @staticmethod
    def request(row: Any, schema: Json) -> Json:
        return {**schema, "title": f"{row.name} request"}

    @staticmethod
    def answer(row: Any, own: Any, schemas: Json) -> Json:
        """What is repeated of the request, and the answer's own members, which only `00` has."""
        asked = schemas[row.body.__name__]["properties"]
        members: Json = {name: {"type": "string"} for name in ECHOED if name in asked}
        if own is not None:
            members |= schemas[own.__name__]["properties"]
        members["msgResponse"] = {"$ref": f"{_SCHEMAS}FlatResponse"}
        return {"title": f"{row.name} answer", "type": "object", "properties": members, "required": ["msgResponse"]}


_FORMS: Final[dict[type[Any], type[_Enveloped] | type[_Flat]]] = {Row: _Enveloped, FlatRow: _Flat}


def _for_partners(node: Any) -> Any:
    """Patterns as ECMA 262 has them (`\\Z` would be the letter there), and no docstrings: those are for who reads our code."""
    if isinstance(node, list):
        return [_for_partners(item) for item in node]
    if not isinstance(node, dict):
        return node
    shown = {name: _for_partners(value) for name, value in node.items()}
    if isinstance(pattern := shown.get("pattern"), str):
        shown["pattern"] = pattern.removesuffix(r"\Z") + "$" if pattern.endswith(r"\Z") else pattern
    if shown.get("type") == "object" and isinstance(shown.get("description"), str):
        del shown["description"]
    return shown


def _message(row: AnyRow) -> Json:
    roles = ", ".join(sorted(role.value for role in row.roles))
    example = EXAMPLES.get(row.name)
    return {
        "operationId": schema_name(row),
        "tags": ["messages"],
        "summary": row.name,
        "description": f"From: {roles}. A body of at most {row.body_limit_bytes} bytes.",
        "parameters": [{"$ref": "#/components/parameters/UPI-JWS"}],
        "requestBody": {
            "required": True,
            "content": _content(f"{schema_name(row)}_request", example.request if example else None),
        },
        "responses": {
            "200": {
                "description": "The hub's answer, approved or not: msgResponse.responseCode says which.",
                "headers": {SIGNATURE_HEADER: {"$ref": "#/components/headers/UPI-JWS"}},
                "content": _content(f"{schema_name(row)}_answer", example.answer(ECHOED) if example else None),
            },
            **{status: {"$ref": f"#/components/responses/{status}"} for status in _RESPONSES},
        },
    }


def _content(schema: str, example: Json | None = None) -> Json:
    shown = {"schema": {"$ref": _SCHEMAS + schema}} | ({"example": example} if example is not None else {})
    return {CONTENT_TYPE: shown}


def _lookup(name: str, summary: str, content_type: str, **others: str) -> Json:
    answers: Json = {"200": {"description": summary, "content": {content_type: {}}}}
    answers |= {status.removeprefix("_"): {"description": text} for status, text in others.items()}
    return {"get": {"operationId": name, "tags": ["lookups"], "summary": summary, "responses": answers}}


def _failure(description: str, headers: Mapping[str, Any] | None = None) -> Json:
    schema = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    return {"description": description, "content": {CONTENT_TYPE: {"schema": schema}}} | (
        {"headers": headers} if headers else {}
    )


_SIGNED: Final = (
    'A detached JWS (RFC 7515 appendix F) over the body\'s bytes as sent: BASE64URL(protected header) + ".." + '
    "BASE64URL(signature). The protected header has alg and kid, and, all of them listed in crit, UPI-UUID (32 hexadecimal "
    "digits, never used before), UPI-TIMESTAMP (Unix seconds), UPI-APPID (the partner's, 8 digits)"
)
_SIGNATURE_SCHEMA: Final[Json] = {"type": "string", "pattern": _JWS, "maxLength": MAX_HEADER_CHARS}

_PARAMETERS: Final[Json] = {
    "UPI-JWS": {
        "name": SIGNATURE_HEADER,
        "in": "header",
        "required": True,
        "description": f"{_SIGNED}, UPI-REQPATH (this path). Exactly once.",
        "schema": _SIGNATURE_SCHEMA,
    }
}
_HEADERS: Final[Json] = {
    "UPI-JWS": {"required": True, "description": f"{_SIGNED}. An answer names no UPI-REQPATH.", "schema": _SIGNATURE_SCHEMA}
}
_RESPONSES: Final[Json] = {
    "401": {
        "description": "The gate's one refusal, unsigned, the same bytes whatever the cause.",
        "content": {CONTENT_TYPE: {"schema": {"const": msgspec.json.decode(UNAUTHORIZED_BODY)}}},
    },
    "408": _failure("The body took too long. The connection ends."),
    "413": _failure("The body is longer than this message's bound. Nothing was done. The connection ends."),
    "503": _failure(
        "Too many messages at a time. Nothing was done.",
        {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
    ),
}
_LOOKUPS: Final[Json] = {
    "/healthz": _lookup("healthz", "The process lives.", "application/json"),
    "/readyz": _lookup("readyz", "The hub is ready for messages.", "application/json", _503="Not yet; `missing` names why."),
    "/metrics": _lookup("metrics", "Metrics for Prometheus.", "text/plain"),
    "/schema": _lookup("schema", "This document.", "application/json"),
    "/.well-known/jwks.json": _lookup("jwks", "The hub's public keys, a JWK Set (RFC 7517).", "application/json"),
}
