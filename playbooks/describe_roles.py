"""Write every role's README.md out of its argument_specs.yml: `python playbooks/describe_roles.py [--check]`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROLES = Path(__file__).with_name("roles")


def describe(role: Path) -> str:
    """The README of a role as Markdown."""
    entries = YAML(typ="safe").load(role / "meta" / "argument_specs.yml")["argument_specs"]
    lines = [f"# {role.name}", "", *_entry(entries["main"])]
    for name, specification in entries.items():
        if name != "main":
            lines += [f"## `tasks_from: {name}`", "", *_entry(specification)]
    lines += ["<!-- Made from meta/argument_specs.yml by `make roles`. -->", ""]
    return "\n".join(lines)


def _entry(specification: dict[str, Any]) -> Iterator[str]:
    yield from (specification["short_description"] + ".", "")
    for paragraph in _paragraphs(specification.get("description", [])):
        yield from (paragraph, "")
    if specification.get("options"):
        yield from ("| variable | what | type | default |", "|---|---|---|---|", *_rows(specification["options"]), "")


def _rows(options: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, option in options.items():
        what = " ".join(_paragraphs(option.get("description", [])))
        kind = f"{option['type']} of {option['elements']}" if "elements" in option else option["type"]
        default = "required" if option.get("required") else f"`{option['default']}`" if "default" in option else ""
        yield f"| `{prefix}{name}` | {what} | {kind} | {default} |"
        yield from _rows(option.get("options", {}), f"{prefix}{name}[].")


def _paragraphs(description: str | list[str]) -> list[str]:
    """Ansible's markup C(code) and I(variable) as Markdown."""
    paragraphs = [description] if isinstance(description, str) else description
    return [re.sub(r"\b[CI]\(([^)]*)\)", r"`\1`", paragraph) for paragraph in paragraphs]


def main(check: bool) -> int:
    """Write what differs, or with `check` only say it; returns 1 when something differed there."""
    stale = 0
    for role in sorted(path for path in ROLES.iterdir() if path.is_dir()):
        readme, wanted = role / "README.md", describe(role)
        if readme.exists() and readme.read_text(encoding="utf-8") == wanted:
            continue
        stale += 1
        print(f"{readme} is not what meta/argument_specs.yml says" if check else readme)  # noqa: T201
        if not check:
            readme.write_text(wanted, encoding="utf-8")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
