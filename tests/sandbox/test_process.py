"""The sandbox as a process: its files, its ports, restarts and the way it ends."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import aiohttp
import pytest
from aiohttp import web

from support.desk import NOBODY, Desk, at_the_desk
from support.keys import hub_keys
from support.sandbox import HubStub, code, light_identities, msg_id, run, until
from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.jose.keys import private_key
from unionhub.adapters.jose.suites import SUITES
from unionhub.hosts.sandbox import keyring, seeds, server
from unionhub.hosts.sandbox.process import SandboxRefused, run_sandbox, serving
from unionhub.hosts.sandbox.seeds import BANK, CARDHOLDERS, HARBOUR, PEAK
from unionhub.hosts.sandbox.world import jwks_of
from unionhub.ports.partners import NoWord


class TestFiles:
    def test_the_partner_files_are_the_documented_ones_and_nothing_else(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            files = sorted((home / "sandbox").glob("*.json"))
            assert [path.stem for path in files] == sorted(seed.app_id for seed in seeds.PARTNERS)
            roles = []
            for path in files:
                content = json.loads(path.read_text())
                extra = {"channel": ["channelCode"], "industry": ["industryCode"]}.get(content["role"], [])
                members = ["appId", "role", "name", "profile", "signing", "encryption", "baseUrl"]
                assert list(content) == members + extra
                assert content["appId"] == path.stem
                assert re.fullmatch(r"[0-9]{8}", content["appId"])
                assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", content["baseUrl"])
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
                roles.append(content["role"])
                for name in extra:
                    assert re.fullmatch(r"[0-9A-Z]{8,12}", content[name])
            assert sorted(roles) == sorted(
                ["app_gateway"] * 2 + ["issuer", "acquirer"] + ["channel"] * 2 + ["industry"] * 2 + ["qr_platform"]
            )
            assert stat.S_IMODE((home / "sandbox").stat().st_mode) == 0o700

        at_the_desk(home, test)

    def test_the_first_start_makes_keys_of_each_profiles_kind(self, tmp_path: Path) -> None:
        few = [seed for seed in seeds.PARTNERS if seed.app_id in (HARBOUR, PEAK, seeds.PARKING)]
        made = keyring.load_or_create(tmp_path, few)
        kinds = {}
        for app_id, identity in made.items():
            assert keyring._loaded(tmp_path / "sandbox", next(seed for seed in few if seed.app_id == app_id)) == identity
            suite = SUITES[identity.profile]
            private_key(identity.signing, suite.sig_alg)
            private_key(identity.encryption, suite.key_alg)
            assert identity.signing["kid"] != identity.encryption["kid"]
            assert len({key.kid for key in keyring.public_keys(identity)}) == 2
            assert all('"d"' not in key.jwk for key in keyring.public_keys(identity))
            kinds[app_id] = (identity.signing["kty"], identity.signing["alg"], identity.encryption["alg"])
        assert kinds == {
            HARBOUR: ("RSA", "RS256", "RSA1_5"),
            PEAK: ("RSA", "PS256", "RSA-OAEP-256"),
            seeds.PARKING: ("EC", "ES256", "ECDH-ES+A256KW"),
        }

    def test_a_restart_keeps_keys_balances_and_addresses(self, home: Path) -> None:
        number = msg_id()

        async def first(desk: Desk) -> None:
            assert code(await desk.hub(BANK).pay(CARDHOLDERS[0], "10.00", number=number)) == "00"

        async def second(desk: Desk) -> None:
            accounts = await desk.get(f"/sandbox/bank/{BANK}/accounts")
            assert accounts[0]["balance"] == "19990.00"
            assert code(await desk.hub(BANK).pay(CARDHOLDERS[0], "10.00", number=number)) == "00"
            assert len((await desk.get(f"/sandbox/bank/{BANK}/accounts"))[0]["bookings"]) == 1

        at_the_desk(home, first)
        before = keyring.load(home)
        at_the_desk(home, second)
        after = keyring.load(home)
        for app_id, identity in after.items():
            assert identity.signing == before[app_id].signing == light_identities()[app_id].signing
            assert identity.encryption == before[app_id].encryption
        assert [identity.base_url for identity in before.values()] == [identity.base_url for identity in after.values()]

    @pytest.mark.parametrize("spoil", [lambda text: "{", lambda text: text.replace(BANK, "99990344"), lambda _: "{}"])
    def test_a_spoiled_file_is_named_and_never_replaced(self, home: Path, spoil: Callable[[str], str]) -> None:
        path = home / "sandbox" / f"{BANK}.json"
        spoiled = spoil(path.read_text())
        path.write_text(spoiled)
        with pytest.raises(keyring.KeyringError, match=path.name):
            at_the_desk(home, lambda _desk: asyncio.sleep(0))
        assert path.read_text() == spoiled

    def test_keys_of_another_profile_are_refused(self, home: Path) -> None:
        path = home / "sandbox" / f"{BANK}.json"
        path.write_text(path.read_text().replace('"compact"', '"modern"'))
        with pytest.raises(keyring.KeyringError) as refused:
            keyring.load_or_create(home)
        secret = light_identities()[BANK].signing["d"]
        assert secret not in str(refused.value)


class TestProcess:
    def test_it_tells_once_when_it_is_ready_and_stops_when_told(self, home: Path) -> None:
        async def play() -> list[str]:
            stop, lines = asyncio.Event(), []
            task = asyncio.create_task(run_sandbox(home, NOBODY, ready=lines.append, stop=stop))
            await until(lambda: _true(bool(lines)))
            ready = json.loads(lines[0])
            async with aiohttp.ClientSession() as session, session.get(ready["control"] + "/sandbox/merchants") as answer:
                assert answer.status == 200
            stop.set()
            await asyncio.wait_for(task, 5)
            with pytest.raises(OSError, match=r"."):
                await asyncio.open_connection("127.0.0.1", int(ready["control"].rpartition(":")[2]))
            return lines

        (line,) = run(play())
        ready = json.loads(line)
        assert ready["ready"] == "sandbox"
        files = {path.stem: json.loads(path.read_text())["baseUrl"] for path in (home / "sandbox").glob("*.json")}
        assert ready["partners"] == files

    def test_production_and_a_second_one_in_the_home_are_refused(self, home: Path) -> None:
        stop = asyncio.Event()
        stop.set()

        async def test(desk: Desk) -> None:
            before = keyring.load(home)
            with pytest.raises(SandboxRefused, match="another sandbox"):
                await run_sandbox(home, NOBODY, ready=print, stop=stop)
            assert keyring.load(home) == before

        at_the_desk(home, test)
        with pytest.raises(SandboxRefused, match="production"):
            run(run_sandbox(home, NOBODY, ready=print, stop=stop, production=True))

    def test_it_finishes_what_it_holds_but_waits_for_no_silent_connection(self, home: Path) -> None:
        async def play() -> None:
            transport = AiohttpTransport()
            async with serving(home, NOBODY, hub_timeout_s=10) as sandbox:
                sandbox.world.hub.jwks = jwks_of(hub_keys().public_jwks)
                bank = HubStub(transport, sandbox.world.issuer())
                gateway = HubStub(transport, sandbox.world.gateway(HARBOUR))
                sandbox.world.faults.add(BANK, "DEBIT_TRANSACTION", "no_answer")
                sandbox.world.faults.add(HARBOUR, "TRX_RESULT_NOTIFICATION", "answer_late", seconds=0.4)
                silent = asyncio.ensure_future(bank.pay(CARDHOLDERS[0], timeout_s=30))
                held = asyncio.ensure_future(gateway.ask("TRX_RESULT_NOTIFICATION", {}, timeout_s=30))
                await until(lambda: _true(not sandbox.world.faults.pending()))
                started_s = perf_counter()
            assert perf_counter() - started_s < 3
            assert code(await held) == "00"
            with pytest.raises(NoWord):
                await silent
            await transport.aclose()

        run(play())

    def test_stopping_while_connections_are_refused(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            await desk.post("/sandbox/faults", {"party": BANK, "fault": "refuse_connection", "seconds": 60})

        started_s = perf_counter()
        at_the_desk(home, test)
        assert perf_counter() - started_s < 5

    def test_everything_listens_on_loopback_alone(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            hosts = {re.sub(r":\d+$", "", identity.base_url) for identity in desk.world.identities.values()}
            assert hosts | {re.sub(r":\d+$", "", desk.sandbox.control_url)} == {"http://127.0.0.1"}
            addresses = listening()
            ports = {int(url.rpartition(":")[2]) for url in [i.base_url for i in desk.world.identities.values()]}
            ours = {address for address in addresses if int(address.partition(":")[2], 16) in ports}
            assert len(ours) == len(ports)
            assert all(address.startswith("0100007F:") for address in ours)

        table = Path("/proc/net/tcp")

        def listening() -> set[str]:
            return {line.split()[1] for line in table.read_text().splitlines()[1:] if " 0A " in line}

        if table.exists():
            at_the_desk(home, test)

    def test_a_body_beyond_all_reason_is_413_and_a_get_is_405(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "MAX_BODY_BYTES", 1_000)

        async def test(desk: Desk) -> None:
            url = desk.world.issuer().identity.base_url + "/debittransaction"
            async with desk.session.post(url, data=b"x" * 1_001) as answer:
                assert answer.status == 413
            async with desk.session.post(url, data=b"x" * 1_000) as answer:
                assert answer.status == 401
            async with desk.session.get(url) as answer:
                assert answer.status == 405

        at_the_desk(home, test)

    def test_the_hubs_keys_are_fetched_from_the_hub(self, home: Path) -> None:
        async def jwks(_request: web.Request) -> web.Response:
            return web.json_response(hub_keys().public_jwks())

        async def play() -> None:
            app = web.Application()
            app.router.add_get("/.well-known/jwks.json", jwks)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            transport = AiohttpTransport()
            async with serving(home, "http://127.0.0.1:1") as sandbox:
                bank = HubStub(transport, sandbox.world.issuer())
                with pytest.raises(AssertionError, match="status=500"):  # no hub there: nothing can be verified
                    await bank.pay(CARDHOLDERS[0])
                sandbox.world.hub.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
                assert code(await bank.pay(CARDHOLDERS[0])) == "00"
            await transport.aclose()
            await runner.cleanup()

        run(play())


async def _true(value: bool) -> bool:
    return value
