"""The order of the departments, why it is so, and who is nominated.

Total, then base, then the share of each category in the edition's order; still equal is a
shared rank (1, 2, 2, 4). The rules never break a tie that they can't explain: a tie at the cut
is named and left to 主任办公会, whose pick and reason are applied here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from typing import ClassVar, Final

from rubric.errors import UserError
from rubric.scoring import CategorySum, Totals, in_words

WINNERS: Final = 3
"""先进集体 a quarter, by the notice."""


@dataclass(eq=False)
class TieUndecided(UserError):
    """Equal departments compete for the last places; names in the order of the register."""

    code: ClassVar[str] = "ranking.tie_undecided"
    sure: tuple[str, ...]
    contenders: tuple[str, ...]
    places: int


@dataclass(eq=False)
class DecisionUnreasoned(UserError):
    code: ClassVar[str] = "ranking.decision_unreasoned"


@dataclass(eq=False)
class DecisionMismatch(UserError):
    """Not as many contenders were picked as there are places, or others than contenders."""

    code: ClassVar[str] = "ranking.decision_mismatch"
    contenders: tuple[str, ...]
    places: int


@dataclass(eq=False)
class DecisionNeedless(UserError):
    """A decision was given although nobody is tied at the cut."""

    code: ClassVar[str] = "ranking.decision_needless"


@dataclass(frozen=True, slots=True)
class Entry:
    """A participating department. Not eligible: ranked, but never nominated."""

    code: str
    name: str
    totals: Totals
    eligible: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    entry: Entry
    rank: int
    shared: bool


@dataclass(frozen=True, slots=True)
class TieAtCut:
    """`sure` are in; of the `contenders`, all equal, `places` are to be picked."""

    sure: tuple[Place, ...]
    contenders: tuple[Place, ...]
    places: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What 主任办公会 decided: codes of the picked contenders, and why."""

    picked: tuple[str, ...]
    reason: str


def order(entries: Iterable[Entry]) -> tuple[Place, ...]:
    """All entries by rank; equals keep the order they came in, which is the register's.

    ValueError for an entry without a base: who is 不参评 has no place.
    """
    places: list[Place] = []
    ordered = sorted(entries, key=_sort_key)
    for _, group in groupby(ordered, key=_sort_key):
        equals = list(group)
        rank = len(places) + 1
        places += [Place(entry=entry, rank=rank, shared=len(equals) > 1) for entry in equals]
    return tuple(places)


def _sort_key(entry: Entry) -> tuple[Fraction, ...]:
    """Smaller is better, so everything is negative."""
    totals = entry.totals
    if totals.base is None:
        raise ValueError(f"{entry.code} is not assessed")
    values = [Fraction(totals.base + totals.bonus), Fraction(totals.base)]
    values += [totals.category_share(category) for category in totals.categories]
    return tuple(-value for value in values)


def tie_sentences(places: Sequence[Place]) -> tuple[str, ...]:
    """Each tie of totals in words, from the top: what decided it, or that nothing did.

    `places` as `order` gives them. Of more than two equals, each neighbouring pair gets its
    sentence: 甲与乙同为108.5分，按基础分92.5＞91列前.
    """
    sentences: list[str] = []
    for _, run in groupby(places, key=lambda place: place.entry.totals.total):
        classes = [list(equals) for _, equals in groupby(run, key=lambda place: place.rank)]
        sentences += [_shared_sentence(equals) for equals in classes[:1] if len(equals) > 1]
        for ahead, behind in pairwise(classes):
            sentences.append(_decided_sentence(ahead, behind))
            if len(behind) > 1:
                sentences.append(_shared_sentence(behind))
    return tuple(sentences)


def _shared_sentence(equals: Sequence[Place]) -> str:
    return f"{_same_total(equals)}，基础分及各方面得分率均相同，并列第{equals[0].rank}名"


