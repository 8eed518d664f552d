"""Every page in a real browser: two widths, two themes, two languages, no error, nothing foreign, axe finds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Desk
from tests.world import ALICE
from trivet.flows import simulation, transfers
from trivet.flows.policy import change_policy
from trivet.lib import clock
from trivet.routing.actions.policy import begin_draft
from trivet.routing.queries.simulations import otherwise
from trivet.staff.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"

PATHS = (
    "/today", "/orders?view=all", "/orders?q=nothing-like-it", "/orders/{number}", "/orders/{mystery}",
    "/orders/{number}/cancellation", "/orders/{mystery}/payments/capture", "/search/results?q=shirt", "/customers", "/stock", "/stock/sku/SHIRT",
    "/stock/sku/GIFT", "/stock/why/leeds/SHIRT", "/stock/adjustments",
    "/stock/transfers", "/stock/transfers/new", "/stock/transfers/{leaves}", "/stock/transfers/{comes}", "/exceptions", "/exceptions/mapping",
    "/first-run", "/settings/places", "/settings/places/leeds", "/settings/channels", "/settings/channels/web",
    "/settings/brands", "/settings/routing", "/settings/routing/edit", "/settings/routing/comparison?before=0&after=1",
    "/settings/routing/drafts/{draft}", "/settings/routing/drafts/{draft}/edit", "/settings/routing/simulations/{run}",
    "/settings/routing/simulations/{run}/orders/{row}", "/settings/imports",
    "/settings/imports/new/orders", "/settings/imports/new/catalog", "/settings/imports/new/stock",
    "/settings/people", "/settings/people/new", "/settings/keys", "/profile",
)  # fmt: skip


def _faults(desk: Desk) -> list[str]:
    desk.page.evaluate(AXE)
    found = desk.page.evaluate(f"axe.run(document, {RULES}).then(r => r.violations)")
    return [f"{desk.page.url} {v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]


def _transfers() -> list[int]:
    """One that waits to leave, one on its way."""
    me: Any = {"by": ALICE, "now": clock.now()}
    made = [transfers.create_transfer("leeds", "london", [("SHIRT", 2), ("SCARF", 1)], **me) for _ in "ab"]
    for number in made:
        transfers.make_ready(number, **me)
    transfers.ship(made[1], **me)
    return made


def _simulated() -> dict[str, object]:
    """A version, a draft that bars a place, and what it would have done with the orders there are."""
    me: Any = {"by": ALICE, "now": clock.now()}
    change_policy({"parcel_penalty": 300}, note="Fewer parcels", **me)
    draft = begin_draft({"rules": [{"allow": False, "places": ["leeds"]}]}, "Leeds moves house", **me)
    run = simulation.simulate(draft, edition=1, weeks=None, target_days=1, **me)
    simulation.carry_out(run)
    return {"draft": draft, "run": run, "row": otherwise(run).rows[0].id}


@pytest.mark.parametrize(("theme", "language", "watched"), [("light", "en", 1280), ("dark", "vi", 390)])
def test_every_page_is_sound(desk: Desk, shop: list[int], theme: str, language: str, watched: int) -> None:
    """Every page at both widths; axe looks at one of them, the other one in the other theme and language."""
    User.objects.filter(username="alice").update(theme=theme, language=language)
    leaves, comes = _transfers()
    policy = _simulated()
    faults: list[str] = []
    for path in PATHS:
        page = desk.open(path.format(number=shop[0], mystery=shop[3], leaves=leaves, comes=comes, **policy))
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1").count() == 1, path
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                faults.append(f"{path} is {wide} wide at {width}")
            if width == watched:
                faults += _faults(desk)
    assert faults == []


def test_pages_for_nobody_are_sound_too(desk: Desk) -> None:
    desk.page.context.clear_cookies()
    for path in ("/login", "/orders"):
        page = desk.open(path)
        assert page.locator("#id_username").is_visible()
        assert _faults(desk) == []
    page.fill("#id_username", "alice")
    page.fill("#id_password", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert page.input_value("#id_username") == "alice"
    assert _faults(desk) == []


def test_the_language_and_the_theme_stay(desk: Desk) -> None:
    page = desk.page
    page.click("header summary")
    page.click("header button[value=vi]")
    page.wait_for_selector("text=Việc gì cần bạn ngay?")
    page.click("header summary")
    page.click("header button[value=dark]")
    page.wait_for_selector("html[data-bs-theme=dark]")
    desk.open("/orders")
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_without_scripts_the_console_still_works(desk: Desk, shop: list[int]) -> None:
    context = desk.page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(desk.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{desk.base}/orders?view=all")
    page.fill("#q", "web-2")
    page.press("#q", "Enter")
    page.click(f"a:has-text('#{shop[1]}')")
    assert page.locator("h1").inner_text() == f"Order #{shop[1]}"
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator("nav#nav a").first.is_visible()
    context.close()
