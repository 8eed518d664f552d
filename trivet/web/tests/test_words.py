"""Words: every state has a badge, every sentence a translation, every icon a drawing."""

from __future__ import annotations

import gettext
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from trivet.company import rules as company
from trivet.fulfillment.rules import FULFILLMENT_ORDER
from trivet.inventory import rules as inventory
from trivet.inventory.rules.transfer import TRANSFER
from trivet.journal.rules import EXCEPTION
from trivet.orders.rules import cancel, holds, status
from trivet.staff.rules import ROLES
from trivet.web.shell.badges import VOCABULARY

ROOT = Path(__file__).parents[3]
WEB = ROOT / "trivet/web"
PO = ROOT / "trivet/locale/vi/LC_MESSAGES/django.po"


@pytest.mark.parametrize(
    ("axis", "states"),
    [
        ("lifecycle", status.LIFECYCLE), ("payment", status.PAYMENT), ("fulfillment", status.FULFILLMENT),
        ("delivery", status.DELIVERY), ("fulfillment_order", FULFILLMENT_ORDER.states), ("hold", holds.HOLD_KINDS),
        ("exception", EXCEPTION.states), ("role", ROLES), ("cancel_reason", cancel.CANCEL_REASONS),
        ("entry", inventory.ENTRY_KINDS), ("transfer", TRANSFER.states), ("adjust_reason", inventory.ADJUST_REASONS),
        ("counter", inventory.COUNTERS), ("place_kind", company.LOCATION_KINDS),
        ("channel_kind", company.CHANNEL_KINDS), ("on_shortage", company.ON_SHORTAGE),
    ],
)  # fmt: skip
def test_every_state_has_a_badge(axis: str, states: tuple[str, ...]) -> None:
    assert set(VOCABULARY[axis]) == set(states)


def _entries() -> list[tuple[str, list[str]]]:
    text = PO.read_text(encoding="utf-8")
    found = []
    for block in text.split("\n\n")[1:]:
        source = "".join(re.findall(r'"(.*)"', block.split("msgstr")[0].split("msgid", 1)[1]))
        found.append((source, re.findall(r'msgstr(?:\[\d\])? "(.*)"', block)))
    return found


def test_vietnamese_is_complete() -> None:
    entries = _entries()
    assert len(entries) > 400
    assert [source for source, told in entries if not all(told) or not told] == []
    assert "fuzzy" not in PO.read_text(encoding="utf-8")


def test_placeholders_survive_translation() -> None:
    names = re.compile(r"%\((\w+)\)s")
    wrong = [
        source for source, told in _entries() if set(names.findall(source)) != set(names.findall(told[0]))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    with PO.with_suffix(".mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)
    text = PO.read_text(encoding="utf-8")
    for block in text.split("\n\n")[1:]:
        if "msgid_plural" in block or '\\"' in block:
            continue
        context = re.search(r'msgctxt "(.*)"', block)
        source = re.search(r'^msgid "(.*)"', block, re.MULTILINE)
        told = re.search(r'^msgstr "(.*)"', block, re.MULTILINE)
        assert source is not None
        assert told is not None
        found = catalogue.pgettext(context[1], source[1]) if context else catalogue.gettext(source[1])
        assert found == told[1]


def _icons() -> set[str]:
    used = {b.icon for words in VOCABULARY.values() for b in words.values()}
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'{% icon "([a-z0-9-]+)"', text)) | set(
            re.findall(r'icon_name="([a-z0-9-]+)"', text)
        )
        used |= {
            w for w in re.findall(r'"([a-z]+(?:-[a-z]+)*)"', text) if path.suffix == ".py" and w in _drawn()
        }
    return used


def _drawn() -> set[str]:
    return {path.stem for path in (WEB / "static/vendor/tabler-icons").glob("*.svg")}


def test_every_icon_is_drawn_and_none_is_idle() -> None:
    assert _icons() - _drawn() == set()
    assert _drawn() - _icons() == set()


def test_vendored_files_are_those_of_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / "tools/refresh_vendor.py"
    spec = importlib.util.spec_from_file_location("refresh_vendor", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "refresh_vendor", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", ["refresh_vendor.py", "--check"])
    assert module.main() == 0


def test_pages_hold_no_style_no_script_and_no_table_access() -> None:
    for path in WEB.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text), path
        assert not re.search(r"<script(?![^>]* src=)", text), path
    for path in WEB.rglob("*.py"):
        if "tests" not in path.parts:
            assert ".objects" not in path.read_text(encoding="utf-8"), path
