"""A bank that approves everything at once and books nothing: for benchmarks, where a real one would only add noise.

In process as a Transport whose CPU can be taken off; as a process it answers every POST (`python instant_bank.py FILE`, where
FILE is the issuer's partner file).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.facade import PartnerJose
from unionhub.hosts.commands.hosting import announce, run_until_stopped
from unionhub.hosts.sandbox.partner import CONTENT_TYPE, JWS_HEADER, Identity

_HEAD_END: Final = b"\r\n\r\n"


class InstantBank:
    """Signs an approval of whatever it is asked. `cpu_s` is what that took so far."""

    def __init__(self, identity: Identity) -> None:
        self._jose = PartnerJose(
            identity.app_id, identity.profile, identity.signing, identity.encryption, {"keys": []}, now_s=time.time
        )
        self.cpu_s = 0.0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> HttpReply:
        """adapters.http.transport.Transport."""
        started_s = time.thread_time()
        answer, signature = self.answer(body)
        self.cpu_s += time.thread_time() - started_s
        return HttpReply(status=200, headers={JWS_HEADER.lower(): signature}, body=answer)

    def answer(self, body: bytes) -> tuple[bytes, str]:
        """(body, UPI-JWS) of the approval."""
        asked: dict[str, Any] = msgspec.json.decode(body)
        trx = asked.get("trxInfo", {})
        repeated = {name: trx[name] for name in ("trxAmt", "trxCurrency") if name in trx}
        said = {"responseCode": "00", "responseMsg": "Approved"}
        answer = msgspec.json.encode({"msgInfo": asked["msgInfo"], "trxInfo": repeated, "msgResponse": said})
        return answer, self._jose.sign_response(answer)


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as our own clients speak it: a Content-Length, one request at a time."""

    def __init__(self, bank: InstantBank) -> None:
        self._bank = bank
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, ended, rest = self._received.partition(_HEAD_END)
        if not ended:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self._received = rest[length:]
        body, signature = self._bank.answer(rest[:length])
        lines = f"HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\n{JWS_HEADER}: {signature}\r\n"
        self._transport.write(f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def main(stop: asyncio.Event, identity: Identity) -> None:
    """Answer on any free port of loopback until `stop`."""
    bank = InstantBank(identity)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(bank), "127.0.0.1", 0)
    announce(f"bank on http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        await stop.wait()


if __name__ == "__main__":
    issuer = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Identity)
    run_until_stopped(lambda stop: main(stop, issuer))
