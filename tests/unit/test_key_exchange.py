"""KEY_EXCHANGE: a partner's next keys come alive beside those it has, and nothing else happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from support.keys import partner_key, party
from support.loop import run
from support.stores import NoPostgres, postgres_url
from unionhub.adapters.jose.keys import Use, fitted, sealing_key, verifying_key
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.memory.store import MemoryStore
from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.flows.key_exchange import KeyExchange
from unionhub.domain.model.errors import Refusal, Replayed
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.parties import JoseProfile, Party, PartyState, PublicKey
from unionhub.domain.model.party_keys import (
    ExchangedKeys,
    KeyExchangeRequest,
    OfferedKey,
    newest_kid,
    with_newer,
)
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.ports.store import Store

COMPACT = JoseProfile.COMPACT
FIELD: dict[str, str] = {"sig": "trxInfo.insSignPublicKey", "enc": "trxInfo.insEncPublickey"}


def plain(names: str) -> tuple[PublicKey, ...]:
    """`s1 e1`: a signing and an encryption key of these kids."""
    return tuple(PublicKey(kid=name, use={"s": "sig", "e": "enc"}[name[0]], jwk="") for name in names.split())


class TestWhichAreAlive:
    @pytest.mark.parametrize(
        ("alive", "newer", "signed_by", "after"),
        [
            ("s1 e1", "", "s1", "s1 e1"),
            ("s1 e1", "s2", "s1", "s1 e1 s2"),
            ("s1 e1", "s2 e2", "s1", "s1 e1 s2 e2"),
            ("", "s1", "s0", "s1"),
            ("s1 s2 s3 e1", "s4", "s3", "s2 s3 e1 s4"),
            ("s1 s2 s3 e1", "s4", "s1", "s1 s3 e1 s4"),
            ("s1 e1 e2 e3", "e4", "s1", "s1 e2 e3 e4"),
            ("s1 s2 s3 e1 e2 e3", "s4 e4", "s2", "s2 s3 e2 e3 s4 e4"),
            ("s1 s2 s3 s4 s5 e1", "s6", "s5", "s4 s5 e1 s6"),
            ("s1 s2 s3 s4 s5 e1", "e2", "s5", "s1 s2 s3 s4 s5 e1 e2"),
            ("s1 s2 s3 s4 s5", "s6", "s1", "s1 s5 s6"),
        ],
        ids=[
            "nothing new",
            "one use",
            "both uses",
            "the first of its use",
            "the oldest goes",
            "not the one that signed",
            "the oldest to seal to goes",
            "both uses at once",
            "more than may be, by an operator's hand",
            "the other use is let be",
            "the one that signed is the oldest of too many",
        ],
    )
    def test_the_newest_three_of_a_use(self, alive: str, newer: str, signed_by: str, after: str) -> None:
        assert with_newer(plain(alive), plain(newer), signed_by) == plain(after)

    def test_a_kid_that_signed_protects_no_encryption_key(self) -> None:
        odd = tuple(PublicKey(kid="1", use=use, jwk="") for use in ("sig", "enc"))
        assert with_newer((*odd, *plain("e2 e3")), plain("e4"), "1") == (odd[0], *plain("e2 e3 e4"))

    def test_the_newest_is_the_last(self) -> None:
        assert newest_kid(plain("s1 e1 e2 s2"), "enc") == "e2"
        assert newest_kid(plain("s1"), "enc") == ""


def key(use: Use, name: str, profile: JoseProfile = COMPACT) -> PublicKey:
    """A key of the sender; its kid is its name."""
    jwk = {**partner_key(profile, use, name).public_jwk(), "kid": name}
    return PublicKey(kid=name, use=use, jwk=json.dumps(jwk))


def under(kid: str, other: PublicKey, use: str | None = None) -> PublicKey:
    """The same key under another kid, or for another use."""
    members = {name: value for name, value in json.loads(other.jwk).items() if name not in ("use", "alg")}
    return PublicKey(kid=kid, use=use or other.use, jwk=json.dumps({**members, "kid": kid}))


def registered(*keys: PublicKey, **changes: Any) -> Party:
    kept = tuple(found.key for each in keys if (found := fitted(each, COMPACT)) is not None)
    return party(COMPACT, keys=kept, **changes)


S1, S2, S3, S4 = (key("sig", name) for name in ("s1", "s2", "s3", "s4"))
E1, E2, E3 = (key("enc", name) for name in ("e1", "e2", "e3"))


def asked(*keys: PublicKey | None, fault: str = "") -> KeyExchangeRequest:
    offered = tuple(OfferedKey(field=FIELD[each.use if each else "sig"], key=each) for each in keys)
    return KeyExchangeRequest(offered=offered, fault=fault)


class Desk:
    """A hub that does nothing but exchange keys with one partner."""

    def __init__(self, sender: Party, store: Store | None = None) -> None:
        self.store = store or MemoryStore()
        self.directory = SnapshotDirectory(self.store, min_interval_s=0.0)
        self.flow = KeyExchange(self.store, self.directory, ManualClock(), fitted, lambda profile: f"hub-{profile}")
        self.sender = sender
        self._numbers = 0

    async def put(self, sender: Party) -> None:
        async with self.store.begin() as uow:
            await uow.put_party(sender)
            await uow.commit()

    async def exchange(self, request: KeyExchangeRequest, *, kid: str = "s1", uuid: str = "") -> ExchangedKeys:
        self._numbers += 1
        envelope = Envelope(
            sender=self.sender,
            uuid=uuid or f"{self._numbers:032x}",
            message="KEY_EXCHANGE",
            msg_id="A3999015720260302040000000001",
            digest=b"",
            kid=kid,
        )
        return await self.flow.exchange(envelope, request)

    async def kids(self) -> list[str]:
        async with self.store.begin() as uow:
            return [each.kid for found in await uow.parties() for each in found.keys]


def outcome(sender: Party, request: KeyExchangeRequest, kid: str = "s1") -> tuple[str, list[str]]:
    """The answer's code, with `30` the field too, and the kids that are alive afterwards."""

    async def work() -> tuple[str, list[str]]:
        desk = Desk(sender)
        await desk.put(sender)
        try:
            await desk.exchange(request, kid=kid)
            code = "00"
        except Refusal as refusal:
            code = str(refusal)
        return code, await desk.kids()

    return run(work())


