"""The hosts as processes of their own: service, worker and sandbox share a database, take messages, and drain on a signal."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.keys import partner_key
from support.operator import Done, Operator, new_home
from unionhub.adapters.wire.inbound import INBOUND
from unionhub.domain.model.parties import JoseProfile, Role
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, HARBOUR

START_S = 60.0
LATE_S = 1.5

SETTINGS = {
    "UNIONHUB_PORT": "0",
    "UNIONHUB_OPERATOR_PORT": "0",
    "UNIONHUB_CLOCK": "sandbox",
    "UNIONHUB_WORKER_POLL_S": "0.05",
}


class Host:
    """One `unionhub` process; its stdout by lines."""

    def __init__(self, home: Path, *arguments: str, background: bool = True, **env: str) -> None:
        """`background` starts it as a shell starts its background jobs: with SIGINT ignored."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UNIONHUB_")}
        self._lines: queue.Queue[str] = queue.Queue()
        with open(home.parent / f"{arguments[0]}.err", "ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "unionhub.hosts.cli", *arguments],
                env={**kept, "UNIONHUB_HOME": str(home), **SETTINGS, **env},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                preexec_fn=ignore_sigint if background else None,
            )
        self.err = home.parent / f"{arguments[0]}.err"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):  # closed by `end`
            for line in self.process.stdout:
                self._lines.put(line.rstrip("\n"))
        self._lines.put("")

    def line(self, timeout_s: float = START_S) -> str:
        """The next line; empty at the end."""
        return self._lines.get(timeout=timeout_s)

    def signal(self, *numbers: signal.Signals) -> None:
        for number in numbers:
            self.process.send_signal(number)

    def ended(self, timeout_s: float = START_S) -> int:
        return self.process.wait(timeout_s)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def ignore_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Hub:
    """The three hosts, and an operator beside them."""

    def __init__(self, home: Path) -> None:
        self.operator = Operator(home)
        control = free_port()
        # A port that is known beforehand: cashierUrl names it.
        self.service = Host(home, "serve", "--sandbox", f"http://127.0.0.1:{control}", UNIONHUB_PORT=str(free_port()))
        self.worker = Host(home, "worker")
        self.url = self.service.line().removeprefix("unionhub serves on ")
        options = ["--hub", self.url, "--control-port", str(control), "--register", "--timeout", "10"]
        self.sandbox = Host(home, "sandbox", *options)
        self.ready = json.loads(self.sandbox.line())
        metrics = re.search(r"http://\S+", self.worker.line())
        assert metrics is not None
        self.metrics_url = metrics[0]
        time.sleep(1.1)  # the service learns the partners' addresses within a second

    @property
    def hosts(self) -> tuple[Host, ...]:
        return self.service, self.worker, self.sandbox

    def send(self, *arguments: str, **options: Any) -> Done:
        return self.operator("send", *arguments, "--url", self.url, **options)

    def later(self, *arguments: str) -> subprocess.Popen[str]:
        """`send` in a process of its own, since it waits."""
        command = [sys.executable, "-m", "unionhub.hosts.cli", "send", *arguments, "--url", self.url, "--json"]
        env = {**os.environ, "UNIONHUB_HOME": str(self.operator.home)}
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def fault(self, message: str, fault: str, **more: Any) -> None:
        order = {"party": BANK, "message": message, "fault": fault, **more}
        post(f"{self.ready['control']}/sandbox/faults", order)

    def received(self, app_id: str, message: str) -> int:
        inbox = json.loads(fetched(f"{self.url}/sandbox/inbox/{app_id}"))
        return sum(item["message"] == message for item in inbox)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def post(url: str, content: object) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(content).encode()), timeout=20):
        pass


