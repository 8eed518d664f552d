"""Sentences of the rules that people meet, marked for translation: rules know no language, doors do."""

from __future__ import annotations

import re

from django.utils.translation import gettext, gettext_noop

SENTENCES = (
    gettext_noop("must be lower-case letters and digits, joined by single - or _, at most 50"),
    gettext_noop("must have 1 to 200 characters"),
    gettext_noop("must be a country code of two capitals (ISO 3166-1)"),
    gettext_noop("must be an IANA time zone such as Europe/London"),
    gettext_noop("must be a currency code of three capitals (ISO 4217)"),
    gettext_noop(
        "must be a country such as GB, or a part of one such as GB-ENG, whose public holidays are known"
    ),
    gettext_noop("there is a brand with this slug"),
    gettext_noop("there is a place with this code"),
    gettext_noop("there is a channel with this slug"),
    gettext_noop("cannot change"),
    gettext_noop("tells of stock that is not there: only a channel that takes backorders may have one"),
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
    gettext_noop("it is on the desk already"),
    gettext_noop("say how it was settled"),
    gettext_noop("nothing is left to cancel"),
    gettext_noop("you do not work at this place"),
    gettext_noop("the order ships from other places too"),
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
    gettext_noop("a bundle cannot hold itself"),
    gettext_noop("another amount is recorded under this reference"),
    gettext_noop("this reference is recorded of another movement"),
    gettext_noop("only a capture has one"),
    gettext_noop("only an authorisation has one"),
    gettext_noop("another order with other content has this external id"),
    gettext_noop("another order with other content has this id"),
    gettext_noop("and longitude go together"),
    gettext_noop("comes twice"),
    gettext_noop("is empty"),
    gettext_noop("is too large"),
    gettext_noop("is too long"),
    gettext_noop("is not a line of this order"),
    gettext_noop("is not part of a routing policy"),
    gettext_noop("is not part of a rule"),
    gettext_noop("is an old Excel file (.xls); save it as .xlsx or .csv"),
    gettext_noop("holds NUL characters: is it a text file?"),
    gettext_noop("may have 150 characters at most"),
    gettext_noop("may have 200 characters at most"),
    gettext_noop("may have 300 characters at most"),
    gettext_noop("may have 500 characters at most"),
    gettext_noop("must be a language tag such as en or vi"),
    gettext_noop("must be a list"),
    gettext_noop("must be a list of kinds of places"),
    gettext_noop("must be a list of names"),
    gettext_noop("must be a small whole number"),
    gettext_noop("must be a whole number, not negative"),
    gettext_noop("must be different days from 0 (Monday) to 6 (Sunday)"),
    gettext_noop("must be from -180 to 180"),
    gettext_noop("must be from -90 to 90"),
    gettext_noop("must be from 1 to 10^14 minor units"),
    gettext_noop("must be true or false"),
    gettext_noop("must grow in km"),
    gettext_noop("must have 1 to 100 characters"),
    gettext_noop("must have 1 to 500 characters"),
    gettext_noop("must not be empty"),
    gettext_noop("must not be zero"),
    gettext_noop("names a place that does not exist"),
    gettext_noop("needs a time zone"),
    gettext_noop("needs at least one zone"),
    gettext_noop("needs km, base and per_kg"),
    gettext_noop("no capture has that much left to refund"),
    gettext_noop("no such item"),
    gettext_noop("is the same record"),
    gettext_noop("someone imported it already, or the file is no longer kept: send it again"),
    gettext_noop("someone recorded money meanwhile"),
    gettext_noop("someone took this back already"),
    gettext_noop("the order does not cost that much any more"),
    gettext_noop("the reservation has ended"),
    gettext_noop("the units are no longer allocated"),
    gettext_noop("there is no such import"),
    gettext_noop("there is no such SKU"),
    gettext_noop("there is no such channel"),
    gettext_noop("there is no such authorisation of this order"),
    gettext_noop("there is no such capture of this order"),
    gettext_noop("must be a currency code"),
    gettext_noop("there is no such join"),
    gettext_noop("there is no such mapping"),
    gettext_noop("there is no such movement of money"),
    gettext_noop("there is no such reservation"),
    gettext_noop("too many orders met at the same rows; send the order again"),
    gettext_noop("the database cannot be reached; send the order again"),
    gettext_noop("too much is happening at the same rows; try again"),
    gettext_noop("the hold was released"),
    gettext_noop("the order was cancelled"),
    gettext_noop("the units were cancelled"),
    gettext_noop("every SKU is known"),
    gettext_noop("there is no such run"),
    gettext_noop("no later order has units to give"),
    gettext_noop("the order waits for nothing"),
    gettext_noop("another allocation is under way"),
    gettext_noop("is needed beside daily"),
    gettext_noop("stock came in"),
    gettext_noop("nothing is left of the authorisation"),
    gettext_noop("An SKU of the order is not known"),
    gettext_noop("Not enough stock for the order"),
    gettext_noop("is needed: the SKU has no currency of its own"),
    gettext_noop("must be a country code of two capitals"),
    gettext_noop("may have 500 characters at most, an HS code 20"),
    gettext_noop("comes twice in this product"),
    gettext_noop("the API key is expired or revoked"),
    gettext_noop("is not the id of a reservation"),
    gettext_noop("the total is too large"),
    gettext_noop("an order needs at least one line"),
    gettext_noop("a line needs a SKU or a title"),
    gettext_noop("belongs to a gift"),
    gettext_noop("the line is too large"),
    gettext_noop("is larger than the line"),
    gettext_noop("is larger than the price"),
    gettext_noop("tax inside the price is larger than the price"),
    gettext_noop("discounts exceed the price of the lines"),
    gettext_noop("must lie between 0 and 10"),
    gettext_noop("must be more than zero"),
    gettext_noop("contains characters that cannot be stored"),
    gettext_noop("holds what the database cannot store; see the log"),
    gettext_noop("and title are both empty"),
    gettext_noop("must not be negative"),
    gettext_noop("has more cells than there are columns"),
    gettext_noop("a row of no units says nothing"),
    gettext_noop("a trial entry of the shop, not a sale"),
    gettext_noop("no stock code says what was counted"),
    gettext_noop("the invoice number is empty"),
    gettext_noop("the headings once more"),
    gettext_noop("is packed twice: unpack it once"),
    gettext_noop("neither stock code nor description says what was sold"),
    gettext_noop("another row of this invoice cannot be read"),
    gettext_noop("A fault of ours. It is tried again by itself; the exception desk tells when that ends."),
)

