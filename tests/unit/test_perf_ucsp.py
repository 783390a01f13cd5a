"""UCSP's journeys: what channels and industries sign is theirs, what the browser does follows from the answers, and wrong
answers are named."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

import scenarios
from loadgen.messages import Answer, Cardholder, Journey, Merchant, Reply, Sandbox, Step
from rig.acquiring import Acquired, LeanDesk
from scenarios import MixError, authorized_login, cashier_payment
from support.keys import hub_keys
from support.sandbox import give_keys, light_identities, world
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.wire.table import ROWS
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.cashier.forms import CHOICE_COOKIE, SESSION_COOKIE, Choice, set_cookie
from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.control import describe_merchant
from unionhub.hosts.sandbox.envelope import Answer as Said
from unionhub.hosts.sandbox.envelope import Received
from unionhub.hosts.sandbox.keyring import public_keys
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.seeds import HARBOUR, HARBOUR_CHANNEL, MERCHANTS, PARKING, PEAK, PEAK_CHANNEL, TRAVEL

MIX = Path(scenarios.__file__).parents[1] / "mix.toml"
PAGE = """<form id="order" method="post" action="/cashier/1/pay"><input type="hidden" name="form_token" value="n.k">
<input type="radio" name="card" value="c1" checked><button id="pay">Pay <span>HKD</span> 47.50</button></form>"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    home = tmp_path_factory.mktemp("home")
    give_keys(home)
    holders = [
        Cardholder(user_id=f"user{gateway}", device_id="d", gateway=gateway, token="6236", currency="344", balance="50000.00")
        for gateway in (HARBOUR, PEAK)
    ]
    merchants = [msgspec.convert(describe_merchant(merchant), Merchant) for merchant in MERCHANTS]
    return Sandbox(home, hub_keys().public_jwks(), holders, merchants)


def party(app_id: str) -> Party:
    identity = light_identities()[app_id]
    return Party(
        app_id=app_id,
        role=identity.role,
        name=identity.name,
        profile=identity.profile,
        state=PartyState.LIVE,
        keys=public_keys(identity),
    )


def verified(step: Step, name: str) -> dict[str, Any]:
    """The body, as the hub's gate takes it."""
    (row,) = (row for row in ROWS if row.name == name and party(step.signer.app_id).role in row.roles)
    HubJose(hub_keys(), time.time).verify_request(step.headers["UPI-JWS"], row.path, step.body, party, row.roles)
    return dict(json.loads(step.body))


def answered(step: Step, **members: Any) -> tuple[str, Answer | None]:
    """What the step makes of the hub's signed answer with these members."""
    content = {"msgID": json.loads(step.body)["msgID"], "msgResponse": {"responseCode": "00"}, **members}
    body = json.dumps(content).encode()
    signature = HubJose(hub_keys(), time.time).sign_response(body, party(step.signer.app_id))
    return step.failure_of(Reply(status=200, headers={"upi-jws": signature}, body=body))


class TestAuthorizedLogin:
    def test_each_channel_logs_its_own_users_in_everywhere(self, sandbox: Sandbox) -> None:
        mix, dice, seen = scenarios.load(MIX, sandbox, "authorized_login"), Random(1), set()
        for _ in range(40):
            (login,) = mix.draw(dice)
            assert isinstance(login, Step)
            body = verified(login, "CHANNEL_LOGIN_INFO")
            code = light_identities()[PARKING if body["industryCode"] == "60010001" else TRAVEL].industry_code
            assert login.msg_id.startswith(f"A{code}")
            opened = HubJose(hub_keys(), time.time).open_from(party(login.signer.app_id), body["encData"])
            assert json.loads(opened) == authorized_login.PERSONAL
            seen.add((login.signer.app_id, body["channelCode"], body["userId"], code))
        assert {(app_id, user) for app_id, _, user, _ in seen} == {
            (HARBOUR_CHANNEL, f"user{HARBOUR}"),
            (PEAK_CHANNEL, f"user{PEAK}"),
        }
        assert len(seen) == 4

    @pytest.mark.parametrize(
        ("path", "failure"),
        [("/start?ticket=t", ""), ("/start", "no_ticket"), (None, "url_of_another")],
    )
    def test_the_answer_leads_to_the_industry(self, sandbox: Sandbox, path: str | None, failure: str) -> None:
        (login,) = scenarios.load(MIX, sandbox, "authorized_login").draw(Random(2))
        assert isinstance(login, Step)
        code = json.loads(login.body)["industryCode"]
        base = sandbox.signer(PARKING if code == "60010001" else TRAVEL).identity.base_url
        url = "https://elsewhere/start?ticket=t" if path is None else f"{base}{path}"
        assert answered(login, industryUrl=url)[0] == failure


