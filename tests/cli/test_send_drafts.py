"""What `unionhub send` writes before anything is sent: fields, senders, defaults."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from support.loop import run
from support.operator import Operator
from support.sandbox import light_identities
from unionhub.adapters.wire.ucsp_orders import PaymentResult, SubmitPaymentOrder, read_result
from unionhub.hosts.commands.drafts import SEALED, Draft, write
from unionhub.hosts.commands.failures import CommandError
from unionhub.hosts.commands.fields import NOTHING, Choice, parse_fields, put
from unionhub.hosts.commands.sent import KEPT, Sending, SentBook
from unionhub.hosts.sandbox.catalog import hub_path
from unionhub.hosts.sandbox.control import describe_merchant
from unionhub.hosts.sandbox.seeds import (
    ACQUIRER,
    APPLICANT,
    BANK,
    CARDHOLDERS,
    HARBOUR,
    HARBOUR_CHANNEL,
    MERCHANTS,
    PARKING,
    PEAK,
    PEAK_CHANNEL,
)
from unionhub.hosts.sandbox.services import page_url

PEOPLE = [
    {"userID": each.user_id, "deviceID": each.device_id, "insID": each.gateway, "token": each.token.reveal()}
    for each in CARDHOLDERS
]


async def seeds(what: str) -> list[dict[str, Any]]:
    return PEOPLE if what == "cardholders" else [describe_merchant(shop) for shop in MERCHANTS]


async def nobody_home(what: str) -> list[dict[str, Any]]:
    raise CommandError(f"asked for {what}")


def drafted(
    message: str, *fields: str, ask: Any = seeds, sent: SentBook | None = None, **options: Any
) -> tuple[str, dict[str, Any]]:
    """Who sends, and the whole body."""
    choice = Choice(message=message, fields=parse_fields(fields), **options)
    draft = Draft(choice, light_identities(), ask, sent)

    async def make() -> tuple[str, dict[str, Any]]:
        sender = await draft.sender()
        trx = await draft.trx()
        path = hub_path(sender.role, message)
        return sender.app_id, write(choice, sender, trx, path=path, msg_id="A1", time_stamp="20260302040000")

    return run(make())


# --- fields


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("trxAmt=12.50", ("trxAmt",), "12.50"),
        ("trxAmt=", ("trxAmt",), ""),
        ("trxNote=a=b", ("trxNote",), "a=b"),
        ("trxNote=two\nlines", ("trxNote",), "two\nlines"),
        ("trxAmt:=12.5", ("trxAmt",), 12.5),
        ("trxAmt:=null", ("trxAmt",), None),
        ('list:=["a"]', ("list",), ["a"]),
        ("merchantInfo.mid=1", ("merchantInfo", "mid"), "1"),
        ("merchantInfo=null", ("merchantInfo",), NOTHING),
        ("emvCpqrcPayload=hQVD", ("emvCpqrcPayload",), ["hQVD"]),
    ],
)
def test_a_field_is_read(text: str, path: tuple[str, ...], value: Any) -> None:
    assert parse_fields([text]) == ((path, value),)


@pytest.mark.parametrize("text", ["trxAmt", "=1", "a..b=1", ".a=1", "a.=1", "a b=1", "trxAmt:=", "trxAmt:={"])
def test_what_is_no_field_is_told(text: str) -> None:
    with pytest.raises(CommandError):
        parse_fields([text])


def test_fields_are_put_in_and_taken_out() -> None:
    body: dict[str, Any] = {"a": {"b": "1", "c": "2"}, "d": "3"}
    put(body, ("a", "b"), NOTHING)
    put(body, ("e", "f"), "4")
    put(body, ("d",), NOTHING)
    put(body, ("not there",), NOTHING)
    assert body == {"a": {"c": "2"}, "e": {"f": "4"}}
    with pytest.raises(CommandError, match="a is no group"):
        put({"a": "text"}, ("a", "b"), "1")


# --- defaults


def test_a_payment_needs_nothing_but_its_name() -> None:
    sender, body = drafted("MPQRC_PAYMENT_EMV")
    holder, shop = CARDHOLDERS[0], MERCHANTS[0]
    assert sender == HARBOUR
    assert body["msgInfo"] == {
        "versionNo": "1.0.0",
        "msgID": "A1",
        "timeStamp": "20260302040000",
        "msgType": "MPQRC_PAYMENT_EMV",
        "insID": HARBOUR,
    }
    assert body["trxInfo"] == {
        "deviceID": holder.device_id,
        "userID": holder.user_id,
        "token": holder.token.reveal(),
        "trxAmt": "10.00",
        "trxCurrency": "344",
        "mpqrcPayload": shop.qr,
        "merchantInfo": {
            "acquirerIIN": shop.acquirer_iin,
            "fwdIIN": shop.forwarding_iin,
            "mid": shop.mid,
            "merchantName": shop.name,
            "mcc": shop.mcc,
        },
    }


def test_cardholder_and_merchant_are_chosen_by_number() -> None:
    sender, body = drafted("MPQRC_PAYMENT_EMV", "trxAmt=5", cardholder=2, merchant=4)
    assert (sender, body["trxInfo"]["userID"]) == (PEAK, CARDHOLDERS[1].user_id)
    assert (body["trxInfo"]["trxCurrency"], body["trxInfo"]["trxAmt"]) == ("392", "5")
    assert drafted("MPQRC_PAYMENT_EMV", merchant=4)[1]["trxInfo"]["trxAmt"] == "1000"  # yen have no decimals
    for options in ({"cardholder": 9}, {"merchant": 9}):
        with pytest.raises(CommandError, match="they are numbered 1 to 4"):
            drafted("MPQRC_PAYMENT_EMV", **options)


def test_a_code_that_is_given_says_who_sells_and_for_how_much() -> None:
    """An order's QR, copied from the cashier."""
    shop = MERCHANTS[2]
    payload = f"mpqrcPayload={shop.code(amount='34.20', reference='20260302040000000001')}"
    trx = drafted("MPQRC_PAYMENT_EMV", payload)[1]["trxInfo"]
    assert (trx["trxAmt"], trx["trxCurrency"]) == ("34.20", "344")
    assert (trx["merchantInfo"]["mid"], trx["merchantInfo"]["merchantName"]) == (shop.mid, shop.name)
    assert drafted("MPQRC_PAYMENT_EMV", payload, "trxAmt=1.00")[1]["trxInfo"]["trxAmt"] == "1.00"
    assert drafted("MPQRC_PAYMENT_EMV", payload, merchant=1)[1]["trxInfo"]["merchantInfo"]["mid"] == MERCHANTS[0].mid
    static = drafted("MPQRC_PAYMENT_EMV", f"mpqrcPayload={MERCHANTS[3].qr}")[1]["trxInfo"]
    assert (static["trxAmt"], static["trxCurrency"], static["merchantInfo"]["mid"]) == ("1000", "392", MERCHANTS[3].mid)
    nonsense = drafted("MPQRC_PAYMENT_EMV", "mpqrcPayload=q")[1]["trxInfo"]
    assert (nonsense["mpqrcPayload"], nonsense["merchantInfo"]["mid"]) == ("q", MERCHANTS[0].mid)


