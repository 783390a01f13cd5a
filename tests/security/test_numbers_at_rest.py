"""No card number, token or account number lies in the open: not in the database, its journal, or a log (RULES section 7).

The features look through what a whole run of theirs has left (features/test_features.py). Here the search itself is put to
the test, and a house that logs all it can is searched after everything that could make it talk.
"""

from __future__ import annotations

import base64
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from at_rest import FORMS, Search, files, masked, numbers_of
from flows.sales import new_sale, settle

from support.house import House, Way, house
from support.stores import NoPostgres
from unionhub.hosts.sandbox.partner import HubRequest
from unionhub.hosts.sandbox.seeds import ACQUIRER, CARDHOLDERS, HARBOUR_CHANNEL, PARKING

PAN = CARDHOLDERS[0].pan.reveal()
ACCOUNT = CARDHOLDERS[0].account.reveal()
NUMBERS = numbers_of(CARDHOLDERS)
DEBIT = "DEBIT_TRANSACTION"


class TestTheSearch:
    """A search that finds nothing proves nothing, unless it finds what was planted."""

    @pytest.mark.parametrize("number", NUMBERS)
    def test_finds_every_number(self, tmp_path: Path, number: str) -> None:
        (tmp_path / "some.log").write_text(f'{{"event": "paid", "who": "{number}"}}\n', encoding="utf-8")
        assert [(find.where, find.form, find.number) for find in Search(NUMBERS).in_files(tmp_path)] == [
            ("some.log", "text", masked(number))
        ]

    @pytest.mark.parametrize("form", FORMS)
    def test_finds_every_form(self, form: str) -> None:
        noise = bytes(range(256))
        finds = Search(NUMBERS).in_bytes(noise + FORMS[form](PAN) + noise, "here")
        assert ("here", form, masked(PAN)) in finds

    @pytest.mark.parametrize("before", ["", "a", "ab"])
    def test_finds_a_number_in_base64_wherever_it_begins(self, before: str) -> None:
        text = base64.b64encode(f"{before}{PAN} and more".encode())
        assert Search(NUMBERS).in_bytes(text, "here")

    def test_finds_what_sqlite_keeps_as_a_whole_number(self) -> None:
        assert Search(NUMBERS).in_bytes(struct.pack(">q", int(PAN)), "here")

    def test_finds_a_number_that_only_the_write_ahead_log_holds(self, tmp_path: Path) -> None:
        database = sqlite3.connect(tmp_path / "hub.db")
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE t (x)")
            database.execute("INSERT INTO t VALUES (?)", (f"x{ACCOUNT}x",))
            database.commit()
            assert {find.where for find in Search(NUMBERS).in_files(tmp_path)} == {"hub.db-wal"}
        finally:
            database.close()

    def test_finds_a_number_in_a_file_name(self, tmp_path: Path) -> None:
        (tmp_path / f"{PAN}.json").touch()
        assert Search(NUMBERS).in_files(tmp_path)

    def test_finds_no_other_number(self) -> None:
        assert Search(NUMBERS).in_bytes(f"{int(PAN) + 1} {PAN[:-4]} {PAN[:4]}********{PAN[-4:]}".encode(), "here") == []

    def test_says_no_number_itself(self) -> None:
        assert not Search(NUMBERS).in_bytes(repr(Search([PAN]).in_bytes(PAN.encode(), "here")).encode(), "the output")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def talkative(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that logs everything, after an eventful day."""
    way: Way = request.param
    try:
        with house(way, tmp_path_factory.mktemp(way), log_level="debug") as made:
            made.run(eventful_day(made))
            yield made
    except NoPostgres as reason:
        pytest.skip(str(reason))


async def eventful_day(made: House) -> None:
    """Everything that a message can end in, with the numbers also where they do not belong."""
    holder, stranger = await made.cardholder(), await made.cardholder(balance="1.00")
    bank, shop = holder.issuer, made.world.merchants[0]
    gateway = made.world.gateway(holder.gateway)

    def payment(**changes: Any) -> HubRequest:
        return gateway.mpqrc_payment_emv(holder, shop, "30.00", **changes)

    paid = payment()
    await gateway.send(paid)
    await gateway.send(gateway.trx_result_inquiry(holder, paid.msg_id))
    await gateway.send(gateway.mpqrc_payment_emv(stranger, shop, "30.00"))
    for fault in ("book_then_no_answer", "no_answer", "garbage", "bad_signature", "answer_of_another", "code:91", "code:30"):
        made.world.faults.add(bank, DEBIT, fault)
        await gateway.send(payment())
    await made.advance(2)
    for _ in range(60):
        await made.advance(1)
    # Where they do not belong: a member of another form, no member at all, a message that is none.
    pan, account = holder.pan.reveal(), holder.account.reveal()
    for changes in ({"trxAmt": pan}, {"trxCurrency": pan}, {"mpqrcPayload": f"{account} {pan}"}, {"token": int(pan)}):
        await gateway.send(payment(**changes))
    await gateway.send(payment(token=pan))
    await gateway.send(msgspec.structs.replace(payment(), body={"pan": pan}))
    await gateway.send(payment(unheardOf=pan))
    await at_the_cashier(made)


async def at_the_cashier(made: House) -> None:
    """Orders that are paid, declined, lost sight of, taken back, refunded, paid by their QR; and numbers where they do not
    belong: in a card's id, a coupon, the acquirer's reason. The channel tells the token, and the PAN."""
    channel, acquirer, grant = made.world.channel(), made.world.acquirer(), made.hub.directory.grant(HARBOUR_CHANNEL, PARKING)
    assert grant is not None
    async with made.hub.store.begin() as uow:
        await uow.put_grant(msgspec.structs.replace(grant, allows_pan=True))
        await uow.commit()
    await made.hub.directory.refresh()
    paid = await new_sale(made)
    token, pan = paid.holder.token.reveal(), paid.holder.pan.reveal()
    session, said = await paid.form()
    for changes in ({"card_id": pan}, {"offer_ids": (token,)}, {"form_token": pan}, {"codes": frozenset({pan})}):
        _, fresh = await paid.form()
        await made.hub.cashier.pay(session, msgspec.structs.replace(fresh, **changes))
    assert (await made.hub.cashier.pay(session, said)).code in ("04", "94")
    await settle(made)
    await paid.pay()
    await settle(made)
    assert await paid.stage() == "PAID"
    await acquirer.refund_order(paid.uid, "1.00")
    for word in ("04", "00", "51", "91", "ZZ"):
        sale = await new_sale(made, holder=paid.holder)
        async with sale.scripted(word):
            await sale.pay()
            if word == "04":
                for reason in (pan, f"51 {token}"):
                    await sale.result("DECLINED", origMsgID=sale.taken[0]["msgID"], reason=reason)
    for fault in ("no_answer", "garbage", "bad_signature", "answer_of_another"):
        sale = await new_sale(made, holder=paid.holder)
        made.world.faults.add(ACQUIRER, "PAY", fault)
        await sale.pay()
    channel.gives_pans = True
    try:
        sale = await new_sale(made, holder=paid.holder)
        await sale.pay()
    finally:
        channel.gives_pans = False
    sale = await new_sale(made, holder=paid.holder)
    assert await sale.pay_by_qr() == "00"
    for _ in range(14):
        await settle(made)
        await made.advance(5)


def open_files(made: House) -> list[Path]:
    return [path for path in files(made.home) if path.stat().st_size]


def test_there_is_something_to_search(talkative: House) -> None:
    names = {path.name for path in open_files(talkative)}
    assert "unionhub.log" in names
    assert ("unionhub.db" in names) == (talkative.way == "sqlite")


def test_no_number_lies_in_a_file_or_a_table(talkative: House) -> None:
    search = Search(numbers_of(talkative.world.cardholders))
    assert search.count == 3 * len(talkative.world.cardholders)
    assert search.in_files(talkative.home) == []  # SQLite's database, its write-ahead log, and the hub's log
    if talkative.way == "postgres":
        assert talkative.run(search.in_postgres(talkative.hub.settings.database_url.reveal())) == []


def test_no_number_lies_in_a_metric(talkative: House) -> None:
    text = talkative.hub.telemetry.metrics_text()
    assert b"PAY" in text
    assert Search(numbers_of(talkative.world.cardholders)).in_bytes(text, "the metrics") == []


def test_a_number_in_the_database_would_be_found(talkative: House) -> None:
    """The whole way, with a number planted where a careless flow would leave it: in the payment's note."""

    async def planted() -> None:
        holder = await talkative.cardholder()
        gateway = talkative.world.gateway(holder.gateway)
        request = gateway.mpqrc_payment_emv(holder, talkative.world.merchants[0], "30.00", trxNote=holder.pan.reveal())
        assert (await gateway.send(request)).code == "00"

    talkative.run(planted())
    search = Search(numbers_of(talkative.world.cardholders))
    if talkative.way == "postgres":
        assert {find.where for find in talkative.run(search.in_postgres(talkative.hub.settings.database_url.reveal()))} == {
            "table payments"
        }
    else:
        assert any(find.where.startswith("unionhub.db") for find in search.in_files(talkative.home))
