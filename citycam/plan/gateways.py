"""Sites to gateways: a site stays together, and stays where it is as the city grows."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from citycam.plan.coefficients import Coefficients
from citycam.plan.placement import Full, place
from citycam.plan.sites import Site


def gateway_weight(bitrate: int, coefficients: Coefficients) -> float:
    """Share of a gateway that a camera takes: of its bits per second or of its cameras, whichever is more."""
    gateway = coefficients.gateway
    return max(bitrate / gateway.most_bitrate.value, 1 / gateway.most_cameras.value)


def assign_gateways(
    sites: Iterable[Site],
    bitrates: Mapping[str, int],
    coefficients: Coefficients,
    before: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Camera id → gateway. `before` is the same of the plan in force.

    Every ward has gateways of its own, `gateway-<ward>-<number>`: they are processes, so that costs no machine, a phase
    needs those of its wards alone, and one ward's growth moves nothing elsewhere. Within a ward a site stays where most
    of its cameras are until that gateway would be more than full; new ones go where there is room below `fill`. A site
    that alone is more than that is divided by camera ids. Independent of the order of sites and cameras.

    Raises:
        ValueError: a single camera is more than a gateway takes.
    """
    wards: dict[int, list[Site]] = defaultdict(list)
    for site in sites:
        wards[site.ward_code].append(site)
    weights = {camera: gateway_weight(rate, coefficients) for camera, rate in bitrates.items()}
    homes: dict[str, str] = {}
    for code, own in sorted(wards.items()):
        homes |= _of_ward(code, own, weights, coefficients.gateway.fill.value, before or {})
    return homes


def gateway_key(name: str) -> tuple[int, ...]:
    """For sorting: ward and number of a gateway."""
    return tuple(int(part) for part in name.split("-")[1:])


def _of_ward(
    code: int, sites: Iterable[Site], weights: Mapping[str, float], fill: float, before: Mapping[str, str]
) -> dict[str, str]:
    units = {name: unit for site in sites for name, unit in _units(site, weights, fill)}
    load = {name: math.fsum(weights[camera] for camera in unit) for name, unit in units.items()}
    kept = {name: home for name, unit in units.items() if (home := _former(unit, f"gateway-{code}-", before))}
    count = math.ceil(math.fsum(load.values()) / fill - 1e-9)
    while True:
        names = sorted({*kept.values(), *(f"gateway-{code}-{number}" for number in range(1, count + 1))})
        try:
            homes = place(load, names, limit=fill, most=1.0, kept=kept)
        except Full:
            count += 1
        else:
            return {camera: homes[name] for name, unit in units.items() for camera in unit}


def _units(site: Site, weights: Mapping[str, float], fill: float) -> list[tuple[str, list[str]]]:
    """The site, or its parts of at most `fill`."""
    parts: list[list[str]] = [[]]
    load = 0.0
    for camera in site.cameras:
        weight = weights[camera]
        if weight > fill:
            raise ValueError(f"{camera} alone is {weight:.1f} times what a gateway takes")
        if load + weight > fill:
            parts.append([])
            load = 0.0
        parts[-1].append(camera)
        load += weight
    return [(site.id if number == 0 else f"{site.id}#{number + 1}", part) for number, part in enumerate(parts)]


def _former(unit: Iterable[str], prefix: str, before: Mapping[str, str]) -> str | None:
    """Where most of its cameras were in this ward; so a site that is only called otherwise does not move."""
    homes = Counter(before[camera] for camera in unit if before.get(camera, "").startswith(prefix))
    return min(homes, key=lambda home: (-homes[home], gateway_key(home))) if homes else None
