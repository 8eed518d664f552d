"""Make the environment, also where Python came without pip (Debian keeps it in python3-venv, which may be missing)."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

PIP = "pip-25.3-py3-none-any.whl"
SHA256 = "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"


def main(folder: str) -> int:
    """Make ``folder``; 0 when it has a Python and a pip."""
    made = [sys.executable, "-m", "venv", "--clear"]
    if subprocess.run([*made, folder], capture_output=True, check=False).returncode == 0:
        return 0
    try:
        subprocess.run([*made, "--without-pip", folder], check=True)
        with tempfile.TemporaryDirectory() as scratch:
            wheel = Path(scratch) / PIP
            wheel.write_bytes(fetch())
            install = [f"{folder}/bin/python", f"{wheel}/pip", "install", "-q", "--no-index", str(wheel)]
            subprocess.run(install, check=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"This Python cannot make an environment with pip ({error}).", file=sys.stderr)
        print("On Debian and Ubuntu: apt-get install python3-venv, then try again.", file=sys.stderr)
        return 1
    return 0


def fetch() -> bytes:
    """The wheel of pip, from the index that pip itself would ask."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    # A bare machine may have no certificates yet; what counts is the digest.
    trusting = ssl._create_unverified_context()
    with urllib.request.urlopen(index, timeout=60, context=trusting) as page:
        found = re.search(rf'href="([^"#]*{re.escape(PIP)})', page.read().decode())
    if found is None:
        raise ValueError(f"{index} has no {PIP}")
    with urllib.request.urlopen(urljoin(index, found[1]), timeout=60, context=trusting) as file:
        wheel: bytes = file.read()
    if hashlib.sha256(wheel).hexdigest() != SHA256:
        raise ValueError(f"{PIP} is not the file that was expected")
    return wheel


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