def test_a_sender_takes_its_own_first_cardholder() -> None:
    sender, body = drafted("MPQRC_PAYMENT_EMV", sender=PEAK)
    assert (sender, body["trxInfo"]["userID"]) == (PEAK, CARDHOLDERS[1].user_id)


def test_what_is_given_is_not_asked_for() -> None:
    card = ["deviceID=d", "userID=u", "token=t"]
    shop = ["trxAmt=1", "trxCurrency=344", "mpqrcPayload=q", "merchantInfo=null"]
    _, body = drafted("MPQRC_PAYMENT_EMV", *card, *shop, ask=nobody_home, sender=PEAK)
    assert body["trxInfo"] == {
        "deviceID": "d",
        "userID": "u",
        "token": "t",
        "trxAmt": "1",
        "trxCurrency": "344",
        "mpqrcPayload": "q",
    }
    with pytest.raises(CommandError, match="asked for merchants"):
        drafted("MPQRC_PAYMENT_EMV", *card, ask=nobody_home, sender=PEAK)


def test_a_field_inside_a_group_changes_the_default() -> None:
    info = drafted("MPQRC_PAYMENT_EMV", "merchantInfo.mid=0", "merchantInfo.mcc=null")[1]["trxInfo"]["merchantInfo"]
    assert (info["mid"], "mcc" in info, info["merchantName"]) == ("0", False, MERCHANTS[0].name)


