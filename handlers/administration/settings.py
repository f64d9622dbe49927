"""/admin → 本中心规定: every rule that the notice leaves open, what it rests on and who set it.

A change has the document that it rests on, or a reason. Quarters that have been opened keep their
own copy, but for the installation's first one until it has a score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from handlers.access import NotAllowed
from handlers.administration.desk import PANEL, Draft, action, back, button, pairs, rest, step
from handlers.administration.typed import reason_in
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from rubric import edition as editions
from rubric.edition import Indicator
from rubric.settings import (
    CATALOGUE,
    SCORE_STEP,
    SCORE_STEP_BY_ROW,
    Plain,
    Setting,
    check,
    check_together,
)
from storage import quarters, settings
from storage.names import checked
from storage.settings import Rule, read_settings
from templates import admin_labels as labels

BASIS_LENGTH: Final = 200
# by the first part of a key
GROUPS: Final = {
    "score": "评分",
    "deadline": "期限",
    "evidence": "佐证",
    "news": "信息录用",
    "awards": "评先",
    "hours": "提醒时间",
    "release": "发布",
    "publication": "公布范围",
    "words": "称呼",
    "retention": "保存期限",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as a card tells of it; `rule` if it was set; `copies` are opened quarters that go
    by another value."""

    setting: Setting[Plain]
    value: str
    default: str
    rule: Rule | None
    copies: tuple[tuple[str, str], ...]


# ---------------------------------------------------------------- looking


@action("ad.sets")
def show_groups(turn: Turn, pressed: Action) -> Outcome:
    _groups(turn)
    return rest(turn)


def _groups(turn: Turn) -> None:
    turn.say(
        "settings.groups",
        panel=PANEL,
        groups=[(name, _all_shown(turn, prefix)) for prefix, name in GROUPS.items()],
        buttons=rows(
            *pairs([_group_button(prefix, name) for prefix, name in GROUPS.items()]),
            back("ad.home"),
        ),
    )


def _group_button(prefix: str, name: str) -> Button:
    """A group of one is left out: its setting comes at once."""
    found = _members(prefix)
    if len(found) == 1:
        return button(name, "ad.set", found[0].key)
    return button(name, "ad.setg", prefix)


def _members(prefix: str) -> list[Setting[Plain]]:
    return [each for each in CATALOGUE if each.key.split(".")[0] == prefix]


def _all_shown(turn: Turn, prefix: str) -> list[Shown]:
    known = settings.rules(turn.connection)
    return [_shown(turn, each, known) for each in _members(prefix)]


def _shown(turn: Turn, each: Setting[Plain], known: dict[str, Rule]) -> Shown:
    values = {key: rule.value for key, rule in known.items()}
    value = _say(each, each.of(values))
    copies = [
        (term.code, _say(each, each.of(term.settings)))
        for term in quarters.unpublished(turn.connection)
        if not each.procedural
    ]
    return Shown(
        setting=each,
        value=value,
        default=_say(each, each.default),
        rule=known.get(each.key),
        copies=tuple((code, copy) for code, copy in copies if copy != value),
    )


def _say(each: Setting[Plain], value: Plain) -> str:
    if isinstance(value, dict):
        return each.say({_row(row).name: step for row, step in value.items()})
    return each.say(value)


def _row(row_id: str) -> Indicator:
    """A row of any edition; NotAllowed for what is none."""
    for edition in editions.catalog():
        for row in edition.indicators:
            if row.id == row_id:
                return row
    raise NotAllowed


@action("ad.setg")
def show_group(turn: Turn, pressed: Action) -> Outcome:
    name = GROUPS.get(pressed.object)
    if name is None:
        raise Outdated(show=_groups)
    turn.say(
        "settings.group",
        panel=PANEL,
        name=name,
        found=_all_shown(turn, pressed.object),
        buttons=rows(
            *[button(each.words, "ad.set", each.key) for each in _members(pressed.object)],
            back("ad.sets"),
        ),
    )
    return rest(turn)


@action("ad.set")
def show_setting(turn: Turn, pressed: Action) -> Outcome:
    _card(turn, _known(pressed.object))
    return rest(turn)


def _known(key: str) -> Setting[Plain]:
    """Outdated, with the list, for what is not offered."""
    for each in CATALOGUE:
        if each.key == key and key.split(".")[0] in GROUPS:
            return each
    raise Outdated(show=_groups)


def _card(turn: Turn, each: Setting[Plain]) -> None:
    found = _shown(turn, each, settings.rules(turn.connection))
    turn.say(
        "settings.card",
        panel=PANEL,
        each=found,
        by_row=each is SCORE_STEP_BY_ROW,
        buttons=rows(*_choices(each, found), *_last(each, found)),
    )


def _choices(each: Setting[Plain], found: Shown) -> list[tuple[Button, ...]]:
    if each is SCORE_STEP_BY_ROW:
        return pairs([button(row.name, "ad.setrow", row.id) for row in _newest_rows()])
    buttons = [
        button(f"{'✓ ' if say == found.value else ''}{say}", "ad.setv", each.key, _pack(value))
        for value, say in each.choices
    ]
    if not each.choices or each.hundredths:
        buttons.append(button(labels.CHANGE_VALUE, "ad.sett", each.key))
    return pairs(buttons)


def _newest_rows() -> tuple[Indicator, ...]:
    return next(each for each in editions.catalog() if each.scorable).indicators


