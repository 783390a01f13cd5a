"""The store's contract, part 7: codes that pay once, QR inquiries, and how they end; the audit trail."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from contracts.store_samples import (
    NOW,
    SECOND,
    House,
    act,
    audit_entry,
    awaited,
    code,
    enrolment,
    face,
    notice,
    once,
    opened,
    payment,
    qr_inquiry,
    try_open,
    usable_card,
)
from unionhub.domain.model.codes import CodeKind, OneTimeCode
from unionhub.ports.store import Store, UnitOfWork

LONG = timedelta(days=36_500)
PLAIN: dict[str, Any] = {"barcode_index": None, "trx_limit": None, "cvm_limit": None}


async def add(store: Store, *codes: OneTimeCode) -> bool:
    async with store.begin() as unit:
        done = await unit.add_codes(codes)
        await unit.commit()
    return done


async def codes_of(store: Store, act_id: int = 1) -> list[OneTimeCode]:
    async with store.begin() as unit:
        return await unit.codes_of(act_id)


async def purge(store: Store, before: datetime, limit: int = 100) -> int:
    async with store.begin() as unit:
        gone = await unit.purge(uuids_kept=LONG, claims_kept=LONG, codes_expired_before=before, limit=limit)
        await unit.commit()
    return gone


class CodesContract:
    @awaited
    async def test_codes_come_back_as_they_were_in_their_order(self, house: House) -> None:
        codes = code(5, position=2), code(2**62, position=0, kind=CodeKind.CONSUMER_QR, **PLAIN), code(7, position=1, **PLAIN)
        assert await add(house.store, *codes)
        assert await add(house.store, code(8, act_id=2))
        assert await add(house.store)
        assert await codes_of(house.other) == [codes[1], codes[2], codes[0]]
        assert await codes_of(house.other, 2) == [code(8, act_id=2)]
        assert await codes_of(house.other, 3) == []

    @awaited
    async def test_a_code_is_found_by_either_index(self, house: House) -> None:
        await add(house.store, code(1), code(2), code(3, **PLAIN))
        async with house.other.begin() as unit:
            assert await unit.code_by_index(code(2).index) == code(2)
            assert await unit.code_by_index(code(2).barcode_index or b"") == code(2)
            assert await unit.code_by_index(code(3).index) == code(3, **PLAIN)
            assert await unit.code_by_index(b"another") is None
            assert await unit.code_by_index(b"") is None

    @pytest.mark.parametrize(
        "wanted",
        [
            (code(2), code(3, index=code(1).index)),
            (code(3, barcode_index=code(1).barcode_index), code(2)),
            (code(2), code(3, index=code(2).index)),
            (code(2), code(3, barcode_index=code(2).barcode_index)),
        ],
        ids=["index", "barcode", "index among them", "barcode among them"],
    )
    @awaited
    async def test_all_or_none(self, house: House, wanted: tuple[OneTimeCode, ...]) -> None:
        assert await add(house.store, code(1))
        assert not await add(house.store, *wanted)
        assert await codes_of(house.other) == [code(1)]
        assert await add(house.store, code(2), code(3))  # nothing of them is left

    @awaited
    async def test_a_refusal_leaves_the_unit_as_it_was(self, house: House) -> None:
        async with house.store.begin() as unit:
            assert await unit.add_codes([code(1)])
            assert not await unit.add_codes([code(2), code(3, index=code(1).index)])
            assert await unit.add_codes([code(4)])
            await unit.commit()
        assert [found.code_id for found in await codes_of(house.other)] == [1, 4]

    @awaited
    async def test_of_20_with_the_same_barcode_at_once_one_is_there(self, house: House) -> None:
        wanted = [code(n, barcode_index=b"same") for n in range(20)]
        done = await asyncio.gather(*(add(house.host(n), found) for n, found in enumerate(wanted)))
        assert sum(done) == 1
        assert await codes_of(house.store) == [wanted[done.index(True)]]

    @awaited
    async def test_an_inquiry_is_put_and_replaced(self, house: House) -> None:
        second = qr_inquiry(sender="39990002", amount=None)
        async with house.store.begin() as unit:
            for found in (qr_inquiry(user_id="old"), second, qr_inquiry()):
                await unit.put_qr_inquiry(found)
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.qr_inquiry("39990001", "A" * 29) == qr_inquiry()
            assert await unit.qr_inquiry("39990002", "A" * 29) == second
            assert await unit.qr_inquiry("39990001", "another") is None

    @awaited
    async def test_what_has_expired_is_purged_with_its_once_key(self, house: House) -> None:
        early, late = code(1, expires_at=NOW), code(2, expires_at=NOW + SECOND)
        await add(house.store, early, late, code(12, expires_at=NOW + SECOND))
        keys = [once(key, kept=True) for key in (early.once_key, late.once_key, "code:12", "order")]
        await opened(house.store, payment(1, reservations=tuple(keys)))
        async with house.store.begin() as unit:
            await unit.put_qr_inquiry(qr_inquiry("early", valid_until=NOW))
            await unit.put_qr_inquiry(qr_inquiry("late", valid_until=NOW + SECOND))
            assert await unit.purge(uuids_kept=LONG, claims_kept=LONG) == 0
            await unit.commit()
        assert await purge(house.store, NOW) == 0
        assert await purge(house.store, NOW + SECOND) == 2
        assert [found.code_id for found in await codes_of(house.other)] == [2, 12]
        async with house.other.begin() as unit:
            assert await unit.code_by_index(early.index) is None
            assert await unit.qr_inquiry("39990001", "early") is None
            assert await unit.qr_inquiry("39990001", "late") is not None
        assert await try_open(house.store, payment(2, reservations=(keys[0],))) == ""
        assert [await try_open(house.store, payment(3, reservations=(key,))) for key in keys[1:]] == ["02"] * 3
        assert await add(house.store, early)

    @awaited
    async def test_a_purge_takes_no_more_than_its_limit(self, house: House) -> None:
        await add(house.store, *(code(n) for n in range(4)))
        async with house.store.begin() as unit:
            for number in range(3):
                await unit.admit("39990001", f"u{number}")
                await unit.put_qr_inquiry(qr_inquiry(str(number)))
            await unit.commit()
        for expected in (3, 3, 3, 1, 0):
            async with house.store.begin() as unit:
                assert expected == await unit.purge(
                    uuids_kept=-timedelta(days=1), claims_kept=LONG, codes_expired_before=NOW + 9999 * SECOND, limit=3
                )
                await unit.commit()
        assert await codes_of(house.store) == []


class AuditContract:
    @awaited
    async def test_the_newest_first_and_of_one_subject(self, house: House) -> None:
        entries = [audit_entry(n, subject=f"card {n % 2}") for n in (1, 2, 3)]
        for number, entry in enumerate(entries):
            async with house.host(number).begin() as unit:
                await unit.add_audit(entry)
                await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.audit() == entries[::-1]
            assert await unit.audit(limit=2) == entries[:0:-1]
            assert await unit.audit(subject="card 1") == [entries[2], entries[0]]
            assert await unit.audit(subject="card 1", limit=1) == [entries[2]]
            assert await unit.audit(subject="card") == []

    @awaited
    async def test_equal_entries_are_several(self, house: House) -> None:
        async with house.store.begin() as unit:
            for _ in range(3):
                await unit.add_audit(audit_entry())
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.audit() == [audit_entry()] * 3


class UndoneContract:
    """What is not committed never was: everything that is written beside payments."""

    @awaited
    async def test_nothing_is_left(self, house: House) -> None:
        old_act, old_enrolment, old_card, old_code = act(1), enrolment(1), usable_card(1), code(1, expires_at=NOW)
        async with house.store.begin() as unit:
            await unit.record_act(old_act)
            await unit.add_enrolment(old_enrolment)
            assert await unit.put_card(old_card)
            assert await unit.add_codes([old_code])
            assert await unit.open_payment(payment(1, reservations=(once(old_code.once_key, kept=True),))) == ""
            await unit.commit()
        async with house.store.begin() as unit:
            await self._write_everything(unit)
        async with house.other.begin() as unit:
            assert [await unit.act(1), await unit.act(2)] == [old_act, None]
            assert [await unit.enrolment(1), await unit.enrolment(2)] == [old_enrolment, None]
            assert [await unit.codes_of(1), await unit.code_by_index(old_code.index)] == [[old_code], old_code]
            assert await unit.cards() == [old_card]
            assert [await unit.card_faces(), await unit.audit(), await unit.notices()] == [[], [], []]
            assert await unit.qr_inquiry("39990001", "A" * 29) is None
            assert await unit.payment(2) is None
            assert await unit.open_payment(payment(2, reservations=(once(old_code.once_key),))) == "02"
            assert await unit.lease_enrolments("b", NOW + 99 * SECOND, limit=9, lease=SECOND) == [old_enrolment]
            await self._write_everything(unit)  # nothing stands in its way

    @staticmethod
    async def _write_everything(unit: UnitOfWork) -> None:
        await unit.record_act(act(2))
        assert await unit.close_act(msgspec.structs.replace(act(1), code="00"))
        await unit.add_enrolment(enrolment(2))
        await unit.lease_enrolments("a", NOW + 99 * SECOND, limit=9, lease=60 * SECOND)
        assert await unit.move_enrolment(enrolment(1).changed(due_at=None))
        assert await unit.add_codes([code(2)])
        assert await unit.purge(uuids_kept=LONG, claims_kept=LONG, codes_expired_before=NOW + SECOND) == 1
        assert await unit.put_card(usable_card(2, user_id="another"))
        assert await unit.move_card(usable_card(1), usable_card(1, replaced_by=2))
        await unit.put_card_face(face())
        await unit.put_qr_inquiry(qr_inquiry())
        await unit.add_audit(audit_entry())
        await unit.record_payment(payment(2), [notice(1)])