def until(happened: Any, timeout_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_home(tmp_path_factory.mktemp("hosts") / "var")


@pytest.fixture(scope="module")
def hub(home: Path) -> Iterator[Hub]:
    made = Hub(home)
    yield made
    for host in made.hosts:
        host.end()


# --- send


def test_a_payment_needs_nothing_but_its_name(hub: Hub) -> None:
    done = hub.send("MPQRC_PAYMENT_EMV", "trxAmt=12.50")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"MPQRC_PAYMENT_EMV as Harbour Wallet ({HARBOUR}, compact) to {hub.url}/scis/switch/qremvpayment"
    assert lines[-1].startswith("00 Approved  (signature verified, ")
    assert "trxAmt        12.50" in done.out
    token = json.loads(fetched(f"{hub.url}/sandbox/cardholders"))[0]["token"]
    assert token not in done.out


def test_what_became_of_it_is_asked_told_and_drawn(hub: Hub) -> None:
    told = hub.received(ACQUIRER, "TRX_RESULT_NOTIFICATION")
    paid = hub.send("mpqrc-payment-emv", "--cardholder", "2", "--merchant", "2", "--json").json
    assert (paid["code"], paid["verified"], paid["request"]["trxInfo"]["token"][4:-4]) == ("00", True, "********")
    msg_id = paid["request"]["msgInfo"]["msgID"]
    asked = hub.send("TRX_RESULT_INQUIRY", f"origMsgID={msg_id}", "--json").json
    assert (asked["code"], asked["answer"]["trxInfo"]["paymentStatus"]) == ("00", "APPROVED")
    until(lambda: hub.received(ACQUIRER, "TRX_RESULT_NOTIFICATION") > told)
    until(lambda: hub.operator.json("transactions", "show", msg_id)["notices"][0]["state"] == "CONFIRMED")
    assert "APPROVED  00 Approved" in hub.operator.does("transactions", "show", msg_id).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["merchantInfo.mid=000000000000000"], "03"),
        (["trxAmt:=12"], "30"),
        (["trxAmt=0"], "13"),
        (["msgInfo.insID=00000000"], "A0"),
        (["token=6236091000000018"], "14"),
    ],
)
def test_another_code_is_exit_code_2(hub: Hub, arguments: list[str], code: str) -> None:
    done = hub.send("MPQRC_PAYMENT_EMV", *arguments)
    assert (done.code, done.out.splitlines()[-1].split()[0]) == (2, code)


def test_operators_commands_count_from_the_next_payment_on(hub: Hub) -> None:
    hub.operator.does("cards", "block", "1", "--reason", "STOLEN")
    assert hub.send("MPQRC_PAYMENT_EMV", "--json").json["code"] == "43"
    hub.operator.does("cards", "block", "1", "--reason", "NONE")
    hub.operator.does("products", "limits", "HKD-EVERYDAY", "--trx", "5.00")
    until(lambda: hub.send("MPQRC_PAYMENT_EMV", "--json").json["code"] == "61")
    hub.operator.does("products", "limits", "HKD-EVERYDAY", "--trx", "50000.00")
    until(lambda: hub.send("MPQRC_PAYMENT_EMV", "--json").json["code"] == "00")


def test_a_message_is_repeated_by_its_msg_id(hub: Hub) -> None:
    first = hub.send("MPQRC_PAYMENT_EMV", "trxAmt=7", "--json").json
    msg_id = first["request"]["msgInfo"]["msgID"]
    again = hub.send("MPQRC_PAYMENT_EMV", "trxAmt=7", "--msg-id", msg_id, "--json").json
    assert (again["code"], again["answer"]["trxInfo"]) == ("00", first["answer"]["trxInfo"])
    assert hub.send("MPQRC_PAYMENT_EMV", "trxAmt=8", "--msg-id", msg_id, "--json").json["code"] == "78"


def test_a_body_is_sent_byte_for_byte_or_changed_by_fields(hub: Hub, tmp_path: Path) -> None:
    body = hub.send("MPQRC_PAYMENT_EMV", "--json").json["request"]
    body["trxInfo"]["token"] = json.loads(fetched(f"{hub.url}/sandbox/cardholders"))[0]["token"]
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body, indent=4))
    same = hub.send("MPQRC_PAYMENT_EMV", "--body", str(file), "--json").json
    assert (same["sender"], same["code"]) == (HARBOUR, "00")
    assert same["request"]["msgInfo"]["msgID"] == body["msgInfo"]["msgID"]
    other = hub.send("MPQRC_PAYMENT_EMV", "trxAmt=7.77", "--body", str(file), "--json").json
    assert other["code"] == "78"
    broken = hub.send("MPQRC_PAYMENT_EMV", "--as", HARBOUR, "--body", "-", "--json", typed=b"{not json")
    assert (broken.code, broken.json["code"]) == (2, "30")
    assert "fields can only be put into a body" in hub.operator.refuses(
        "send", "MPQRC_PAYMENT_EMV", "a=1", "--as", HARBOUR, "--body", "-", "--url", hub.url, typed=b"{not json"
    )


def test_what_the_hub_does_not_take_is_told(hub: Hub) -> None:
    line = hub.operator.refuses("send", "DANCE", "--url", hub.url)
    assert line.startswith("the hub takes no message at /scis/switch/dance (HTTP 404); it takes CVM_INQUIRY, KYC_VERIFICATION")


