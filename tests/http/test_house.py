"""The real endpoint behind the real door: messages signed by the sandbox's partners, over a socket."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from support.house import House, house
from support.http import LIMIT_BYTES, PATH, Answer, ask, chunked, client, get, listening, request
from unionhub.adapters.jose.gate import UNAUTHORIZED_BODY
from unionhub.hosts.sandbox.faults import FaultKind
from unionhub.hosts.sandbox.partner import HubRequest
from unionhub.hosts.sandbox.roles import Gateway
from unionhub.hosts.sandbox.seeds import Cardholder
from unionhub.hosts.service.app import create_app


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house("memory", tmp_path_factory.mktemp("house")) as made:
        yield made


class Till:
    """A gateway whose cardholder is about to pay, and the hub's port."""

    def __init__(self, home: House, port: int, holder: Cardholder) -> None:
        self.port = port
        self.holder = holder
        self.gateway: Gateway = home.world.gateway(holder.gateway)
        self._merchant = home.world.merchants[0]

    def payment(self, amount: str = "30.00") -> HubRequest:
        return self.gateway.mpqrc_payment_emv(self.holder, self._merchant, amount)

    async def signature(self, body: bytes, path: str = PATH) -> str:
        jose = await self.gateway._jose()
        return f"UPI-JWS: {jose.sign_request(body, path)}"

    async def send(self, body: bytes, *headers: str) -> Answer:
        return await ask(self.port, request(body, *headers))


async def at_the_till(home: House, scenario: Any) -> None:
    hub = home.hub
    metrics, ready = hub.telemetry.metrics_text, {"store": hub.store.ready}
    app = create_app(hub.endpoint, jwks=hub.keys.public_jwks, metrics=metrics, ready=ready)
    async with listening(app, stop=asyncio.Event()) as (port, _):
        await scenario(Till(home, port, await home.cardholder(balance="100.00")))


def code_of(answer: Answer) -> str:
    assert answer.status == 200
    assert answer.header("upi-jws")
    return str(answer.json["msgResponse"]["responseCode"])


def test_a_payment_goes_through_once(home: House) -> None:
    async def scenario(till: Till) -> None:
        body = msgspec.json.encode(till.payment().body)
        first = await till.send(body, await till.signature(body))
        assert (code_of(first), first.header("content-type")) == ("00", "application/json;charset=UTF-8")
        assert first.json["msgInfo"] == msgspec.json.decode(body)["msgInfo"]
        again = await till.send(body, await till.signature(body))
        assert again.json == first.json
        assert await home.balance(till.holder) == "70.00"
        text = (await get(till.port, "/metrics")).body.decode()
        assert 'unionhub_messages_total{code="00",message="MPQRC_PAYMENT_EMV"}' in text

    home.run(at_the_till(home, scenario))


def test_what_is_not_genuine_gets_the_same_bytes_whatever_the_cause(home: House) -> None:
    async def scenario(till: Till) -> None:
        body = msgspec.json.encode(till.payment().body)
        good = await till.signature(body)
        bad = {
            "absent": request(body),
            "empty": request(body, "UPI-JWS:"),
            "doubled": request(body, good, good),
            "doubled, one empty": request(body, "UPI-JWS:", good),
            "in a trailer": chunked([body], trailers=good.encode() + b"\r\n"),
            "of another body": request(body + b" ", good),
            "of another path": request(body, await till.signature(body, PATH + "/")),
            "cut": request(body, good[:-1]),
            "not ASCII": request(body, good.encode() + b"\xff"),
            "at another message": request(body, good, path="/scis/switch/trxresultinquiry"),
        }
        for name, data in bad.items():
            answer = await ask(till.port, data)
            assert (answer.status, answer.body, answer.header("upi-jws")) == (401, UNAUTHORIZED_BODY, None), name
        assert await home.balance(till.holder) == "100.00"
        assert code_of(await till.send(body, good)) == "00", "none of them spent the UPI-UUID"

    home.run(at_the_till(home, scenario))


def test_genuine_but_undecodable_bodies(home: House) -> None:
    async def scenario(till: Till) -> None:
        packed = gzip.compress(msgspec.json.encode(till.payment().body))
        for body in (b"", b"not JSON", b"[" * 10_000, b"\xff" * 100, packed):
            answer = await till.send(body, await till.signature(body), "Content-Encoding: gzip")
            assert code_of(answer) == "30"
            assert "msgInfo" not in answer.json

    home.run(at_the_till(home, scenario))


def test_too_long_comes_before_the_gate(home: House) -> None:
    async def scenario(till: Till) -> None:
        body = b" " * LIMIT_BYTES + b" "
        assert (await till.send(body, await till.signature(body))).status == 413
        assert (await till.send(body)).status == 413
        assert (await till.send(body[:-1])).status == 401

    home.run(at_the_till(home, scenario))


def test_a_payer_whose_client_hangs_up_has_paid_once_and_can_ask(home: House) -> None:
    async def scenario(till: Till) -> None:
        payment = till.payment()
        body = msgspec.json.encode(payment.body)
        home.world.faults.add(till.holder.issuer, "DEBIT_TRANSACTION", FaultKind.ANSWER_LATE, seconds=0.1)
        async with client(till.port) as browser:
            await browser.say(request(body, await till.signature(body)))

            async def asked() -> bool:
                return await home.payment(till.gateway.app_id, payment.msg_id) is not None

            await home.until(asked)
        await home.until(lambda: not home.hub.runner._closing)
        assert await home.balance(till.holder) == "70.00"
        inquiry = till.gateway.trx_result_inquiry(till.holder, payment.msg_id)
        body = msgspec.json.encode(inquiry.body)
        answer = await ask(till.port, request(body, await till.signature(body, inquiry.path), path=inquiry.path))
        assert (code_of(answer), answer.json["trxInfo"]["paymentStatus"]) == ("00", "APPROVED")

    home.run(at_the_till(home, scenario))


def test_the_six_public_keys_and_nothing_private(home: House) -> None:
    async def scenario(till: Till) -> None:
        keys = (await get(till.port, "/.well-known/jwks.json")).json["keys"]
        assert sorted((key["use"], key["alg"]) for key in keys) == [
            ("enc", "ECDH-ES+A256KW"),
            ("enc", "RSA-OAEP-256"),
            ("enc", "RSA1_5"),
            ("sig", "ES256"),
            ("sig", "PS256"),
            ("sig", "RS256"),
        ]
        assert len({key["kid"] for key in keys}) == 6
        assert not any(key.keys() & {"d", "p", "q", "dp", "dq", "qi", "k"} for key in keys)

    home.run(at_the_till(home, scenario))