def _decided_sentence(ahead: Sequence[Place], behind: Sequence[Place]) -> str:
    why = _differences(ahead[0].entry.totals, behind[0].entry.totals)[0]
    # With more than two names it must be said who of them is ahead.
    who = "，" + "、".join(_names(ahead)) if len(ahead) + len(behind) > 2 else ""
    return f"{_same_total([*ahead, *behind])}，按{why}{who}列前"


def _same_total(places: Sequence[Place]) -> str:
    *others, last = _names(places)
    totals = places[0].entry.totals
    return f"{'、'.join(others)}与{last}同为{in_words((totals.base or 0) + totals.bonus)}分"


def _names(places: Sequence[Place]) -> list[str]:
    return [place.entry.name for place in places]


def _differences(ahead: Totals, behind: Totals) -> list[str]:
    """Where two departments of one total differ, in the order of the tie chain, in words."""
    found = []
    if ahead.base != behind.base:
        found.append(f"基础分{in_words(ahead.base or 0)}＞{in_words(behind.base or 0)}")
    for mine, theirs in zip(ahead.categories, behind.categories, strict=True):
        if ahead.category_share(mine) == behind.category_share(theirs):
            continue
        # two categories wholly 不涉及 have nothing to show but the base's share
        if mine.applicable == theirs.applicable > 0:
            found.append(f"{mine.name}{in_words(mine.earned)}＞{in_words(theirs.earned)}")
        else:
            shares = f"{_share_words(ahead, mine)}＞{_share_words(behind, theirs)}"
            found.append(f"{mine.name}得分率{shares}")
    return found


def _share_words(totals: Totals, category: CategorySum) -> str:
    """As a fraction, since percentages that differ may look equal once they are rounded."""
    if category.applicable:
        return f"{in_words(category.earned)}/{category.applicable}"
    earned = sum(each.earned for each in totals.categories)
    applicable = sum(each.applicable for each in totals.categories)
    return f"{in_words(earned)}/{applicable}（该方面不涉及，按基础分得分率计）"


def nominate(places: Sequence[Place]) -> tuple[Place, ...] | TieAtCut:
    """The first three eligible, or the tie that stands across the third place.

    Fewer than three eligible departments are all nominated. `places` as `order` gives them.
    """
    eligible = [place for place in places if place.entry.eligible]
    if len(eligible) <= WINNERS or eligible[WINNERS - 1].rank != eligible[WINNERS].rank:
        return tuple(eligible[:WINNERS])
    cut = eligible[WINNERS].rank
    sure = tuple(place for place in eligible if place.rank < cut)
    contenders = tuple(place for place in eligible if place.rank == cut)
    return TieAtCut(sure=sure, contenders=contenders, places=WINNERS - len(sure))


def margin_at_cut(places: Sequence[Place]) -> int | None:
    """Hundredths of total between the last nominee and the eligible department behind; None where
    a tie stands across the cut or nobody is behind."""
    eligible = [place.entry.totals.total or 0 for place in places if place.entry.eligible]
    if isinstance(nominate(places), TieAtCut) or len(eligible) <= WINNERS:
        return None
    return eligible[WINNERS - 1] - eligible[WINNERS]


def winners(places: Sequence[Place], decision: Decision | None) -> tuple[Place, ...]:
    """The 先进集体 in the order of `places`, a tie at the cut settled by the decision.

    Raises TieUndecided, DecisionUnreasoned, DecisionMismatch, DecisionNeedless.
    """
    nominated = nominate(places)
    if not isinstance(nominated, TieAtCut):
        if decision is not None:
            raise DecisionNeedless
        return nominated
    names = tuple(_names(nominated.contenders))
    if decision is None:
        raise TieUndecided(
            sure=tuple(_names(nominated.sure)), contenders=names, places=nominated.places
        )
    if not decision.reason.strip():
        raise DecisionUnreasoned
    picked = tuple(place for place in nominated.contenders if place.entry.code in decision.picked)
    if not len(picked) == len(decision.picked) == nominated.places:
        raise DecisionMismatch(contenders=names, places=nominated.places)
    return nominated.sure + picked