def _last(each: Setting[Plain], found: Shown) -> list[tuple[Button, ...]]:
    group = each.key.split(".")[0]
    up = back("ad.sets") if len(_members(group)) == 1 else back("ad.setg", group)
    if found.rule is None:
        return [(up,)]
    return [(button(labels.DEFAULT, "ad.setdef", each.key), up)]


# ---------------------------------------------------------------- choosing a value


def _pack(value: Plain) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unpack(turn: Turn, each: Setting[Plain], text: str) -> Plain:
    """The value that a button or a draft carries; one row's step is put to those of the others.
    Raises NotAllowed, SettingInvalid, SettingsDisordered."""
    try:
        value: Plain = json.loads(text)
    except ValueError as error:
        raise NotAllowed from error
    now = read_settings(turn.connection)
    if isinstance(value, dict):
        given = {_row(row).id: step for row, step in value.items()}
        mixed = {**SCORE_STEP_BY_ROW.of(now), **given}
        value = {row: step for row, step in mixed.items() if step is not None}
    check(each.key, value)
    check_together({**now, each.key: value})
    return value


@action("ad.setrow")
def choose_step(turn: Turn, pressed: Action) -> Outcome:
    row = _row(pressed.object)
    held = SCORE_STEP_BY_ROW.of(read_settings(turn.connection)).get(row.id)
    found = [(each, SCORE_STEP.say(each)) for each, _ in SCORE_STEP.choices]
    buttons = [
        button(
            f"{'✓ ' if value == held else ''}{say}",
            "ad.setv",
            SCORE_STEP_BY_ROW.key,
            _pack({row.id: value}),
        )
        for value, say in [*found, (None, labels.LIKE_OTHERS)]
    ]
    turn.say(
        "settings.row",
        panel=PANEL,
        row=row,
        buttons=rows(*pairs(buttons), back("ad.set", SCORE_STEP_BY_ROW.key)),
    )
    return rest(turn)


@action("ad.sett")
def ask_value(turn: Turn, pressed: Action) -> Outcome:
    each = _known(pressed.object)
    turn.say(
        "settings.value",
        panel=PANEL,
        each=_shown(turn, each, settings.rules(turn.connection)),
        buttons=rows(back("ad.set", each.key)),
    )
    return Goto("set_value", Draft(code=each.key))


@step("set_value", numeric=True)
def take_value(turn: Turn, draft: Draft) -> Outcome:
    each = _known(draft.code)
    return _ask_basis(turn, each, _pack(each.read(turn.words)))


@action("ad.setv")
def choose_value(turn: Turn, pressed: Action) -> Outcome:
    return _ask_basis(turn, _known(pressed.object), pressed.argument)


def _ask_basis(turn: Turn, each: Setting[Plain], packed: str) -> Outcome:
    value = _unpack(turn, each, packed)
    turn.say(
        "settings.basis",
        panel=PANEL,
        each=each,
        value=_say(each, value),
        buttons=rows(
            button(labels.NO_BASIS, "ad.setno", each.key, packed), back("ad.set", each.key)
        ),
    )
    return Goto("set_basis", Draft(code=each.key, given=packed))


# ---------------------------------------------------------------- with a document or a reason


@step("set_basis")
def take_basis(turn: Turn, draft: Draft) -> Outcome:
    basis = checked(turn.words, what="依据", limit=BASIS_LENGTH)
    return _set(turn, draft, basis=basis)


@action("ad.setno")
def ask_reason(turn: Turn, pressed: Action) -> Outcome:
    """Nothing rests on the person's memory: a rule without a document has its reason."""
    each = _known(pressed.object)
    value = _unpack(turn, each, pressed.argument)
    turn.say(
        "settings.reason",
        panel=PANEL,
        each=each,
        value=_say(each, value),
        buttons=rows(back("ad.set", each.key)),
    )
    return Goto("set_why", Draft(code=each.key, given=pressed.argument))


@step("set_why")
def take_reason(turn: Turn, draft: Draft) -> Outcome:
    return _set(turn, draft, reason=reason_in(turn))


def _set(turn: Turn, draft: Draft, *, basis: str = "", reason: str = "") -> Outcome:
    each = _known(draft.code)
    value = _unpack(turn, each, draft.given)
    before = each.of(read_settings(turn.connection))
    settings.set_rule(
        turn.connection,
        key=each.key,
        value=value,
        basis=basis,
        reason=reason,
        person_id=turn.person.id,
        now=turn.now,
    )
    followed = quarters.follow_settings(turn.connection)
    turn.audit(
        "setting.set",
        each.key,
        before=before,
        after=value,
        basis=basis,
        reason=reason,
        quarter=followed,
    )
    _card(turn, each)
    return rest(turn)


@action("ad.setdef")
def reset(turn: Turn, pressed: Action) -> Outcome:
    each = _known(pressed.object)
    known = settings.rules(turn.connection).get(each.key)
    if known is None:
        raise Outdated(show=lambda turn: _card(turn, each))
    rest_of = {
        key: value for key, value in read_settings(turn.connection).items() if key != each.key
    }
    check_together(rest_of)
    settings.forget_rule(turn.connection, each.key)
    followed = quarters.follow_settings(turn.connection)
    turn.audit(
        "setting.reset",
        each.key,
        before=known.value,
        after=each.default,
        basis=known.basis,
        quarter=followed,
    )
    _card(turn, each)
    return rest(turn)