_SLOT = re.compile(r"%\\\(([a-z])\\\)s")

PATTERNS = tuple(
    (re.compile(_SLOT.sub(r"(?P<\1>.+?)", re.escape(sentence))), sentence)
    for sentence in (
        gettext_noop("there is no SKU %(a)s"),
        gettext_noop("there is no place %(a)s"),
        gettext_noop("there is no channel %(a)s"),
        gettext_noop("there is no brand %(a)s"),
        gettext_noop("there is no order %(a)s"),
        gettext_noop("there is no product %(a)s"),
        gettext_noop("there is no such %(a)s of this order"),
        gettext_noop("%(a)s is a bundle: stock is kept of its components"),
        gettext_noop("must be one of %(a)s"),
        gettext_noop("the parts of %(a)s are %(b)s"),
        gettext_noop("must be named: %(a)s has %(b)s"),
        gettext_noop("must be from %(a)s to %(b)s"),
        gettext_noop("may have %(a)s characters at most"),
        gettext_noop("must have 1 to %(a)s characters"),
        gettext_noop("must have 1 to %(a)s entries"),
        gettext_noop("only %(a)s units are in this state"),
        gettext_noop("only %(a)s of %(b)s can still be cancelled"),
        gettext_noop("only %(a)s is left of it"),
        gettext_noop("the order is %(a)s"),
        gettext_noop("the run is %(a)s"),
        gettext_noop("%(a)s is %(b)s: cannot %(c)s"),
        gettext_noop("%(a)s holds are set and lifted by the system, with their cause"),
        gettext_noop("%(a)s is not a verb that a key may have"),
        gettext_noop("%(a)s is not an ISO 4217 currency"),
        gettext_noop("lacks the column %(a)s; it has %(b)s"),
        gettext_noop("has no sheet %(a)s; it has %(b)s"),
        gettext_noop("has a damaged sheet %(a)s: %(b)s"),
        gettext_noop("has a line of more than %(a)s characters"),
        gettext_noop("is not a workbook that can be read: %(a)s"),
        gettext_noop("cannot be unpacked: %(a)s"),
        gettext_noop("cannot be read: %(a)s"),
        gettext_noop("breaks off: %(a)s"),
        gettext_noop("row %(a)s is not CSV: %(b)s"),
        gettext_noop("row %(a)s has a quotation mark that takes in the rows below it"),
        gettext_noop("%(a)s belongs to another product"),
        gettext_noop("barcode %(a)s is another SKU's"),
        gettext_noop("%(a)s comes twice"),
        gettext_noop("%(a)s stands twice"),
        gettext_noop("%(a)s has a wrong check digit: the last must be %(b)s"),
        gettext_noop("%(a)s was cut by a spreadsheet; store the column as text"),
        gettext_noop("%(a)s has %(b)s digits, a GTIN has 8, 12, 13 or 14"),
        gettext_noop("%(a)s has %(b)s digits, a GTIN has 8, 12, 13 or 14 (leading zeros lost?)"),
        gettext_noop("%(a)s is all zeros"),
        gettext_noop("%(a)s; taken without it"),
        gettext_noop("bundles may nest %(a)s deep at most"),
        gettext_noop("a bundle may hold %(a)s units of a component at most"),
        gettext_noop("only the sheet %(a)s was read, not %(b)s"),
        gettext_noop("%(a)s is a bundle; count its components"),
        gettext_noop("no more backorders for %(a)s"),
        gettext_noop("%(a)s is not an e-mail address"),
        gettext_noop("payments of %(a)s exceed the total of %(b)s"),
        gettext_noop("there is no authorisation %(a)s of this gateway"),
        gettext_noop("only %(a)s is left of this authorisation"),
        gettext_noop("more than %(a)s lines"),
        gettext_noop("an order may have %(a)s units at most"),
        gettext_noop("must lie between 1 and %(a)s"),
        gettext_noop("must lie between 0 and %(a)s minor units"),
        gettext_noop("must lie between %(a)s and %(b)s"),
        gettext_noop("may have %(a)s entries at most"),
        gettext_noop("may have %(a)s decimals at most"),
        gettext_noop("do not add up to the tax of the line, %(a)s"),
        gettext_noop("is needed beside %(a)s"),
        gettext_noop("%(a)s is not a size or weight"),
        gettext_noop("%(a)s is no country"),
        gettext_noop("%(a)s is neither yes nor no"),
        gettext_noop("write SKU:UNITS|SKU:UNITS; %(a)s"),
        gettext_noop("says %(a)s, the channel sells in %(b)s"),
        gettext_noop("row 1 of the sheet %(a)s is told as row %(b)s"),
        gettext_noop(
            "dates such as %(a)s can be read two ways and were read day first: say which is meant if that is wrong"
        ),
        gettext_noop(
            "dates such as %(a)s can be read two ways and were read month first: say which is meant if that is wrong"
        ),
        gettext_noop(
            "some dates have the day first (%(a)s such as %(b)s in row %(c)s), others the month (%(d)s such as %(e)s "
            "in row %(f)s): those that can be read two ways were turned down; mend what is wrong, or say which is "
            "meant (--dates)"
        ),
        gettext_noop(
            "%(a)s can be read two ways, and the file has dates of both kinds: say which it is (--dates)"
        ),
        gettext_noop(
            "numbers such as %(a)s can be read two ways: say whether a point or a comma stands before the decimals"
        ),
        gettext_noop("%(a)s can be read two ways: say whether a point or a comma stands before the decimals"),
        gettext_noop("%(a)s has a point, this file writes a comma before the decimals"),
        gettext_noop("says %(a)s, row %(b)s of the order another thing"),
        gettext_noop("row %(a)s of this order cannot be read"),
        gettext_noop("%(a)s at %(b)s was counted in row %(c)s already"),
        gettext_noop("%(a)s is not a whole number"),
        gettext_noop("%(a)s is not an amount such as 12.50"),
        gettext_noop("%(a)s has more than %(b)s decimals"),
        gettext_noop("%(a)s has more decimals than the currency, which has %(b)s"),
        gettext_noop("%(a)s is not a number"),
        gettext_noop("%(a)s is not a date: %(b)s"),
        gettext_noop("%(a)s is not a date"),
        gettext_noop("%(a)s is out of range"),
        gettext_noop("%(a)s is too large"),
        gettext_noop("%(a)s is empty"),
    )
)
"""Sentences of the rules with something put in."""


_ROW = re.compile(r"row (?P<row>\d+)(?:, (?P<field>[^:,]{1,60}))?: (?P<why>.+)", re.DOTALL)
_FIELD = re.compile(r"(?P<field>[a-z][a-z0-9_.\[\]]*): (?P<why>.+)", re.DOTALL)


def translated(text: str) -> str:
    """What the system says or wrote down, in the reader's language where its sentence is known here.

    What is said of a row or a field (``row 7, quantity: is empty``) is translated around their names.
    """
    if not text:
        return ""
    if (whole := gettext(text)) != text:
        return whole
    if found := _ROW.fullmatch(text):
        where = gettext("row %(row)s") % {"row": found["row"]}
        return f"{where}{', ' + found['field'] if found['field'] else ''}: {translated(found['why'])}"
    if found := _FIELD.fullmatch(text):
        return f"{found['field']}: {translated(found['why'])}"
    for pattern, sentence in PATTERNS:
        if found := pattern.fullmatch(text):
            put_in = {name: translated(part) for name, part in found.groupdict().items()}
            return gettext(sentence) % put_in
    return text
