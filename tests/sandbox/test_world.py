"""The seeded world, what registering it writes into a hub's store, and the transport that keeps it in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from time import perf_counter

import msgspec
import pytest

from support.sandbox import HubStub, code, identities, light_identities, run, world
from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.keys import check_party_keys
from unionhub.adapters.memory.store import MemoryStore
from unionhub.adapters.vault.envelope import EnvelopeVault, load
from unionhub.adapters.vault.master import MasterKey
from unionhub.domain.flows.payers import of_card
from unionhub.domain.model.cards import Card, CardProduct
from unionhub.domain.model.identifiers import Pan, Token
from unionhub.domain.model.money import Money
from unionhub.domain.model.parties import JoseProfile, Party, PartyState, Role
from unionhub.domain.model.qr.merchant import one_time_reference, parse
from unionhub.hosts.sandbox import journal, loopback
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.faults import FaultTable
from unionhub.hosts.sandbox.inbox import MAX_ITEMS, Inbox, Item
from unionhub.hosts.sandbox.loopback import LoopbackTransport
from unionhub.hosts.sandbox.partner import NoAnswer
from unionhub.hosts.sandbox.register import CARD_YEARS, Registrar
from unionhub.hosts.sandbox.seeds import (
    ACQUIRER,
    BANK,
    CARDHOLDERS,
    HARBOUR,
    MERCHANTS,
    PARTNERS,
    PEAK,
    PRESET_MERCHANTS,
    PRODUCT,
    QR_PLATFORM,
    cardholder,
)
from unionhub.ports.partners import NotSent, NoWord


class TestSeeds:
    def test_one_of_each_role_or_two(self) -> None:
        roles = [seed.role for seed in PARTNERS]
        counts = {role: roles.count(role) for role in Role}
        assert counts == {
            Role.APP_GATEWAY: 2,
            Role.ISSUER: 1,
            Role.ACQUIRER: 1,
            Role.CHANNEL: 2,
            Role.INDUSTRY: 2,
            Role.QR_PLATFORM: 1,
        }
        assert {seed.profile for seed in PARTNERS if seed.role is Role.APP_GATEWAY} == {
            JoseProfile.UNIONPAY,
            JoseProfile.MODERN,
        }
        assert len({seed.app_id for seed in PARTNERS}) == len(PARTNERS)

    def test_numbers_are_well_formed_and_nobody_shares_one(self) -> None:
        fresh = [cardholder(number, HARBOUR, CARDHOLDERS[0].opening) for number in (5, 1_000_000, 99_999_999)]
        people = [*CARDHOLDERS, *fresh]
        for holder in people:
            assert Token.parse(holder.token.reveal()).reveal().startswith("62")
            assert len(Pan.parse(holder.pan.reveal()).reveal()) == 16
            assert len(holder.device_id) == 32
            assert len(holder.account.reveal()) >= 12  # shorter ones would be masked whole
        for values in zip(*((h.user_id, h.device_id, h.token, h.pan, h.account) for h in people), strict=True):
            assert len(set(values)) == len(people)
        with pytest.raises(ValueError, match="cardholders are"):
            cardholder(100_000_000, HARBOUR, CARDHOLDERS[0].opening)

    def test_more_than_the_balance_can_be_asked_for_within_the_limit(self) -> None:
        """Else 51 could not be had over HTTP: 61 would come first."""
        for holder in CARDHOLDERS[:3]:
            assert holder.opening.minor + 1 < PRODUCT.trx_limit_minor
        assert CARDHOLDERS[3].opening.minor > PRODUCT.day_limit_minor

    def test_preset_merchants_are_nobody_who_has_a_qr(self) -> None:
        mids = [merchant.mid for merchant in (*MERCHANTS, *PRESET_MERCHANTS)]
        assert len(set(mids)) == len(mids)
        assert {len(mid) for mid in mids} == {15}
        assert all(len(merchant.name) <= 25 and merchant.opening == Money(100_000_00, "344") for merchant in PRESET_MERCHANTS)

    def test_a_dynamic_code_carries_amount_and_reference(self) -> None:
        qr = parse(MERCHANTS[0].code(amount="88.00", reference="ORDER1"))
        assert (qr.is_dynamic, qr.amount, one_time_reference(qr)) == (True, "88.00", "ORDER1")


class TestWorld:
    def test_opening_twice_keeps_balances(self) -> None:
        async def play() -> None:
            await made.open()
            await HubStub(transport, made.issuer()).pay(CARDHOLDERS[0])
            await made.open()
            balance = await made.bank().balance(CARDHOLDERS[0].account)
            assert balance is not None
            assert balance.text == "19990.00"

        with world() as (made, transport):
            run(play())

    def test_a_new_cardholder_has_money_at_the_bank(self) -> None:
        async def play() -> None:
            await made.open()
            first = await made.new_cardholder(PEAK, "12.34")
            second = await made.new_cardholder(PEAK)
            assert first.token != second.token
            assert first.gateway == PEAK
            assert code(await HubStub(transport, made.issuer()).pay(first, "12.34")) == "00"
            assert code(await HubStub(transport, made.issuer()).pay(first, "0.01")) == "51"
            assert made.cardholders[-2:] == [first, second]

        with world() as (made, transport):
            run(play())

    def test_whoever_is_somebody_else_is_not_found(self) -> None:
        with world() as (made, _):
            assert made.gateway(HARBOUR).app_id == HARBOUR
            assert made.acquirer().app_id == ACQUIRER
            assert made.qr_platform().app_id == QR_PLATFORM
            with pytest.raises(LookupError):
                made.qr_platform(BANK)
            for look in (made.gateway, made.acquirer, made.bank):
                with pytest.raises(LookupError):
                    look(QR_PLATFORM)
                with pytest.raises(LookupError):
                    look("00000000")


class Sequence:
    def __init__(self) -> None:
        self.taken: list[str] = []

    async def next(self, name: str) -> int:
        self.taken.append(name)
        return len(self.taken)


class TestRegister:
    async def registrar(self, store: MemoryStore, clock: ManualClock) -> tuple[Registrar, EnvelopeVault, Sequence]:
        vault, numbers = await load(store, MasterKey(b"k" * 32), clock), Sequence()
        return Registrar(store, vault, numbers, clock), vault, numbers

    async def stored(self, store: MemoryStore) -> tuple[dict[str, Party], list[CardProduct], list[Card]]:
        async with store.begin() as unit:
            parties = {party.app_id: party for party in await unit.parties()}
            return parties, await unit.products(), await unit.cards()

    def test_parties_product_and_cards(self) -> None:
        async def play() -> None:
            clock, store = ManualClock(), MemoryStore()
            registrar, vault, _ = await self.registrar(store, clock)
            moved = {app_id: msgspec.structs.replace(i, base_url=f"http://{app_id}") for app_id, i in identities().items()}
            await registrar.register(moved)
            parties, (product,), cards = await self.stored(store)
            assert set(parties) == {seed.app_id for seed in PARTNERS}
            for seed in PARTNERS:
                party = parties[seed.app_id]
                assert (party.role, party.name, party.profile, party.state) == (
                    seed.role,
                    seed.name,
                    seed.profile,
                    PartyState.LIVE,
                )
                assert (party.base_url, party.country) == (f"http://{seed.app_id}", seed.country)
                check_party_keys(party)
                assert len(party.keys) == 2
            assert parties[ACQUIRER].acquirer_iin == MERCHANTS[0].acquirer_iin
            assert (product.product_id, product.issuer, product.currency) == (PRODUCT.product_id, BANK, "344")
            assert product.gateways == {HARBOUR, PEAK}
            assert "MPQRC_PAYMENT_EMV" in product.messages
            for holder in CARDHOLDERS:
                (card,) = [card for card in cards if card.user_id == holder.user_id]
                assert card.token_index == vault.index(holder.token, "token")
                assert vault.open(card.token_sealed, of_card("token", card.card_id)) == holder.token.reveal()
                assert vault.open(card.pan_sealed, of_card("pan", card.card_id)) == holder.pan.reveal()
                assert vault.open(card.account_sealed, of_card("account", card.card_id)) == holder.account.reveal()
                assert (card.device_id, card.gateway, card.issuer) == (holder.device_id, holder.gateway, holder.issuer)
                assert (card.masked_pan, card.currency, card.product_id) == (
                    holder.pan.masked,
                    "344",
                    product.product_id,
                )
                assert card.token_expiry > clock.now() + timedelta(days=365 * CARD_YEARS)
                assert (card.pan_expiry + timedelta(seconds=1)).day == 1

        run(play())

    def test_again_it_moves_addresses_and_keys_and_leaves_the_rest(self) -> None:
        async def play() -> None:
            clock, store = ManualClock(), MemoryStore()
            registrar, _, numbers = await self.registrar(store, clock)
            await registrar.register(identities())
            _, products, cards = await self.stored(store)
            async with store.begin() as unit:
                suspended = next(party for party in await unit.parties() if party.app_id == PEAK)
                await unit.put_party(
                    msgspec.structs.replace(suspended, state=PartyState.SUSPENDED, profile=JoseProfile.COMPACT)
                )
                await unit.put_product(msgspec.structs.replace(products[0], cut_off=True))
                await unit.commit()
            clock.advance(86_400 * 400)
            peak = msgspec.structs.replace(light_identities()[PEAK], base_url="http://elsewhere")
            taken = len(numbers.taken)
            await registrar.register({PEAK: peak})
            parties, (product,), again = await self.stored(store)
            assert (parties[PEAK].state, parties[PEAK].base_url) == (PartyState.SUSPENDED, "http://elsewhere")
            assert parties[PEAK].keys != suspended.keys
            assert product.cut_off
            assert sorted(again, key=lambda card: card.card_id) == sorted(cards, key=lambda card: card.card_id)
            assert len(numbers.taken) == taken

        run(play())

    def test_one_more_card(self) -> None:
        async def play() -> None:
            clock, store = ManualClock(), MemoryStore()
            registrar, _, _ = await self.registrar(store, clock)
            holder = cardholder(7, PEAK, CARDHOLDERS[0].opening)
            assert await registrar.register_card(holder)
            assert not await registrar.register_card(holder)
            _, _, cards = await self.stored(store)
            assert [card.user_id for card in cards] == [holder.user_id]

        run(play())


async def _echo(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
    return HttpReply(status=200, headers={"path": path, **headers}, body=body)


class TestLoopback:
    def transport(self) -> LoopbackTransport:
        transport = LoopbackTransport(FaultTable({BANK: Role.ISSUER}))
        transport.connect("http://a.sandbox", _echo, BANK)
        return transport

    def test_it_carries_path_headers_and_body(self) -> None:
        transport = self.transport()
        reply = run(transport.post("http://a.sandbox/x/y", {"UPI-JWS": "s"}, b"body", timeout_s=1))
        assert not any(transport._open.values())  # nothing is kept of a call that has ended
        assert not transport._running
        assert (reply.headers, reply.body) == ({"path": "/x/y", "upi-jws": "s"}, b"body")

    def test_nobody_listens_there(self) -> None:
        with pytest.raises(NotSent):
            run(self.transport().post("http://b.sandbox/x", {}, b"", timeout_s=1))

    def test_silence_lasts_the_callers_time_and_the_other_side_goes_on(self) -> None:
        async def play() -> None:
            done = asyncio.Event()

            async def slow(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
                await asyncio.sleep(0.15)
                done.set()
                return await _echo(path, headers, body)

            transport = self.transport()
            transport.connect("http://slow.sandbox", slow)
            started_s = perf_counter()
            with pytest.raises(NoWord, match="no answer"):
                await transport.post("http://slow.sandbox/", {}, b"", timeout_s=0.05)
            assert perf_counter() - started_s < 0.14
            await asyncio.wait_for(done.wait(), 1)

        run(play())

    def test_a_caller_who_is_cancelled_cancels_nobody(self) -> None:
        async def play() -> None:
            done = asyncio.Event()

            async def slow(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
                await asyncio.sleep(0.05)
                done.set()
                return await _echo(path, headers, body)

            transport = self.transport()
            transport.connect("http://slow.sandbox", slow)
            call = asyncio.ensure_future(transport.post("http://slow.sandbox/", {}, b"", timeout_s=1))
            await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            await asyncio.wait_for(done.wait(), 1)

        run(play())

    def test_no_answer_keeps_the_caller_waiting(self) -> None:
        async def silent(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
            raise NoAnswer

        transport = self.transport()
        transport.connect("http://silent.sandbox", silent)
        started_s = perf_counter()
        with pytest.raises(NoWord):
            run(transport.post("http://silent.sandbox/", {}, b"", timeout_s=0.1))
        assert perf_counter() - started_s >= 0.09

    def test_a_crash_is_a_500_and_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        async def crash(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
            raise LookupError("a bug")

        transport = self.transport()
        transport.connect("http://crash.sandbox", crash)
        assert run(transport.post("http://crash.sandbox/", {}, b"", timeout_s=1)).status == 500
        assert "a bug" in caplog.text

    def test_an_answer_beyond_all_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loopback, "MAX_REPLY_BYTES", 10)
        assert run(self.transport().post("http://a.sandbox/", {}, b"x" * 10, timeout_s=1)).status == 200
        with pytest.raises(NoWord, match="above"):
            run(self.transport().post("http://a.sandbox/", {}, b"x" * 11, timeout_s=1))

    def test_closing_ends_what_still_runs(self) -> None:
        async def play() -> None:
            async def endless(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
                await asyncio.Event().wait()
                raise AssertionError

            transport = self.transport()
            transport.connect("http://endless.sandbox", endless)
            call = asyncio.ensure_future(transport.post("http://endless.sandbox/", {}, b"", timeout_s=30))
            await asyncio.sleep(0.01)
            await transport.close()
            with pytest.raises(NoWord, match="reset"):
                await call

        run(play())


def test_inbox_and_journal_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, inbox = ManualClock(), Inbox()
    for number in range(MAX_ITEMS + 1):
        inbox.add(Item(at=clock.now(), message="X", msg_id=str(number), body={}))
    assert (len(inbox.items()), inbox.items()[0].msg_id, inbox.items("Y")) == (MAX_ITEMS, "1", [])
    monkeypatch.setattr(journal, "MAX_ENTRIES", 3)
    short = journal.Journal(clock)
    for number in range(5):
        short.request("a", "b", "X", str(number))
    assert [entry.seq for entry in short.entries()] == [3, 4, 5]
    assert short.last_seq == 5