ROWS: dict[str, tuple[Callable[[], KeyExchangeRequest], str, str]] = {
    "a signing key": (lambda: asked(S2), "00", "s1 e1 s2"),
    "an encryption key": (lambda: asked(E2), "00", "s1 e1 e2"),
    "both": (lambda: asked(S2, E2), "00", "s1 e1 s2 e2"),
    "those that it has": (lambda: asked(S1, E1), "00", "s1 e1"),
    "one that it has, one new": (lambda: asked(S1, E2), "00", "s1 e1 e2"),
    "another key under a kid that is taken": (lambda: asked(under("s1", S2)), "78", "s1 e1"),
    "one good, one kid taken": (lambda: asked(S2, under("e1", E2)), "78", "s1 e1"),
    "a kid of the other use": (lambda: asked(under("e1", S2)), "78", "s1 e1"),
    "its signing key to seal to": (lambda: asked(under("e2", S1, "enc")), "30 trxInfo.insEncPublickey", "s1 e1"),
    "its encryption key to sign with": (lambda: asked(under("s2", E1, "sig")), "30 trxInfo.insSignPublicKey", "s1 e1"),
    "one new key for both": (lambda: asked(S2, under("e2", S2, "enc")), "30 trxInfo.insEncPublickey", "s1 e1"),
    "its own key under a new kid": (lambda: asked(under("s9", S1)), "00", "s1 e1 s9"),
    "what is no key": (lambda: asked(None), "30 trxInfo.insSignPublicKey", "s1 e1"),
    "a key of another profile": (
        lambda: asked(key("sig", "r", JoseProfile.MODERN)),
        "30 trxInfo.insSignPublicKey",
        "s1 e1",
    ),
    "format before what is known": (lambda: asked(under("s1", S2), None), "30 trxInfo.insSignPublicKey", "s1 e1"),
    "a field that cannot be": (lambda: asked(fault="trxInfo.insSignCertID"), "30 trxInfo.insSignCertID", "s1 e1"),
}


