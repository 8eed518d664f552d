"""Rebuild trivet/lib/geo/data from a folder of source tables (see trivet/lib/geo/ATTRIBUTION.md).

usage: python tools/build_geo.py FOLDER
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import defaultdict
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "trivet" / "lib" / "geo" / "data"
Rows = dict[str, tuple[float, float]]


def mean(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The middle of points that lie close together."""
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def with_areas(rows: Rows, area_of: object) -> Rows:
    """``rows`` and, for each area (key with a ``*``), the middle of its rows."""
    areas: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for key, point in rows.items():
        areas[area_of(key)].append(point)  # type: ignore[operator]
    return rows | {f"{area}*": mean(points) for area, points in areas.items()}


def write(country: str, rows: Rows) -> None:
    """One sorted, reproducible file a country."""
    text = "".join(f"{key}\t{lat:.4f}\t{lon:.4f}\n" for key, (lat, lon) in sorted(rows.items()))
    path = TARGET / f"{country}.tsv.gz"
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size} bytes")


def main(source: Path) -> None:
    """Read the four sources, write the four files."""
    from trivet.lib.geo.names import fold

    with (source / "uk_outcodes.csv").open() as file:
        rows = {r["outcode"].upper(): (float(r["lat"]), float(r["lon"])) for r in csv.DictReader(file)}
    write("GB", with_areas(rows, lambda key: key.rstrip("0123456789")[:2].rstrip("0123456789")))
    with gzip.open(source / "us_zip_geonames.csv.gz", "rt") as file:
        rows = {}
        for r in csv.DictReader(file):
            rows.setdefault(r["zip"], (float(r["lat"]), float(r["lon"])))
    write("US", with_areas(rows, lambda key: key[:3]))
    with (source / "de_plz.csv").open() as file:
        rows = {r["plz"]: (float(r["lat"]), float(r["lon"])) for r in csv.DictReader(file)}
    write("DE", with_areas(rows, lambda key: key[:2]))
    with (source / "vn_cities_geonames.csv").open() as file:
        found = sorted(csv.DictReader(file), key=lambda r: int(r["population"]))
    write("VN", {fold(r["name"]): (float(r["lat"]), float(r["lon"])) for r in found})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
