"""Recording money by hand: say what moved, look at what that does, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trivet.flows import money
from trivet.fulfillment.queries.sight import need_hand, order_at
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import DomainError, NotFound
from trivet.lib.money import exponent
from trivet.orders.queries.detail import OrderView, order_view
from trivet.payments.actions.ledger import Told
from trivet.payments.queries.desk import PaymentView, payments_of
from trivet.web.shell.access import actor, needs, own_places
from trivet.web.shell.badges import choices
from trivet.web.shell.errors import status_of
from trivet.web.shell.formats import major
from trivet.web.shell.formats import money as as_money
from trivet.web.shell.forms import TrivetForm, refuse

VERBS = ("capture", "authorize", "void", "refund")

TITLES = {
    "capture": gettext_lazy("How much came in?"),
    "authorize": gettext_lazy("How much was authorised?"),
    "void": gettext_lazy("How much of the authorisation is given up?"),
    "refund": gettext_lazy("How much goes back to the customer?"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One movement to record: ``parent`` is what it uses, ``most`` what it may be at most (None: no limit)."""

    verb: str
    parent: PaymentView | None
    most: int | None

    @property
    def proposed(self) -> int:
        """What the form offers."""
        return self.most or 0


@dataclass(frozen=True, slots=True)
class ShownPayment:
    """A movement of the ledger with what may still be done with it, in minor units."""

    payment: PaymentView
    left: int
    verbs: tuple[str, ...]


