"""Log lines: one stream for all, and no secret in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from support.log_desk import Desk
from unionhub.adapters.telemetry.hub import HubTelemetry
from unionhub.adapters.telemetry.logs import LogFormat, in_one_line, mask_card_numbers
from unionhub.domain.model.identifiers import AccountNumber, Pan, Secret

PAN = "6210948000000045"


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


def fail_deep_down(secret: str) -> None:
    local_of_a_frame = secret + "!"
    raise ValueError(f"cannot work with {local_of_a_frame[:0]}")


class Held(msgspec.Struct):
    account: AccountNumber
    rate: Decimal = Decimal("0.1")


class TestSecrets:
    @pytest.mark.parametrize("form", ["json", "console"])
    def test_they_mask_themselves_wherever_they_are(self, desk: Desk, form: LogFormat) -> None:
        log = desk.logs(form).logger
        log.info("x", pan=Pan(PAN), deep={"list": [Pan(PAN), Secret("hunter2")]}, held=Held(AccountNumber("123456789012")))
        log.info(f"text with {Pan(PAN)}")
        assert desk.text.count("6210********0045") == 3
        assert "1234****9012" in desk.text
        for value in (PAN, "hunter2", "123456789012"):
            assert value not in desk.text

    @pytest.mark.parametrize("form", ["json", "console"])
    def test_a_traceback_shows_no_locals(self, desk: Desk, form: LogFormat) -> None:
        """rich is installed, and structlog would print every frame's locals with it."""
        log = desk.logs(form).logger
        try:
            fail_deep_down("hunter" + "2")  # a traceback quotes this line
        except ValueError:
            log.exception("failed")
        assert "fail_deep_down" in desk.text
        assert "cannot work with" in desk.text
        assert "hunter2" not in desk.text

    def test_a_crash_is_told_with_its_traceback_and_without_locals(self, desk: Desk) -> None:
        try:
            fail_deep_down("hunter" + "2")
        except ValueError as error:
            desk.hub().crashed("payment_close", error)
        (line,) = desk.lines
        assert (line["event"], line["level"], line["where"]) == ("crashed", "error", "payment_close")
        assert "in fail_deep_down" in line["exception"]
        assert "hunter2" not in desk.text

    @pytest.mark.parametrize("form", ["json", "console"])
    def test_a_card_number_in_an_exceptions_text_is_masked(self, desk: Desk, form: LogFormat) -> None:
        log = desk.logs(form).logger
        try:
            int(f"x{PAN}")
        except ValueError:
            log.exception("ours")
            logging.getLogger("library").exception("theirs")
        assert desk.text.count("6210********0045") >= 2
        assert PAN not in desk.text

    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            (f"'{PAN}'", "'6210********0045'"),
            (f"{PAN}/{PAN}", "6210********0045/6210********0045"),
            ("6210948000000046", "6210948000000046"),  # fails Luhn's check
            (f"1{PAN}0000", f"1{PAN}0000"),  # a longer number, such as a msgID
            ("4929490000003", "4929*****0003"),
            ("20261101120000", "20261101120000"),
        ],
    )
    def test_card_numbers_in_other_peoples_words(self, text: str, masked: str) -> None:
        assert mask_card_numbers(text) == masked

    def test_an_error_in_one_line_leaves_the_values_of_a_statement_out(self) -> None:
        cause = RuntimeError(f"connection lost: {PAN}\n[SQL: INSERT]\n[parameters: ('hunter2',)]")
        try:
            try:
                raise cause
            except RuntimeError as error:
                raise OSError("store unavailable") from error
        except OSError as error:
            told = in_one_line(error)
        assert told == "OSError: store unavailable <- RuntimeError: connection lost: 6210********0045"

    def test_what_was_hidden_on_purpose_stays_hidden(self) -> None:
        shown = OSError("no key")
        shown.__context__, shown.__suppress_context__ = KeyError("hunter2"), True  # as `raise ... from None` does
        assert in_one_line(shown) == "OSError: no key"

    def test_a_circle_of_causes_ends(self) -> None:
        one, two = ValueError("one"), ValueError("two")
        one.__cause__, two.__cause__ = two, one
        assert in_one_line(one) == "ValueError: one <- ValueError: two <- ValueError: one"


class TestLogs:
    def test_libraries_warnings_are_in_the_same_stream_and_form(self, desk: Desk) -> None:
        desk.logs()
        logging.getLogger("library").warning("it %s", "broke")
        logging.getLogger("library").info("chatter")
        logging.getLogger("uvicorn.error").info("started")
        assert [(line["event"], line["logger"], line["level"]) for line in desk.lines] == [
            ("it broke", "library", "warning"),
            ("started", "uvicorn.error", "info"),
        ]

    def test_at_debug_libraries_tell_all(self, desk: Desk) -> None:
        desk.logs(level="debug")
        logging.getLogger("library").debug("chatter")
        assert [line["event"] for line in desk.lines] == ["chatter"]

    def test_a_librarys_bad_format_string_is_not_our_failure(self, desk: Desk) -> None:
        pytests = set(logging.getLogger().handlers)
        logs = desk.logs()
        (ours,) = set(logging.getLogger().handlers) - pytests
        ours.handle(logging.LogRecord("library", logging.WARNING, __file__, 1, "%d", ("no number",), None))
        assert logs.writer.lost == 1

    def test_a_file_is_made_appended_to_and_closed_to_others(self, desk: Desk, tmp_path: Path) -> None:
        file = tmp_path / "log" / "unionhub.log"
        for text in ("one", "two \ud800"):
            logs = desk.logs("console", file=file)
            logs.logger.info(text)
            logs.close()
        assert [("one" in line, "two" in line) for line in file.read_text().splitlines()] == [(True, False), (False, True)]
        assert file.stat().st_mode & 0o007 == 0
        assert desk.text == ""

    def test_a_stream_that_fails_fails_nobody(self, desk: Desk) -> None:
        hub = desk.hub()
        desk.stream.close()
        hub.alarm("x")
        logging.getLogger("library").error("x")
        assert desk.opened[0].writer.lost == 2
        assert b'unionhub_alarms_total{alarm="x"} 1.0' in hub.metrics_text()

    @pytest.mark.parametrize("app_id", ["\x1b[2J", "\x1b[2J\nfalse line"])
    def test_a_stranger_cannot_write_to_the_terminal(self, desk: Desk, app_id: str) -> None:
        HubTelemetry(desk.logs("console").logger).gate_refused("signature", app_id)
        assert "\x1b" not in desk.text
        assert desk.text.count("\n") == 1

    def test_closing_leaves_logging_as_it_was(self, desk: Desk) -> None:
        root = logging.getLogger()
        before = list(root.handlers), root.level, logging.getLogger("uvicorn.error").level
        logs = desk.logs(level="debug")
        assert list(root.handlers) != before[0]
        logs.close()
        assert (list(root.handlers), root.level, logging.getLogger("uvicorn.error").level) == before
