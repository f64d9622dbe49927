"""Many scores with one press, and taking back what a press gave.

「全部记满分」 and 「其余记0分」 fill what is 未评 and leave every judgement that was made; a bonus
row's department with accepted evidence is left too, since 0 would pass it over unseen.
"""

from __future__ import annotations

from handlers.access import NotAllowed
from handlers.dialog import Outcome
from handlers.judging import judged_for
from handlers.messages import Action
from handlers.score_card import Saved, say_row, value_words
from handlers.score_cells import Share, held_term
from handlers.scoring import await_row, batch_of, dialog, find_row, outdated_row, show_row
from handlers.turn import Turn
from rubric.scoring import ONE
from storage import evidence, score_batches
from storage.departments import Department
from storage.quarters import Term


@dialog.action("sc.rest")
def give_rest(turn: Turn, action: Action) -> Outcome:
    held_term(turn, action.object)
    term, share = find_row(turn, action.object)
    left = _with_evidence(turn, term, share)
    value = 0 if share.row.bonus else share.row.points * ONE
    batch = batch_of(turn)
    done = score_batches.give_all(
        turn.connection,
        quarter=term.code,
        indicator=share.row.id,
        department_ids=[each.id for each in share.open if each not in left],
        hundredths=value,
        person_id=turn.person.id,
        now=turn.now,
        batch=batch,
        seat=share.seat,
    )
    if not done and not left:
        raise outdated_row(action.object)
    acted = judged_for(turn, share.row.id, seat=share.seat)
    turn.audit("score.rest", action.object, cells=len(done), hundredths=value, acting_for=acted)
    names = tuple(each.short_name for each in left)
    words = value_words(value)
    turn.toast(f"{len(done)}个部门：{words}")
    saved = Saved(score=words, many=len(done), left=names, batch=batch if done else "")
    return show_row(turn, action.object, saved=saved)


def _with_evidence(turn: Turn, term: Term, share: Share) -> list[Department]:
    """Of a bonus row: whose accepted evidence has not been looked at for a score yet."""
    if not share.row.bonus:
        return []
    items = evidence.accepted(turn.connection, term.code, indicator=share.row.id)
    reported = {item.department_id for item in items}
    return [each for each in share.open if each.id in reported]


@dialog.action("sc.undo")
def undo(turn: Turn, action: Action) -> Outcome:
    held_term(turn, action.object)
    term, share = find_row(turn, action.object)
    batch = action.argument[:16]
    if not batch:
        raise outdated_row(action.object)
    author = score_batches.author_of(
        turn.connection, quarter=term.code, indicator=share.row.id, batch=batch
    )
    if author is not None and author != turn.person.id:
        raise NotAllowed  # everybody takes back their own press only
    taken = score_batches.undo(
        turn.connection,
        quarter=term.code,
        indicator=share.row.id,
        batch=batch,
        person_id=turn.person.id,
        now=turn.now,
        seat=share.seat,
    )
    if not taken:
        raise outdated_row(action.object)
    acted = judged_for(turn, share.row.id, seat=share.seat)
    turn.audit("score.undo", action.object, cells=len(taken), acting_for=acted)
    turn.toast(f"已撤销{len(taken)}个分数")
    _, share = find_row(turn, action.object)
    say_row(turn, term, share, saved=Saved(undone=len(taken)))
    return await_row(turn, action.object, share)
