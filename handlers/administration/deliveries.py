"""/admin → 发送情况: who got the result, who did not and why, and sending it once more.

Notices that belong to no publication have a list of their own. A button that sends again carries
what the row was when it was shown; once something has happened since, it shows the list anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handlers.access import NotAllowed
from handlers.administration.desk import PANEL, Page, action, back, button, danger, pairs, rest
from handlers.broadcast import opening
from handlers.dialog import Outcome, Outdated
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from storage import deliveries
from storage.deliveries import FAILED, UNKNOWN, Missed, Notice, Published
from storage.passing_on import next_of
from storage.quiet import minute_of
from templates import admin_labels as labels
from templates import undelivered, words
from templates.markup import plain

_NAMED: Final = 10
_QUOTED: Final = 24
OTHERS: Final = 0  # stands for a publication's id where the other notices are meant


@dataclass(frozen=True, slots=True)
class Count:
    """One part of a publication. `until`: when the last of those that wait may leave; `held`: how
    many of them are for people not to be disturbed; `used`: how many went by which channel, empty
    where there is but one."""

    part: str
    sent: int
    used: list[tuple[str, int]]
    waiting: int
    held: int
    failed: int
    unknown: int
    dropped: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice as it is listed; `where` it was sent, also before it was passed on."""

    name: str
    where: str
    why: str
    since: datetime


# ---------------------------------------------------------------- looking


@action("ad.dlv")
def show(turn: Turn, pressed: Action) -> Outcome:
    """A publication by its id, the newest without one; `argument` is the page."""
    _show(turn, pressed.id, wanted=Action("", pressed.argument).id)
    return rest(turn)


def _show(turn: Turn, publication_id: int, *, wanted: int = 0) -> None:
    published = _published(turn, publication_id)
    others = deliveries.others(turn.connection, limit=0)[1]
    last = [button(f"{labels.OTHER_NOTICES} {others}", "ad.dlvo")] if others else []
    if published is None:
        turn.say("deliveries.nothing", panel=PANEL, buttons=rows(last, back("ad.home")))
        return
    found = deliveries.of_publication(turn.connection, published.id, minute=_minute(turn))
    undone = [each for each in found if each.open]
    page = Page.of(wanted, len(undone))
    if len(deliveries.published(turn.connection)) > 1:
        last.insert(0, button(labels.EARLIER, "ad.dlvs"))
    turn.say(
        "deliveries.publication",
        panel=PANEL,
        published=published,
        counts=_counts(found, now=turn.now),
        missed=_missed(deliveries.missed(turn.connection, published)),
        passed=_passed(found),
        page=page,
        found=_numbered(
            turn, page, [(each, undelivered.part(each.part)) for each in page.cut(undone)]
        ),
        doubtful=any(each.state == UNKNOWN for each in undone),
        settled=bool(found) and all(each.state == "sent" for each in found if each.last),
        buttons=rows(
            *_again(published.id, page, page.cut(undone), undone),
            page.turners_of("ad.dlv", published.id),
            last,
            back("ad.home"),
        ),
    )


def _published(turn: Turn, publication_id: int) -> Published | None:
    """NotAllowed for an id that is none."""
    found = deliveries.published(turn.connection)
    if not publication_id:
        return found[0] if found else None
    for each in found:
        if each.id == publication_id:
            return each
    raise NotAllowed


def _minute(turn: Turn) -> int:
    return minute_of(turn.now.astimezone(turn.premises.zone))


def _counts(found: Sequence[Notice], *, now: datetime) -> list[Count]:
    """Part by part, in the order in which they are sent."""
    several = len({each.channel for each in found}) > 1
    parts = sorted({each.part for each in found}, key=_place)
    return [
        _count(part, [e for e in found if e.part == part], several=several, now=now)
        for part in parts
    ]


def _place(part: str) -> tuple[int, str]:
    known = list(undelivered.PARTS)
    return (known.index(part) if part in known else len(known), part)


