"""The architecture, where an import linter cannot see it."""

from __future__ import annotations

import ast
import os
import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "trivet"

FLOORS = (
    ("journal",), ("company",), ("staff",), ("catalog", "customers"), ("orders",), ("inventory", "payments"),
    ("routing",), ("fulfillment",), ("web",),
)  # fmt: skip
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}

LONG_FILES: set[str] = set()
"""Exceptions to the limit of 400 lines; may only shrink."""
LONG_FUNCTIONS: set[str] = set()
"""Exceptions to the limit of 60 lines; may only shrink."""


def ours(root: Path = ROOT) -> Iterator[Path]:
    """The files of the project as they lie there, with or without git: all but what ``.gitignore`` names."""
    rules = [".git", *(root / ".gitignore").read_text().split()]

    def kept(path: Path) -> bool:
        # A rule that begins with a slash is meant at the root alone.
        return not any(
            fnmatch(f"/{path.relative_to(root)}" if rule.startswith("/") else path.name, rule.rstrip("/"))
            for rule in rules
        )

    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [name for name in folders if kept(here / name)]
        yield from (path for name in files if kept(path := here / name))


def sources() -> list[Path]:
    return [p for p in ours() if p.suffix == ".py" and p.parent.name != "migrations"]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(p.relative_to(ROOT)) for p in sources() if len(p.read_text().splitlines()) > 400}
    assert long <= LONG_FILES, sorted(long - LONG_FILES)
    assert long == LONG_FILES, "shrink the list of exceptions"


def test_no_function_is_longer_than_60_lines() -> None:
    long = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 60:
                long.add(f"{path.relative_to(ROOT)}:{node.name}")
    assert long == LONG_FUNCTIONS, sorted(long ^ LONG_FUNCTIONS)


def test_no_room_has_a_junk_drawer_or_hidden_flow() -> None:
    names = {"utils.py", "helpers.py", "services.py", "managers.py", "signals.py"}
    assert not [p for p in sources() if p.name in names]
    for path in TREE.rglob("*.py"):
        if "/tests/" in str(path) or "/migrations/" in str(path):
            continue
        text = path.read_text()
        assert "django.dispatch" not in text, path
        assert "get_model(" not in text, path
        assert not re.search(r"def save\(self", text), path


def test_foreign_keys_point_upstream_and_have_no_reverse_name() -> None:
    for model in apps.get_models():
        room = model._meta.app_label
        if room not in FLOOR:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | ManyToManyField) and field.model is model:
                target = field.related_model._meta.app_label
                if target in FLOOR:
                    assert FLOOR[target] <= FLOOR[room], f"{model.__name__}.{field.name} points downstream"
                    assert field.remote_field.hidden, f"{model.__name__}.{field.name} has a reverse name"


def test_doors_get_objects_only_through_queries() -> None:
    for door in ("web", "api"):
        for path in (TREE / door).rglob("*.py"):
            if "/tests/" not in str(path):
                assert ".objects" not in path.read_text(), path


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs/guide/settings.md").read_text()
    for path in TREE.rglob("*.py"):
        for name in re.findall(r"[\"'](TRIVET_[A-Z_]+)[\"']", path.read_text()):
            assert f"`{name}`" in documented, f"{name} of {path.name} is not on the settings page"


def test_every_room_says_what_it_promises() -> None:
    for folder in TREE.iterdir():
        init = folder / "__init__.py"
        if folder.is_dir() and init.exists():
            assert ast.get_docstring(ast.parse(init.read_text())), folder.name


def test_no_path_of_a_machine_is_in_the_project() -> None:
    path_of_a_machine = re.compile(rb"(^|[^a-z.])/(work|farm)/|[.]{2}/shared", re.MULTILINE)
    for path in ours():
        if path.suffix != ".lock" and path != Path(__file__):
            content = path.read_bytes()
            assert b"\0" in content or not path_of_a_machine.search(content), path


def test_the_project_is_known_by_its_files_where_there_is_no_git(tmp_path: Path) -> None:
    for name in ("a/b.py", ".venv/c.py", "a/__pycache__/b.pyc", "build/d.py", "a/build/e.py", "f.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    shutil.copy(ROOT / ".gitignore", tmp_path)
    found = {str(path.relative_to(tmp_path)) for path in ours(tmp_path)}
    assert found == {".gitignore", "a/b.py", "a/build/e.py"}


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "STYLE.md", "CHANGELOG.md", "LICENSE"])
def test_the_front_page_is_there(name: str) -> None:
    text = (ROOT / name).read_text()
    assert len(text) > 100
    if name == "README.md":
        assert len(text.splitlines()) <= 60


def test_links_between_documents_hold() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
