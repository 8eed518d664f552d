"""The catalogue of the demo: real SKUs, descriptions and prices; weights, barcodes, costs and bundles are invented."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from trivet.catalog.rules import ProductFacts, VariantFacts, gtin_check_digit
from trivet.demo.chance import draw
from trivet.demo.source import Article

MARK = "From the UCI Online Retail data; weight, barcode and unit cost are invented for this demo."
BUNDLE_MARK = "A bundle invented for this demo, made of articles of the UCI Online Retail data."

BUNDLES = (
    ("SET-TEA", "Afternoon Tea for Three", 1995, (("22423", 1), ("22697", 1), ("22698", 1), ("22699", 1))),
    ("SET-PARTY", "Garden Party Box", 1150, (("23298", 1), ("47566", 1), ("84879", 4))),
    ("SET-LUNCH", "Lunch Bag Pair", 295, (("20725", 1), ("20727", 1))),
    ("SET-BAKE", "Baker's Tin Tower", 1295, (("22720", 1), ("22722", 1), ("22952", 2))),
    ("SET-COSY", "Cosy Night In", 1195, (("22112", 1), ("22114", 1), ("22178", 4))),
    ("SET-JUMBO", "Jumbo Bag Trio", 575, (("85099B", 1), ("22386", 1), ("23203", 1))),
)  # fmt: skip
"""SKU, name, price in pence, components."""

WEIGHTS = (
    ("cabinet", 4200), ("armchair", 9000), ("chair", 3800), ("shelf|shelving|rack|stool|table", 2600),
    ("parasol", 1400),
    ("doormat", 1600), ("drawer|chest", 1900), ("mirror", 900), ("umbrella", 420), ("cakestand|cake stand", 1150),
    ("teapot|tea pot|jug|pitcher|kettle", 700), ("clock", 650), ("lantern", 520), ("hot water bottle", 430),
    ("cushion", 380), ("tin|tins|storage", 260), ("frame", 450), ("bowl|plate|dish|platter", 360), ("basket|tray", 480),
    ("mug|teacup|cup", 310), ("bottle|jar|glass|vase", 340), ("candle|t-light|incense", 180), ("sign|plaque|hook", 230),
    ("bag|shopper|purse", 110), ("bunting|garland|wreath", 160), ("apron|towel|oven|tea cosy", 190),
    ("jigsaw|game|kit|puzzle", 240), ("notebook|book|album", 220), ("card|wrap|tape|ribbon|sticker|paper|tissue", 60),
    ("earring|necklace|bracelet|ring|charm|pen|pencil|magnet", 40),
)  # fmt: skip
"""Grams by a word of the description, first match; the figure varies by a tenth from SKU to SKU."""

_WEIGHTS = tuple((re.compile(rf"\b(?:{words})s?\b"), grams) for words, grams in WEIGHTS)
_SMALL = frozenset({"of", "and", "in", "with", "the", "for", "on", "to", "a", "or"})
_KEEP = {
    "3d": "3D",
    "led": "LED",
    "tv": "TV",
    "dvd": "DVD",
    "cd": "CD",
    "m.o.p": "M.O.P",
    "uk": "UK",
    "ii": "II",
    "ass": "Assorted",
    "asstd": "Assorted",
    "w": "with",
}


def nice(description: str) -> str:
    """A description of the data, which shouts, as people write it: ``Set of 3 Cake Tins``, ``50's``, ``T-Light``."""
    words = []
    for n, word in enumerate(description.lower().split()):
        if word in _KEEP:
            words.append(_KEEP[word])
        elif n and word in _SMALL:
            words.append(word)
        else:
            words.append(re.sub(r"(?<![a-z0-9'])[a-z]", lambda m: m.group().upper(), word))
    return " ".join(words).strip(" .,")


def weight_of(sku: str, description: str) -> int:
    """Invented grams of one unit (a set weighs more than its word says)."""
    text = description.lower()
    grams = next((grams for pattern, grams in _WEIGHTS if pattern.search(text)), 200)
    pieces = re.search(r"\b(?:set|pack|box)(?: of |/| )(\d{1,2})\b", text)
    if pieces and grams >= 100:
        grams = int(grams * (1 + min(int(pieces.group(1)), 12) / 4))
    return max(10, grams * (90 + draw(f"w{sku}", 21)) // 100)


def cost_of(sku: str, pence: int) -> int:
    """Invented unit cost in pence: 35 to 54 % of the price."""
    return max(1, pence * (35 + draw(f"k{sku}", 20)) // 100)


def barcode_of(number: int) -> str:
    """A GTIN-13 of the range that GS1 leaves to shops (prefix 20), with its check digit."""
    body = f"20{number:010d}"
    return f"{body}{gtin_check_digit(body)}"


def products(articles: Iterable[Article], cost_from: date) -> list[ProductFacts]:
    """All products: designs of one article (same five digits, a letter behind) are variants of one product."""
    groups: dict[str, list[tuple[int, Article]]] = {}
    for n, article in enumerate(articles, 1):
        groups.setdefault(article.sku[:5], []).append((n, article))
    found = []
    for base, members in groups.items():
        shared = _shared([nice(a.description) for _, a in members])
        if len(members) == 1 or not shared:
            found += [
                ProductFacts(a.sku.lower(), nice(a.description), MARK, variants=(_variant(n, a, cost_from),))
                for n, a in members
            ]
        else:
            variants = tuple(_variant(n, a, cost_from) for n, a in members)
            found.append(ProductFacts(f"{base}-designs", shared, MARK, variants=variants))
    return found


def bundles() -> list[ProductFacts]:
    """The invented bundles; their components must exist."""
    return [
        ProductFacts(
            sku.lower(), title, BUNDLE_MARK,
            variants=(VariantFacts(sku, title, price_minor=pence, currency="GBP", components=parts),),
        )
        for sku, title, pence, parts in BUNDLES
    ]  # fmt: skip


def _variant(number: int, article: Article, cost_from: date) -> VariantFacts:
    return VariantFacts(
        sku=article.sku, title=nice(article.description), weight_g=weight_of(article.sku, article.description),
        price_minor=article.pence, currency="GBP", barcodes=(barcode_of(number),),
        cost_minor=cost_of(article.sku, article.pence), cost_currency="GBP", cost_from=cost_from,
    )  # fmt: skip


def _shared(titles: list[str]) -> str:
    first, *others = (title.split() for title in titles)
    words = [word for word in first if all(word in other for other in others)]
    while words and words[-1].lower() in _SMALL:
        words.pop()
    return " ".join(words).strip(" ,") if len(words) >= 2 else ""
