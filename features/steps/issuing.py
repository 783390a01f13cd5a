"""How somebody comes to a card: as a new customer of the bank, or with an account that is there already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import pytest
from pytest_bdd import given, then, when
from story import Said, Story
from words import Amount, Phrase

from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.domain.model.cards import NumberRange
from unionhub.domain.model.identifiers import AccountNumber, Pan, Token, luhn_complete, luhn_valid, mask_number
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.bank_people import WELCOME
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.people import Person
from unionhub.hosts.sandbox.seeds import HARBOUR, PEAK, Cardholder

KYC: Final = "KYC_VERIFICATION"
OPEN: Final = "OPEN_ACCOUNT"
ENROL: Final = "CARD_ENROLLMENT"
ASK: Final = "OTP_REQUEST"
VERIFY: Final = "OTP_VERIFICATION"
UNKNOWN_PRODUCT: Final = "HKD-NOBODYS"
ANOTHER_PHONE: Final = "f7946ec3a68d9afb"
NO_REFERENCE: Final = "120000000000"
ANOTHER_USER: Final = "609901999999990"


class Applicant:
    """Whoever wants a card. Until there is one, the story's cardholder is this person with an account, and no card."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.password = "000000"  # what to type in, until the bank has texted another
        self._before = self._account_numbers()

    @property
    def holder(self) -> Cardholder:
        return self.story.holder

    @property
    def who(self) -> tuple[str, str]:
        """User and device."""
        return self.holder.user_id, self.holder.device_id

    @property
    def identity(self) -> dict[str, str]:
        """cvmInfo: the document's number is nobody else's."""
        return {
            "firstName": "Ka Yan",
            "lastName": "Cheung",
            "idType": "01",
            "idNo": f"H{self.holder.user_id[-8:]}",
            "idCountry": "344",
            "mobileNo": "+85251234567",
        }

    def tell(self, request: HubRequest | Awaitable[HubRequest]) -> None:
        """The app says something that may be answered with a card."""
        self._adopt(self.story.tell(self.story.gateway, request))

    def again(self, said: Said) -> None:
        self._adopt(self.story.tell_again(said))

    def order(self, docs: tuple[dict[str, str], ...] = (), **changes: Any) -> HubRequest:
        """OPEN_ACCOUNT, which names the latest KYC_VERIFICATION, whatever came of that."""
        kyc = self.story.latest(KYC)
        refer_no = kyc.answer.trx.get("referNo", NO_REFERENCE)
        return self.story.gateway.open_account(*self.who, kyc.request.msg_id, refer_no, docs, **changes)

    def verify(self, **changes: Any) -> None:
        """KYC_VERIFICATION."""
        self.tell(self.story.gateway.kyc_verification(*self.who, self.identity, **changes))

    def enrolment(self, what: dict[str, str], device_id: str | None = None, **changes: Any) -> Awaitable[HubRequest]:
        """CARD_ENROLLMENT for the account or card number in `what`."""
        user_id, own_device_id = self.who
        return self.story.gateway.card_enrollment(user_id, device_id or own_device_id, {**self.identity, **what}, **changes)

    def meanwhile(self, message: str, *requests: HubRequest | Awaitable[HubRequest]) -> None:
        """Story.meanwhile; each answer may bring a card."""
        for said in self.story.meanwhile(message, *requests):
            self._adopt(said.answer)

    def new_accounts(self) -> list[str]:
        """The accounts that the bank has opened since this began."""
        return [number for number in self._account_numbers() if number not in self._before]

    def texts(self) -> list[str]:
        """The passwords that reached the phone of the account's holder."""
        texts = self.story.run(self.story.world.bank().texts())
        return [text.otp for text in texts if text.account == mask_number(self.holder.account.reveal())]

    def _account_numbers(self) -> list[str]:
        return [account.account_no for account in self.story.run(self.story.world.bank().accounts())]

    def _adopt(self, answer: HubAnswer) -> None:
        """A card that came is the cardholder's from now on: for paying, and for the search of what the run left behind."""
        if "token" not in answer.trx:
            return
        opened = self.new_accounts()
        changes: dict[str, Any] = {"account": AccountNumber(opened[0]), "opening": WELCOME} if opened else {}
        card = msgspec.structs.replace(
            self.holder,
            device_id=answer.trx["deviceID"],
            token=Token(answer.trx["token"]),
            pan=self.story.run(self.story.gateway.opened_pan(answer)),
            **changes,
        )
        self.story.holders[0] = card
        self.story.world.cardholders.append(card)