def test_a_gate_refusal_is_an_answer_and_can_be_explained(hub: Hub) -> None:
    done = hub.send("MPQRC_PAYMENT_EMV", "--as", ACQUIRER, "--path", "/scis/switch/qremvpayment")
    assert done.code == 2
    assert "E0 Unauthorized access  (HTTP 401, unsigned, " in done.out
    assert "unionhub explain CAUSE" in done.err
    lines = [json.loads(line) for line in hub.service.err.read_text().splitlines()]
    assert [line["cause"] for line in lines if line["event"] == "gate_refused"][-1] == "role_not_allowed"


def test_no_answer_in_time_is_exit_code_1_and_says_what_to_do(hub: Hub) -> None:
    hub.fault("DEBIT_TRANSACTION", "answer_late", seconds=LATE_S)
    done = hub.send("MPQRC_PAYMENT_EMV", "--timeout", "0.3")
    assert (done.code, done.out) == (1, "")
    assert done.err == ("unionhub: sent, but no answer came (timeout): ask with TRX_RESULT_INQUIRY what became of it\n")
    # Nobody waits any more, but the bank books: the payment must end as approved.
    until(lambda: hub.operator.json("transactions", "list", "--limit", "1")[0]["state"] == "APPROVED")


# --- every message

CHARTS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("CVM_INQUIRY",), ("KYC_VERIFICATION",), ("OPEN_ACCOUNT",), ("MPQRC_PAYMENT_EMV", "--newest")),
    (("CARD_ENROLLMENT",), ("CARDFACE_DOWNLOADING",), ("CARD_STATUS_INQUIRY", "--newest"), ("CARD_BALANCE_INQUIRY",)),
    (("CARD_STATUS_MANAGEMENT", "--newest", "tokenAction=SUSPEND"), ("ACCOUNT_UPDATE_NOTIFICATION",)),
    (("QRC_INFO_INQUIRY",), ("MPQRC_PAYMENT_URL",), ("TRX_RESULT_INQUIRY",)),
    (("QRC_GENERATION",), ("CPQRC_PAYMENT",), ("TRX_RESULT_INQUIRY", "--as", ACQUIRER), ("REFUND",)),
    (("BILL_PAYMENT",), ("CREDIT_TRANSACTION",), ("P2P_TRANSFER",), ("EXCHANGE_RATE_INQUIRY",), ("KEY_EXCHANGE",)),
    (("GET_CASH_OUT_TOKEN",), ("WITHDRAW",), ("CANCELLATION",), ("TOKEN_PAYMENT",), ("REVERSAL",)),
)
STEP_UP = ("OTP_REQUEST", "OTP_VERIFICATION")
ASKED = "ADDITIONAL_PROCESSING_RESULT"


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart[0][0])
def test_every_message_can_be_sent_by_its_name(hub: Hub, chart: tuple[tuple[str, ...], ...]) -> None:
    for message in chart:
        done = hub.send(*message, "--json")
        assert (done.code, done.err, done.json["code"]) == (0, "", "00"), (message, done)


def test_a_one_time_password_is_read_from_the_phone(hub: Hub) -> None:
    hub.operator.does("products", "set", "HKD-EVERYDAY", "--step-up")
    try:
        until(lambda: hub.send("CARD_ENROLLMENT", "--json").json["answer"]["trxInfo"].get("enrolId"))
        assert [hub.send(message, "--json").json["code"] for message in STEP_UP] == ["00", "00"]
    finally:
        hub.operator.does("products", "set", "HKD-EVERYDAY", "--no-step-up")


def test_a_cardholder_is_asked_and_answered_for(hub: Hub) -> None:
    """The sandbox's gateway answers too: whichever comes first counts, the other one is `94`."""
    hub.send("QRC_GENERATION", "--cardholder", "2")
    assert hub.send("CPQRC_PAYMENT", "trxAmt=1200.00", "--json").json["code"] == "04"
    assert hub.send(ASKED, "--json").json["code"] in ("00", "94")
    until(lambda: hub.operator.json("transactions", "list", "--limit", "1")[0]["state"] == "APPROVED")


def test_no_message_is_forgotten_here() -> None:
    scis = {row.name for row in INBOUND if not row.path.startswith("/ucsp/")}
    assert {message[0] for chart in CHARTS for message in chart} | {*STEP_UP, ASKED} == scis


# --- UCSP


