"""What evaluators owe, their substitutes and the holders of further seats: reviews, and after
补报截止 scores and the handing in of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from handlers.judging import Bench, read_bench
from handlers.messages import Action, Button
from handlers.occasion import Occasion
from handlers.progress_rows import Standings, sort_shares
from handlers.reminder_round import Key, Piece, Round, stamp
from handlers.score_cells import (
    Judged,
    Share,
    edition_of,
    further_share,
    judged_by_own,
    judged_by_substitute,
    owner_share,
)
from handlers.term import assessed_departments
from rubric.quarter import QuarterState
from rubric.reminders import AFTER_CLOSING, PATIENCE, Kind, due_again, workday_after
from storage import accounts, reminders, scores, seats
from storage.accounts import Person
from storage.departments import Department
from storage.evidence import Item
from storage.quarters import Term
from storage.scores import OWNER_SEAT
from templates import words


@dataclass(frozen=True, slots=True)
class JudgeMatter:
    """`since` is when the oldest waiting item came; `rows` None as long as 补报 goes on. `late`:
    评分截止 has passed."""

    quarter: str
    waiting: int
    since: datetime | None
    rows: Standings | None
    score_until: date
    late: bool
    provisional: bool
    matter: str = "judge"


def pieces(round_: Round, term: Term) -> list[Piece]:
    state = term.state_at(round_.occasion.now, round_.occasion.premises.zone)
    if state is QuarterState.COLLECTING:
        return _reviews(round_, term)
    start = workday_after(term.supplement_until, round_.calendar, AFTER_CLOSING)
    if state is QuarterState.CLOSED and start <= round_.today:
        return _rows(round_, term, start)
    return []


def _reviews(round_: Round, term: Term) -> list[Piece]:
    waiting = reminders.in_state(round_.occasion.connection, "submitted", [term.code])
    if not any(_start(round_, each) <= round_.today for each in waiting):
        return []
    bench = read_bench(round_.occasion.connection, day=round_.today)
    found = [
        _piece(round_, term, id_, kind=Kind.REVIEWS, start=_start(round_, items[0]), items=items)
        for id_, items in _queues(bench, waiting).items()
    ]
    return [piece for piece in found if piece is not None]


def _start(round_: Round, item: Item) -> date:
    """When an item has waited long enough to be reminded of."""
    came = round_.day_of(item.submitted_at or item.updated_at)
    return workday_after(came, round_.calendar, PATIENCE)


def _queues(bench: Bench, waiting: list[Item]) -> dict[int, list[Item]]:
    """Person id -> what waits for them, the oldest first."""
    found: defaultdict[int, list[Item]] = defaultdict(list)
    for item in waiting:
        for judge in bench.judges_of(item):
            found[judge.id].append(item)
    return dict(found)


def _rows(round_: Round, term: Term, start: date) -> list[Piece]:
    occasion = round_.occasion
    bench = read_bench(occasion.connection, day=round_.today)
    waiting = reminders.in_state(occasion.connection, "submitted", [term.code])
    queues = _queues(bench, waiting)
    shares: defaultdict[int, list[Share]] = defaultdict(list)
    for person, share in shares_of_all(occasion, term, bench):
        shares[person.id].append(share)
    found = [
        _piece(
            round_, term, id_,
            kind=Kind.ROWS, start=start, items=queues.get(id_, ()), own=shares[id_],
        )
        for id_ in sorted({*queues, *shares})
        if id_ in queues or any(share.to_do for share in shares[id_])
    ]  # fmt: skip
    return [piece for piece in found if piece is not None]


def shares_of_all(occasion: Occasion, term: Term, bench: Bench) -> Iterator[tuple[Person, Share]]:
    """What `score_cells.shares` says, of everybody who has any."""
    every = assessed_departments(occasion, term)
    given = scores.of_quarter(occasion.connection, term.code)
    further = seats.further(occasion.connection)
    sitting = {seat.person_id for found in further.values() for seat in found if not seat.vacant}
    persons = [accounts.find_person(occasion.connection, id_) for id_ in sorted(sitting)]
    holders = {each.id: each for each in persons if each is not None}
    for row in edition_of(term).indicators:
        of_row = scores.by_row(given, row.id, OWNER_SEAT)
        for person, judged in _judging(bench, bench.owners.get(row.id, 0), every):
            yield person, owner_share(row, every, judged, of_row)
        for seat in further.get(row.id, ()):
            holder = holders.get(seat.person_id)
            if holder is None:
                continue  # vacant: the admin was told
            of_seat = scores.by_row(given, row.id, seat.number)
            yield holder, further_share(holder, row, seat.number, every, of_seat)


def _judging(
    bench: Bench, section_id: int, every: tuple[Department, ...]
) -> Iterator[tuple[Person, Judged]]:
    evaluators = bench.evaluators.get(section_id, ())
    for person in evaluators:
        yield person, judged_by_own(person, every)
    substitute = bench.substitutes.get(section_id)
    if substitute is not None and substitute not in evaluators:
        yield substitute, judged_by_substitute(substitute, every, evaluators)


# ---------------------------------------------------------------- what one of them hears


def _piece(
    round_: Round,
    term: Term,
    person_id: int,
    *,
    kind: Kind,
    start: date,
    items: Sequence[Item],
    own: Sequence[Share] = (),
) -> Piece | None:
    """`own` are the person's rows, once they are asked for."""
    last = round_.told(person_id, term.code).get(kind)
    if not due_again(start, today=round_.today, calendar=round_.calendar, last=last):
        return None
    matter = JudgeMatter(
        quarter=term.code,
        waiting=len(items),
        since=items[0].submitted_at if items else None,
        rows=sort_shares(own) if own else None,
        score_until=term.score_until,
        late=round_.today > term.score_until,
        provisional=term.provisional,
    )
    buttons = []
    if items:
        buttons.append(Button(f"审核材料 {len(items)}", Action("rev.q", term.code)))
    if any(share.to_do for share in own):
        buttons.append(Button("评分", Action("sc.rows", term.code)))
    key = Key(kind, f"{term.code}.{stamp(round_.today)}", start)
    return Piece(person_id, (key,), matter, tuple(buttons), ("", words.season(term.code)))