# --- who


@pytest.fixture
def applicant(story: Story) -> Applicant:
    """A cardholder who wants another card."""
    return Applicant(story)


def _newcomer(story: Story, app_id: str, money: Money) -> Applicant:
    story.holders.append(story.run(story.world.new_cardholder(app_id, money.text, money.currency)))
    return Applicant(story)


@given("an applicant", target_fixture="applicant")
@given(Phrase("an applicant of {app:App}"), target_fixture="applicant")
def an_applicant(story: Story, app: str = HARBOUR) -> Applicant:
    return _newcomer(story, app, Money(0, WELCOME.currency))


@given("an applicant whom the bank has verified", target_fixture="applicant")
def a_verified_applicant(story: Story) -> Applicant:
    applicant = an_applicant(story)
    applicant.verify()
    assert story.answer.code == "00"
    return applicant


@given(Phrase("a customer of the bank with {amount:Amount} on the account"), target_fixture="applicant")
@given(Phrase("a customer of the bank and of {app:App} with {amount:Amount} on the account"), target_fixture="applicant")
def a_customer(story: Story, amount: Amount, app: str = HARBOUR) -> Applicant:
    return _newcomer(story, app, amount.money)


OWNERS: Final[dict[str, dict[str, str]]] = {
    "as this person's": {},
    "as somebody else's": {"last_name": "Wong", "id_no": "K1234567"},
    "without a mobile number": {"mobile_no": ""},
}


@given(Phrase("the bank knows the account {owner:Owner}", Owner=OWNERS))
def the_bank_knows_the_account(story: Story, applicant: Applicant, owner: str) -> None:
    person = msgspec.convert(applicant.identity, Person)
    known = msgspec.structs.replace(person, **OWNERS[owner])
    story.run(story.world.bank().register_holder(applicant.holder.account, known))


# --- the issuer's rules


PRODUCTS: Final[dict[str, dict[str, Any]]] = {
    "has the bank say whose the account is": {"verify_owner": True},
    "wants a one-time password": {"step_up": True},
    "has the bank say whose the account is, and wants a one-time password": {"verify_owner": True, "step_up": True},
}


@given(Phrase("the product {wish:Wish}", Wish=PRODUCTS))
def the_product_wants(story: Story, wish: str) -> None:
    story.change_product(**PRODUCTS[wish])


@given("the issuer has no card numbers left", target_fixture="new_numbers")
def no_numbers_left(story: Story) -> Callable[[], None]:
    return story.change_product(pan_range=NumberRange(first="629100700000002", last="629100700000001"))


@when("the issuer gets new card numbers")
def new_numbers_come(new_numbers: Callable[[], None]) -> None:
    new_numbers()


@given("the issuer's cut-off window has begun", target_fixture="after_the_window")
def the_window_begins(story: Story) -> Callable[[], None]:
    return story.change_product(cut_off=True)


@when("the cut-off window is over")
def the_window_is_over(after_the_window: Callable[[], None]) -> None:
    after_the_window()


# --- the bank

BANK_ON_PEOPLE: Final = {
    "says 05 about the applicant": (KYC, "code:05"),
    "says 30 about the applicant": (KYC, "code:30"),
    "does not answer who the applicant is": (KYC, "no_answer"),
    "opens no account and says 05": (OPEN, "code:05"),
    "opens no account and says 30": (OPEN, "code:30"),
    "says 91 to the opening of an account": (OPEN, "code:91"),
    "never gets the message to open an account": (OPEN, "no_answer"),
    "opens an account, but its answer gets lost": (OPEN, "book_then_no_answer"),
}


@given(Phrase("the bank {trouble:Trouble}", Trouble=BANK_ON_PEOPLE))
def the_bank_fails_somebody(story: Story, trouble: str) -> None:
    message, kind = BANK_ON_PEOPLE[trouble]
    story.world.faults.add(story.holder.issuer, message, kind)


