"""Nothing raw on a page: every code that the program can emit has an English sentence and a Vietnamese one."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation import override
from django.utils.translation.template import templatize

from trivet.flows.imports import FORMATS, STOCK
from trivet.flows.imports.uploads import IMPORTS
from trivet.lib import errors
from trivet.partners.files import codes
from trivet.partners.files.verdicts import ORDER_VERDICTS
from trivet.partners.rules import UPLOAD
from trivet.payments.rules import METHODS
from trivet.routing.models import CAUSES
from trivet.routing.rules import explain
from trivet.staff.rules import FACT_VERBS, MAY, VERBS
from trivet.web.imports import words as imports
from trivet.web.orders import why
from trivet.web.shell import words
from trivet.web.shell.badges import VOCABULARY
from trivet.web.shell.permissions import PERMISSIONS
from trivet.web.shell.story import SENTENCES

ROOT = Path(__file__).parents[3]
TREE = ROOT / "trivet"
PO = TREE / "locale/vi/LC_MESSAGES/django.po"

ERRORS = {"Invalid", "NotFound", "Forbidden", "Conflict", "WrongState", "OutOfStock", "Busy"}
BEYOND_THE_DESK = ("inventory/actions/reserve.py", "journal/actions/answers.py")
"""What only programs send is refused there; no form and no file of the console gets to it."""

FILES = ("partners/files/", "flows/imports/")
_OF_A_ROW = re.compile(r"row x(, \w+)?: ")

KEYWORDS: dict[str, Any] = {
    "gettext": None, "gettext_lazy": None, "gettext_noop": None, "_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip


def _sources(*folders: str) -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(TREE.rglob("*.py")):
        parts = path.relative_to(TREE).parts
        if {"tests", "migrations", "bench", "demo"} & set(parts) or (folders and parts[0] not in folders):
            continue
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
            yield node


def _event_kinds() -> set[str]:
    """Everything in rooms and stories that looks like the kind of a fact and is no permission, task or mapper."""
    found = set()
    for path, tree in _sources():
        place = str(path.relative_to(TREE))
        if ("/actions/" not in place and not place.startswith("flows/")) or place == "flows/jobs.py":
            continue
        for node in ast.walk(tree):
            said = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if re.fullmatch(r"[a-z_]+\.[a-z_]+", said) and not said.startswith("uci."):
                found.add(said)
    return found - set(MAY) - {"customer.email"}


def test_every_fact_has_a_sentence() -> None:
    kinds = _event_kinds()
    assert len(kinds) > 40
    put_together = {f"reservation.{state}" for state in ("converted", "released", "expired")}
    put_together |= {"adjustment.approved", "adjustment.declined"}
    assert set(SENTENCES) == kinds | put_together
    assert {kind.split(".")[0] for kind in SENTENCES} == set(FACT_VERBS), "who may read it?"
    assert set(FACT_VERBS.values()) <= set(MAY)
    for kind, (icon, sentence) in SENTENCES.items():
        assert icon, kind
        assert sentence({}), kind


def test_every_permission_says_what_it_lets_one_do() -> None:
    assert set(PERMISSIONS) == set(VERBS)


def test_routing_explains_itself_in_words() -> None:
    assert set(why.REASONS) == set(explain.REASONS)
    assert set(why.REFUSALS) == set(explain.REFUSALS)
    assert set(why.OCCASIONS) == set(CAUSES)
    for code, sentence in explain.REASONS.items():
        assert set(re.findall(r"\{(\w+)\}", sentence)) == set(
            re.findall(r"\((\w+)\)s", str(why.REASONS[code]))
        )


def test_every_exception_kind_and_method_has_a_badge() -> None:
    kinds = {"mapping", "stock"}
    for _path, tree in _sources("flows"):
        for call in _calls(tree, {"raise_exception"}):
            first = call.args[0]
            if isinstance(first, ast.Constant):
                kinds.add(str(first.value))
    assert kinds | {"shortfall", "authorization_expiring"} <= set(VOCABULARY["exception_kind"])
    assert set(VOCABULARY["method"]) == set(METHODS)
    assert set(VOCABULARY["money"]) == {"authorize", "capture", "void", "refund"}
    assert set(VOCABULARY["upload"]) == set(UPLOAD.states)


def test_every_verdict_of_an_import_and_its_reason_has_words() -> None:
    verdicts, reasons = set(ORDER_VERDICTS), set(codes.FEES.values())
    for path, tree in _sources("partners", "flows"):
        if "files" not in path.parts and "imports" not in path.parts:
            continue
        for call in _calls(tree, {"skip", "refuse"}):
            reasons |= _texts(call.args[:1])
        for call in _calls(tree, {"Verdict"}):
            verdicts |= _texts(call.args[1:2])
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                for one, value in _pairs(target, node.value):
                    if isinstance(one, ast.Attribute) and one.attr in {"verdict", "reason"}:
                        (verdicts if one.attr == "verdict" else reasons).update(_texts([value]))
    reasons |= {kind.code for kind in _error_classes()}
    assert len(reasons) > 25
    assert reasons - {""} == set(imports.REASONS)
    assert verdicts | {"created", "updated", "unchanged"} == set(VOCABULARY["verdict"])
    assert set(imports.KINDS) == set(IMPORTS)
    assert set(imports.STOCK_MODES) == set(STOCK)
    assert set(imports.FORMATS) == set(FORMATS)


def _texts(nodes: list[ast.expr]) -> set[str]:
    return {
        str(part.value)
        for node in nodes
        for part in ([node.body, node.orelse] if isinstance(node, ast.IfExp) else [node])
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from zip(target.elts, value.elts, strict=True)
    else:
        yield target, value


def _error_classes() -> list[type[errors.DomainError]]:
    found = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.DomainError)]
    return sorted(found, key=lambda kind: kind.__name__)


def test_what_the_rules_refuse_can_be_said_in_every_language() -> None:
    missing = []
    known = set(words.SENTENCES)
    for path, tree in _sources():
        place = str(path.relative_to(TREE))
        if place.startswith(("api/", "site/", *BEYOND_THE_DESK)):
            continue
        for arguments in _refusals(tree, of_rows=place.startswith(FILES)):
            for told in _said(arguments):
                said = _OF_A_ROW.sub("", told)
                if {said} - known - {"", "x", "x: x"} and not any(
                    p.fullmatch(said) for p, _ in words.PATTERNS
                ):
                    missing.append((place, said))
    assert missing == []


def _refusals(tree: ast.AST, *, of_rows: bool) -> Iterator[list[ast.expr]]:
    for call in _calls(tree, ERRORS):
        at = 1 if getattr(call.func, "id", "") == "Invalid" else 0
        yield call.args[at : at + 1]
    if of_rows:
        for call in _calls(tree, {"ValueError", "_FaultError", "skip", "refuse"}):
            yield call.args[-1:]
        for call in _calls(tree, {"append"}):
            if isinstance(call.func, ast.Attribute) and getattr(call.func.value, "attr", "") in {
                "notes",
                "warnings",
            }:
                yield call.args


def test_what_is_said_of_a_row_is_translated_around_its_field() -> None:
    with override("vi"):
        assert words.translated("row 7, quantity: 'six' is not a whole number") == (
            "dòng 7, quantity: 'six' không phải số nguyên"
        )
        assert (
            words.translated("lines[0].quantity: must be at least 1")
            == "lines[0].quantity: phải ít nhất là 1"
        )
        assert words.translated("row 2, sku: there is no SKU 'X'").startswith("dòng 2, sku: ")
        assert words.translated(
            "row 9, components: write SKU:UNITS|SKU:UNITS; 'a' is not a whole number"
        ).endswith("'a' không phải số nguyên")
    assert words.translated("row 7, quantity: is empty") == "row 7, quantity: is empty"


def _said(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.IfExp):
            yield from _said([node.body, node.orelse])
        elif isinstance(node, ast.Constant):
            yield str(node.value)
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "x" for p in node.values)


@pytest.fixture(scope="module")
def vietnamese() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="vi")


def test_every_sentence_is_translated_and_none_is_idle(vietnamese: Catalog) -> None:
    used = {pair for _where, pair in _messages()}
    assert len(used) > 700
    missing = [
        (where, pair)
        for where, pair in _messages()
        if (found := vietnamese.get(pair[1], pair[0])) is None or not _complete(found.string)
    ]
    assert missing == []
    kept = {(m.context, m.id if isinstance(m.id, str) else m.id[0]) for m in vietnamese if m.id}
    assert kept - used == set()


def _complete(told: Any) -> bool:
    return all(told) if isinstance(told, tuple | list) else bool(told)


def _messages() -> Iterator[tuple[str, tuple[str | None, str]]]:
    texts = [(p, p.read_text(encoding="utf-8")) for p in sorted(TREE.rglob("*.py")) if "tests" not in p.parts]
    texts += [
        (p, templatize(p.read_text(encoding="utf-8"))) for p in sorted(TREE.rglob("templates/**/*.html"))
    ]
    for path, text in texts:
        for _line, told, _notes, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            first = told[0] if isinstance(told, tuple) else told
            if first:
                yield path.name, (context, first)