def test_a_user_of_a_channel_is_let_in_at_an_industry(hub: Hub) -> None:
    services = hub.send("GET_INDUSTRY_LIST", "--json").json["answer"]["services"]
    assert {each["industryCode"]: each["state"] for each in services} == {"60010001": "GRANTED", "60020001": "GRANTED"}
    url = hub.send("CHANNEL_LOGIN_INFO", "userId=kim", "--json").json["answer"]["industryUrl"]
    with urllib.request.urlopen(url, timeout=5) as page:
        assert b">kim<" in page.read()
    assert hub.send("CHANNEL_LOGIN_INFO", "encData=null", "--json").json["code"] == "70"


def test_the_industry_asks_for_the_cards_of_whoever_came_in(hub: Hub) -> None:
    """The chart by three commands; what is kept of them lets nobody in."""
    assert hub.send("CHANNEL_LOGIN_INFO", "--json").json["code"] == "00"
    (card,) = hub.send("GET_CARD_LIST", "--json").json["answer"]["cards"]
    assert (card["issuerName"], card["maskedPan"][:4]) == ("Bauhinia Bank", "6291")
    answer = hub.send("GET_CARD_PAYLOAD", "--json").json["answer"]
    assert (answer["msgResponse"]["responseCode"], answer["encData"].count(".")) == ("00", 4)
    assert hub.send("GET_CARD_PAYLOAD", "cardId=another", "--json").json["code"] == "14"
    assert "industryUrl" not in (hub.operator.home / "sandbox" / "last-sent").read_text()


def test_an_order_is_submitted_shown_at_the_cashier_and_told_by_its_acquirer(hub: Hub) -> None:
    """The chart by commands; what is kept of them opens no cashier."""
    assert hub.send("CHANNEL_LOGIN_INFO", "--json").json["code"] == "00"
    done = hub.send("SUBMIT_PAYMENT_ORDER", "trxAmt=80.00")
    url = re.search(r"^open in a browser: (\S+)$", done.out, flags=re.MULTILINE)
    assert url is not None
    with urllib.request.urlopen(url[1], timeout=5) as page:
        assert b"Kerbside Parking" in page.read()
    assert hub.send("PAYMENT_RESULT_INQUIRY", "--json").json["answer"]["paymentStatus"] == "PENDING"
    assert hub.send("PAYMENT_RESULT", "paymentStatus=APPROVED", "--json").json["code"] == "00"
    order = hub.operator.json("orders", "list", "--limit", "1")[0]
    assert (order["state"], order["amount"]["amount"]) == ("PAID", "80.00")
    assert hub.send("PAYMENT_RESULT", "paymentStatus=REFUNDED", "refundAmt=30.00", "--json").json["code"] == "00"
    answer = hub.send("PAYMENT_RESULT_INQUIRY", "--json").json["answer"]
    assert (answer["paymentStatus"], answer["refundAmt"]) == ("REFUNDED", "30.00")
    shown = ["orders", "show", order["orderNumber"]]
    until(lambda: {each["state"] for each in hub.operator.json(*shown)["notices"]} == {"CONFIRMED"})
    told = [each["paymentStatus"] for each in hub.operator.json(*shown)["notices"]]
    assert told == ["APPROVED", "APPROVED", "REFUNDED", "REFUNDED"]
    assert "cashierUrl" not in (hub.operator.home / "sandbox" / "last-sent").read_text()


# --- onboarding


def test_a_partner_with_keys_of_its_own_comes_and_goes(hub: Hub) -> None:
    """Known, its messages pass the gate; live, it may pay, and a card of another gateway is `14`; else they are 401."""
    stranger = identity("98990702")
    keyring.save(hub.operator.home, stranger)
    paying = ["MPQRC_PAYMENT_EMV", "--as", stranger.app_id, "--cardholder", "1", "--json"]
    assert hub.send(*paying).json["code"] == "E0"
    keys = json.dumps({"keys": [json.loads(key.jwk) for key in keyring.public_keys(stranger)]})
    options = ["--role", "app_gateway", "--name", "Bay Wallet", "--base-url", "https://bay.example", "--profile", "compact"]
    options += ["--country", "SG", "--state", "TESTING"]
    hub.operator.does("parties", "add", stranger.app_id, *options, "--jwks", "-", typed=keys)
    until(lambda: hub.send(*paying).json["code"] == "62")  # TESTING: only live parties pay
    hub.operator.does("products", "allow", "HKD-EVERYDAY", "--gateway", stranger.app_id)
    hub.operator.does("parties", "state", stranger.app_id, "LIVE")
    until(lambda: hub.send(*paying).json["code"] == "14")
    hub.operator.does("parties", "state", stranger.app_id, "SUSPENDED")
    until(lambda: hub.send(*paying).json["code"] == "E0")


