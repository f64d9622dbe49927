"""How an outcome looks before it is public: what is missing, the preview, the director's card.

Only admins and directors ever see these; nobody else learns a total or a place from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from handlers import broadcast
from handlers.messages import Action, Button, Rows, Style, rows
from handlers.outcome import Blockers, Gap, Preview, find_blockers, preview
from handlers.score_table import read_table
from handlers.term import assessed_departments
from handlers.turn import Turn
from rubric.extent import extent_of, published_extent
from rubric.quarter import QuarterState
from rubric.settings import SECOND_PERSON
from storage import leaves, people, publications, quarters
from storage.accounts import Person
from storage.publications import Proposal
from storage.quarters import Term
from storage.settings import read_settings
from templates import words

PANEL = "publish"
NAMED = 10
NAMED_AT_LEAST = 2


class Way(Enum):
    """How the outcome gets out when this person acts."""

    SECOND = auto()  # a director other than this person agrees
    ALONE = auto()  # there is none, or the rule is switched off: this person types the quarter
    OTHERS = auto()  # this person is the only director: another admin must propose


@dataclass(frozen=True, slots=True)
class Line:
    """Some departments of one row that are 未评. `more`: how many of the row aren't named."""

    gap: Gap
    named: tuple[str, ...]

    @property
    def more(self) -> int:
        return len(self.gap.departments) - len(self.named)


def way_of(turn: Turn) -> Way:
    directors = people.holders_of(turn.connection, "director")
    if not directors or not SECOND_PERSON.of(read_settings(turn.connection)):
        return Way.ALONE
    if any(each.id != turn.person.id for each in directors):
        return Way.SECOND
    admins = people.holders_of(turn.connection, "admin")
    others = any(each.id != turn.person.id for each in admins)
    return Way.OTHERS if others else Way.ALONE


def second_persons(turn: Turn) -> list[Person]:
    """Whose agreement is asked: the directors, or who stands in for one on leave. Never the
    proposer, in whose place the absent director is asked."""
    directors = people.holders_of(turn.connection, "director", day=turn.today)
    others = [each for each in directors if may_agree(each, turn.person.id)]
    return leaves.on_duty(turn.connection, others, day=turn.today)


def may_agree(person: Person, proposer: int) -> bool:
    """A director who didn't propose it. Whoever stands in for a director agrees in that one's
    name: neither of the two may be the proposer."""
    return person.id != proposer and any(
        grant.role == "director" and grant.for_person != proposer for grant in person.grants
    )


def may_release(turn: Turn, proposal: Proposal) -> bool:
    """A director who didn't propose it; where nobody second is asked, an admin."""
    if may_agree(turn.person, proposal.person_id):
        return True
    return turn.person.has("admin") and way_of(turn) is Way.ALONE


def say_term(turn: Turn, term: Term, *, panel: str = PANEL) -> None:
    """The card that fits the quarter's state and this person.

    Without a panel it comes as a new message: whoever pressed an old button looks below it.
    """
    state = term.state_at(turn.now, turn.premises.zone)
    if state is QuarterState.PUBLISHED:
        _say_published(turn, term, panel)
        return
    blockers = find_blockers(turn, term)
    proposal = publications.latest_proposal(turn.connection, term.code)
    if state is QuarterState.PROPOSED and proposal is not None:
        _say_proposed(turn, term, proposal, blockers, panel)
    elif blockers:
        _say_blockers(turn, term, blockers, panel)
    else:
        _say_preview(turn, term, preview(turn, term, proposal), panel)


def _say_published(turn: Turn, term: Term, panel: str) -> None:
    ways = [Button("考核结果", Action("rs.show", term.code))]
    if turn.person.has("admin"):
        ways.append(Button("更正", Action("pb.fix", term.code, term.revision)))
    turn.say("publish.over", panel=panel, buttons=rows(ways), quarter=term.code)


def _say_blockers(
    turn: Turn, term: Term, blockers: Blockers, panel: str, *, buttons: Rows = ()
) -> None:
    turn.say(
        "publish.blocked",
        panel=panel,
        buttons=buttons or rows(_open_ways(turn, term), *_other_quarters(turn, term)),
        term=term,
        blockers=blockers,
        lines=list(_lines(blockers.gaps)),
        total=len(assessed_departments(turn, term)),
        owed=blockers.owed[:NAMED],
        more_owed=max(0, len(blockers.owed) - NAMED),
    )


def _open_ways(turn: Turn, term: Term) -> list[Button]:
    """Looking again; for the admin, giving rows back, if any is handed in."""
    again = [Button("刷新", Action("pb.show", term.code))]
    if not turn.person.has("admin") or not any(
        state.partly for state in read_table(turn, term).rows()
    ):
        return again
    return [*again, Button(words.SEND_BACK, Action("pb.open", term.code, term.revision))]


def _other_quarters(turn: Turn, term: Term) -> list[Button]:
    """Between the quarter in hand and those that were taken in from before the installation, which
    nothing else leads to."""
    return [
        Button(f"切换到{words.quarter(each.code)}", Action("pb.show", each.code))
        for each in quarters.unpublished(turn.connection)
        if each.code != term.code and (each.history or term.history)
    ]


