"""Where Chromium is: named by the environment, installed, or Playwright's own."""

from __future__ import annotations

import os
import shutil


def executable() -> str | None:
    """The path of an installed Chromium; None lets Playwright take its own."""
    named = os.environ.get("TRIVET_CHROMIUM")
    if named:
        return named
    return next(
        (
            found
            for name in ("chromium", "chromium-browser", "google-chrome")
            if (found := shutil.which(name))
        ),
        None,
    )
