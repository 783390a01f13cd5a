"""What people, their apps and an acquirer do in a run: one method for each way that money moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import msgspec

from simulation.clients import Clients
from simulation.host import Heard
from simulation.partners import Platform
from unionhub.domain.model.cards import HolderAction
from unionhub.domain.model.identifiers import AccountNumber, Secret, Token
from unionhub.domain.model.messages import (
    AcquirerPayment,
    CardStatusRequest,
    CashOutRequest,
    ClaimedMerchant,
    CodeRequest,
    EnrolmentRequest,
    KycRequest,
    MerchantQrPayment,
    OpenAccountRequest,
    OtpRequest,
    Payer,
    PresetPayment,
    QrInfoRequest,
    TransferRequest,
    UndoRequest,
)
from unionhub.domain.model.money import Money
from unionhub.domain.model.outgoing import Document
from unionhub.domain.model.transactions import Merchant, Payment, SettlementKey
from unionhub.hosts.sandbox.seeds import ACQUIRER, CNY, HKD, MERCHANTS, PRESET_MERCHANTS, URL_HOST

SHOP: Final = MERCHANTS[0]
_MERCHANT: Final = Merchant(
    acquirer_iin=ACQUIRER, forwarding_iin=ACQUIRER, merchant_id=SHOP.mid, name=SHOP.name, mcc=SHOP.mcc, country="344"
)

SAFER_PRODUCT: Final = "HKD-SAFER"
SCARCE_PRODUCT: Final = "HKD-SCARCE"
OTP_LIFE_S: Final = 20
_CLOCKS_APART_S: Final = 4.0

_PASSWORDS: Final = {"right": 2, "wrong 1": 2, "wrong 2": 2, "wrong 3": 5, "late": 4, "replaced": 2, "none": 1}
"""What somebody does with a one-time password before it is right, and how often."""

_WRONG_AT_MOST: Final = 3

_ATTEMPTS: Final = 5
"""Of a person who wants a card, while the bank cannot."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a card, as the app knows it."""

    gateway: str
    user_id: str
    device_id: str
    token: Token
    account: AccountNumber | None = None

    @property
    def payer(self) -> Payer:
        return Payer(token=self.token, user_id=self.user_id, device_id=self.device_id)


