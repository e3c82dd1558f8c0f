"""The technical standard: rules read from `standards/*.yaml`, and what one rule says of one camera.

The rules are data, so the committee's technicians can read and change them; this module only says what they mean.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Field, model_validator

from citycam.inventory.record import CameraRecord
from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.policy.condition import Condition, Lookup
from citycam.policy.regulation import Regulation, RuleId, Validity, Words

STANDARDS = Path(__file__).parent / "standards"


class Outcome(StrEnum):
    """What a rule, or all of them, say of a camera."""

    CONFORMS = "conforms"
    MEASURES = "conforms with measures"
    UPGRADE = "upgrade"
    REPLACE = "replace"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


SEVERITY = (
    Outcome.REPLACE,
    Outcome.UPGRADE,
    Outcome.UNKNOWN,
    Outcome.MEASURES,
    Outcome.CONFORMS,
    Outcome.NOT_APPLICABLE,
)
"""Which outcome stands for a camera: the first of these that a rule gave. What fails beats what is not known."""


class Cost(StrEnum):
    """What a remedy takes: settings; a licence, a disk, a line or network work; a new device."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Remedy(Document):
    """What to do with a camera that does not meet a rule, if `when` holds; the last remedy of a rule has none."""

    when: Condition | None = None
    verdict: Literal[Outcome.MEASURES, Outcome.UPGRADE, Outcome.REPLACE]
    action: Words
    cost: Cost


class Rule(Document):
    """One rule. A camera to which `applies` does not apply is left alone; one that `requires` holds for conforms."""

    id: RuleId
    title: Words
    valid: Validity = Field(default_factory=Validity)
    sources: Annotated[tuple[Regulation, ...], Field(min_length=1)]
    applies: Condition | None = None
    requires: Condition
    otherwise: Annotated[tuple[Remedy, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _sound(self) -> Rule:
        conditions = [remedy.when is not None for remedy in self.otherwise]
        if conditions != [True] * (len(conditions) - 1) + [False]:
            raise ValueError("every remedy but the last needs `when`, and the last must not have it")
        unknown = [fact for fact in self.facts() if not is_fact(fact)]
        if unknown:
            raise ValueError(f"not a fact of a camera record: {', '.join(unknown)}")
        return self

    def facts(self) -> tuple[str, ...]:
        """Names of the facts that the rule may read."""
        conditions = [self.applies, self.requires, *(remedy.when for remedy in self.otherwise)]
        return tuple(dict.fromkeys(fact for one in conditions if one is not None for fact in one.facts()))

    def judge(self, lookup: Lookup) -> Finding:
        """What the rule says of the camera behind `lookup`.

        A fact that is missing, or contradicted in a way that matters, makes the outcome `unknown`, unless every remedy
        that may apply has the same verdict; then the mildest, which stands first, is named.
        """
        applies = True if self.applies is None else self.applies.judge(lookup)
        if applies is not True:
            return Finding(Outcome.UNKNOWN if applies is None else Outcome.NOT_APPLICABLE)
        meets = self.requires.judge(lookup)
        if meets is not False:
            return Finding(Outcome.UNKNOWN if meets is None else Outcome.CONFORMS)
        possible: list[Remedy] = []
        for remedy in self.otherwise:
            fits = True if remedy.when is None else remedy.when.judge(lookup)
            if fits is not False:
                possible.append(remedy)
            if fits is True:
                break
        if len({remedy.verdict for remedy in possible}) > 1:
            return Finding(Outcome.UNKNOWN)
        return Finding(possible[0].verdict, possible[0])


class Finding(NamedTuple):
    """The outcome of one rule, and the remedy when there is something to do."""

    outcome: Outcome
    remedy: Remedy | None = None


class Standard(Document):
    """One file of rules on one topic."""

    schema_version: Literal[1]
    topic: Words
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]


def load_standards(folder: Path = STANDARDS) -> tuple[Standard, ...]:
    """Every `*.yaml` of a folder, by file name.

    Raises:
        ConfigError: there is none, one is not a standard (file and line), or two rules share an id.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ConfigError("no technical standard", where=str(folder), next="put at least one .yaml file there")
    standards = tuple(load(file, Standard) for file in files)
    seen: dict[str, Path] = {}
    for file, standard in zip(files, standards, strict=True):
        for rule in standard.rules:
            first = seen.setdefault(rule.id, file)
            if sum(rule.id == other.id for other in standard.rules) > 1 or first != file:
                raise ConfigError(f"two rules have the id {rule.id}", where=str(file), why=f"the first is in {first}")
    return standards


def rules_at(standards: Iterable[Standard], day: date) -> tuple[Rule, ...]:
    """The rules that are valid on `day`, in reading order."""
    return tuple(rule for standard in standards for rule in standard.rules if rule.valid.holds(day))


@cache
def is_fact(path: str) -> bool:
    """Whether `path` (`fps`, `uplink.bandwidth`) names a field of a camera record."""
    return _leads(CameraRecord, path.split("."))


def _leads(model: type[BaseModel], names: Sequence[str]) -> bool:
    field = model.model_fields.get(names[0])
    if field is None:
        return False
    return len(names) == 1 or any(_leads(inner, names[1:]) for inner in _models(field.annotation))


def _models(annotation: object) -> list[type[BaseModel]]:
    if get_origin(annotation) in {Union, types.UnionType, Annotated}:
        return [model for part in get_args(annotation) for model in _models(part)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
