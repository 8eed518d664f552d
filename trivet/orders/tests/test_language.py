"""The language of filters: what was printed reads as the same filter; slips are named with what is nearest."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.lib.errors import Invalid
from trivet.orders.rules.language import CHOICES, NAMES, Phrase, Term, parse, printed
from trivet.orders.rules.moments import span

_CHOSEN = st.sampled_from(sorted(CHOICES)).flatmap(
    lambda word: st.builds(
        Term, st.just(word), st.just(":"),
        st.lists(st.sampled_from(CHOICES[word]), min_size=1, max_size=3, unique=True).map(tuple), st.booleans(),
    )
)  # fmt: skip
_FREE = st.text(min_size=1, max_size=12).map(str.strip).filter(lambda v: v and "\x00" not in v)
_NAMED = st.builds(
    Term, st.sampled_from([n for n in NAMES if n not in {"country", "currency"}]), st.just(":"),
    st.lists(_FREE, min_size=1, max_size=3, unique=True).map(tuple), st.booleans(),
)  # fmt: skip
_MEASURED = st.builds(
    Term, st.just("total"), st.sampled_from([":", ">", ">=", "<", "<="]),
    st.integers(0, 10**9).map(lambda n: (str(n),)), st.booleans(),
)  # fmt: skip
_TERMS = st.lists(st.one_of(_CHOSEN, _NAMED, _MEASURED), max_size=8, unique=True).map(tuple)
_TEXT = st.text(max_size=30).map(lambda text: " ".join(text.split()))


@given(st.builds(Phrase, _TERMS, _TEXT))
def test_what_is_printed_reads_as_the_same_filter(phrase: Phrase) -> None:
    assert parse(printed(phrase)) == phrase


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused_and_reads_the_same_again(typed: str) -> None:
    try:
        phrase = parse(typed)
    except Invalid:
        return
    assert parse(printed(phrase)) == phrase


def test_the_example_of_the_guide_reads_as_it_says() -> None:
    phrase = parse('status:open hold:stock placed>7d total>=50 -tag:vip country:de "lan pham"')
    assert phrase == Phrase(
        (
            Term("status", ":", ("open",)), Term("hold", ":", ("stock",)), Term("placed", ">", ("7d",)),
            Term("total", ">=", ("50",)), Term("tag", ":", ("vip",), True), Term("country", ":", ("DE",)),
        ),
        "lan pham",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "word", "near"),
    [("statos:open", "statos", "status"), ("status:opne", "opne", "open"), ("hold:stok", "stok", "stock"),
     ("placed>soon", "soon", "placed:7d"), ("tag:", "tag", "tag:vip"), ("country:Germany", "Germany", "country:DE"),
     ("channel>web", "channel", "channel:web"), ("total:x", "x", "total:50")],
)  # fmt: skip
def test_a_slip_is_named_with_what_is_nearest(typed: str, word: str, near: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(typed)
    assert refused.value.facts == {"word": word, "near": near}


def test_a_colon_after_a_word_that_nobody_knows_is_text() -> None:
    assert parse("SO:123 http://x.example") == Phrase((), "SO:123 http://x.example")


def test_days_are_days_of_the_reader_also_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)
    assert span(":", "today", now, berlin) == (
        datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    )  # fmt: skip
    assert span(">", "1d", now, berlin) == (None, datetime(2026, 10, 24, 21, 30, tzinfo=UTC))
    assert span("<", "24h", now, berlin) == (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), None)
    assert span(">", "2026-10-24", now, berlin) == (datetime(2026, 10, 24, 22, tzinfo=UTC), None)