class TestAnswers:
    @pytest.mark.parametrize("row", list(ROWS))
    def test_code_and_keys(self, row: str) -> None:
        request, code, alive = ROWS[row]
        assert outcome(registered(S1, E1), request()) == (code, alive.split())

    def test_the_key_that_signed_is_never_dropped(self) -> None:
        assert outcome(registered(S1, S2, S3, E1), asked(S4)) == ("00", ["s1", "s3", "e1", "s4"])

    @pytest.mark.parametrize(
        ("stored", "kid"),
        [
            (registered(S2, E1), "s1"),
            (registered(S1, E1, state=PartyState.SUSPENDED), "s1"),
            (registered(S1, E1), "e1"),
        ],
        ids=["the key was removed", "the sender was suspended", "no signing key"],
    )
    def test_what_the_store_knows_better_than_the_gate(self, stored: Party, kid: str) -> None:
        """A key that an operator took off a moment ago must not plant its successor."""
        assert outcome(stored, asked(S3), kid) == ("A0", [each.kid for each in stored.keys])

    def test_the_answer_names_what_to_seal_to_on_both_sides(self) -> None:
        async def work() -> None:
            desk = Desk(registered(S1, E1))
            await desk.put(desk.sender)
            assert await desk.exchange(asked(S2)) == ExchangedKeys(hub_kid="hub-compact", partner_kid="e1")
            assert await desk.exchange(asked(E2)) == ExchangedKeys(hub_kid="hub-compact", partner_kid="e2")

        run(work())

    def test_the_gate_knows_them_before_the_partner_is_told(self) -> None:
        async def work() -> None:
            desk = Desk(registered(S1, E1))
            await desk.put(desk.sender)
            await desk.directory.refresh()
            await desk.exchange(asked(S2, E2))
            known = desk.directory.party(desk.sender.app_id)
            assert known is not None
            for kid in ("s1", "s2"):
                found = verifying_key(known, kid)
                assert found is not None
                assert found.kid == kid
            assert sealing_key(known).kid == "e2"

        run(work())

    def test_a_party_that_is_gone(self) -> None:
        async def work() -> None:
            with pytest.raises(Refusal, match="A0"):
                await Desk(registered(S1, E1)).exchange(asked(S2))

        run(work())

    @pytest.mark.parametrize("request_", [asked(S2), asked(None)], ids=["done", "refused"])
    def test_each_uuid_once_refused_ones_too(self, request_: KeyExchangeRequest) -> None:
        async def work() -> None:
            desk = Desk(registered(S1, E1))
            await desk.put(desk.sender)
            with contextlib.suppress(Refusal):
                await desk.exchange(request_, uuid="u")
            with pytest.raises(Replayed):
                await desk.exchange(asked(E2), uuid="u")
            assert "e2" not in await desk.kids()

        run(work())

    def test_many_at_once_lose_nothing(self) -> None:
        async def work() -> None:
            desk = Desk(registered(S1, E1))
            await desk.put(desk.sender)
            await asyncio.gather(*(desk.exchange(asked(each)) for each in (S2, E2, S2, S3, E2)))
            assert sorted(await desk.kids()) == ["e1", "e2", "s1", "s2", "s3"]

        run(work())

    def test_many_hosts_at_once_lose_nothing(self) -> None:
        """PostgreSQL lets units of work run side by side: whoever reads the party must be the only one to write it."""
        try:
            url = postgres_url()
        except NoPostgres as error:
            pytest.skip(str(error))

        async def work() -> None:
            store = SqlStore(url)
            desk = Desk(registered(S1, E1), store)
            await desk.put(desk.sender)
            await asyncio.gather(*(desk.exchange(asked(each)) for each in (S2, E2, S3, E3)))  # none twice: it would heal
            assert sorted(await desk.kids()) == ["e1", "e2", "e3", "s1", "s2", "s3"]
            await store.close()

        run(work())

    def test_nothing_else_of_the_party_changes(self) -> None:
        async def work() -> None:
            before = registered(S1, E1, name="before")
            desk = Desk(before)
            # An operator changed it since the gate looked.
            changed = msgspec.structs.replace(before, name="after", base_url="https://new.example")
            await desk.put(changed)
            await desk.exchange(asked(S2))
            async with desk.store.begin() as uow:
                (found,) = await uow.parties()
            assert found == msgspec.structs.replace(changed, keys=found.keys)

        run(work())