class PaymentForm(TrivetForm):
    """An amount in whole units of the order's currency, and how it is known outside."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=Decimal(0), max_digits=16,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )  # fmt: skip
    method = forms.ChoiceField(label=gettext_lazy("Paid by"))
    reference = forms.CharField(
        label=gettext_lazy("Reference"), max_length=200, required=False,
        help_text=gettext_lazy("Of the bank or the terminal. The same reference again is the same movement."),
    )  # fmt: skip
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Ends"), required=False, help_text=gettext_lazy("When the authorisation runs out. UTC."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, case: Case, currency: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.currency = case, currency
        self.fields["method"].choices = choices("method")  # type: ignore[attr-defined]
        if case.most is not None:
            told = {"amount": as_money(case.most, currency)}
            self.fields["amount"].help_text = _("%(amount)s at most.") % told
        if case.verb != "authorize":
            del self.fields["expires_at"]
        if case.verb == "void":
            del self.fields["method"], self.fields["reference"]

    def clean_amount(self) -> int:
        """Minor units, at least one, no finer than the currency and within what is left."""
        scaled = self.cleaned_data["amount"].scaleb(exponent(self.currency))
        if scaled != scaled.to_integral_value():
            raise forms.ValidationError(_("Finer than the currency allows."))
        if scaled < 1:
            raise forms.ValidationError(_("Say an amount above zero."))
        if self.case.most is not None and scaled > self.case.most:
            raise forms.ValidationError(
                _("%(amount)s at most.") % {"amount": as_money(self.case.most, self.currency)}
            )
        return int(scaled)

    def clean_expires_at(self) -> datetime | None:
        """In UTC."""
        at: datetime | None = self.cleaned_data["expires_at"]
        return at.replace(tzinfo=UTC) if at else None


def shown_payments(order: OrderView, payments: Sequence[PaymentView]) -> list[ShownPayment]:
    """The ledger with the buttons that make sense now."""
    rows = []
    for p in payments:
        left = 0 if p.expired or p.kind not in {"authorize", "capture"} else p.amount_minor - p.used_minor
        verbs: tuple[str, ...] = ()
        if left and p.kind == "authorize":
            verbs = ("capture", "void") if order.open_minor else ("void",)
        elif left:
            verbs = ("refund",)
        rows.append(ShownPayment(p, left, verbs))
    return rows


@needs("payment.record")
def payment_new(request: HttpRequest, number: int, verb: str, key: UUID | None = None) -> HttpResponse:
    """How much moved? Asked first, shown with what it does, then recorded."""
    order = order_at(own_places(request), number=number)
    need_hand(own_places(request), order.row.id)
    payments = payments_of(order.row.id, clock.now())
    case = _case(order, payments, verb, key)
    currency = order.row.currency
    if request.method != "POST":
        initial = {
            "amount": major(case.proposed, currency), "seen": len(payments),
            "method": case.parent.method if case.parent else "bank_transfer",
        }  # fmt: skip
        return _answer(request, order, case, PaymentForm(case, currency, initial=initial))
    form = PaymentForm(case, currency, request.POST)
    if not form.is_valid():
        return _answer(request, order, case, form, status=400)
    if request.POST.get("step") != "record":
        return _answer(request, order, case, form, confirm=request.POST.get("step") == "look")
    try:
        _record(order, case, form.cleaned_data, by=actor(request), now=clock.now())
    except DomainError as error:
        refuse(form, error)
        # What is known now goes into the form, so that looking again and confirming is enough.
        data = request.POST.copy()
        data["seen"] = str(len(payments_of(order.row.id, clock.now())))
        form.data = data
        return _answer(request, order_view(number=number), case, form, status=status_of(error))
    messages.success(request, _("Recorded."))
    return redirect("order", number=number)


def _case(order: OrderView, payments: Sequence[PaymentView], verb: str, key: UUID | None) -> Case:
    if verb not in VERBS:
        raise NotFound("there is no such order")
    wanted = {"void": "authorize", "capture": "authorize", "refund": "capture"}.get(verb)
    parent = next((p for p in payments if p.id == key and p.kind == wanted), None)
    if (key is not None and parent is None) or (key is None and verb in {"void", "refund"}):
        raise NotFound("there is no such movement of money")
    left = 0 if parent is None or parent.expired else parent.amount_minor - parent.used_minor
    if verb == "authorize":
        return Case(verb, None, None)
    if verb == "capture":
        return Case(verb, parent, order.open_minor if parent is None else min(left, order.open_minor))
    return Case(verb, parent, left)


def _record(order: OrderView, case: Case, typed: dict[str, Any], *, by: Actor, now: datetime) -> None:
    key, amount, seen = order.row.id, typed["amount"], typed["seen"]
    parent = case.parent.id if case.parent else None
    if case.verb == "void":
        assert parent is not None
        money.void(key, parent, by=by, now=now, amount=amount, seen=seen)
        return
    told = Told(method=typed["method"], reference=typed["reference"])
    if case.verb == "authorize":
        money.authorize(key, amount, by=by, now=now, told=told, expires_at=typed["expires_at"], seen=seen)
    elif case.verb == "capture":
        money.capture(key, amount, by=by, now=now, told=told, authorization=parent, seen=seen)
    else:
        money.refund(key, amount, by=by, now=now, told=told, captured=parent, seen=seen)


def _answer(
    request: HttpRequest, order: OrderView, case: Case, form: PaymentForm, *, confirm: bool = False, status: int = 200
) -> HttpResponse:  # fmt: skip
    told: dict[str, Any] = {
        "order": order, "case": case, "form": form, "title": TITLES[case.verb],
        "outlook": outlook(order, case, form.cleaned_data["amount"]) if confirm else [], "confirm": confirm,
    }  # fmt: skip
    return render(request, "orders/payment.html", told, status=status)


def outlook(order: OrderView, case: Case, amount: int) -> list[str]:
    """What recording ``amount`` does, in sentences."""
    row = order.row

    def shown(minor: int) -> str:
        return as_money(max(0, minor), row.currency)

    if case.verb == "capture":
        first = _("%(amount)s is noted as received.") % {"amount": shown(amount)}
        rest = order.open_minor - amount
        then = (
            _("Then %(open)s is still open.") % {"open": shown(rest)}
            if rest > 0
            else _("Then the order is paid.")
        )
        return [first, then]
    if case.verb == "authorize":
        return [
            _("%(amount)s is noted as authorised. Nothing is received by that.") % {"amount": shown(amount)}
        ]
    if case.verb == "void":
        left = (case.most or 0) - amount
        return [
            _("%(amount)s of the authorisation is given up; %(left)s of it stays.")
            % {"amount": shown(amount), "left": shown(left)}
        ]
    return [
        _("%(amount)s is noted as paid back; the customer has paid %(rest)s after that.")
        % {"amount": shown(amount), "rest": shown(row.captured_minor - row.refunded_minor - amount)},
        _("Trivet moves no money itself: pay it back at the bank or the terminal."),
    ]
