"""Words for the shipping methods that most channels have; others are called as the channel calls them."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

METHODS = {
    "standard": pgettext_lazy("shipping method", "Standard"),
    "economy": pgettext_lazy("shipping method", "Economy"),
    "express": pgettext_lazy("shipping method", "Express"),
    "overnight": pgettext_lazy("shipping method", "Overnight"),
    "next_day": pgettext_lazy("shipping method", "Next day"),
    "same_day": pgettext_lazy("shipping method", "Same day"),
    "pickup": pgettext_lazy("shipping method", "Pick-up"),
}


def method_word(code: str) -> str:
    """The word of a shipping method, or the code where it is the channel's own."""
    return str(METHODS.get(code.strip().lower().replace("-", "_").replace(" ", "_"), code))