def _count(part: str, found: Sequence[Notice], *, several: bool, now: datetime) -> Count:
    def number(*states: str) -> int:
        return sum(each.state in states for each in found)

    queued = [each for each in found if each.state == "queued"]
    later = [each.not_before for each in queued if each.not_before and each.not_before > now]
    used = Counter(each.channel for each in found if each.state == "sent" and several)
    return Count(
        undelivered.part(part),
        sent=number("sent"),
        used=[(words.channel(name), times) for name, times in used.most_common()],
        waiting=number("queued", "sending"),
        held=sum(each.held and (each.not_before or now) <= now for each in queued),
        failed=number(FAILED),
        unknown=number(UNKNOWN),
        dropped=number("superseded"),
        until=max(later, default=None),
    )


def _missed(found: Iterable[Missed]) -> list[tuple[str, list[str], int]]:
    """Why they got nothing, the first of their names, how many there are."""
    sorts: dict[str, list[str]] = {}
    for each in found:
        why = labels.UNREACHABLE
        if not each.linked:
            why = labels.NOT_LINKED
        elif each.later:
            why = labels.LINKED_LATER
        sorts.setdefault(why, []).append(each.name)
    return [(why, names[:_NAMED], len(names)) for why, names in sorts.items()]


def _passed(found: Iterable[Notice]) -> list[tuple[str, list[str], int]]:
    """From where to where, the first names of whose notices went there, how many people there
    are."""
    by_key = {each.key: each for each in found}
    ways: dict[str, dict[str, None]] = {}
    for each in by_key.values():
        then = by_key.get(next_of(each.key))
        if not each.last and then is not None:
            way = undelivered.passed_on(each.channel, each.problem, then.channel)
            ways.setdefault(way, {})[each.name] = None
    return [(way, list(names)[:_NAMED], len(names)) for way, names in ways.items()]


def _numbered(
    turn: Turn, page: Page, found: Sequence[tuple[Notice, str]]
) -> list[tuple[int, Entry, str]]:
    before = deliveries.tried_before(turn.connection, [each for each, _ in found])
    return [
        (number, _entry(each, before.get(each.id, ())), what)
        for number, (each, what) in enumerate(found, page.offset + 1)
    ]


def _entry(notice: Notice, before: Iterable[Notice]) -> Entry:
    return Entry(
        notice.name,
        undelivered.route(notice.channel, [each.channel for each in before]),
        undelivered.reason(notice.state, notice.problem),
        notice.since,
    )


def _again(
    publication_id: int, page: Page, shown: Sequence[Notice], undone: Sequence[Notice]
) -> list[tuple[Button, ...]]:
    each_of = [
        button(
            f"{words.RESEND} {number}",
            "ad.dlvre",
            each.id,
            f"{each.attempt}.{publication_id}.{page.number}",
        )
        for number, each in enumerate(shown, page.offset + 1)
    ]
    if not each_of:
        return []
    everything = button(labels.RESEND_ALL, "ad.dlvall", publication_id, _state_of(undone))
    return [*pairs(each_of), (everything,)]


@action("ad.dlvs")
def choose_publication(turn: Turn, pressed: Action) -> Outcome:
    found = deliveries.published(turn.connection)
    page = Page.of(pressed.id, len(found))
    turn.say(
        "deliveries.publications",
        panel=PANEL,
        page=page,
        buttons=rows(
            *pairs([button(_title(each), "ad.dlv", each.id) for each in page.cut(found)]),
            page.turners("ad.dlvs"),
            back("ad.dlv"),
        ),
    )
    return rest(turn)


def _title(published: Published) -> str:
    title = words.quarter(published.quarter)
    return title if published.revision == 1 else f"{title}（第{published.revision}版）"


@action("ad.dlvo")
def show_others(turn: Turn, pressed: Action) -> Outcome:
    """`object` is the page."""
    _show_others(turn, wanted=pressed.id)
    return rest(turn)


