"""Members of trxInfo from what was sent before, or heard of it."""

from __future__ import annotations

from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.seeds import CARDHOLDERS, CNY, PRODUCT, WALLETS

from .defaults_people import units
from .failures import CommandError
from .fields import Json
from .sent import Sending
from .sources import FOLLOWS, Sources


async def verified(sources: Sources) -> Json:
    kyc = sources.before()
    return {**sources.who(kyc), "origMsgID": kyc.msg_id, "origReferNo": kyc.heard.get("referNo")}


async def enrolling(sources: Sources) -> Json:
    enrolment = sources.before()
    return {**sources.who(enrolment), "origMsgID": enrolment.msg_id}


async def texted(sources: Sources) -> Json:
    texts = await sources.texts(PRODUCT.issuer)
    if not texts:
        raise CommandError("nobody was sent a one-time password: send OTP_REQUEST, or give otpValue")
    return {"otpValue": texts[-1]["otp"]}


async def inquired(sources: Sources) -> Json:
    inquiry = sources.before()
    return {
        **units(CNY),
        **_sum(inquiry),
        **sources.who(inquiry),
        "origTrxMsgID": inquiry.msg_id,
        "mpqrcPayload": inquiry.asked.get("mpqrcPayload"),
    }


async def shown(sources: Sources) -> Json:
    """The first code of the newest QRC_GENERATION; none beside a bar code."""
    if "barcodeCpqrcPayload" in sources.choice.given:
        return {}
    return {"emvCpqrcPayload": sources.before().heard.get("emvCpqrcPayload", [])[:1]}


async def cash(sources: Sources) -> Json:
    made = sources.before()
    return {"trxToken": made.heard.get("trxToken"), **_sum(made)}


async def original(sources: Sources) -> Json:
    """The newest payment that an acquirer can give back, or the one that is named."""
    if any(path[0] == "origSettlementKey" for path, _ in sources.choice.fields):
        return {}
    original = sources.before()
    return {"origMsgID": original.msg_id, **_sum(original)}


async def channel_user(sources: Sources) -> Json:
    """A cardholder of the app of the same house: his cards are in this channel's wallets."""
    if sources.choice.cardholder is not None:
        return {"userId": (await sources.holder())["userID"]}
    gateways = {channel: gateway for gateway, channel in WALLETS.items()}
    gateway = gateways.get(sources.sender.app_id) if sources.sender else None
    return {"userId": next(each.user_id for each in CARDHOLDERS if gateway in (None, each.gateway))}


def _login(sources: Sources) -> Sending | None:
    """The last one at this industry."""
    code = sources.sender.industry_code if sources.sender else ""
    messages = FOLLOWS["GET_CARD_LIST"].messages
    return sources.sent.last(lambda each: each.message in messages and each.asked.get("industryCode") == code)


async def logged_in(sources: Sources) -> Json:
    """Whoever was let in last at this industry."""
    login = _login(sources)
    if login is None:
        code = sources.sender.industry_code if sources.sender else ""
        raise CommandError(f"nobody was let in at {code}: {FOLLOWS['GET_CARD_LIST'].hint}")
    return login.asked


async def shopper(sources: Sources) -> Json:
    """Whoever was let in last at this industry, so that the cashier shows cards; else somebody who was not, who pays by the
    order's QR. A cardholder who was chosen, in his own channel."""
    login = _login(sources)
    if sources.choice.cardholder is not None:
        holder = await sources.holder()
        channel = sources.partner(WALLETS.get(holder["insID"], ""))
        return {"channelCode": channel.channel_code if channel else None, "userId": holder["userID"]}
    if login is not None:
        return login.asked
    channel = sources.of_role(Role.CHANNEL)
    return {"channelCode": channel.channel_code if channel else None, "userId": CARDHOLDERS[0].user_id}


async def same_order(sources: Sources) -> Json:
    return {"orderId": sources.before().asked.get("orderId")}


async def placed(sources: Sources) -> Json:
    """The last order, with the acquirer's own number of it; or the one whose ucspOrderId is given."""
    order_id = sources.choice.field("ucspOrderId") or sources.before().heard.get("ucspOrderId")
    found = await sources.placed(str(order_id))
    return {"ucspOrderId": order_id, **(found[0] if found else {})}


async def shown_card(sources: Sources) -> Json:
    """The first card of the newest list."""
    listed = sources.before()
    cards = listed.heard.get("cards") or [{}]
    return {**listed.asked, "cardId": cards[0].get("cardId")}


async def asked_about(sources: Sources) -> Json:
    paid = sources.before()
    kind = paid.message or ("CPQRC_PAYMENT" if sources.sender and sources.sender.role is Role.ACQUIRER else "MPQRC_PAYMENT_EMV")
    return {**sources.who(paid), "origMsgID": paid.msg_id, "origMsgType": kind}


async def question(sources: Sources) -> Json:
    """The newest that a cardholder was asked. The sandbox's gateways answer by themselves, a second later."""
    app_id = sources.sender.app_id if sources.sender else ""
    asked = [each for each in await sources.questions() if each["msgInfo"]["insID"] == app_id]
    if not asked:
        raise CommandError(f"{app_id} was sent no ADDITIONAL_PROCESSING: give origMsgID, token and deviceID")
    trx = asked[-1]["trxInfo"]
    people = {each["token"]: each["userID"] for each in await sources.people()}
    said = {name: trx[name] for name in ("deviceID", "token") if name in trx}
    return {**said, "origMsgID": asked[-1]["msgInfo"]["msgID"], "userID": people.get(trx.get("token"))}


def _sum(sending: Sending) -> Json:
    """What the payer paid: discounts are off in the answer."""
    members = {**sending.asked, **sending.heard}
    return {name: members[name] for name in ("trxAmt", "trxCurrency") if name in members}