def test_fields_of_msg_info_come_last() -> None:
    info = drafted("QRC_GENERATION", "msgInfo.insID=00000000", "msgInfo.timeStamp=null")[1]["msgInfo"]
    assert (info["insID"], "timeStamp" in info) == ("00000000", False)


def test_an_inquiry_goes_to_whose_message_it_asks_about() -> None:
    sender, body = drafted("TRX_RESULT_INQUIRY", f"origMsgID=A{PEAK}20260302040000000001")
    assert sender == PEAK
    assert body["trxInfo"]["userID"] == CARDHOLDERS[1].user_id
    assert body["trxInfo"]["origMsgType"] == "MPQRC_PAYMENT_EMV"


@pytest.mark.parametrize(
    ("message", "sender", "trx"),
    [
        ("CHANNEL_LOGIN_INFO", HARBOUR_CHANNEL, None),
        ("SUBMIT_PAYMENT_ORDER", PARKING, None),
        ("CVM_INQUIRY", HARBOUR, None),
        ("CARD_BALANCE_INQUIRY", HARBOUR, {"deviceID", "userID", "token"}),
        ("KYC_VERIFICATION", HARBOUR, {"deviceID", "userID", "cvmInfo"}),
        ("TOKEN_PAYMENT", ACQUIRER, {"cardInfo", "trxAmt", "trxCurrency", "merchantInfo", "settlementKey"}),
        ("ACCOUNT_UPDATE_NOTIFICATION", BANK, {"token", "accountTier"}),
        ("KEY_EXCHANGE", HARBOUR, {"insSignCertID", "insSignPublicKey", "insEncCertID", "insEncPublickey"}),
    ],
)
def test_each_message_has_its_sender_and_form(message: str, sender: str, trx: set[str] | None) -> None:
    found, body = drafted(message)
    assert found == sender
    assert ("trxInfo" in body) == (trx is not None)
    assert set(body.get("trxInfo", ())) == (trx or set())


def test_who_applies_can_be_changed_and_a_payee_replaced() -> None:
    info = drafted("KYC_VERIFICATION", "cvmInfo.lastName=Wong")[1]["trxInfo"]["cvmInfo"]
    assert info == {**APPLICANT, "lastName": "Wong"}
    assert drafted("CARD_ENROLLMENT")[1]["trxInfo"]["cvmInfo"]["accountNo"] == CARDHOLDERS[0].account.reveal()
    assert drafted("P2P_TRANSFER")[1]["trxInfo"]["creditAccountInfo"] == {"token": CARDHOLDERS[1].token.reveal()}
    assert drafted("P2P_TRANSFER", "creditAccountInfo.accountNo=1")[1]["trxInfo"]["creditAccountInfo"] == {"accountNo": "1"}
    assert SEALED["P2P_TRANSFER"] == ("creditAccountInfo",)


def test_what_nobody_can_guess_is_asked_for() -> None:
    with pytest.raises(CommandError, match="needs tokenAction=SUSPEND, RESUME or DELETE"):
        drafted("CARD_STATUS_MANAGEMENT")
    assert drafted("CARD_STATUS_MANAGEMENT", "tokenAction=null")[1]["trxInfo"]["token"] == CARDHOLDERS[0].token.reveal()


# --- what was sent before