@when("the bank can be reached again")
def the_bank_can_be_reached(story: Story) -> None:
    story.connect(story.holder.issuer)


# --- a new account


NO_PRODUCT: Final = {"for a product that nobody knows": UNKNOWN_PRODUCT}


@when("the app asks what must be known of an applicant")
@when(Phrase("the app asks what must be known of an applicant {product:Product}", Product=NO_PRODUCT))
def asks_what_must_be_known(story: Story, applicant: Applicant, product: str = "") -> None:
    applicant.tell(story.gateway.cvm_inquiry(prdNo=NO_PRODUCT.get(product)))


@when("the app has the applicant verified")
@when(Phrase("the app has the applicant verified {product:Product}", Product=NO_PRODUCT))
def has_the_applicant_verified(applicant: Applicant, product: str = "") -> None:
    applicant.verify(insPrd=NO_PRODUCT.get(product))


@when("the app opens an account with two documents")
def opens_an_account_with_documents(applicant: Applicant) -> None:
    kinds = ("PASSPORT", "PROOF_OF_ADDRESS")
    documents = tuple({"dataType": kind, "dataFormat": "PNG", "dataContent": "iVBORw0KGgo="} for kind in kinds)
    applicant.tell(applicant.order(documents))


ORDERS: Final[dict[str, Callable[[Story], dict[str, str]]]] = {
    "for a verification that never was": lambda story: {"origMsgID": story.gateway.request(KYC, {}).msg_id},
    "for the verification of another user": lambda _: {"userID": ANOTHER_USER},
    "for a verification on another phone": lambda _: {"deviceID": ANOTHER_PHONE},
    "with another reference": lambda _: {"origReferNo": "119771"},
}


@when("the app opens an account")
@when(Phrase("the app opens an account {order:Order}", Order=ORDERS))
def opens_an_account(story: Story, applicant: Applicant, order: str = "") -> None:
    changes = ORDERS[order](story) if order else {}
    applicant.tell(applicant.order(**changes))


@when("another app opens an account for the same verification")
def another_app_opens(story: Story, applicant: Applicant) -> None:
    kyc = story.latest(KYC)
    other = story.world.gateway(PEAK)
    story.tell(other, other.open_account(*applicant.who, kyc.request.msg_id, kyc.answer.trx["referNo"]))


@when("the app opens an account while the bank still verifies")
def opens_before_the_bank_has_verified(applicant: Applicant) -> None:
    gateway, who = applicant.story.gateway, applicant.who
    applicant.meanwhile(
        KYC,
        gateway.kyc_verification(*who, applicant.identity, msg_id=(kyc := gateway.request(KYC, {}).msg_id)),
        gateway.open_account(*who, kyc, NO_REFERENCE),
    )


ONCE_MORE: Final[dict[str, Callable[[HubRequest, Applicant], HubRequest]]] = {
    "repeats its message": lambda first, _: first,
    "opens another": lambda _, applicant: applicant.order(),
}


@when(Phrase("the app opens an account, and {more:More} before the bank has answered", More=ONCE_MORE))
def opens_twice_at_once(applicant: Applicant, more: str) -> None:
    first = applicant.order()
    applicant.meanwhile(OPEN, first, ONCE_MORE[more](first, applicant))


OF_THE_TWO: Final = {"earlier message": -2, "message meanwhile": -1}


@then(Phrase('the {which:Which} is answered {code:Code} "{text}"', Which=OF_THE_TWO))
def one_of_the_two(story: Story, which: str, code: str, text: str) -> None:
    answer = story.said[OF_THE_TWO[which]].answer
    assert (answer.status, answer.code, answer.text) == (200, code, text)


# --- an account that is there


def _account(holder: Cardholder, **changes: str) -> dict[str, Any]:
    return {"what": {"accountNo": holder.account.reveal()}, **changes}


def _card(holder: Cardholder, **changes: str) -> dict[str, Any]:
    return {"what": {"pan": holder.pan.reveal()}, **changes}


