"""Sentences of the rules that people meet, marked for translation: rules know no language, doors do."""

from __future__ import annotations

from django.utils.translation import gettext_noop

SENTENCES = (
    gettext_noop("must be lower-case letters and digits, joined by single - or _, at most 50"),
    gettext_noop("must have 1 to 200 characters"),
    gettext_noop("must be a country code of two capitals (ISO 3166-1)"),
    gettext_noop("must be an IANA time zone such as Europe/London"),
    gettext_noop("must be a currency code of three capitals (ISO 4217)"),
    gettext_noop("there is a brand with this slug"),
    gettext_noop("there is a place with this code"),
    gettext_noop("there is a channel with this slug"),
    gettext_noop("cannot change"),
    gettext_noop("has passed already"),
    gettext_noop("this username is taken"),
    gettext_noop("may hold letters, digits and @ . + - _ only"),
    gettext_noop("is not an e-mail address"),
    gettext_noop("the last owner stays: make someone else owner first"),
    gettext_noop("must name at least one verb, or *"),
    gettext_noop("is not a cursor of this list"),
    gettext_noop("there is no such order"),
    gettext_noop("there is no such customer"),
    gettext_noop("there is no such person"),
    gettext_noop("there is no such key"),
    gettext_noop("someone resolved this already"),
    gettext_noop("nothing is left to cancel"),
    gettext_noop("you do not work at this place"),
    gettext_noop("someone answered this already"),
    gettext_noop("a second person must answer this"),
    gettext_noop("not enough stock"),
    gettext_noop("there is no such request"),
    gettext_noop("someone changed the order meanwhile"),
    gettext_noop("someone released this already"),
    gettext_noop("there is no such hold"),
    gettext_noop("must lie in the future"),
    gettext_noop("the units are being picked"),
    gettext_noop("must be at least 1"),
    gettext_noop("a SKU of the order is not known yet"),
    gettext_noop("not enough stock for the whole order"),
    gettext_noop("no place serves this channel"),
)