class TestCashier:
    URL = "https://hub.example/cashier/00000000000000000001?key=k"
    RETURN = "?orderId=1&ucspOrderId=1&acceptance=ACCEPTED"

    def journey(self, sandbox: Sandbox, *, by_scis: bool = False) -> Journey:
        return cashier_payment.CashierPayment(
            cashier_payment.CashierPaymentSettings(scis_share=1.0 if by_scis else 0.0, amount_minor=(5000, 5000)), sandbox
        )(Random(3))

    def page(self, journey: Journey) -> Step:
        make = journey[2]
        assert not isinstance(make, Step)
        return make(Answer(code="00", msg_id="m", trx={"cashierUrl": self.URL}))

    def shown(self, status: int = 200, page: str = PAGE, cookie: str = "session") -> Reply:
        headers = {"set-cookie": set_cookie(SESSION_COOKIE, cookie, path="/", secure=False)} if cookie else {}
        return Reply(status=status, headers=headers, body=page.encode())

    def confirmation(self, journey: Journey) -> Step:
        failure, answer = self.page(journey).failure_of(self.shown())
        make = journey[3]
        assert (failure, isinstance(make, Step)) == ("", False)
        assert answer is not None
        assert not isinstance(make, Step)
        return make(answer)

    def test_the_order_is_the_industrys_and_the_login_the_users(self, sandbox: Sandbox) -> None:
        login, order = self.journey(sandbox)[:2]
        assert isinstance(login, Step)
        assert isinstance(order, Step)
        said, submitted = verified(login, "CHANNEL_LOGIN_INFO"), verified(order, "SUBMIT_PAYMENT_ORDER")
        assert order.signer.app_id == PARKING
        assert said["userId"] == submitted["userId"]
        assert said["channelCode"] == submitted["channelCode"]
        assert submitted["returnUrl"].startswith(sandbox.signer(PARKING).identity.base_url)
        assert (submitted["trxAmt"], submitted["subject"]) == ("50.00", cashier_payment.ASKED["lean"])
        assert answered(order, cashierUrl=self.URL, ucspOrderId="1")[0] == ""
        assert answered(order, ucspOrderId="1")[0] == "no_cashier_url"

    def test_the_browser_goes_where_it_was_sent_and_pays_what_it_saw(self, sandbox: Sandbox) -> None:
        journey = self.journey(sandbox)
        page, confirmation = self.page(journey), self.confirmation(journey)
        assert (page.method, page.path) == ("GET", self.URL.removeprefix("https://hub.example"))
        assert (confirmation.method, confirmation.path) == ("POST", "/cashier/1/pay")
        assert confirmation.headers["Cookie"] == "cashier=session"
        assert confirmation.body == b"form_token=n.k&card=c1"
        assert confirmation.minor == 4750
        order = journey[1]
        assert isinstance(order, Step)
        assert confirmation.pays_for == json.loads(order.body)["orderId"]

    @pytest.mark.parametrize(
        ("changes", "failure"),
        [
            ({"status": 503}, "http_503"),
            ({"page": "<main>paid</main>"}, "no_form"),
            ({"page": PAGE.replace(" checked", "")}, "no_card"),
            ({"cookie": ""}, "no_cookie"),
            ({"page": PAGE.replace("47.50", "50.01")}, "total_differs"),
            ({"page": PAGE.replace("47.50", "")}, "total_differs"),
        ],
    )
    def test_pages_that_nobody_could_pay_at(self, sandbox: Sandbox, changes: dict[str, Any], failure: str) -> None:
        assert self.page(self.journey(sandbox)).failure_of(self.shown(**changes)) == (failure, None)

    def test_where_it_leads(self, sandbox: Sandbox) -> None:
        journey = self.journey(sandbox)
        confirmation, order = self.confirmation(journey), journey[1]
        assert isinstance(order, Step)
        back = json.loads(order.body)["returnUrl"]
        stays = set_cookie(CHOICE_COOKIE, Choice(said="14").text, path="/", secure=False)
        for status, location, cookie, failure in (
            (303, f"{back}&acceptance=ACCEPTED", "", ""),
            (303, back, "", "another_way_back"),
            (303, "https://elsewhere/?acceptance=ACCEPTED", "", "another_way_back"),
            (303, "/cashier/00000000000000000001", stays, "stays_14"),
            (404, "", "", "http_404"),
        ):
            reply = Reply(status=status, headers={"location": location, "set-cookie": cookie}, body=b"")
            assert confirmation.failure_of(reply)[0] == failure

    def test_both_ways_can_be_counted(self, sandbox: Sandbox) -> None:
        names = [self.confirmation(form).name for form in scenarios.load(MIX, sandbox, "cashier_payment").forms(Random(1))]
        assert names == [cashier_payment.CONFIRM, cashier_payment.CONFIRM_SCIS]
        assert self.confirmation(self.journey(sandbox, by_scis=True)).name == cashier_payment.CONFIRM_SCIS