class Scripts:
    """Each method is one client's part, from its first message to its last."""

    def __init__(
        self,
        clients: Clients,
        platform: Platform,
        holders: list[Holder],
        strangers: list[Holder],
        texts: Mapping[str, list[str]],
    ) -> None:
        self.wrong: list[str] = []  # what somebody was answered, and never should have been
        self._clients = clients
        self._rng = clients.rng
        self._platform = platform
        self._holders = holders
        self._strangers = strangers  # with an account, without a card
        self._texts = texts  # account -> the passwords that came to its holder's phone
        self._cautious = [holder for holder in holders if holder.account is not None]  # who want a card with a password

    def draw(self) -> Callable[[], Coroutine[Any, Any, object]]:
        """The next client's part."""
        parts: dict[Callable[[], Coroutine[Any, Any, object]], int] = {
            self.merchant_qr: 5,
            self.consumer_qr: 8,
            self.token_payment: 2,
            self.bill: 3,
            self.credit: 3,
            self.transfer: 3,
            self.cash: 2,
            self.url: 3,
            self.open_account: 4,
            self.enrol: 2,
            self.pause: 1,
            self.password: 4,
            self.scarce: 1,
        }
        return self._rng.choices(tuple(parts), tuple(parts.values()))[0]

    # --- a gateway's messages

    async def pays_from(self, gateway: str) -> None:
        """Somebody of that app."""
        await self.merchant_qr(self._rng.choice([holder for holder in self._holders if holder.gateway == gateway]))

    async def merchant_qr(self, holder: Holder | None = None) -> None:
        """Static codes, and dynamic ones that several want to pay; sometimes it is given back."""
        holder = holder or self._holder()
        code = SHOP.code(reference=f"BILL{self._rng.randrange(6)}") if self._rng.random() < 0.4 else SHOP.qr
        request = MerchantQrPayment(payer=holder.payer, amount=self._amount(), currency=HKD, qr_payload=code)
        heard = await self._clients.ask(holder.gateway, "MPQRC_PAYMENT_EMV", request)
        if heard.code == "00" and self._rng.random() < 0.5:
            await self._give_back(heard.value)

    async def bill(self) -> None:
        """Bill numbers repeat."""
        holder = self._holder()
        request = PresetPayment(
            token=holder.token,
            user_id=holder.user_id,
            device_id=holder.device_id,
            amount=self._amount(),
            currency=HKD,
            merchant=ClaimedMerchant(merchant_id=PRESET_MERCHANTS[0].mid),
            bill_no=self._rng.choice(("", "1001", "1002")),
        )
        heard = await self._clients.ask(holder.gateway, "BILL_PAYMENT", request)
        if heard.code != "00" and request.bill_no:  # a declined try may be repeated
            await self._clients.ask(holder.gateway, "BILL_PAYMENT", request)

    async def credit(self) -> None:
        holder = self._holder()
        merchant = ClaimedMerchant(merchant_id=PRESET_MERCHANTS[1].mid)
        request = PresetPayment(token=holder.token, amount=self._amount(), currency=HKD, merchant=merchant)
        await self._clients.ask(holder.gateway, "CREDIT_TRANSACTION", request)

    async def transfer(self) -> None:
        """To a card, of this app or the other; or to its account."""
        payer, payee = self._rng.sample(self._holders, 2)
        by_token = payee.account is None or self._rng.random() < 0.5
        request = TransferRequest(
            payer=payer.payer,
            amount=self._amount(),
            currency=HKD,
            payee_token=payee.token if by_token else None,
            payee_account=None if by_token else payee.account,
        )
        await self._clients.ask(payer.gateway, "P2P_TRANSFER", request)

    async def url(self) -> None:
        """A code of the platform's, that somebody else may pay meanwhile."""
        holder, url = self._holder(), f"{URL_HOST}/00010000/{self._clients.number():028d}"
        self._platform.amounts[url] = fixed = self._rng.choice(("36.00", "12.50", ""))
        if self._rng.random() < 0.4:
            self._clients.launch(self._paid_elsewhere(url))
        for _ in range(2):  # the same code again, perhaps by somebody else
            asked = self._clients.msg_id(holder.gateway)
            info = QrInfoRequest(user_id=holder.user_id, device_id=holder.device_id, qr_payload=url)
            if (await self._clients.ask(holder.gateway, "QRC_INFO_INQUIRY", info, asked)).code == "00":
                request = MerchantQrPayment(
                    payer=holder.payer, amount=fixed or "20.00", currency=CNY, qr_payload=url, orig_msg_id=asked
                )
                await self._clients.ask(holder.gateway, "MPQRC_PAYMENT_URL", request)
            if self._rng.random() < 0.6:
                return

    async def _paid_elsewhere(self, url: str) -> None:
        await asyncio.sleep(self._rng.uniform(0, 3))
        self._platform.paid.add(url)

    async def pause(self) -> None:
        """SUSPEND, and some time later RESUME."""
        holder = self._holder()
        for action in (HolderAction.SUSPEND, HolderAction.RESUME):
            request = CardStatusRequest(payer=holder.payer, action=action)
            await self._clients.ask(holder.gateway, "CARD_STATUS_MANAGEMENT", request)
            await asyncio.sleep(self._rng.uniform(1, 20))

    # --- coming to a card

    async def open_account(self) -> None:
        """KYC, then an account; whose card pays."""
        number = self._clients.number()
        gateway = self._rng.choice(self._holders).gateway
        user, device = f"67{number:010d}", f"{number:032x}"
        identity = Secret(f'{{"idNo":"K{number:07d}","idType":"1","lastName":"Chan","mobileNo":"+85255550000"}}')
        kyc = KycRequest(user_id=user, device_id=device, identity=identity)
        for _ in range(_ATTEMPTS):
            kyc_id = self._clients.msg_id(gateway)
            heard = await self._clients.ask(gateway, "KYC_VERIFICATION", kyc, kyc_id)
            if heard.code == "00":
                await self._open(gateway, kyc, kyc_id, heard.value.refer_no)
                return
            await asyncio.sleep(self._rng.uniform(5, 60))

    async def _open(self, gateway: str, kyc: KycRequest, kyc_id: str, refer_no: str) -> None:
        documents = (Document(data_type="1", content=Secret("aGk=")),) if self._rng.random() < 0.3 else ()
        request = OpenAccountRequest(
            user_id=kyc.user_id, device_id=kyc.device_id, orig_msg_id=kyc_id, orig_refer_no=refer_no, documents=documents
        )
        for _ in range(2):
            copies = 2 if self._rng.random() < 0.15 else 1
            answers = await asyncio.gather(*(self._clients.ask(gateway, "OPEN_ACCOUNT", request) for _ in range(copies)))
            issued = next((heard for heard in answers if heard.code == "00"), None)
            if issued is not None:
                await self._new_card(gateway, kyc.user_id, kyc.device_id, issued)
                return
            if self._rng.random() < 0.5:  # an applicant who goes away must leave no account behind
                return

    async def enrol(self) -> None:
        """An account that is there already. Sometimes twice at once under two msgIDs: one card."""
        if not self._strangers:
            return
        person = self._strangers.pop()
        request = EnrolmentRequest(
            user_id=person.user_id,
            device_id=person.device_id,
            identity=Secret('{"lastName":"Chan","idNo":"K1"}'),
            account=person.account,
        )
        for _ in range(_ATTEMPTS):
            copies = 2 if self._rng.random() < 0.3 else 1
            answers = await asyncio.gather(
                *(self._clients.ask(person.gateway, "CARD_ENROLLMENT", request) for _ in range(copies))
            )
            issued = next((heard for heard in answers if heard.code == "00"), None)
            if issued is not None:
                await self._new_card(person.gateway, person.user_id, person.device_id, issued)
                return
            await asyncio.sleep(self._rng.uniform(5, 60))

    async def password(self) -> None:
        """A card that is had with a one-time password: right, wrong, late, twice, or one that another took the place of."""
        if not self._cautious:
            return
        person = self._cautious.pop()
        assert person.account is not None
        request = EnrolmentRequest(
            user_id=person.user_id,
            device_id=person.device_id,
            identity=Secret('{"lastName":"Chan","idNo":"K1"}'),
            account=person.account,
            product_id=SAFER_PRODUCT,
        )
        for _ in range(_ATTEMPTS):
            enrolment = self._clients.msg_id(person.gateway)
            enrolling = self._clients.launch(self._clients.ask(person.gateway, "CARD_ENROLLMENT", request, enrolment))
            texted = await self._texted(person, enrolment)
            if texted:
                await self._with_passwords(person, enrolment)
            heard: Heard = await enrolling
            if heard.code == "00":
                await self._new_card(person.gateway, person.user_id, person.device_id, heard)
            if heard.code == "00" or texted:
                return

    async def _with_passwords(self, person: Holder, enrolment: str) -> None:
        """What goes before the right one; then that one, and once more."""
        plan, seen = self._rng.choices(tuple(_PASSWORDS), tuple(_PASSWORDS.values()))[0], self._clients.seen
        texts = self._texts[person.account.reveal() if person.account else ""]
        right, codes = texts[-1], list[str]()
        wrong = f"{(int(right) + self._rng.randrange(1, 10**6)) % 10**6:06d}"
        if plan == "late":
            await asyncio.sleep(OTP_LIFE_S + _CLOCKS_APART_S)
            codes = [await self._verified(person, enrolment, right)]
            seen["password too late"] += codes == ["74"]
        elif plan.startswith("wrong"):
            for _ in range(int(plan[-1])):
                codes.append(await self._verified(person, enrolment, wrong))
            ended = codes[-1] == "32"
            seen["enrolment ended by wrong passwords"] += ended
            if len(codes) == _WRONG_AT_MOST and set(codes) <= {"75", "32"} and not ended:
                self.wrong.append(f"enrolment {enrolment}: so many wrong passwords were answered {codes}")
        again = plan in ("late", "replaced") and await self._texted(person, enrolment)
        if again and plan == "replaced" and texts[-1] != right:
            codes = [await self._verified(person, enrolment, right)]
        seen["password wrong"] += codes.count("75")
        if "00" in codes:
            self.wrong.append(f"enrolment {enrolment}: a password was taken that was {plan}, {codes}")
        if plan == "none" or (plan == "late" and not again):
            return
        right = texts[-1] if again else right
        twice = await asyncio.gather(*(self._verified(person, enrolment, right) for _ in range(self._rng.choice((1, 2)))))
        answers = [*twice, await self._verified(person, enrolment, right)]
        seen["password used twice"] += "76" in answers
        if answers.count("00") > ("32" not in codes):
            self.wrong.append(f"enrolment {enrolment}: after {codes} one password was answered {answers}")

    async def _texted(self, person: Holder, enrolment: str) -> bool:
        """OTP_REQUEST, as long as the bank is still asked whose account it is."""
        request = OtpRequest(user_id=person.user_id, device_id=person.device_id, orig_msg_id=enrolment)
        for _ in range(_ATTEMPTS):
            await asyncio.sleep(self._rng.uniform(1, 8))
            if (await self._clients.ask(person.gateway, "OTP_REQUEST", request)).code == "00":
                return True
        return False

    async def _verified(self, person: Holder, enrolment: str, password: str) -> str:
        request = OtpRequest(
            user_id=person.user_id, device_id=person.device_id, orig_msg_id=enrolment, password=Secret(password)
        )
        return (await self._clients.ask(person.gateway, "OTP_VERIFICATION", request)).code

    async def scarce(self) -> None:
        """More people at once want a card than its issuer has numbers for."""
        people = [holder for holder in self._holders if holder.account is not None]
        for heard in await asyncio.gather(*map(self._enrolled_scarcely, self._rng.sample(people, 4))):
            self._clients.seen["numbers used up"] += heard.code == "08"

    async def _enrolled_scarcely(self, person: Holder) -> Heard:
        request = EnrolmentRequest(
            user_id=person.user_id,
            device_id=person.device_id,
            identity=Secret("{}"),
            account=person.account,
            product_id=SCARCE_PRODUCT,
        )
        return await self._clients.ask(person.gateway, "CARD_ENROLLMENT", request)

    async def _new_card(self, gateway: str, user_id: str, device_id: str, heard: Heard) -> None:
        holder = Holder(gateway=gateway, user_id=user_id, device_id=device_id, token=heard.value.token)
        self._holders.append(holder)
        await self.merchant_qr(holder)

    # --- an acquirer's messages

    async def consumer_qr(self) -> None:
        """A code below or above what the cardholder must verify; sometimes shown to two tills."""
        holder = self._holder()
        limit = "40.00" if self._rng.random() < 0.8 else ""
        wanted = CodeRequest(payer=holder.payer, count=self._rng.choice((1, 2)), cvm_limit=limit, limit_currency=HKD)
        heard = await self._clients.ask(holder.gateway, "QRC_GENERATION", wanted)
        if heard.code != "00":
            return
        emv, barcode = heard.value.emv[0], heard.value.barcodes[0]
        tills = 2 if self._rng.random() < 0.35 else 1
        await asyncio.gather(*(self._till(emv, barcode, late_s=till * self._rng.uniform(0, 50)) for till in range(tills)))

    async def _till(self, emv: Secret, barcode: Secret, *, late_s: float) -> None:
        await asyncio.sleep(late_s)
        if self._rng.random() < 0.5:
            await self._charge("CPQRC_PAYMENT", emv_payload=emv)
        else:
            await self._charge("CPQRC_PAYMENT", barcode=barcode)

    async def token_payment(self) -> None:
        await self._charge("TOKEN_PAYMENT", token=self._holder().token)

    async def cash(self) -> None:
        """A cash-out token, and a machine that may try twice."""
        holder, amount = self._holder(), self._amount()
        wanted = CashOutRequest(payer=holder.payer, amount=amount, currency=HKD)
        heard = Heard()
        for _ in range(_ATTEMPTS):
            heard = await self._clients.ask(holder.gateway, "GET_CASH_OUT_TOKEN", wanted)
            if heard.code not in ("92", "98"):
                break
            await asyncio.sleep(self._rng.uniform(5, 60))
        if heard.code == "00":
            machines = 2 if self._rng.random() < 0.3 else 1
            charges = (self._charge("WITHDRAW", amount=amount, cash_out_token=heard.value) for _ in range(machines))
            await asyncio.gather(*charges)

    async def _charge(self, message: str, amount: str = "", **codes: Any) -> None:
        """Pay; sometimes take it back before the answer is there, sometimes give it back afterwards."""
        msg_id, key = self._clients.msg_id(ACQUIRER), self._key()
        amount = amount or self._amount()
        request = AcquirerPayment(amount=amount, currency=HKD, merchant=_MERCHANT, settlement_key=key, **codes)
        paying = self._clients.launch(self._clients.ask(ACQUIRER, message, request, msg_id))
        if self._rng.random() < 0.5:
            if self._rng.random() < 0.65:  # a till that loses patience between the cardholder's yes and the debit
                await self._clients.until_a_cardholder_answers(15.0)
                await asyncio.sleep(self._rng.uniform(0, 3))
            else:
                await asyncio.sleep(self._rng.choice((0.01, 2.0)) * self._rng.random())
            undo = UndoRequest(amount=amount, currency=HKD, orig_msg_id=msg_id)
            if self._rng.random() < 0.4:
                undo = UndoRequest(amount=amount, currency=HKD, orig_settlement_key=key)
            await self._clients.ask(ACQUIRER, "REVERSAL", undo)
        heard: Heard = await paying
        if heard.code == "00" and self._rng.random() < 0.4:
            await self._give_back(heard.value)

    async def _give_back(self, paid: Payment) -> None:
        """Parts of it, or all, or both at once: never more than was paid."""
        if paid.amount is None:
            return
        plans = ("REFUND",) * 3, ("REFUND", "REFUND"), ("CANCELLATION",), ("CANCELLATION", "REFUND"), ("REVERSAL", "REFUND")
        plan = self._rng.choice(plans)
        await asyncio.gather(*(self._undo(kind, paid, late_s=self._rng.choice((0, 1, 20))) for kind in plan))

    async def _undo(self, kind: str, paid: Payment, *, late_s: float) -> None:
        await asyncio.sleep(late_s * self._rng.random())
        assert paid.amount is not None
        part = self._rng.uniform(0.3, 0.8) if kind == "REFUND" else 1.0
        back = Money(max(round(paid.amount.minor * part), 1), paid.amount.currency)
        request = UndoRequest(
            amount=back.text,
            currency=back.currency,
            settlement_key=self._key(),
            orig_settlement_key=_key_of(paid),
        )
        await self._clients.ask(ACQUIRER, kind, request)

    # --- what they share

    def _holder(self) -> Holder:
        return self._rng.choice(self._holders)

    def _amount(self) -> str:
        return f"{self._rng.randrange(1, 105)}.{self._rng.choice(('00', '50'))}"

    def _key(self) -> SettlementKey:
        return SettlementKey(
            acquirer_iin=ACQUIRER,
            forwarding_iin=ACQUIRER,
            trace_no=f"{self._clients.number():06d}",
            transmitted="0302040000",
        )


def _key_of(paid: Payment) -> SettlementKey:
    acquirer, forwarding, trace_no, transmitted = paid.settlement_key.split(":")
    return SettlementKey(acquirer_iin=acquirer, forwarding_iin=forwarding, trace_no=trace_no, transmitted=transmitted)