def book(*sendings: Sending) -> SentBook:
    made = SentBook(None)
    for each in sendings:
        made.add(each)
    return made


def sending(message: str, msg_id: str = f"A{PEAK}20260302040000000001", code: str = "00", **changes: Any) -> Sending:
    return Sending(message=message, sender=PEAK, msg_id=msg_id, code=code, **changes)


def test_a_chart_goes_on_where_it_was_left() -> None:
    kyc = sending("KYC_VERIFICATION", asked={"deviceID": "d", "userID": "u"}, heard={"referNo": "7"})
    refused = sending("KYC_VERIFICATION", "A2", code="05")
    sender, body = drafted("OPEN_ACCOUNT", sent=book(kyc, refused))
    assert sender == PEAK
    assert body["trxInfo"] == {"deviceID": "d", "userID": "u", "origMsgID": kyc.msg_id, "origReferNo": "7"}
    with pytest.raises(CommandError, match="OPEN_ACCOUNT follows another message: send KYC_VERIFICATION, or give"):
        drafted("OPEN_ACCOUNT")
    given = drafted("OPEN_ACCOUNT", "origMsgID=A1", "origReferNo=8", sender=PEAK)[1]["trxInfo"]
    assert (given["origMsgID"], given["userID"]) == ("A1", CARDHOLDERS[1].user_id)


def test_an_acquirer_scans_the_code_that_was_made_last_and_gives_back_what_was_paid() -> None:
    made = sending("QRC_GENERATION", heard={"emvCpqrcPayload": ["one", "two"]})
    sender, body = drafted("CPQRC_PAYMENT", sent=book(made))
    assert (sender, body["trxInfo"]["emvCpqrcPayload"]) == (ACQUIRER, ["one"])
    assert set(body["trxInfo"]["settlementKey"].values()) >= {ACQUIRER}
    assert "emvCpqrcPayload" not in drafted("CPQRC_PAYMENT", "barcodeCpqrcPayload=62", sent=book(made))[1]["trxInfo"]
    paid = sending("MPQRC_PAYMENT_EMV", asked={"trxAmt": "20.00", "trxCurrency": "392"}, heard={"trxAmt": "10.00"})
    sender, body = drafted("REFUND", sent=book(paid))
    assert (sender, body["trxInfo"]["origMsgID"]) == (ACQUIRER, paid.msg_id)
    assert (body["trxInfo"]["trxAmt"], body["trxInfo"]["trxCurrency"]) == ("10.00", "392")
    other = drafted("REFUND", "origMsgID=A9", sent=book(paid))[1]["trxInfo"]
    assert (other["origMsgID"], other["trxAmt"], other["trxCurrency"]) == ("A9", "10.00", "344")


def test_the_newest_card_pays() -> None:
    opened = sending("OPEN_ACCOUNT", asked={"deviceID": "d", "userID": "u"}, heard={"token": "62"})
    sender, body = drafted("MPQRC_PAYMENT_EMV", sent=book(opened), newest=True)
    assert (sender, body["trxInfo"]["token"], body["trxInfo"]["userID"]) == (PEAK, "62", "u")
    with pytest.raises(CommandError, match="no card was issued"):
        drafted("MPQRC_PAYMENT_EMV", newest=True)


def test_the_book_lies_beside_the_keys_and_forgets_the_oldest(unionhub: Operator) -> None:
    written = SentBook(unionhub.home)
    for number in range(KEPT + 5):
        written.add(sending("CVM_INQUIRY", str(number)))
    read = SentBook(unionhub.home)
    assert (read.of("4"), read.of("5")) == (None, sending("CVM_INQUIRY", "5"))
    file = unionhub.home / "sandbox" / "last-sent"
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("spoiled")
    assert SentBook(unionhub.home).last(lambda each: True) is None
    file.unlink()