def identity(app_id: str) -> Identity:
    """A partner that is no seed, with keys of this test."""
    signing, encryption = (partner_key(JoseProfile.COMPACT, use, app_id).private_jwk() for use in ("sig", "enc"))
    return Identity(
        app_id=app_id,
        role=Role.APP_GATEWAY,
        name="Bay Wallet",
        profile=JoseProfile.COMPACT,
        signing=signing,
        encryption=encryption,
        base_url="",
    )


# --- hosts


def test_each_host_says_that_it_is_ready(hub: Hub) -> None:
    assert json.loads(fetched(f"{hub.url}/readyz")) == {"ready": True, "missing": []}
    assert json.loads(fetched(hub.metrics_url.replace("/metrics", "/readyz"))) == {"ready": True, "missing": []}
    assert "unionhub_notice_attempts_total" in fetched(hub.metrics_url)
    assert set(hub.ready["partners"]) >= {HARBOUR, BANK, ACQUIRER}
    paths = json.loads(fetched(hub.metrics_url.replace("/metrics", "/schema")))["paths"]
    assert not [path for path in paths if path.startswith("/scis")]  # a worker takes no messages


def test_a_companion_outlives_its_groups_signals_and_ends_with_its_parent(tmp_path: Path) -> None:
    home = new_home(tmp_path / "var")
    companion = Host(home, "sandbox", "--companion", "--hub", "http://127.0.0.1:1", background=False)
    try:
        assert json.loads(companion.line())["ready"] == "sandbox"
        companion.signal(signal.SIGINT, signal.SIGTERM)
        time.sleep(0.3)
        assert companion.process.poll() is None
        assert companion.process.stdin is not None
        companion.process.stdin.close()
        assert companion.ended() == 0
    finally:
        companion.end()


def test_a_drain_finishes_what_is_held_and_a_second_signal_changes_nothing(hub: Hub) -> None:
    """The last of this module: it ends the hosts, which were started with SIGINT ignored."""
    asked = hub.received(BANK, "DEBIT_TRANSACTION")
    hub.fault("DEBIT_TRANSACTION", "answer_late", seconds=LATE_S, times=2)
    waiting = hub.later("MPQRC_PAYMENT_EMV", "trxAmt=17.01")
    until(lambda: hub.received(BANK, "DEBIT_TRANSACTION") > asked)
    hub.service.signal(signal.SIGTERM)
    assert_refused(hub.url)
    hub.service.signal(signal.SIGTERM, signal.SIGINT)
    out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, err) == (0, "")
    assert json.loads(out)["code"] == "00"
    assert (hub.service.ended(), hub.service.line()) == (0, "unionhub has drained")
    assert hub.operator.json("transactions", "list", "--limit", "1")[0]["state"] == "APPROVED"
    for host in (hub.worker, hub.sandbox):
        host.signal(signal.SIGINT, signal.SIGTERM)
        assert host.ended() == 0
    assert hub.worker.line() == "unionhub's worker has drained"
    errors = [line for host in hub.hosts for line in host.err.read_text().splitlines() if "Traceback" in line]
    assert errors == []


def test_ctrl_c_amid_the_story_ends_it_and_the_next_start_tells_it_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run = Host(home, "run", UNIONHUB_OPERATOR_PORT="0")
    try:
        told = [run.line()]
        while not told[-1].endswith("pays 88.00"):
            told.append(run.line())
            assert run.process.poll() is None, told
        run.signal(signal.SIGINT)
        assert run.ended() == 0
        while not told[-1].startswith("stopping"):
            told.append(run.line())
    finally:
        run.end()
    assert "The story was interrupted: the next start tells it again." in told
    assert not [line for line in told if line.startswith("unionhub is up")]
    assert "Traceback" not in run.err.read_text()

    again = Host(home, "run", UNIONHUB_OPERATOR_PORT="0")
    try:
        assert again.line() == "The story, played with real signed messages:"
    finally:
        again.signal(signal.SIGTERM)
        assert again.ended() == 0
        again.end()


def assert_refused(url: str) -> None:
    """The listener is closed soon after the signal."""
    host, port = url.removeprefix("http://").split(":")

    def refused() -> bool:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except ConnectionError:
            return True
        return False

    until(refused, timeout_s=10)
