"""The technical standard and the freeze as pages to read, made from their data.

python -m citycam.policy.reference > docs/reference/technical-standard.md
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

from citycam.policy.moratorium import Moratorium, load_moratorium
from citycam.policy.regulation import Regulation
from citycam.policy.standard import Rule, Standard, load_standards


def markdown(standards: Sequence[Standard], day: date | None = None, language: str = "en") -> str:
    """Every rule, or those valid on `day`, with what it requires, what is done otherwise, and where it comes from."""
    parts = []
    for standard in standards:
        rules = [rule for rule in standard.rules if day is None or rule.valid.holds(day)]
        if rules:
            parts.append(f"## {getattr(standard.topic, language)}\n")
            parts += [_rule(rule, language) for rule in rules]
    return "\n".join(parts)


def page() -> str:
    """`docs/reference/technical-standard.md`."""
    return f"""# Technical standard

Written by `python -m citycam.policy.reference` from `citycam/policy/standards/*.yaml`; a test fails when it is not true
any more. `citycam policy standard --at DATE --language vi` prints the rules of a day in Vietnamese, English or French.

A fact that is missing makes a rule `unknown`, never `conforms`; so do sources that contradict each other where it
matters. The worst rule stands for the camera: replace, upgrade, unknown, conforms with measures, conforms. Costs: low
is settings; medium a licence, a disk, a line or network work; high a new device. A waiver counts until the day it
expires; then it is a failure.

{markdown(load_standards())}"""


def rulings(moratorium: Moratorium) -> str:
    """The rules of the freeze as a table."""
    lines = ["| rule | ruling | | rests on |", "|---|---|---|---|"]
    for rule in moratorium.rules:
        sources = "; ".join(f"{one.name}, {one.clause}" if one.clause else one.name for one in rule.sources)
        lines.append(f"| `{rule.id}` | {rule.ruling} | {rule.title.en}<br>{rule.title.vi} | {sources} |")
    return "\n".join(lines) + "\n"


def _rule(rule: Rule, language: str) -> str:
    lines = [f"### `{rule.id}`\n", getattr(rule.title, language) + ".\n"]
    valid = [f"from {rule.valid.since}"] if rule.valid.since else []
    valid += [f"until {rule.valid.until}"] if rule.valid.until else []
    lines += [f"- valid {' '.join(valid)}"] if valid else []
    lines += [f"- applies when {rule.applies}"] if rule.applies else []
    lines.append(f"- requires: {rule.requires}")
    for remedy in rule.otherwise:
        when = f"if {remedy.when}" if remedy.when else "otherwise"
        lines.append(f"- {when}: **{remedy.verdict}** ({remedy.cost}): {getattr(remedy.action, language)}")
    lines += [f"- source: {_source(source)}" for source in rule.sources]
    return "\n".join(lines) + "\n"


def _source(source: Regulation) -> str:
    """A regulation with its days and what was not read."""
    text = f"{source.name}, {source.clause}" if source.clause else source.name
    days = [f"in force from {source.force.since}"] if source.force.since else []
    days += [f"until {source.force.until}"] if source.force.until else []
    more = "; ".join([*([" ".join(days)] if days else []), *([source.note] if source.note else [])])
    return f"{text} ({more})" if more else text


if __name__ == "__main__":
    sys.stdout.write(rulings(load_moratorium()) if sys.argv[1:] == ["moratorium"] else page())