def test_channels_and_industries_speak_the_flat_form() -> None:
    assert drafted("CHANNEL_LOGIN_INFO", "userId=7")[1] == {
        "msgID": "A1",
        "channelCode": "HARBOUR01",
        "industryCode": "60010001",
        "userId": "7",
        "encData": {"mobile": "+852 5555 0100"},  # sealed before it is sent
    }
    assert drafted("CHANNEL_LOGIN_INFO")[1]["userId"] == CARDHOLDERS[0].user_id
    assert drafted("CHANNEL_LOGIN_INFO", sender=PEAK_CHANNEL)[1]["userId"] == CARDHOLDERS[1].user_id
    assert drafted("CHANNEL_LOGIN_INFO", cardholder=3)[1]["userId"] == CARDHOLDERS[2].user_id


def test_cards_are_asked_for_of_whoever_was_let_in_last_at_this_industry() -> None:
    def login(code: str, user: str) -> Sending:
        return sending("CHANNEL_LOGIN_INFO", asked={"channelCode": "PEAKLIFE02", "industryCode": code, "userId": user})

    logins = [login("60010001", "u"), login("60020001", "v")]
    user = {"msgID": "A1", "industryCode": "60010001", "channelCode": "PEAKLIFE02", "userId": "u"}
    assert drafted("GET_CARD_LIST", sent=book(*logins)) == (PARKING, user)
    with pytest.raises(CommandError, match="nobody was let in at 60010001: send CHANNEL_LOGIN_INFO, or give channelCode"):
        drafted("GET_CARD_LIST", sent=book(logins[1]))
    assert drafted("GET_CARD_LIST", "channelCode=HARBOUR01", "userId=w")[1]["userId"] == "w"
    listed = Sending(
        message="GET_CARD_LIST", sender=PARKING, msg_id="A1", code="00", asked=user, heard={"cards": [{"cardId": "c"}, {}]}
    )
    assert drafted("GET_CARD_PAYLOAD", sent=book(listed)) == (PARKING, {**user, "cardId": "c"})
    empty = msgspec.structs.replace(listed, heard={"cards": []})
    assert "cardId" not in drafted("GET_CARD_PAYLOAD", sent=book(empty))[1]
    with pytest.raises(CommandError, match="GET_CARD_PAYLOAD follows another message: send GET_CARD_LIST"):
        drafted("GET_CARD_PAYLOAD", sent=book(*logins))


ORDERED = {"channelCode": "PEAKLIFE02", "industryCode": "60010001", "userId": "u", "orderId": "order-7"}
SUBMITTED = Sending(
    message="SUBMIT_PAYMENT_ORDER",
    sender=PARKING,
    msg_id="A6001000120260302040000000001",
    code="00",
    asked=ORDERED,
    heard={"ucspOrderId": "20260302000000000005"},
)


def test_an_order_is_of_whoever_was_let_in_last() -> None:
    login = sending("CHANNEL_LOGIN_INFO", asked={"channelCode": "PEAKLIFE02", "industryCode": "60010001", "userId": "u"})
    sender, body = drafted("SUBMIT_PAYMENT_ORDER", sent=book(login))
    assert (sender, body["channelCode"], body["userId"]) == (PARKING, "PEAKLIFE02", "u")
    made = msgspec.convert({**body, "msgID": "A6001000120260302040000000001"}, SubmitPaymentOrder)
    assert (made.trx_amt, made.trx_currency) == ("100.00", "344")
    assert made.return_url == page_url(light_identities()[PARKING].base_url, "/return")
    assert drafted("SUBMIT_PAYMENT_ORDER")[1]["orderId"] != made.order_id


def test_an_order_of_somebody_who_was_not_let_in() -> None:
    body = drafted("SUBMIT_PAYMENT_ORDER", "subject=Three hours", "trxAmt=80.00")[1]
    assert (body["channelCode"], body["userId"]) == ("HARBOUR01", CARDHOLDERS[0].user_id)
    assert (body["subject"], body["trxAmt"]) == ("Three hours", "80.00")
    other = drafted("SUBMIT_PAYMENT_ORDER", cardholder=2)[1]
    assert (other["channelCode"], other["userId"]) == ("PEAKLIFE02", CARDHOLDERS[1].user_id)


