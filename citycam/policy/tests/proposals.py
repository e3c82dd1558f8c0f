"""Proposals for tests: a ward's new cameras without any exemption, to be changed one fact at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

from citycam.policy.proposal import Proposal

FREEZE = date(2025, 9, 3)
DAY = date(2026, 11, 24)

SPECIALISED: dict[str, Any] = {
    "claim": "specialised",
    "document": "1234/QĐ-UBND",
    "dated": date(2026, 5, 4),
    "authority": "UBND thành phố Hà Nội",
}
TENDERED: dict[str, Any] = {
    "claim": "tendered",
    "document": "77/QĐ-BQLDA",
    "dated": date(2025, 6, 2),
    "authority": "Ban QLDA quận Ba Đình",
}
UNDER_WAY: dict[str, Any] = {
    "awarded": date(2025, 6, 1),
    "contract": "HĐ-12/2025",
    "signed": date(2025, 7, 1),
    "until": date(2026, 12, 31),
    "state": "under-way",
}


def proposal(identifier: str = "P-1", **facts: Any) -> Proposal:
    """A plain proposal, with `facts` instead of its own."""
    plain = {
        "id": identifier,
        "title": "Lắp đặt camera an ninh đường Đội Cấn",
        "agency": "UBND phường Ngọc Hà",
        "submitted": date(2026, 10, 1),
        "cameras": 12,
        "ward": "Phường Ngọc Hà",
        "site": "Đội Cấn",
        "supplier": "Công ty Ánh Sáng",
    }
    return Proposal.model_validate({**plain, **facts})


def specialised(identifier: str = "P-1", *, exemption: dict[str, Any] | None = None, **facts: Any) -> Proposal:
    """One that is exempt as a specialised system; `exemption` changes its proof."""
    return proposal(identifier, exemption={**SPECIALISED, **(exemption or {})}, **facts)


def tendered(identifier: str = "P-1", *, exemption: Any = None, tender: Any = None, **facts: Any) -> Proposal:
    """One that is exempt as tendered and under way; `exemption` and `tender` change its proof."""
    return proposal(
        identifier,
        exemption={**TENDERED, **(exemption or {})},
        tender={**UNDER_WAY, **(tender or {})},
        **facts,
    )


def elsewhere(identifier: str, **facts: Any) -> dict[str, Any]:
    """Facts of a proposal that has nothing to do with the plain one."""
    return {
        "identifier": identifier,
        "title": "Hệ thống camera trường học",
        "agency": "Sở Giáo dục và Đào tạo",
        "ward": "Phường Hà Đông",
        "site": "Quang Trung",
        "supplier": "Công ty Sao Mai",
        **facts,
    }
