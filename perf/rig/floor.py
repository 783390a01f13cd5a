"""The floor: the least that Python can do for one payment, to hold the hub against. No product.

The same job on the wire and on disk (verify, claim, reserve and record, seal, sign, ask the bank, verify, close and queue the
notice, sign), written as one straight line: raw ASGI, raw OpenSSL, raw asyncpg with one statement each way, a raw HTTP
client. It has few of the hub's checks, no metrics, no logs and one message, and it trusts what it is sent.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
import msgspec
import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unionhub.adapters.jose.keys import HubKeys, OwnKeys, sealing_key, verifying_key
from unionhub.domain.model.parties import JoseProfile, Party, PartyState
from unionhub.hosts.commands.hosting import announce, run_until_stopped
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import BANK

Post = Callable[[str, dict[str, str], bytes], Awaitable[tuple[str, bytes]]]
"""(path, headers, body) -> (UPI-JWS, body) of the bank's answer."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS floor_uuid (sender text, uuid text, PRIMARY KEY (sender, uuid));
CREATE TABLE IF NOT EXISTS floor_claim (sender text, msg_id text, digest bytea, payment_id bigint,
    PRIMARY KEY (sender, msg_id));
CREATE TABLE IF NOT EXISTS floor_card (token text PRIMARY KEY, account bytea);
CREATE TABLE IF NOT EXISTS floor_day (token text PRIMARY KEY, used bigint);
CREATE TABLE IF NOT EXISTS floor_payment (id bigint PRIMARY KEY, sender text, msg_id text, state text, amount bigint,
    currency text, token text, qr text, bank_msg_id text, opened_at bigint, code text, refer_no text);
CREATE TABLE IF NOT EXISTS floor_notice (id bigint PRIMARY KEY, payment_id bigint, receiver text, due_at bigint, state text);
"""
_OPEN: Final = """
WITH fresh AS (INSERT INTO floor_uuid VALUES ($1, $2) RETURNING 1),
     ours AS (INSERT INTO floor_claim SELECT $1::text, $3::text, $4::bytea, $5::bigint FROM fresh RETURNING 1),
     share AS (UPDATE floor_day SET used = used + $6 WHERE token = $7 AND used + $6 <= 20000000000 RETURNING 1),
     opened AS (INSERT INTO floor_payment SELECT $5::bigint, $1::text, $3::text, 'PENDING', $6::bigint, $8::text, $7::text,
                $9::text, $10::text, $11::bigint, '', '' FROM ours, share RETURNING 1)
SELECT account FROM floor_card, opened WHERE token = $7
"""
_CLOSE: Final = """
WITH moved AS (UPDATE floor_payment SET state = 'APPROVED', code = $2, refer_no = $3 WHERE id = $1 AND state = 'PENDING'
               RETURNING id)