def _show_others(turn: Turn, *, wanted: int = 0) -> None:
    page = Page.of(wanted, deliveries.others(turn.connection, limit=0)[1])
    found, _ = deliveries.others(turn.connection, offset=page.offset, limit=page.size)
    everything = [each for each, _ in deliveries.others(turn.connection)[0]]
    turn.say(
        "deliveries.others",
        panel=PANEL,
        page=page,
        found=_numbered(turn, page, [(each, _beginning(text)) for each, text in found]),
        doubtful=any(each.state == UNKNOWN for each in everything),
        buttons=rows(
            *_again(OTHERS, page, [each for each, _ in found], everything),
            page.turners("ad.dlvo"),
            back("ad.dlv"),
        ),
    )


def _beginning(markup: str) -> str:
    return words.shorten(plain(markup).strip().partition("\n")[0], _QUOTED)


# ---------------------------------------------------------------- once more


@action("ad.dlvre")
def send_again(turn: Turn, pressed: Action) -> Outcome:
    """`argument`: the attempt that was shown, and the list to go back to with its page."""
    attempt, _, where = pressed.argument.partition(".")
    publication_id, _, page = where.partition(".")
    found = deliveries.find(turn.connection, [pressed.id])
    if not _send_again(turn, [each for each in found if str(each.attempt) == attempt]):
        raise _outdated(Action("", publication_id).id)
    _list(turn, Action("", publication_id).id, wanted=Action("", page).id)
    return rest(turn)


@action("ad.dlvall")
def send_all_again(turn: Turn, pressed: Action) -> Outcome:
    """`argument`: what was shown. If some may have arrived, a question first."""
    undone = _undone(turn, pressed.id, pressed.argument)
    failed = [each for each in undone if each.state == FAILED]
    if len(failed) == len(undone):
        _send_again(turn, undone)
        _list(turn, pressed.id)
        return rest(turn)
    argument = pressed.argument
    some = button(labels.RESEND_FAILED, "ad.dlvyes", pressed.id, f"{argument}.{FAILED}")
    turn.say(
        "deliveries.confirm",
        panel=PANEL,
        failed=len(failed),
        unknown=len(undone) - len(failed),
        buttons=rows(
            [some] if failed else (),
            danger(labels.RESEND_SURELY, "ad.dlvyes", pressed.id, argument),
            back(*(("ad.dlvo",) if pressed.id == OTHERS else ("ad.dlv", pressed.id))),
        ),
    )
    return rest(turn)


@action("ad.dlvyes")
def send_all_surely(turn: Turn, pressed: Action) -> Outcome:
    seen, _, only = pressed.argument.partition(".")
    undone = _undone(turn, pressed.id, seen)
    _send_again(turn, [each for each in undone if only in ("", each.state)])
    _list(turn, pressed.id)
    return rest(turn)


def _undone(turn: Turn, publication_id: int, seen: str) -> list[Notice]:
    """What failed or is in doubt, if it is still what was shown."""
    if publication_id == OTHERS:
        found = [each for each, _ in deliveries.others(turn.connection)[0]]
    else:
        published = _published(turn, publication_id)
        found = deliveries.of_publication(turn.connection, published.id) if published else []
    undone = [each for each in found if each.open]
    if not undone or _state_of(undone) != seen:
        raise _outdated(publication_id)
    return undone


def _state_of(undone: Sequence[Notice]) -> str:
    """Differs once one of them was tried again, or another has come."""
    return f"{len(undone)}-{sum(each.attempt for each in undone)}"


def _send_again(turn: Turn, found: Sequence[Notice]) -> int:
    later = opening(turn)
    count = 0
    for each in found:
        if not deliveries.send_again(
            turn.connection, each, not_before=later, channels=turn.premises.channels
        ):
            continue
        count += 1
        turn.audit("outbox.retry", str(each.id), key=each.key, before=each.state, why=each.problem)
    turn.notices += count
    return count


def _list(turn: Turn, publication_id: int, *, wanted: int = 0) -> None:
    if publication_id == OTHERS:
        _show_others(turn, wanted=wanted)
    else:
        _show(turn, publication_id, wanted=wanted)


def _outdated(publication_id: int) -> Outdated:
    return Outdated(show=lambda turn: _list(turn, publication_id))
