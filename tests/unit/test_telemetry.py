"""Metrics and log lines: what is counted, what is shown, and what never is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from support.log_desk import Desk
from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.adapters.telemetry.hub import METRICS_CONTENT_TYPE, HubTelemetry
from unionhub.adapters.telemetry.metrics import Bounded
from unionhub.domain.model.identifiers import Pan
from unionhub.domain.model.notices import Notice, NoticeState
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.ports.telemetry import Telemetry

PAN = "6210948000000045"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


def samples(hub: HubTelemetry) -> dict[str, float]:
    """`name{label="value",...}` -> value, of our own metrics."""
    found = {}
    for family in text_string_to_metric_families(hub.metrics_text().decode()):
        for sample in family.samples:
            if sample.name.startswith("unionhub_") and not sample.name.endswith("_created"):
                labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
                found[f"{sample.name.removeprefix('unionhub_')}{{{labels}}}"] = sample.value
    return found


def payment(state: PaymentState = PaymentState.APPROVED, code: str = "00") -> Payment:
    return Payment(
        payment_id=7,
        kind="BILL_PAYMENT",
        sender="39990001",
        msg_id="A1",
        state=state,
        opened_at=NOW,
        due_at=None,
        code=code,
        issuer="39990002",
        user_id="user-of-the-card",
        qr_payload="secret-payload",
        asks=3,
    )


def notice(state: NoticeState) -> Notice:
    return Notice(
        notice_id=5,
        payment_id=7,
        receiver="39990001",
        message="TRX_RESULT_NOTIFICATION",
        msg_id="N1",
        due_at=NOW,
        created_at=NOW,
        attempts=6,
        state=state,
    )


class TestMetrics:
    def test_everything_starts_at_nothing(self, desk: Desk) -> None:
        assert samples(desk.hub()) == {"payments_unfinished{}": 0.0, "payments_unfinished_oldest_seconds{}": 0.0}

    def test_gate_refusals_by_cause(self, desk: Desk) -> None:
        hub = desk.hub()
        hub.gate_refused("signature", "39990001")
        hub.gate_refused("signature", "39990002")
        hub.gate_refused("replayed")
        found = samples(hub)
        assert found["gate_refusals_total{cause=signature}"] == 2
        assert found["gate_refusals_total{cause=replayed}"] == 1
        assert "39990001" not in hub.metrics_text().decode(), "a claim is not worth a label"

    def test_messages_by_code_and_their_latency(self, desk: Desk) -> None:
        hub = desk.hub()
        hub.message_answered("BILL_PAYMENT", "39990001", "00", 0.02)
        hub.message_answered("BILL_PAYMENT", "39990001", "51", 0.3)
        found = samples(hub)
        assert found["messages_total{code=00,message=BILL_PAYMENT}"] == 1
        assert found["messages_total{code=51,message=BILL_PAYMENT}"] == 1
        assert found["message_seconds_count{message=BILL_PAYMENT}"] == 2
        assert found["message_seconds_sum{message=BILL_PAYMENT}"] == pytest.approx(0.32)
        assert found["message_seconds_bucket{le=0.025,message=BILL_PAYMENT}"] == 1
        assert found["message_seconds_bucket{le=0.01,message=BILL_PAYMENT}"] == 0

    def test_partner_calls_by_outcome_and_their_latency(self, desk: Desk) -> None:
        hub = desk.hub()
        hub.partner_called("39990002", "DEBIT_TRANSACTION", "00", 0.1)
        hub.partner_called("39990002", "DEBIT_TRANSACTION", "NoWord", 10, cause="silence")
        found = samples(hub)
        assert found["partner_calls_total{message=DEBIT_TRANSACTION,outcome=00,party=39990002}"] == 1
        assert found["partner_calls_total{message=DEBIT_TRANSACTION,outcome=NoWord,party=39990002}"] == 1
        assert found["partner_call_seconds_count{message=DEBIT_TRANSACTION,party=39990002}"] == 2

    def test_payments_by_kind_state_and_code(self, desk: Desk) -> None:
        hub = desk.hub()
        for moved in [payment(PaymentState.PENDING, ""), payment(), payment(PaymentState.DECLINED, "51")]:
            hub.payment_moved(moved)
        found = samples(hub)
        assert found["payment_moves_total{code=04,kind=BILL_PAYMENT,state=PENDING}"] == 1
        assert found["payment_moves_total{code=00,kind=BILL_PAYMENT,state=APPROVED}"] == 1
        assert found["payment_moves_total{code=51,kind=BILL_PAYMENT,state=DECLINED}"] == 1

    def test_what_the_worker_does(self, desk: Desk) -> None:
        hub = desk.hub()
        hub.reversal_attempted(payment(PaymentState.REVERSING), "NoWord")
        hub.notice_attempted(notice(NoticeState.CONFIRMED), "00")
        hub.notice_attempted(notice(NoticeState.PARKED), "NoWord")
        hub.unfinished(4, 12.5)
        hub.store_failed("directory", OSError("gone"))
        hub.crashed("payment_close", KeyError("x"))
        hub.alarm("reversal_refused", payment_id=7)
        found = samples(hub)
        assert found["reversal_attempts_total{issuer=39990002,outcome=NoWord}"] == 1
        assert found["notice_attempts_total{message=TRX_RESULT_NOTIFICATION,outcome=00,state=CONFIRMED}"] == 1
        assert found["notice_attempts_total{message=TRX_RESULT_NOTIFICATION,outcome=NoWord,state=PARKED}"] == 1
        assert found["payments_unfinished{}"] == 4
        assert found["payments_unfinished_oldest_seconds{}"] == 12.5
        assert found["store_errors_total{place=directory}"] == 1
        assert found["crashes_total{place=payment_close}"] == 1
        assert found["alarms_total{alarm=reversal_refused}"] == 1

    def test_two_hubs_in_one_process_count_apart(self, desk: Desk) -> None:
        one, two = desk.hub(), desk.hub()
        one.alarm("x")
        assert "alarms_total{alarm=x}" not in samples(two)

    def test_what_partners_make_up_is_one_label(self, desk: Desk) -> None:
        hub = desk.hub()
        for number in range(1000):
            hub.partner_called("39990002", "DEBIT_TRANSACTION", f"{number:02}"[:2] + "é", 0.1)
            hub.partner_called("39990002", "DEBIT_TRANSACTION", f"z{number % 10}", 0.1)
            hub.message_answered("BILL_PAYMENT", "39990001", f"made up {number}", 0.1)
            hub.gate_refused(f"cause {number}")
            hub.alarm(f"alarm {number}")
        hub.alarm("x" * 65)
        found = samples(hub)
        assert found["messages_total{code=other,message=BILL_PAYMENT}"] == 1000
        assert found["alarms_total{alarm=other}"] == 1001 - 64
        assert sum(name.startswith("partner_calls_total") for name in found) <= 34
        assert sum(name.startswith("gate_refusals_total") for name in found) <= 129

    def test_a_known_code_keeps_its_label_whatever_was_made_up_before(self, desk: Desk) -> None:
        hub = desk.hub()
        for number in range(100):
            hub.partner_called("39990002", "REVERSAL", f"word{number}", 0.1)
        hub.partner_called("39990002", "REVERSAL", "A6", 0.1)  # an issuer's code alone
        assert samples(hub)["partner_calls_total{message=REVERSAL,outcome=A6,party=39990002}"] == 1

    def test_bounded(self) -> None:
        label = Bounded(2)
        assert [label(value) for value in ("a", "b", "c", "a", "c")] == ["a", "b", "other", "a", "other"]

    def test_the_content_type_is_prometheus_own(self) -> None:
        assert METRICS_CONTENT_TYPE.startswith("text/plain")


class TestWhatIsLogged:
    def test_a_good_payment_is_one_line(self, desk: Desk) -> None:
        hub = desk.hub()
        hub.payment_moved(payment(PaymentState.PENDING, ""))
        hub.partner_called("39990002", "DEBIT_TRANSACTION", "00", 0.1)
        hub.payment_moved(payment())
        hub.message_answered("BILL_PAYMENT", "39990001", "00", 0.12345678)
        (line,) = desk.lines
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line.pop("at"))
        assert line == {
            "event": "message_answered",
            "level": "info",
            "message": "BILL_PAYMENT",
            "sender": "39990001",
            "code": "00",
            "seconds": 0.123457,
        }

    def test_debug_tells_all(self, desk: Desk) -> None:
        hub = desk.hub("debug")
        hub.payment_moved(payment())
        hub.partner_called("39990002", "DEBIT_TRANSACTION", "00", 0.1)
        assert [line["event"] for line in desk.lines] == ["payment_moved", "partner_called"]

    @pytest.mark.parametrize("state", [PaymentState.UNKNOWN, PaymentState.REVERSING, PaymentState.REVERSED])
    def test_a_payment_in_trouble_is_told(self, desk: Desk, state: PaymentState) -> None:
        desk.hub().payment_moved(payment(state))
        (line,) = desk.lines
        assert (line["event"], line["payment_id"], line["msg_id"], line["state"]) == ("payment_moved", 7, "A1", state.value)
        assert "user-of-the-card" not in desk.text
        assert "secret-payload" not in desk.text

    def test_trouble_is_told_as_a_warning_or_more(self, desk: Desk) -> None:
        hub = desk.hub()
        hub.gate_refused("signature", "39990001")
        hub.partner_called("39990002", "DEBIT_TRANSACTION", "NoWord", 10, cause="silence")
        hub.reversal_attempted(payment(PaymentState.REVERSING), "NoWord")
        hub.notice_attempted(notice(NoticeState.PARKED), "NoWord")
        hub.notice_attempted(notice(NoticeState.CONFIRMED), "00")
        hub.store_failed("directory", OSError("gone"))
        hub.alarm("reversal_refused", payment_id=7)
        assert [(line["event"], line["level"]) for line in desk.lines] == [
            ("gate_refused", "warning"),
            ("partner_called", "warning"),
            ("reversal_attempted", "warning"),
            ("notice_attempted", "warning"),
            ("notice_attempted", "info"),
            ("store_failed", "error"),
            ("alarm", "error"),
        ]
        assert desk.lines[0]["claimed_app_id"] == "39990001"
        assert desk.lines[1]["cause"] == "silence"
        assert desk.lines[2]["attempts"] == 3
        assert desk.lines[5]["error"] == "OSError: gone"
        assert desk.lines[6]["facts"] == {"payment_id": 7}

    def test_an_alarm_takes_any_fact(self, desk: Desk) -> None:
        """Also those named as the line's own members, and values that JSON has no word for."""
        facts = {"event": 1, "alarm": 2, "name": 3, "self": 4, "exc_info": 5, "level": 6, "at": 7}
        hub = desk.hub()
        hub.alarm("one", **facts)
        hub.alarm("two", huge=2**70, half="\ud800", nan=float("nan"), odd={(1, 2): object()}, pan=Pan(PAN))
        assert desk.lines[0]["facts"] == facts
        assert (desk.lines[1]["event"], desk.lines[1]["alarm"]) == ("alarm", "two")
        assert "Pan(6210********0045)" in desk.text
        assert PAN not in desk.text

    def test_the_level_is_a_threshold(self, desk: Desk) -> None:
        hub = desk.hub("error")
        hub.message_answered("BILL_PAYMENT", "39990001", "00", 0.1)
        hub.gate_refused("signature")
        assert desk.text == ""
        hub.alarm("x")
        assert len(desk.lines) == 1

    def test_what_is_bound_to_the_context_is_in_each_line(self, desk: Desk) -> None:
        hub = desk.hub()
        with structlog.contextvars.bound_contextvars(request="r1"):
            hub.gate_refused("signature")
        hub.gate_refused("signature")
        assert [line.get("request") for line in desk.lines] == ["r1", None]


@pytest.mark.parametrize("kind", ["null", "hub"])
def test_both_are_telemetry(kind: str, desk: Desk) -> None:
    telemetry: Telemetry = NullTelemetry() if kind == "null" else desk.hub()
    telemetry.gate_refused("signature", "39990001")
    telemetry.message_answered("BILL_PAYMENT", "39990001", "00", 0.1)
    telemetry.partner_called("39990002", "DEBIT_TRANSACTION", "00", 0.1, cause="")
    telemetry.payment_moved(payment())
    telemetry.reversal_attempted(payment(), "00")
    telemetry.notice_attempted(notice(NoticeState.QUEUED), "00")
    telemetry.unfinished(0, 0)
    telemetry.store_failed("x", OSError())
    telemetry.crashed("x", OSError())
    telemetry.alarm("x", name="y")
