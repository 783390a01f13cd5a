"""Keys change while messages flow: a partner's, the hub's, both at once. No genuine message is refused, no other gets in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.house import House, Way, house
from unionhub.adapters.jose.generations import SETTLE, retire, rotate
from unionhub.adapters.jose.keys import Key, generate_key
from unionhub.adapters.jose.suites import SUITES
from unionhub.adapters.vault.master import MasterKey, load_master_key
from unionhub.domain.model.parties import Party
from unionhub.hosts.hub import Hub, open_hub
from unionhub.hosts.sandbox.partner import HubAnswer, Partner
from unionhub.hosts.sandbox.seeds import BANK, PEAK, Cardholder

REFRESH_S = 0.05
PER_ROUND = 40
ROUNDS: dict[Way, int] = {"memory": 2, "sqlite": 1}
IN_FLIGHT = 24


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    way: Way = request.param
    patient = {"bank_timeout_s": 8, "partner_timeout_s": 8}  # a busy machine must not look like a silent bank
    with house(way, tmp_path_factory.mktemp(way), directory_refresh_s=REFRESH_S, **patient) as made:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[House]:
    """A house in memory that reads nothing by itself."""
    with house("memory", tmp_path) as made:
        yield made


def use_key(partner: Partner, key: Key) -> None:
    """What the partner sends from now on is signed with this key; what is on its way is not."""
    partner.identity = msgspec.structs.replace(partner.identity, signing=key.private_jwk())
    look_again(partner)


def look_again(partner: Partner) -> None:
    """The partner reads /.well-known/jwks.json before its next message."""
    partner._known_jose = None


def new_key(partner: Partner) -> Key:
    return generate_key(SUITES[partner.identity.profile].sig_alg)


def told(key: Key) -> dict[str, Any]:
    """trxInfo that offers it."""
    return {"insSignCertID": key.kid, "insSignPublicKey": msgspec.json.encode(key.public_jwk()).decode()}


async def exchange(partner: Partner) -> Key:
    """A new signing key: told to the hub, used at once."""
    key = new_key(partner)
    answer = await partner.ask("KEY_EXCHANGE", told(key))
    assert (answer.status, answer.code) == (200, "00")
    use_key(partner, key)
    return key


def master_of(here: House) -> MasterKey:
    settings = here.hub.settings
    return load_master_key(home=settings.home, file=settings.master_key_file, production=False)


async def registered(here: House, app_id: str) -> Party:
    async with here.hub.store.begin() as uow:
        return next(party for party in await uow.parties() if party.app_id == app_id)


async def inquire(partner: Partner, holder: Cardholder) -> HubAnswer:
    """A genuine message that costs little: about a payment that never was, which is `25`."""
    return await partner.send(partner.trx_result_inquiry(holder, f"A{PEAK}20260302040000000000"))  # type: ignore[attr-defined]


class Traffic:
    """So many genuine messages in flight, all the time; keeps what became of each."""

    def __init__(self, here: House, partner: Partner, holder: Cardholder) -> None:
        self.answers: list[tuple[int, str]] = []
        self._here = here
        self._partner = partner
        self._holder = holder
        self._stop = False

    async def run(self) -> None:
        await asyncio.gather(*(self._one_after_another(number) for number in range(IN_FLIGHT)))

    def stop(self) -> None:
        self._stop = True

    async def more(self, count: int) -> None:
        wanted = len(self.answers) + count
        async with asyncio.timeout(60):
            while len(self.answers) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def _one_after_another(self, number: int) -> None:
        world = self._here.world
        while not self._stop:
            if number % 6:
                answer = await inquire(self._partner, self._holder)
            else:
                gateway = world.gateway(self._partner.app_id)
                answer = await gateway.send(gateway.mpqrc_payment_emv(self._holder, world.merchants[0], "0.10"))
            self.answers.append((answer.status, answer.code))


class TestUnderLoad:
    def test_nothing_is_refused_while_all_keys_change(self, here: House) -> None:
        """The gateway, its bank and the hub change their keys, again and again, under some hundred messages each time.

        A partner raises NotGenuine for an answer that it cannot verify, so both directions are held to it.
        """

        async def work() -> list[tuple[int, str]]:
            gateway, bank = here.world.partners[PEAK], here.world.partners[BANK]
            holder = await here.cardholder(PEAK, "100000.00")
            master, store = master_of(here), here.hub.store
            async with here.hub.fresh():
                traffic = Traffic(here, gateway, holder)
                running = asyncio.create_task(traffic.run())
                for _ in range(ROUNDS[here.way]):
                    first = here.hub.keys.signing(gateway.identity.profile).kid
                    await traffic.more(PER_ROUND)
                    await exchange(gateway)
                    await traffic.more(PER_ROUND)
                    await exchange(bank)
                    profile = SUITES[gateway.identity.profile]
                    made = await rotate(store, master, here.clock, (profile.sig_alg, profile.key_alg))
                    await here.until(lambda kid=made[0].kid: kid in published(here.hub))  # type: ignore[misc]
                    for partner in here.world.partners.values():
                        look_again(partner)
                    await traffic.more(PER_ROUND)
                    here.clock.advance(SETTLE.total_seconds())
                    await here.until(lambda kid=first: here.hub.keys.signing(gateway.identity.profile).kid != kid)  # type: ignore[misc]
                    await traffic.more(PER_ROUND)
                    here.clock.advance(SETTLE.total_seconds())
                    await retire(store, master, here.clock, first)
                    await traffic.more(PER_ROUND)
                traffic.stop()
                await running
            return traffic.answers

        answers = here.run(work())
        assert len(answers) >= 5 * PER_ROUND * ROUNDS[here.way]
        assert set(answers) == {(200, "25"), (200, "00")}


def published(hub: Hub) -> set[str]:
    return {key["kid"] for key in hub.keys.public_jwks()["keys"]}


class TestTheDoor:
    def test_three_keys_are_alive_and_each_speaks(self, alone: House) -> None:
        async def work() -> None:
            gateway, holder = alone.world.partners[PEAK], alone.world.cardholders[1]
            keys = [await exchange(gateway) for _ in range(4)]
            said = []
            for key in keys:
                use_key(gateway, key)
                said.append((await inquire(gateway, holder)).status)
            assert said == [401, 200, 200, 200]

        alone.run(work())

    def test_the_answer_names_both_encryption_keys_beside_the_rest(self, alone: House) -> None:
        async def work() -> None:
            gateway = alone.world.partners[PEAK]
            sealed_to = generate_key(SUITES[gateway.identity.profile].key_alg)
            jwk = msgspec.json.encode(sealed_to.public_jwk()).decode()
            answer = await gateway.ask("KEY_EXCHANGE", {"insEncCertID": sealed_to.kid, "insEncPublickey": jwk})
            assert sorted(answer.body) == ["encCertId", "msgInfo", "msgResponse"]
            assert answer.body["encCertId"] == {
                "upiEncCertID": alone.hub.keys.sealing_kid(gateway.identity.profile),
                "insEncCertID": sealed_to.kid,
            }
            known = alone.hub.directory.party(PEAK)
            assert known is not None
            assert known.keys[-1].kid == sealed_to.kid

        alone.run(work())

    @pytest.mark.parametrize(
        ("trx", "code", "text"),
        [
            ({"insSignCertID": ""}, "30", "insSignCertID"),
            ({"insSignCertID": "a b", "insSignPublicKey": "x"}, "30", "insSignCertID"),
            ({"insSignCertID": "1", "insSignPublicKey": "x"}, "30", "insSignPublicKey"),
            ({"insEncCertID": "1", "insEncPublickey": "x"}, "30", "insEncPublickey"),
            ({"insEncCertID": "1"}, "30", "insEncPublickey"),
        ],
    )
    def test_a_refusal_names_the_field_and_changes_nothing(
        self, alone: House, trx: dict[str, str], code: str, text: str
    ) -> None:
        async def work() -> None:
            before = await registered(alone, PEAK)
            answer = await alone.world.partners[PEAK].ask("KEY_EXCHANGE", trx)
            assert (answer.status, answer.code) == (200, code)
            assert answer.text == f"Message format error: trxInfo.{text}"
            assert "encCertId" not in answer.body
            assert await registered(alone, PEAK) == before

        alone.run(work())

    def test_a_kid_cannot_be_given_to_another_key(self, alone: House) -> None:
        async def work() -> None:
            gateway = alone.world.partners[PEAK]
            before = await registered(alone, PEAK)
            stolen = {**told(new_key(gateway)), "insSignCertID": before.keys[0].kid}
            stolen["insSignPublicKey"] = stolen["insSignPublicKey"].replace(
                msgspec.json.decode(stolen["insSignPublicKey"])["kid"], before.keys[0].kid
            )
            assert (await gateway.ask("KEY_EXCHANGE", stolen)).code == "78"
            assert await registered(alone, PEAK) == before

        alone.run(work())

    def test_a_removed_key_plants_no_successor(self, alone: House) -> None:
        """The gate has not seen yet that an operator took the stolen key off."""

        async def work() -> None:
            gateway, other = alone.world.partners[PEAK], new_key(alone.world.partners[PEAK])
            before = await registered(alone, PEAK)
            async with alone.hub.store.begin() as uow:
                await uow.put_party(msgspec.structs.replace(before, keys=before.keys[1:]))
                await uow.commit()
            assert (await gateway.ask("KEY_EXCHANGE", told(other))).code == "A0"
            assert (await registered(alone, PEAK)).keys == before.keys[1:]

        alone.run(work())


class TestUnknownKids:
    def test_one_bounded_look_then_401(self, alone: House) -> None:
        async def work() -> None:
            gateway, holder = alone.world.partners[PEAK], alone.world.cardholders[1]
            use_key(gateway, new_key(gateway))
            await gateway._jose()
            await asyncio.sleep(0.2)  # the last reading is past the bound
            before = transactions(alone.hub)
            answer = await inquire(gateway, holder)
            assert (answer.status, answer.code) == (401, "E0")
            assert transactions(alone.hub) == before + 1

        alone.run(work())

    def test_a_flood_of_them_is_read_for_at_the_bounded_rate(self, alone: House) -> None:
        async def work() -> None:
            gateway, holder = alone.world.partners[PEAK], alone.world.cardholders[1]
            use_key(gateway, new_key(gateway))
            await gateway._jose()
            now = asyncio.get_running_loop().time
            before, began_s = transactions(alone.hub), now()
            answers = await asyncio.gather(*(inquire(gateway, holder) for _ in range(300)))
            assert {answer.status for answer in answers} == {401}
            assert 1 <= transactions(alone.hub) - before <= (now() - began_s) / 0.1 + 1

        alone.run(work())

    def test_a_key_that_another_host_was_told_of_a_moment_ago(self, alone: House) -> None:
        async def work() -> None:
            gateway, holder = alone.world.partners[PEAK], alone.world.cardholders[1]
            async with another_host(alone) as other:
                await other.directory.refresh()
                await exchange(gateway)
                known = other.directory.party(PEAK)
                assert known is not None
                assert gateway.identity.signing["kid"] not in {key.kid for key in known.keys}
                request = gateway.trx_result_inquiry(holder, f"A{PEAK}20260302040000000000")  # type: ignore[attr-defined]
                headers, body = await gateway.signed(request)
                reply = await other.endpoint.handle(request.path, headers["UPI-JWS"], body)
                assert reply.status == 200

        alone.run(work())

    def test_a_bank_that_answers_with_the_key_it_has_just_told_of(self, alone: House) -> None:
        """A payment's outcome must not become unknown by it."""

        async def work() -> None:
            gateway, bank = alone.world.gateway(PEAK), alone.world.partners[BANK]
            holder = await alone.cardholder(PEAK)
            receive = bank.receive
            asked = []

            async def changes_its_key_first(path: str, headers: Any, body: bytes) -> Any:
                asked.append(path)
                await exchange(bank)
                return await receive(path, headers, body)

            bank.receive = changes_its_key_first  # type: ignore[method-assign]
            reconnect(alone, bank)
            answer = await gateway.send(gateway.mpqrc_payment_emv(holder, alone.world.merchants[0], "1.00"))
            assert asked
            assert (answer.status, answer.code) == (200, "00")

        alone.run(work())


def reconnect(here: House, partner: Partner) -> None:
    """What the transport calls is looked up when it is connected."""
    transport = partner._hub.transport
    transport.connect(partner.identity.base_url, partner.receive, partner.app_id)  # type: ignore[union-attr]


def transactions(hub: Hub) -> int:
    counted: int = hub.store.transactions_begun  # type: ignore[attr-defined]
    return counted


@asynccontextmanager
async def another_host(here: House) -> AsyncIterator[Hub]:
    """A second service host on the same store."""
    transport = here.world.partners[PEAK]._hub.transport
    async with open_hub(here.hub.settings, store=here.hub.store, transport=transport, clock=here.clock) as other:
        yield other