ENROLS: Final[dict[str, Callable[[Cardholder], dict[str, Any]]]] = {
    "the account": _account,
    "the account on another phone": lambda holder: _account(holder, device_id=ANOTHER_PHONE),
    "the account for a product that nobody knows": lambda holder: _account(holder, prdNo=UNKNOWN_PRODUCT),
    "an account that does not exist": lambda _: {"what": {"accountNo": "012700000001"}},
    "the card by its number": _card,
    "the card by its number on another phone": lambda holder: _card(holder, device_id=ANOTHER_PHONE),
    "a card number that nobody has": lambda _: {"what": {"pan": luhn_complete("629100299999999")}},
}


@when(Phrase("the app enrols {what:What}", What=ENROLS))
def enrols(applicant: Applicant, what: str) -> None:
    applicant.tell(applicant.enrolment(**ENROLS[what](applicant.holder)))


@when("the app enrols the account twice at the same moment")
def enrols_twice_at_once(applicant: Applicant) -> None:
    what = ENROLS["the account"](applicant.holder)
    applicant.meanwhile(KYC, applicant.enrolment(**what), applicant.enrolment(**what))


PEOPLE: Final[dict[str, dict[str, str]]] = {
    "for an enrolment that never was": {"origMsgID": "A9901034420190101000000000001"},
    "for the enrolment of another user": {"userID": ANOTHER_USER},
    "for an enrolment on another phone": {"deviceID": ANOTHER_PHONE},
}


@when("the app asks for a password")
@when(Phrase("the app asks for a password {whose:Whose}", Whose=PEOPLE))
def asks_for_a_password(story: Story, applicant: Applicant, whose: str = "") -> None:
    changes = PEOPLE.get(whose, {})
    applicant.tell(story.gateway.otp_request(*applicant.who, story.latest(ENROL).request.msg_id, **changes))
    applicant.password = [applicant.password, *applicant.texts()][-1]


@when("the cardholder types in the password of the text message")
@when(Phrase("the cardholder types in the password {whose:Whose}", Whose=PEOPLE))
def types_it_in(story: Story, applicant: Applicant, whose: str = "") -> None:
    _type_in(story, applicant, applicant.password, **PEOPLE.get(whose, {}))


@when("the cardholder types in the password of the first text message")
def types_the_first_in(story: Story, applicant: Applicant) -> None:
    _type_in(story, applicant, applicant.texts()[0])


@when("the cardholder types in a wrong password")
def types_a_wrong_one_in(story: Story, applicant: Applicant) -> None:
    _type_in(story, applicant, _another(applicant.password))


@when("the cardholder types in the first enrolment's password for the first enrolment")
def types_the_other_in(story: Story, applicant: Applicant) -> None:
    first = next(said for said in story.said if said.request.message == ENROL)
    _type_in(story, applicant, applicant.texts()[0], origMsgID=first.request.msg_id)


def _type_in(story: Story, applicant: Applicant, password: str, **changes: str) -> None:
    applicant.tell(story.gateway.otp_verification(*applicant.who, story.latest(ENROL).request.msg_id, password, **changes))


def _another(password: str) -> str:
    return f"{(int(password) + 1) % 1_000_000:06d}"


REPEATED: Final = {
    "verification": KYC,
    "request for an account": OPEN,
    "enrolment": ENROL,
    "request for a password": ASK,
    "password": VERIFY,
}


@when(Phrase("the app repeats its {message:Message}", Message=REPEATED))
def repeats(story: Story, applicant: Applicant, message: str) -> None:
    applicant.again(story.latest(REPEATED[message]))


@when("the app repeats its request for an account on another phone")
def repeats_another_body(story: Story) -> None:
    said = story.latest(OPEN)
    body = {**said.request.body, "trxInfo": {**said.request.body["trxInfo"], "deviceID": ANOTHER_PHONE}}
    story.tell(said.partner, msgspec.structs.replace(said.request, body=body))


# --- what there is to see


@then(Phrase("the app learns that it must send {fields}"))
def must_send(story: Story, fields: str) -> None:
    assert story.answer.trx["cvm"] == fields.replace(" and ", ", ").split(", ")


