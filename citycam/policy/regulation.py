"""Where a rule comes from, in three languages, and when it is in force: regulations are data with dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from citycam.model.documents import Document

RULE_ID = r"[a-z0-9]+(-[a-z0-9]+)*"

RuleId = Annotated[str, StringConstraints(pattern=f"^{RULE_ID}$")]
"""`encryption-in-transit`: stable, since waivers, logs and reports name it."""

LANGUAGES = ("vi", "en", "fr")


class Words(Document):
    """One text in the languages of the reports."""

    vi: Annotated[str, StringConstraints(min_length=1)]
    en: Annotated[str, StringConstraints(min_length=1)]
    fr: Annotated[str, StringConstraints(min_length=1)]


class Validity(Document):
    """From one day to the day before `until`; either end may be open."""

    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Validity:
        if self.since and self.until and self.since >= self.until:
            raise ValueError(f"valid from {self.since} until {self.until} is never valid")
        return self

    def holds(self, day: date) -> bool:
        """Whether `day` lies inside."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Regulation(Document):
    """A text that a rule rests on. `clause` names the place in it; `note` what was not read or is only a reading.

    `force` is when the text itself is in force, which may end before a rule that rests on it does: devices bought under
    a regulation are judged by it later, and the report says that it has expired.
    """

    name: Annotated[str, StringConstraints(min_length=1)]
    clause: str = ""
    force: Validity = Field(default_factory=Validity)
    note: str = ""

    def cite(self, day: date) -> str:
        """As it is printed on `day`, for example `QCVN 135:2024/BTTTT (expired 2026-07-01)`."""
        text = f"{self.name}, {self.clause}" if self.clause else self.name
        if self.force.holds(day):
            return text
        if self.force.since and day < self.force.since:
            return f"{text} (in force from {self.force.since})"
        return f"{text} (expired {self.force.until})"
