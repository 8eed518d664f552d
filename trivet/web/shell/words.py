"""Sentences of the rules that people meet, marked for translation: rules know no language, doors do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _n

SENTENCES = (
    _n("must be lower-case letters and digits, joined by single - or _, at most 50"),
    _n("must have 1 to 200 characters"),
    _n("must be a country code of two capitals (ISO 3166-1)"),
    _n("must be an IANA time zone such as Europe/London"),
    _n("must be a currency code of three capitals (ISO 4217)"),
    _n("there is a brand with this slug"),
    _n("there is a place with this code"),
    _n("there is a channel with this slug"),
    _n("cannot change"),
    _n("has passed already"),
    _n("this username is taken"),
    _n("may hold letters, digits and @ . + - _ only"),
    _n("is not an e-mail address"),
    _n("the last owner stays: make someone else owner first"),
    _n("must name at least one verb, or *"),
    _n("is not a cursor of this list"),
    _n("there is no such order"),
    _n("there is no such customer"),
    _n("there is no such person"),
    _n("there is no such key"),
    _n("someone resolved this already"),
    _n("nothing is left to cancel"),
)