def test_the_last_order_is_asked_about_by_who_submitted_it() -> None:
    body = {"msgID": "A1", "industryCode": "60010001", "orderId": "order-7"}
    assert drafted("PAYMENT_RESULT_INQUIRY", sent=book(SUBMITTED)) == (PARKING, body)
    assert drafted("PAYMENT_RESULT_INQUIRY", "orderId=other")[1] == body | {"orderId": "other"}
    with pytest.raises(CommandError, match="PAYMENT_RESULT_INQUIRY follows another message: send SUBMIT_PAYMENT_ORDER"):
        drafted("PAYMENT_RESULT_INQUIRY")


@pytest.mark.parametrize("more", [(), ("origMsgID=U9920034420260302040000000001",)])
def test_an_acquirer_tells_of_the_last_order_under_its_own_number(more: tuple[str, ...]) -> None:
    async def till(what: str) -> list[dict[str, Any]]:
        assert what == "orders/20260302000000000005"
        return [{"ucspOrderId": "20260302000000000005", "downstreamOrderId": "D-5", "trxCurrency": "344", "trxAmt": "100.00"}]

    told = ("PAYMENT_RESULT", "paymentStatus=REFUNDED", "refundAmt=30.00", *more)
    sender, body = drafted(*told, ask=till, sent=book(SUBMITTED))
    result = read_result(msgspec.convert({**body, "msgID": "A9920034420260302040000000001"}, PaymentResult), {})
    assert (sender, result.status, result.amount, result.currency) == (ACQUIRER, "REFUNDED", "30.00", "344")
    assert (result.ucsp_order_id, result.downstream_id, bool(result.orig_msg_id)) == ("20260302000000000005", "D-5", bool(more))
    assert result.settlement_key.startswith(f"{ACQUIRER}:{ACQUIRER}:")
    with pytest.raises(CommandError, match="PAYMENT_RESULT needs paymentStatus=APPROVED, DECLINED or REFUNDED"):
        drafted("PAYMENT_RESULT", ask=till, sent=book(SUBMITTED))
    with pytest.raises(CommandError, match="or give ucspOrderId and downstreamOrderId"):
        drafted("PAYMENT_RESULT", "paymentStatus=DECLINED", ask=till)


def test_what_an_acquirer_told_of_an_order_is_no_payment_by_card() -> None:
    told = sending("PAYMENT_RESULT", "A2")
    with pytest.raises(CommandError, match="REFUND follows another message"):
        drafted("REFUND", sent=book(told))
    with pytest.raises(CommandError, match="TRX_RESULT_INQUIRY follows another message"):
        drafted("TRX_RESULT_INQUIRY", sent=book(told))


def test_a_partner_that_is_not_here_is_told() -> None:
    with pytest.raises(CommandError, match="no sandbox partner 00000000: there are "):
        drafted("CVM_INQUIRY", sender="00000000")


# --- without a hub


def test_what_cannot_be_sent_is_one_line(unionhub: Operator, nobody: Operator) -> None:
    assert nobody.refuses("send", "CVM_INQUIRY").startswith(f"there are no sandbox partners in {nobody.home}")
    line = unionhub.refuses("send", "CVM_INQUIRY", UNIONHUB_PORT="1")
    assert line == ("no hub answers at http://127.0.0.1:1 (connection refused): is `unionhub run` up? --url names another one")
    assert "name the hub with --url" in unionhub.refuses("send", "CVM_INQUIRY", UNIONHUB_PORT="0")
    assert unionhub.refuses("send", "CVM INQUIRY").startswith("a message's name has letters")
    (unionhub.home / "sandbox" / "spoiled.json").write_text("{}")
    try:
        assert unionhub.refuses("send", "CVM_INQUIRY").endswith("spoiled.json is no partner file")
    finally:
        (unionhub.home / "sandbox" / "spoiled.json").unlink()
