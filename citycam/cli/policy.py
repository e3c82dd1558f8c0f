"""`citycam policy`: the technical standard, the freeze on new cameras, and overlaps, over files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from citycam.cli.output import Output
from citycam.cli.verb import Json, verb
from citycam.inventory.inventory import load_records
from citycam.inventory.record import CameraRecord
from citycam.model.errors import ConfigError, ExitCode
from citycam.model.workspace import PROJECT
from citycam.policy.conformity import Assessment, assess
from citycam.policy.log import DecisionLog, Entry, body_of, head_of, news, past_of
from citycam.policy.moratorium import Decision, Moratorium, Ruling, load_moratorium
from citycam.policy.proposal import Proposal
from citycam.policy.reading import Batch, read_proposals
from citycam.policy.reference import markdown
from citycam.policy.sample import sample_proposals
from citycam.policy.standard import load_standards, rules_at
from citycam.policy.table import write_proposals
from citycam.policy.waiver import Waivers, load_waivers

app = typer.Typer(help="What the city's rules say of cameras and proposals.", no_args_is_help=True)
log_app = typer.Typer(help="The log of decisions.", no_args_is_help=True)
app.add_typer(log_app, name="log")

LOG = PROJECT / ".citycam" / "policy" / "decisions.jsonl"
HANOI = timezone(timedelta(hours=7))


class Language(StrEnum):
    """Languages of the rules."""

    VI = "vi"
    EN = "en"
    FR = "fr"


Day = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="Judge as on this day, not today.")]
LogFile = Annotated[Path, typer.Option("--log", help="The log of decisions.", show_default=".citycam/policy/…")]
Speaks = Annotated[Language, typer.Option("--language", "-l", help="Language of rules.")]
Proposals = Annotated[list[Path], typer.Argument(help="XLSX, CSV, JSON or YAML files.", show_default=False)]
Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="The inventory of existing cameras (JSON lines).")]


def _day(at: datetime | None) -> date:
    return at.date() if at else datetime.now(HANOI).date()


@app.command()
@verb
def standard(at: Day = None, language: Speaks = Language.EN, as_json: Json = False) -> None:
    """Print the rules of the technical standard that are valid on a day."""
    standards, day = load_standards(), _day(at)
    rules = [rule.model_dump(mode="json", by_alias=True, exclude_none=True) for rule in rules_at(standards, day)]
    Output(as_json).result(rules, lambda console: console.print(markdown(standards, day, language), markup=False))


@app.command()
@verb
def conformity(
    inventory: Annotated[Path, typer.Argument(help="An inventory (JSON lines).")],
    waivers: Annotated[Path | None, typer.Option(help="A YAML file of waivers.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write every camera's verdict here, one JSON a line.")] = None,
    at: Day = None,
    language: Speaks = Language.EN,
    as_json: Json = False,
) -> None:
    """Judge every camera of an inventory by the technical standard."""
    day, standards = _day(at), load_standards()
    known = [rule.id for part in standards for rule in part.rules]
    granted = load_waivers(waivers, known) if waivers else Waivers()
    found = assess(load_records(inventory), rules_at(standards, day), day, granted)
    if out is not None:
        _write(out, (json.dumps(one.as_data(), ensure_ascii=False, default=str) + "\n" for one in found))
    data: dict[str, Any] = {
        "day": day.isoformat(),
        "cameras": len(found),
        "verdicts": Counter(one.outcome for one in found),
        "costs": Counter(one.cost for one in found if one.cost),
        "rules": _by_rule(found),
    }
    if out is None and as_json:
        data["assessments"] = [one.as_data() for one in found]

    def text(console: Console) -> None:
        console.print(f"{len(found)} cameras on {day}")
        _pairs(console, ("verdict", "cameras"), data["verdicts"])
        titles = {rule.id: getattr(rule.title, language) for part in standards for rule in part.rules}
        table = Table("rule", "", "outcome", "cameras")
        for (rule, outcome), count in Counter(
            (result.rule.id, str(result.outcome)) for one in found for result in one.results
        ).most_common():
            if outcome not in {"conforms", "not-applicable"}:
                table.add_row(rule, escape(titles[rule]), outcome, str(count))
        console.print(table)

    Output(as_json).result(data, text)


@app.command()
@verb
def check(
    proposals: Proposals,
    at: Day = None,
    log: LogFile = LOG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide, and write nothing to the log.")] = False,
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Compare with these cameras.")] = None,
    language: Speaks = Language.EN,
    as_json: Json = False,
) -> ExitCode:
    """Decide proposed investments by the freeze on new cameras; exit 5 when one is refused."""
    from citycam.policy.docket import decide
    from citycam.policy.replanning import replanning

    day, moratorium, journal = _day(at), load_moratorium(), DecisionLog(log)
    batch = read_proposals(proposals)
    records = load_records(inventory) if inventory else None
    existing = None if records is None else {name for one in records for name in (one.id, one.serial) if name}

    def judge(entries: Sequence[Entry]) -> tuple[list[Decision], list[dict[str, Any]]]:
        decisions = decide(batch.proposals, moratorium, day, past_of(entries), existing)
        return decisions, [body_of(one, moratorium, day) for one in decisions]

    if dry_run:
        entries = journal.entries()
        (decisions, bodies), head, added = judge(entries), head_of(entries), 0
    else:
        with journal.held() as chain:
            decisions, bodies = judge(chain.entries)
            fresh = news(bodies, chain.entries)
            chain.add(fresh, datetime.now(UTC))
            head, added = chain.head, len(fresh)
    covered = _compare(batch.proposals, records)[0] if records else []
    again = replanning(decisions, covered)
    rulings = Counter(one.ruling for one in decisions)
    data = {
        "day": day.isoformat(),
        "rulings": rulings,
        "decisions": [{**body, "from": batch.rows[body["proposal"]["id"]]} for body in bodies],
        "replanning": again,
        "unreadable": [remark.model_dump(mode="json", exclude_defaults=True) for remark in batch.remarks],
        "log": {"file": str(log), "added": added, "head": head},
    }

    def text(console: Console) -> None:
        table = Table("proposal", "ruling", "rule", "seen")
        for one in decisions:
            for number, reason in enumerate(one.reasons):
                cells = (one.proposal.id, str(one.ruling)) if number == 0 else ("", "")
                title = getattr(moratorium.rule(reason.rule).title, language)
                others = f" ({', '.join(reason.others)})" if reason.others else ""
                table.add_row(*cells, escape(f"{reason.rule}: {title}"), escape(reason.seen + others))
        console.print(table)
        _unreadable(console, batch)
        _pairs(console, ("ruling", "proposals"), rulings)
        if again:
            console.print(f"to be planned again: {', '.join(item['proposal'] for item in again)}")
        console.print(f"{added} decisions added to {log}; head {head}", soft_wrap=True)

    refused = any(one.ruling is Ruling.REFUSED for one in decisions)
    Output(as_json).result(data, text, verdict="fail" if refused else "unknown" if batch.remarks else "pass")
    return ExitCode.POLICY if refused else ExitCode.CONFIG if batch.remarks else ExitCode.OK


@app.command()
@verb
def explain(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A proposal.")],
    log: LogFile = LOG,
    language: Speaks = Language.EN,
    as_json: Json = False,
) -> None:
    """Tell every decision on a proposal, its reasons, and the texts they rest on."""
    moratorium = load_moratorium()
    _must_be(log)
    history = [entry for entry in DecisionLog(log).entries() if entry.body["proposal"]["id"] == identifier]
    if not history:
        raise ConfigError(f"no decision on {identifier}", where=str(log), next="see `citycam policy check`")
    data = [{"sequence": entry.sequence, "at": entry.at, "hash": entry.hash, **entry.body} for entry in history]

    def text(console: Console) -> None:
        for entry in history:
            _explain(console, entry.body, moratorium, language)
            console.print(f"  entry {entry.sequence}, {entry.at}, {entry.hash}\n", soft_wrap=True)

    Output(as_json).result(data, text)


@app.command()
@verb
def overlap(
    proposals: Proposals,
    inventory: Inventory,
    geojson: Annotated[Path | None, typer.Option(help="Write a GeoJSON map here.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Write a drawing here.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many to print.")] = 20,
    as_json: Json = False,
) -> ExitCode:
    """Rank proposals by how much of what they want to see is seen already, and by whom."""
    from citycam.policy import map as drawing

    batch = read_proposals(proposals)
    ranked, eyes, compared = _compare(batch.proposals, load_records(inventory))
    if geojson is not None:
        _write(geojson, [json.dumps(drawing.geojson(ranked, eyes, compared), ensure_ascii=False), "\n"])
    if svg is not None:
        _write(svg, [drawing.svg(ranked, eyes, compared)])
    placed = {one.proposal.id for one in ranked}
    advice = Counter(one.advice for one in ranked)
    data = {
        "advice": advice,
        "proposals": [one.as_data() for one in ranked],
        "without_position": [one.id for one in batch.proposals if one.id not in placed],
        "unreadable": [remark.model_dump(mode="json", exclude_defaults=True) for remark in batch.remarks],
    }

    def text(console: Console) -> None:
        table = Table("proposal", "least", "stated", "most", "advice", "seen best by")
        for one in ranked[:top]:
            best = one.seers[0] if one.seers else None
            density = f", {best.density:.0f} px/m" if best and best.density is not None else ""
            seen = f"{best.camera} ({best.agency}), {best.metres:.0f} m{density}" if best else ""
            shares = (f"{share:.0%}" for share in (one.least, one.stated, one.most))
            table.add_row(one.proposal.id, *shares, str(one.advice), escape(seen))
        console.print(table)
        _unreadable(console, batch)
        _pairs(console, ("advice", "proposals"), advice)

    Output(as_json).result(data, text)
    return ExitCode.CONFIG if batch.remarks else ExitCode.OK


@app.command()
@verb
def sample(
    out: Annotated[Path, typer.Option(help="A .xlsx, .csv or .json file.")],
    proposals: Annotated[int, typer.Option(min=1, help="How many.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed makes the same proposals.")] = 7,
    near: Annotated[Path | None, typer.Option(help="Place most of them near the cameras of this inventory.")] = None,
) -> None:
    """Write plausible proposals over the real wards and communes of Hanoi."""
    write_proposals(out, sample_proposals(proposals, seed, load_records(near) if near else ()))


@log_app.command()
@verb
def verify(
    log: LogFile = LOG,
    head: Annotated[str | None, typer.Option(help="A hash from a decision letter, which must be in the log.")] = None,
    as_json: Json = False,
) -> None:
    """Check that no decision was changed, added, moved or removed; exit 6 when one was."""
    if head is None:
        _must_be(log)
    entries = DecisionLog(log).entries(head)
    last = head_of(entries)
    data = {"entries": len(entries), "head": last}
    Output(as_json).result(data, lambda console: console.print(f"{len(entries)} entries, head {last}", soft_wrap=True))


def _must_be(log: Path) -> None:
    """An absent log is a new one to who writes; who reads it has the wrong path, or lost it."""
    if not log.exists():
        raise ConfigError("there is no decision log", where=str(log), next="check the path, or restore it")


def _compare(proposals: Sequence[Proposal], records: Sequence[CameraRecord]) -> tuple[Any, Any, Any]:
    from citycam.policy.eyes import eyes_of, wishes_of
    from citycam.policy.overlap import compare
    from citycam.policy.sharing import coverages

    wishes, eyes = wishes_of(proposals), eyes_of(records)
    compared = compare(wishes, eyes)
    return coverages(proposals, wishes, eyes, compared), eyes, compared


def _by_rule(found: Sequence[Assessment]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for one in found:
        for result in one.results:
            counts.setdefault(result.rule.id, Counter())[result.outcome] += 1
    return {rule: dict(outcomes) for rule, outcomes in counts.items()}


def _explain(console: Console, body: Mapping[str, Any], moratorium: Moratorium, language: Language) -> None:
    proposal = body["proposal"]
    console.print(escape(f"{proposal['id']} {proposal['title']} ({proposal['agency']})"))
    console.print(f"  {body['day']}: [bold]{body['ruling']}[/]")
    for reason in body["reasons"]:
        title = getattr(moratorium.rule(reason["rule"]).title, language)
        others = f" ({', '.join(reason['others'])})" if reason["others"] else ""
        console.print(escape(f"  {reason['rule']}: {title}"))
        console.print(escape(f"    {reason['seen']}{others}"))
        for source in reason["sources"]:
            console.print(escape(f"    {source}"))


def _unreadable(console: Console, batch: Batch) -> None:
    for remark in batch.remarks:
        console.print(f"[red]cannot be read:[/] {escape(str(remark))}", soft_wrap=True)


def _pairs(console: Console, titles: tuple[str, str], counts: Mapping[Any, int]) -> None:
    table = Table(*titles)
    for name, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        table.add_row(str(name), str(count))
    console.print(table)


def _write(path: Path, parts: Iterable[str]) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(parts)
    except OSError as error:
        raise ConfigError("cannot write the file", where=str(path), why=error.strerror or str(error)) from error
