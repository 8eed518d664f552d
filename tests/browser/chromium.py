"""The browser of the tests: one named by TRIVET_CHROMIUM, an installed one, Debian's package, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import NoReturn

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """The path of an installed Chromium; None lets Playwright take its own."""
    named = os.environ.get("TRIVET_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    """Make sure that there is a browser which starts, or end with what to do."""
    if executable() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False)
    if executable() is None:
        playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
        if subprocess.run(playwright, check=False).returncode:
            _refuse("it could not be downloaded")
    try:
        starts()
    except Exception as error:  # whatever keeps it from starting is told
        _refuse(str(error).strip().splitlines()[0])


def starts() -> None:
    """Start it and stop it again."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        p.chromium.launch(executable_path=executable(), args=["--no-sandbox"]).close()


def _refuse(why: str) -> NoReturn:
    sys.exit(
        f"There is no Chromium that the tests can start: {why}\n"
        "Install one (on Debian: apt-get install chromium) or name one with TRIVET_CHROMIUM, then try again."
    )


if __name__ == "__main__":
    main()