@then("the app has a reference of the verification")
def has_a_reference(story: Story) -> None:
    assert story.answer.trx["referNo"]
    assert story.answer.trx["referNo"] == story.latest(KYC).answer.trx["referNo"]


@then("the applicant has a new card")
def has_a_new_card(story: Story, applicant: Applicant) -> None:
    """Numbers of the issuer's ranges, of which the longer one is for this app alone to read."""
    trx, product = story.answer.trx, story.world.product
    token, pan = Token(trx["token"]), story.run(story.gateway.opened_pan(story.answer))
    for number, numbers in ((token, product.token_range), (pan, product.pan_range)):
        assert luhn_valid(number.reveal())
        assert numbers.first <= number.reveal()[:-1] <= numbers.last
    assert trx["maskedPan"] == mask_number(pan.reveal())
    assert trx["maskedPan"] == f"{pan.reveal()[:4]}********{pan.reveal()[-4:]}"
    assert pan.reveal() not in str(trx)
    other = story.world.gateway(PEAK if story.gateway.app_id == HARBOUR else HARBOUR)
    with pytest.raises(SealedFieldError):
        story.run(other.opened_pan(story.answer))
    expiry = story.card(applicant.holder).expiry
    assert (trx["panExpiry"], trx["tokenExpiry"]) == (f"{expiry:%m/%y}", f"{expiry:%y%m%d%H%M%S}")
    assert (trx["deviceID"], trx["cardFaceID"]) == (applicant.holder.device_id, product.card_face_id)


@then("it is the card that the app was given before")
def the_same_card(story: Story) -> None:
    """The number is sealed anew each time; all else is word for word the same."""
    given_before = [said.answer for said in story.said[:-1] if "token" in said.answer.trx][-1]
    assert _shown(story, story.answer) == _shown(story, given_before)


@then("it is another card than before")
def another_card(story: Story) -> None:
    before, now = story.world.cardholders[-2:]
    assert before.token.reveal() != now.token.reveal()
    assert before.pan.reveal() != now.pan.reveal()
    assert (before.user_id, before.account.reveal()) == (now.user_id, now.account.reveal())


def _shown(story: Story, answer: HubAnswer) -> tuple[dict[str, Any], Pan]:
    """What an answer says of a card, and its number."""
    return {name: text for name, text in answer.trx.items() if name != "pan"}, story.run(story.gateway.opened_pan(answer))


@then("the app has no card")
def no_card(story: Story) -> None:
    assert "token" not in story.answer.trx


@then("the bank has opened one account")
def one_account(applicant: Applicant) -> None:
    assert len(applicant.new_accounts()) == 1


@then("the bank has opened no account")
def no_account(applicant: Applicant) -> None:
    assert applicant.new_accounts() == []


@then("the bank was sent the documents each time")
def documents_each_time(story: Story) -> None:
    sent = [item.body["trxInfo"].get("cvmAddtlDocums", []) for item in story.received(story.holder.issuer, OPEN)]
    assert [[document["dataType"] for document in documents] for documents in sent] == [["PASSPORT", "PROOF_OF_ADDRESS"]] * 2


@then("the bank was sent the same message each time")
def the_same_message_each_time(story: Story) -> None:
    sent = [(item.msg_id, item.body["trxInfo"]) for item in story.received(story.holder.issuer, OPEN)]
    assert len(sent) > 1
    assert sent == sent[:1] * len(sent)


@then("the app hears the number of the enrolment")
def the_number_of_the_enrolment(story: Story) -> None:
    assert story.answer.trx["enrolId"].isdecimal()
    assert "token" not in story.answer.trx


@then(Phrase("the cardholder is texted {digits:Number} digits, good for {seconds:Number} seconds"))
def is_texted(story: Story, applicant: Applicant, digits: int, seconds: int) -> None:
    assert story.answer.trx == {"otpLength": str(digits), "expiresIn": str(seconds)}
    assert len(applicant.texts()[-1]) == digits
    assert applicant.texts()[-1].isdecimal()


@then(Phrase("the cardholder has got {count:Number} text messages"))
def has_got_texts(applicant: Applicant, count: int) -> None:
    assert len(applicant.texts()) == count
