"""A whole city out of made-up submissions: written, imported, judged, planned, so that a campaign rehearses a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from citycam.cli.plan_files import PLAN, read_inventory, verdicts_of, write
from citycam.inventory.folder import prepare
from citycam.inventory.folder import write as write_inventory
from citycam.inventory.submission_sample import write_submissions
from citycam.plan.city import dump_city_plan
from citycam.plan.coefficients import coefficients
from citycam.plan.planner import plan_city
from citycam.plan.wish import usual_wish


@dataclass(frozen=True)
class SampledCity:
    """Where it lies."""

    submissions: Path
    inventory: Path
    plan: Path


def sample_city(folder: Path, cameras: int, seed: int, now: datetime, day: date) -> SampledCity:
    """Make a city of `cameras` in `folder`. `now` is when its submissions came, `day` when it is judged.

    The credentials that sampled submissions betray are invented; they go nowhere.

    Raises:
        ConfigError: the folder cannot be written, or holds another inventory that is damaged.
    """
    city = SampledCity(folder / "submissions", folder / "inventory", folder / PLAN)
    write_submissions(cameras, seed, city.submissions)
    files = sorted(path for path in city.submissions.iterdir() if path.suffix in {".xlsx", ".csv"})
    write_inventory(prepare(files, city.inventory, now), city.inventory)
    records, digest = read_inventory(city.inventory)
    figures = coefficients()
    made = plan_city(
        records,
        verdicts_of(records, day),
        usual_wish(figures),
        figures,
        judged_on=day,
        inventory_digest=digest,
    )
    write(city.plan, dump_city_plan(made))
    return city
