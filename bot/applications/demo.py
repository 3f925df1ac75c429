"""Made-up application files, so that a newcomer can try: clearly fictional numbers, phones and ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from bot.applications.spreadsheet import Record

TRY_NUMBER = "EXC-2025-00417"
TRY_CODE = "0042"


def _demo(number: str, programme: str, state: str, phone: str, cin: str, **more: object) -> Callable[[date], Record]:
    def make(since: date) -> Record:
        days = more.get("days")
        deadline = since + timedelta(days=int(str(days))) if days else None
        return Record(
            row=0,
            number=number,
            programme=programme,
            state=state,
            since=since,
            missing=str(more.get("missing", "")),
            place=str(more.get("place", "")),
            deadline=deadline,
            contact=str(more.get("contact", "")),
            region=str(more.get("region", "")),
            phones=(phone,),
            national_ids=(cin,),
        )

    return make


# 0600000042 and the like are not given to anybody.
DEMO = (
    _demo(
        TRY_NUMBER, "excellence", "incomplete", "0600000042", "ZZ000417", missing="Photo (demo)",
        place="Demo", days=21, region="Fès-Meknès",
    ),
    _demo("EXP-2025-00052", "export", "under_review", "0600000042", "ZZ000052", region="Marrakech-Safi"),
    _demo("AGR-2025-00101", "aggregators", "visit_planned", "0600000101", "ZZ000101", days=14, region="Souss-Massa"),
    _demo("EXC-2025-00120", "excellence", "accepted", "0600000120", "ZZ000120", region="Rabat-Salé-Kénitra"),
    _demo("EXC-2025-00121", "excellence", "not_selected", "0600000121", "ZZ000121", region="L'Oriental"),
)


def demo_hint(present: bool) -> Mapping[str, str] | None:
    """What to type to try the status of a file, while made-up files are there."""
    return {"number": TRY_NUMBER, "code": TRY_CODE} if present else None