class TestChoice:
    @pytest.mark.parametrize(
        ("only", "names"),
        [
            ("ucsp", {"authorized_login", "cashier_payment"}),
            ("cashier_payment", {"cashier_payment"}),
            ("scis, authorized_login", {"merchant_qr", "consumer_qr", "p2p_transfer", "authorized_login"}),
            ("", {"merchant_qr", "consumer_qr", "p2p_transfer", "authorized_login", "cashier_payment"}),
        ],
    )
    def test_only_these_take_part(self, sandbox: Sandbox, only: str, names: set[str]) -> None:
        assert set(scenarios.load(MIX, sandbox, only).names) == names

    @pytest.mark.parametrize("only", ["uscp", "by_issuer"])
    def test_what_is_no_scenario_of_the_mix(self, sandbox: Sandbox, only: str) -> None:
        with pytest.raises(MixError):
            scenarios.load(MIX, sandbox, only)


class TestLeanDesk:
    """The acquirer that pays by itself answers as the sandbox's own, and keeps to what the order says."""

    ORDER = "20260302000000000001"

    def asked(self, message: str, msg_id: str = "m1", **trx: str) -> Received:
        members: dict[str, Any] = {"ucspOrderId": self.ORDER, "trxAmt": "50.00", "trxCurrency": "344", **trx}
        return Received(message=message, msg_id=msg_id, ins_id="i", trx=members, body={}, flat=False)

    def place(self, subject: str = "lean", **trx: str) -> Received:
        return self.asked("PLACE_ORDER", subject=cashier_payment.ASKED[subject], **trx)

    def played(
        self, *messages: Received | str, codes: list[str] | None = None
    ) -> tuple[list[Said], list[HubRequest], list[Acquired]]:
        """(answers, what was sent to the hub, the acquirer's books). A text is the msgID of a PAY of the order placed first."""
        sent: list[HubRequest] = []
        told = codes or ["00"]

        async def open_(_: str) -> bytes:
            return b'{"token": "6236", "expiry": "3012"}'

        async def send(request: HubRequest, **_: Any) -> HubAnswer:
            sent.append(request)
            return HubAnswer(status=200, code=told.pop(0) if len(told) > 1 else told[0], text="", body={})

        async def play(acquirer: Acquirer) -> tuple[list[Said], list[Acquired]]:
            acquirer.open_, acquirer.send = open_, send  # type: ignore[method-assign, assignment]
            desk, answers = LeanDesk(acquirer), list[Said]()
            for message in messages:
                if isinstance(message, str):
                    placed = answers[0].trx["downstreamOrderId"]
                    message = self.asked("PAY", message, downstreamOrderId=placed, cardInfo="sealed")
                answers.append(await acquirer.handlers[message.message](message))
            await asyncio.sleep(0.01)
            return answers, await desk.acquired()

        with world() as (made, _):
            answers, acquired = asyncio.run(play(made.acquirer()))
        return answers, sent, acquired

    def test_accepted_at_once_and_paid(self) -> None:
        answers, sent, acquired = self.played(self.place(), self.place(), "p1", "p1")
        assert [answer.code for answer in answers] == ["00", "00", "04", "04"]
        assert answers[0].trx["downstreamOrderId"] == answers[1].trx["downstreamOrderId"]
        (result,) = sent
        assert result.message == "PAYMENT_RESULT"
        assert result.body["ucspOrderId"] == self.ORDER
        assert result.body["downstreamOrderId"] == answers[0].trx["downstreamOrderId"]
        assert (result.body["origMsgID"], result.body["paymentStatus"], result.body["trxAmt"]) == ("p1", "APPROVED", "50.00")
        (pay,) = acquired
        assert (pay.minor, pay.ucsp_order_id, pay.token_payment) == (5000, self.ORDER, "")

    def test_another_amount_is_not_paid(self) -> None:
        answers, sent, acquired = self.played(self.place(trxAmt="49.00"), "p1")
        assert (answers[1].code, sent, acquired) == ("13", [], [])

    def test_told_again_until_it_is_heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rig.acquiring.AGAIN_S", 0.0)
        _, sent, _ = self.played(self.place(), "p1", codes=["96", "04", "00"])
        assert len(sent) == 3
        assert len({request.msg_id for request in sent}) == 1

    def test_what_is_asked_about_it_and_taken_back(self) -> None:
        about = {"origMsgID": "p1", "origMsgType": "PAY"}
        inquiry, reversal = self.asked("TRX_RESULT_INQUIRY", **about), self.asked("REVERSAL", **about)
        answers, _, acquired = self.played(self.place(), "p1", inquiry, reversal, inquiry, "p1")
        assert [answer.code for answer in answers[2:]] == ["00", "00", "00", "94"]
        assert [answers[place].trx["paymentStatus"] for place in (2, 4)] == ["APPROVED", "REVERSED"]
        assert [each.state for each in acquired] == ["REVERSED"]

    def test_other_orders_are_the_sandboxs_own(self) -> None:
        unknown = self.asked("TRX_RESULT_INQUIRY", origMsgID="x", origMsgType="PAY")
        answers, sent, _ = self.played(self.place("scis"), unknown)
        assert [answer.code for answer in answers] == ["30", "25"]  # its own desk wants merchantInfo
        assert sent == []


def test_the_roles_are_the_partners_own(sandbox: Sandbox) -> None:
    assert sandbox.of_role(Role.INDUSTRY) == sorted((PARKING, TRAVEL))