INSERT INTO floor_notice SELECT id, id, $4::text, $5::bigint, 'QUEUED' FROM moved RETURNING 1
"""
_SHA256: Final = hashes.SHA256()
_OAEP: Final = padding.OAEP(padding.MGF1(_SHA256), _SHA256, None)
_PADDINGS: Final = {"RS256": padding.PKCS1v15(), "PS256": padding.PSS(padding.MGF1(_SHA256), 32)}


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


class Floor:
    """One payment, start to end. Every key is parsed, every padding made."""

    def __init__(self, pool: asyncpg.Pool, own: OwnKeys, identities: dict[str, Identity], post: Post) -> None:
        self._pool = pool
        self._post = post
        self._profiles = {app_id: identity.profile for app_id, identity in identities.items()}
        self._verifying: dict[str, rsa.RSAPublicKey] = {}
        self._sealing: dict[str, tuple[str, rsa.RSAPublicKey]] = {}
        for app_id, identity in identities.items():
            if identity.profile is not JoseProfile.COMPACT:
                party = _party(identity)
                key = verifying_key(party, str(identity.signing["kid"]))
                assert key is not None
                self._verifying[app_id] = cast("rsa.RSAPublicKey", key.jwk.get_op_key("verify"))
                sealing = sealing_key(party)
                self._sealing[app_id] = (sealing.kid, cast("rsa.RSAPublicKey", sealing.jwk.get_op_key("wrapKey")))
        self._signing = {profile: own.signing(profile) for profile in (JoseProfile.UNIONPAY, JoseProfile.MODERN)}
        self._private = {
            profile: cast("rsa.RSAPrivateKey", key.jwk.get_op_key("sign")) for profile, key in self._signing.items()
        }
        self._vault = AESGCM(bytes(32))
        self._numbers = iter(range(time.time_ns() // 1000, sys.maxsize))

    async def pay(self, signature: str, path: str, body: bytes) -> tuple[str, bytes]:
        """(UPI-JWS, body) of the answer; raises what it meets."""
        header = self._verified(signature, body)
        assert header["UPI-REQPATH"] == path
        sender, request = header["UPI-APPID"], msgspec.json.decode(body)
        info, trx, number = request["msgInfo"], request["trxInfo"], next(self._numbers)
        bank_info = {**info, "msgID": f"U{BANK}{number}", "msgType": "DEBIT_TRANSACTION", "insID": BANK}
        minor, now = int(trx["trxAmt"].replace(".", "")), time.time_ns() // 1000
        sealed = await self._pool.fetchval(
            _OPEN, sender, header["UPI-UUID"], info["msgID"], body[:32], number, minor,
            trx["token"], trx["trxCurrency"], trx["mpqrcPayload"], bank_info["msgID"], now,
        )  # fmt: skip
        account = self._vault.decrypt(sealed[:12], sealed[12:], None)
        amount = {"trxAmt": trx["trxAmt"], "trxCurrency": trx["trxCurrency"]}
        debit = amount | {
            "debitAccountInfo": self._sealed(account),
            "billAmt": trx["trxAmt"],
            "billCurrency": trx["trxCurrency"],
        }
        question = msgspec.json.encode({"msgInfo": bank_info, "trxInfo": debit})
        word_signature, word = await self._post(
            "/debittransaction", {"UPI-JWS": self._signed(question, BANK, "/debittransaction")}, question
        )
        assert self._verified(word_signature, word)["UPI-APPID"] == BANK
        said = msgspec.json.decode(word)
        assert said["msgInfo"] == bank_info
        assert said["trxInfo"] == amount
        code = said["msgResponse"]["responseCode"]
        await self._pool.fetchval(_CLOSE, number, code, "", BANK, now)
        told = {"responseCode": code, "responseMsg": "Approved"}
        answer = msgspec.json.encode({"msgInfo": info, "trxInfo": amount, "msgResponse": told})
        return self._signed(answer, sender, None), answer

    async def prepare(self, tokens: list[str]) -> None:
        """Tables, and a card with an account for each token."""
        await self._pool.execute(SCHEMA)
        nonce = os.urandom(12)
        account = nonce + self._vault.encrypt(nonce, b'{"accountNo":"012800000001"}', None)
        await self._pool.executemany(
            "INSERT INTO floor_card VALUES ($1, $2) ON CONFLICT DO NOTHING", [(token, account) for token in tokens]
        )
        await self._pool.executemany(
            "INSERT INTO floor_day VALUES ($1, 0) ON CONFLICT DO NOTHING", [(token,) for token in tokens]
        )

    def _verified(self, jws: str, body: bytes) -> dict[str, Any]:
        protected, _, signature = jws.split(".")
        header: dict[str, Any] = msgspec.json.decode(_unb64(protected))
        key = self._verifying[header["UPI-APPID"]]
        key.verify(_unb64(signature), protected.encode() + b"." + _b64(body), _PADDINGS[header["alg"]], _SHA256)
        assert abs(time.time() - int(header["UPI-TIMESTAMP"])) < 300
        return header

    def _signed(self, body: bytes, app_id: str, path: str | None) -> str:
        profile = self._profiles[app_id]
        key = self._signing[profile]
        members = {"UPI-UUID": os.urandom(16).hex(), "UPI-TIMESTAMP": str(int(time.time())), "UPI-APPID": app_id}
        if path is not None:
            members["UPI-REQPATH"] = path
        protected = _b64(msgspec.json.encode({"alg": key.alg, "kid": key.kid, "crit": list(members), **members}))
        signature = self._private[profile].sign(protected + b"." + _b64(body), _PADDINGS[key.alg], _SHA256)
        return f"{protected.decode()}..{_b64(signature).decode()}"

    def _sealed(self, plain: bytes) -> str:
        kid, key = self._sealing[BANK]
        content_key, iv = os.urandom(32), os.urandom(12)
        protected = _b64(msgspec.json.encode({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": kid}))
        sealed = AESGCM(content_key).encrypt(iv, plain, protected)
        parts = (protected, *map(_b64, (key.encrypt(content_key, _OAEP), iv, sealed[:-16], sealed[-16:])))
        return b".".join(parts).decode()


def _party(identity: Identity) -> Party:
    return Party(
        app_id=identity.app_id,
        role=identity.role,
        name=identity.name,
        profile=identity.profile,
        state=PartyState.LIVE,
        keys=keyring.public_keys(identity),
    )


class Wire(asyncio.Protocol):
    """A raw HTTP/1.1 client connection to the bank: one request at a time, a Content-Length in each answer."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[tuple[str, bytes]] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name

    def ask(self, head: str, body: bytes) -> asyncio.Future[tuple[str, bytes]]:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head.encode() + body)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, ended, rest = self._received.partition(b"\r\n\r\n")
        if ended and self._answer is not None:
            fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
            if len(rest) >= int(fields["content-length"]):
                self._received = b""
                signature = head.decode().partition("UPI-JWS: ")[2].partition("\r\n")[0]
                self._answer.set_result((signature, rest))


class Wires:
    """Connections to one host, the one used last first."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._idle: list[Wire] = []

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
        if self._idle:
            wire = self._idle.pop()
        else:
            _, wire = await asyncio.get_running_loop().create_connection(Wire, self._host, self._port)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        answer = await wire.ask(f"POST {path} HTTP/1.1\r\nHost: bank\r\n{lines}Content-Length: {len(body)}\r\n\r\n", body)
        self._idle.append(wire)
        return answer


def application(floor: Floor) -> Callable[..., Awaitable[None]]:
    """Raw ASGI."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        jws = next(value for name, value in scope["headers"] if name == b"upi-jws").decode()
        signature, answer = await floor.pay(jws, scope["path"], body)
        head = [(b"content-type", b"application/json"), (b"upi-jws", signature.encode())]
        head.append((b"content-length", str(len(answer)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    return app


async def main(stop: asyncio.Event, own: OwnKeys, home: Path, database: str, bank_port: int) -> None:
    """Serve the floor until `stop`; with the hub's own keys, so that clients need not know whom they ask."""
    pool = await asyncpg.create_pool(database, min_size=10, max_size=10)
    floor = Floor(pool, own, keyring.load(home), Wires("127.0.0.1", bank_port).post)
    app, started = application(floor), asyncio.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False)
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    await started.wait()
    announce(f"floor on http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    await stop.wait()
    server.should_exit = True
    await serving
    await pool.close()


if __name__ == "__main__":
    hub_keys = HubKeys.from_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    run_until_stopped(lambda stop: main(stop, hub_keys, Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
