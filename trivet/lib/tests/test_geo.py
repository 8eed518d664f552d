"""Finding places offline."""

from __future__ import annotations

import pytest

from trivet.lib.geo import distance_km, locate
from trivet.lib.geo.countries import CENTRES
from trivet.lib.geo.names import outcode


@pytest.mark.parametrize(
    ("country", "code", "city", "precision", "lat", "lon"),
    [
        ("GB", "SW1A 1AA", "", "postcode", 51.5, -0.13), ("GB", "ls27ew", "", "postcode", 53.8, -1.55),
        ("GB", "LS39 9ZZ", "", "area", 53.8, -1.6), ("GB", "", "", "country", 54, -2.5),
        ("US", "02134", "", "postcode", 42.35, -71.13), ("US", "02134-1000", "", "postcode", 42.35, -71.13),
        ("US", "90299", "", "area", 33.9, -118.3), ("DE", "01067", "", "postcode", 51.06, 13.72),
        ("VN", "100000", "Hà Nội", "city", 21.02, 105.84), ("VN", "", "hanoi", "city", 21.02, 105.84),
        ("VN", "", "TP. Hồ Chí Minh", "city", 10.82, 106.63), ("VN", "", "Sài Gòn", "city", 10.82, 106.63),
        ("GB", "E1 6", "", "postcode", 51.52, -0.06), ("GB", "N1C 4AG", "", "area", 51.59, -0.12),
        ("gb", "BF1 2AT", "", "country", 54, -2.5), ("DE", "D-01067", "", "postcode", 51.06, 13.72),
        ("DE", "01999", "", "area", 51.11, 13.77), ("DE", "1067", "", "country", 51.2, 10.4),
        ("VN", "", "Ho Chi Minh City", "city", 10.82, 106.63), ("VN", "", "TPHCM", "city", 10.82, 106.63),
        ("VN", "", "Q.1, TP HCM", "city", 10.82, 106.63), ("VN", "", "Ha Noi", "city", 21.02, 105.84),
        ("VN", "", "Atlantis", "country", 16, 107.8), ("VN", "", ",", "country", 16, 107.8),
        ("VN", "", "Thành phố Đà Nẵng", "city", 16.07, 108.22), ("FR", "75001", "Paris", "country", 46.2, 2.2),
    ],
)  # fmt: skip
def test_the_best_known_point_is_found(
    country: str, code: str, city: str, precision: str, lat: float, lon: float
) -> None:
    found = locate(country, code, city)
    assert found.precision == precision
    assert found.lat == pytest.approx(lat, abs=0.35)
    assert found.lon == pytest.approx(lon, abs=0.35)


def test_an_unknown_country_is_said_to_be_unknown() -> None:
    found = locate("ZZ", "123")
    assert (found.lat, found.lon, found.precision) == (None, None, "unknown")


def test_every_country_has_a_centre() -> None:
    assert len(CENTRES) >= 249
    assert all(-90 <= lat <= 90 and -180 <= lon <= 180 for lat, lon in CENTRES.values())


def test_an_outward_code_is_read_in_every_spelling() -> None:
    for text in ("sw1a 1aa", "SW1A1AA", " Sw1A  1aA ", "SW1A", "SW1A 1"):
        assert outcode(text) == "SW1A", text
    for text in ("", "1234", "SW", "ABC 123", "GIR 0AA"):
        assert outcode(text) == "", text


def test_the_source_of_a_point_is_named() -> None:
    assert locate("GB", "E1 6AN").source == "OS OpenData"
    assert locate("GB", "").source == "country centre"


def test_distances_are_those_of_the_globe() -> None:
    assert distance_km(51.5, -0.12, 48.85, 2.35) == pytest.approx(343, abs=4)
    assert distance_km(51.5, -0.12, 51.5, -0.12) == 0
    assert distance_km(0, 0, 0, 180) == pytest.approx(20_015, abs=2)
    assert distance_km(10, 179.9, 10, -179.9) == pytest.approx(22, abs=1)
    assert distance_km(21.03, 105.85, 10.82, 106.63) == pytest.approx(1137, abs=8)