def _lines(gaps: Sequence[Gap]) -> Iterator[Line]:
    """A line a row; few rows name more departments each."""
    named = max(NAMED_AT_LEAST, NAMED // max(1, len(gaps)))
    for gap in gaps:
        yield Line(gap, gap.departments[:named])


def _say_preview(turn: Turn, term: Term, outcome: Preview, panel: str) -> None:
    way = way_of(turn)
    if outcome.undecided and way is Way.ALONE:
        say_choice(turn, term, outcome, (), panel=panel, chooses=turn.person.has("admin"))
        return
    turn.say(
        "publish.preview",
        panel=panel,
        buttons=_preview_buttons(turn, term, outcome, way),
        report=outcome.report,
        tie=outcome.tie,
        undecided=outcome.undecided,
        extent=extent_of(outcome.report.settings),
        reach=broadcast.reach(turn, outcome.report),
        way=way.name,
        admin=turn.person.has("admin"),
    )


def _preview_buttons(turn: Turn, term: Term, outcome: Preview, way: Way) -> Rows:
    """Nothing leads on before it is said how much is made public."""
    again = Button("刷新", Action("pb.show", term.code))
    others = _other_quarters(turn, term)
    if not turn.person.has("admin"):
        return rows(again, *others)
    known = extent_of(outcome.report.settings) is not None
    onward = {
        Way.SECOND: [_button(words.PROPOSE, "pb.ask", term, outcome.fingerprint)],
        Way.ALONE: [_button(words.RELEASE, "pb.go", term, outcome.fingerprint)],
        Way.OTHERS: [again],
    }[way]
    more = [Button("重新选定", Action("pb.pick", term.code, term.revision))]
    return rows(
        onward if known else [],
        [
            Button("公布范围", Action("pb.ext", term.code, term.revision)),
            *([Button("发样稿", Action("pb.test", term.code))] if known else []),
        ],
        [
            *(more if outcome.tie and way is Way.ALONE else []),
            Button(words.SEND_BACK, Action("pb.open", term.code, term.revision)),
        ],
        *others,
    )


def _button(label: str, verb: str, term: Term, argument: str) -> Button:
    return Button(label, Action(verb, term.code, term.revision, argument), Style.PRIMARY)


def say_choice(
    turn: Turn,
    term: Term,
    outcome: Preview,
    picked: Sequence[str],
    *,
    chooses: bool,
    panel: str = PANEL,
) -> None:
    """Which of the equals get the places; a press adds or takes away one. `chooses`: whether it
    is this person's to say."""
    turn.say(
        "publish.choice",
        panel=panel,
        buttons=rows(
            *(choice_buttons(term, outcome, picked) if chooses else ()),
            _open_ways(turn, term) if term.open else [_again(term)],
            *([_back(term)] if chooses and not term.open else []),
            *_other_quarters(turn, term),
        ),
        report=outcome.report,
        tie=outcome.tie,
        left=outcome.places - len(picked),
        chooses=chooses,
        second=not term.open or way_of(turn) is not Way.ALONE,
    )


def choice_buttons(term: Term, outcome: Preview, picked: Sequence[str]) -> list[Button]:
    choices = []
    for code in outcome.contenders:
        chosen = [c for c in outcome.contenders if (c in picked) != (c == code)]
        name = outcome.report.department(code).short_name
        action = Action("pb.pick", term.code, term.revision, ",".join(chosen))
        choices.append(Button(f"{'✓ ' if code in picked else ''}{name}", action))
    return choices


def _say_proposed(
    turn: Turn, term: Term, proposal: Proposal, blockers: Blockers, panel: str
) -> None:
    mine = may_release(turn, proposal)
    if blockers:
        _say_blockers(turn, term, blockers, panel, buttons=rows(_back(term)) if mine else ())
        return
    outcome = preview(turn, term, proposal)
    turn.say(
        "publish.proposed",
        panel=panel,
        buttons=(
            *(release_buttons(term, outcome) if mine else rows(_again(term))),
            *rows(*_other_quarters(turn, term)),
        ),
        **proposed_facts(turn, outcome, proposal),
        mine=mine,
    )


def proposed_facts(turn: Turn, outcome: Preview, proposal: Proposal) -> broadcast.Facts:
    """What the card of a proposed outcome tells, to whoever."""
    return {
        "report": outcome.report,
        "tie": outcome.tie,
        "undecided": outcome.undecided,
        "extent": published_extent(outcome.report),
        "reach": broadcast.reach(turn, outcome.report),
        "proposal": proposal,
    }


def release_buttons(term: Term, outcome: Preview) -> Rows:
    """With a tie at the cut, the meeting's picks come first; afterwards they can be changed."""
    if outcome.undecided:
        return rows(*choice_buttons(term, outcome, ()), _back(term))
    again = [Button("重新选定", Action("pb.pick", term.code, term.revision))]
    return rows(
        [_button(words.RELEASE, "pb.go", term, outcome.fingerprint), _back(term)],
        again if outcome.tie else [],
    )


def _again(term: Term) -> Button:
    return Button("刷新", Action("pb.show", term.code))


def _back(term: Term) -> Button:
    return Button(words.SEND_BACK, Action("pb.back", term.code, term.revision))
