"""Refresh the vendored browser assets from npm and rewrite their manifests.

Needs ``npm`` and network; running and testing Trivet needs neither. Usage::

    python tools/refresh_vendor.py            # the pinned versions
    python tools/refresh_vendor.py --check    # only compare files with the manifests, no network

To move to another version or add an icon, edit ``SHELF`` or ``ICONS`` below and run it again.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVED = ROOT / "trivet/web/static/vendor"
TESTING = ROOT / "tests/browser/vendor"

ICONS = (
    "adjustments", "alert-triangle", "arrow-back-up",
    "ban", "barcode", "box", "building-store", "building-warehouse", "calendar-clock", "calendar-event", "cash",
    "cash-off", "check", "chevron-down", "chevron-left", "chevron-right", "circle-check", "circle-dashed",
    "circle-x", "clipboard-list", "clock", "clock-exclamation", "clock-pause", "coin", "copy", "credit-card",
    "exclamation-circle", "external-link", "file-import", "filter", "git-merge", "hand-stop",
    "home", "info-circle", "key", "keyboard", "language", "list-details", "loader", "lock",
    "logout", "mail", "map-search", "menu-2", "minus", "package", "package-export",
    "package-import", "packages", "pencil", "phone", "player-play", "plus",
    "progress", "receipt-refund", "refresh", "rotate", "route", "scale", "search", "settings", "shield-question",
    "shopping-cart", "sun-moon", "tag", "truck", "truck-delivery", "truck-return", "user", "user-circle",
    "user-x", "users", "x",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One npm package: which of its files we keep, and under which names."""

    package: str
    version: str
    licence: str
    folder: Path
    files: dict[str, str]
    notice: str = ""


SHELF = (
    Item(
        "@tabler/core", "1.6.1", "MIT", SERVED / "tabler",
        {"dist/css/tabler.min.css": "tabler.min.css"},
        notice="Tabler: Copyright 2018-2026 The Tabler Authors, codecalm.net Paweł Kuna. "
        "Contains Bootstrap: Copyright 2011-2026 The Bootstrap Authors.",
    ),
    Item(
        "@tabler/icons", "3.51.0", "MIT", SERVED / "tabler-icons",
        {"LICENSE": "LICENSE", **{f"icons/outline/{name}.svg": f"{name}.svg" for name in ICONS}},
    ),
    Item(
        "htmx.org", "4.0.1", "0BSD", SERVED / "htmx",
        {"LICENSE": "LICENSE", "dist/htmx.min.js": "htmx.min.js"},
    ),
    Item(
        "axe-core", "4.14.1", "MPL-2.0", TESTING / "axe-core",
        {"LICENSE": "LICENSE", "LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY.txt", "axe.min.js": "axe.min.js"},
    ),
)  # fmt: skip

MIT = """{notice}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def unpack(item: Item) -> None:
    """Put the wanted files of one package into its folder, source-map references removed."""
    item.folder.mkdir(parents=True, exist_ok=True)
    for old in item.folder.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory() as scratch:
        pack = ["npm", "pack", "--silent", f"{item.package}@{item.version}"]
        name = subprocess.run(pack, cwd=scratch, check=True, capture_output=True, text=True).stdout.split()[
            -1
        ]
        with tarfile.open(Path(scratch) / name) as tar:
            for source, target in item.files.items():
                member = tar.extractfile(f"package/{source}")
                if member is None:
                    raise SystemExit(f"{item.package} {item.version} has no {source}")
                (item.folder / target).write_bytes(slim(member.read(), target))
    if item.notice:
        (item.folder / "LICENSE").write_text(MIT.format(notice=item.notice), encoding="utf-8")


def slim(content: bytes, name: str) -> bytes:
    """Without the reference to a source map, which is not shipped and which hashed static storage would miss."""
    if name.endswith((".js", ".css")):
        content = re.sub(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$", b"\n", content)
    return content


def manifest(items: list[Item]) -> list[dict[str, object]]:
    """What lies on the shelf: name, version, licence and the digest of every file."""
    return [
        {
            "name": item.package,
            "version": item.version,
            "licence": item.licence,
            "source": f"npm:{item.package}@{item.version}",
            "files": {
                f"{item.folder.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(item.folder.iterdir())
            },
        }
        for item in items
    ]


def main() -> int:
    """Refresh everything, or with ``--check`` only compare."""
    checking = "--check" in sys.argv[1:]
    stale = []
    for shelf in (SERVED, TESTING):
        items = [item for item in SHELF if item.folder.parent == shelf]
        if not checking:
            for item in items:
                unpack(item)
        text = json.dumps(manifest(items), indent=1, ensure_ascii=False) + "\n"
        target = shelf / "manifest.json"
        if checking and (not target.exists() or target.read_text(encoding="utf-8") != text):
            stale.append(str(target.relative_to(ROOT)))
        if not checking:
            target.write_text(text, encoding="utf-8")
    if stale:
        print("differs from its files:", *stale)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
