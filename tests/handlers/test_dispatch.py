"""The frame that every dialog runs in, with a toy dialog: routing, rollback, restart, doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers import discovery, dispatch
from handlers.dialog import Dialog, Done, Goto, Keep, Outcome, Outdated, Stay
from handlers.discovery import Registry
from handlers.dispatch import Desk
from handlers.messages import (
    Action,
    Attachment,
    Button,
    DocumentRef,
    FileRef,
    Inbound,
    Kind,
    Reply,
    Style,
    rows,
)
from handlers.occasion import body_of
from handlers.plain_text import clean
from handlers.turn import Turn
from rubric.errors import UserError
from storage.models import account, attachment, audit, conversation, department, inbox, outbox
from storage.models import person as person_table
from tests.chat import Centre, File, User


@dataclass(frozen=True, slots=True)
class Draft:
    count: int = 0
    last: str = ""


@dataclass(eq=False)
class TooMany(UserError):
    code = "access.not_allowed"


toy = Dialog("toy", version=2, draft=Draft)


def _panel(turn: Turn, draft: Draft) -> None:
    turn.replies.append(
        Reply(
            f"{draft.count}: {draft.last}",
            rows(
                Button("加一", Action("toy.add", "1", draft.count)),
                [Button("结束", Action("toy.end"))],
            ),
            panel="toy:1",
        )
    )


@toy.command("toy", words=("玩具",), title="玩具", order=5, roles=("liaison",))
def begin(turn: Turn) -> Outcome:
    draft = Draft(0, turn.words)
    _panel(turn, draft)
    return Goto("collect", draft)


@toy.step("collect", files=True)
def collect(turn: Turn, draft: Draft) -> Outcome:
    if turn.words == "写了又错":
        turn.connection.execute(
            department.insert(), {"code": "XX", "name": "某局", "short_name": "某"}
        )
        turn.replies.append(Reply("不会被听到"))
        raise TooMany
    if turn.words == "崩溃":
        raise RuntimeError("a fault of ours")
    if turn.words == "数字":
        turn.replies.append(Reply("几分？", rows(Button("满分", Action("toy.add", "1", 99)))))
        return Goto("number", draft)
    if turn.words == "别动":
        turn.replies.append(Reply("好"))
        return Stay()
    draft = Draft(draft.count + 1, turn.words or f"{len(turn.inbound.attachments)} 个文件")
    _panel(turn, draft)
    return Stay(draft)


@toy.step("number", numeric=True)
def number(turn: Turn, draft: Draft) -> Outcome:
    turn.replies.append(Reply(f"记 {turn.words} 分"))
    return Done()


@toy.action("toy.add")
def add(turn: Turn, action: Action) -> Outcome:
    if action.revision == 7:
        raise Outdated(show=lambda t: _panel(t, Draft(8, "新")))
    turn.toast("好的")
    turn.replies.append(Reply(f"加 {action.id}", panel="toy:1"))
    return Keep()


@toy.action("toy.end")
def end(turn: Turn, action: Action) -> Outcome:
    turn.replies.append(Reply("再见"))
    return Done()


@toy.on(Kind.EDITED)
def edited(turn: Turn) -> Outcome:
    turn.replies.append(Reply(f"改成 {turn.words}"))
    return Keep()


@toy.catch(roles=("liaison",))
def caught(turn: Turn) -> Outcome:
    turn.replies.append(Reply(f"收到 {turn.words}"))
    return Keep()


class ToyCentre(Centre):
    def _desk(self) -> Desk:
        found = discovery.discover()
        registry = Registry()
        registry.add(found.commands["start"].dialog)
        registry.add(toy)
        return replace(super()._desk(), registry=registry)


@pytest.fixture
def centre(database_url: str) -> ToyCentre:
    return ToyCentre(database_url)


@pytest.fixture
def li(centre: ToyCentre) -> User:
    return centre.person("李敏", "liaison", department="SCJG")


@pytest.mark.parametrize("restart", [False, True])
def test_a_conversation_survives_a_restart_between_all_lines(
    restart: bool, database_url: str
) -> None:
    centre = ToyCentre(database_url, restart=restart)
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/toy 甲")
    li.says("乙")
    li.sends(File("a.pdf"))
    li.clicks("加一")
    li.clicks("结束")
    li.says("丙")
    assert li.hears == ["0: 甲", "1: 乙", "2: 1 个文件", "加 1", "再见", "收到 丙"]


def test_the_same_key_has_its_effect_once(centre: ToyCentre, li: User) -> None:
    first = Inbound("k1", "fake", "李敏", text="/toy 甲")
    assert centre.receive(first).fresh
    assert not centre.receive(first).fresh
    assert li.hears == ["0: 甲"]
    with centre.database.read() as connection:
        assert connection.execute(select(inbox.c.key)).scalars().all() == ["k1"]


def test_a_panel_is_edited_until_something_is_typed(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    li.clicks("加一")
    assert [m.edited for m in li.chat] == [1]
    li.says("乙")
    assert [m.text for m in li.chat] == ["加 1", "1: 乙"]


def test_an_album_counts_as_one_typed_message(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        li.sends(File(name), group="album")
    assert [(m.text, m.edited) for m in li.chat] == [("0: 甲", 0), ("3: 1 个文件", 2)]


def test_a_broken_rule_takes_everything_back_and_keeps_the_draft(
    centre: ToyCentre, li: User
) -> None:
    li.says("/toy 甲")
    li.says("写了又错")
    li.says("乙")
    assert li.hears[1:] == [
        "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。",
        "1: 乙",
    ]
    with centre.database.read() as connection:
        assert (
            connection.execute(select(department.c.id).where(department.c.code == "XX")).all()
            == []
        )
        denied = connection.execute(select(audit.c.action, audit.c.result, audit.c.detail)).all()
    assert denied == [("toy.collect", "denied", {"code": "access.not_allowed"})]


def test_an_outdated_button_shows_the_card_anew(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    li.presses("toy.add:1:7")
    assert (li.toast, li.card) == ("这张卡片已有变化，下面是最新情况。", "8: 新")


@pytest.mark.parametrize("action", ["", "no.such:1", "toy.add:1:x", "a" * 65, ":1:1:1"])
def test_a_forged_button_does_nothing_and_is_answered(
    action: str, centre: ToyCentre, li: User
) -> None:
    li.says("/toy 甲")
    li.presses(action)
    assert li.toast == "这张卡片已有变化，下面是最新情况。"
    li.says("乙")
    assert li.card == "1: 乙"


def test_words_are_commands_only_when_nothing_waits_for_text(centre: ToyCentre, li: User) -> None:
    li.says("玩具")
    li.says("玩具")
    assert li.hears == ["0: ", "1: 玩具"]


def test_slashes_and_the_three_words_work_everywhere(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    li.says("帮助")
    li.says("乙")
    assert li.hears[-1] == "1: 乙"
    li.says("取消")
    li.says("丙")
    assert li.hears[-1] == "收到 丙"


def test_an_unknown_command_is_named_and_disturbs_nothing(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    li.says("/nichts")
    li.says("乙")
    assert li.hears[1:] == [
        "没有“/nichts”这个命令。发送“菜单”可查看您能做的事。",
        "1: 乙",
    ]


def test_a_command_needs_its_role(centre: ToyCentre) -> None:
    wang = centre.person("王考", "evaluator")
    wang.says("/toy")
    assert wang.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]


def test_a_forwarded_command_is_text(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    li.says("/cancel", forwarded_from="别人")
    assert li.card == "1: /cancel"


def test_a_typed_label_is_a_press(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    li.says("结束")
    assert li.hears == ["0: 甲", "再见"]


def test_numbers_are_presses_where_buttons_are_numbered(centre: ToyCentre) -> None:
    liu = centre.person("刘工", "liaison", department="GA", numbered=True)
    liu.says("/toy 甲")
    liu.says("1")
    liu.says("2")
    assert liu.hears == ["0: 甲", "加 1", "1: 2"]


def test_a_step_that_takes_numbers_letters_its_choices(centre: ToyCentre) -> None:
    liu = centre.person("刘工", "liaison", department="GA", numbered=True)
    liu.says("/toy 甲")
    liu.says("数字")
    liu.says("A")
    liu.says("1")
    assert liu.hears[2:] == ["加 1", "记 1 分"]


def test_a_draft_of_another_version_is_never_guessed_at(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    with centre.database.begin() as connection:
        connection.execute(conversation.update().values(draft_version=1))
    li.says("乙")
    li.says("丙")
    assert li.hears[1:] == [
        "系统刚刚更新，刚才的步骤需要重新开始；已保存的内容都在。",
        "收到 丙",
    ]


def test_edited_messages_go_to_their_hook(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    li.edits("1", "新词")
    assert li.hears == ["0: 甲", "改成 新词"]


def test_a_blocked_account_is_noted_and_its_return_too(centre: ToyCentre, li: User) -> None:
    def unreachable() -> str | None:
        with centre.database.read() as connection:
            return connection.execute(
                select(account.c.unreachable).where(account.c.id == li.account_id)
            ).scalar()

    centre.receive(Inbound("b1", "fake", "李敏", kind=Kind.BLOCKED))
    assert unreachable() == "blocked"
    centre.receive(Inbound("b2", "fake", "李敏", kind=Kind.UNBLOCKED))
    assert unreachable() is None
    centre.receive(Inbound("b3", "fake", "李敏", kind=Kind.BLOCKED))
    li.says("我回来了")
    assert unreachable() is None


def test_a_fault_of_ours_is_parked_and_apologised_for_once(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    bad = Inbound("bad", "fake", "李敏", text="崩溃")
    with pytest.raises(RuntimeError), centre.database.begin() as connection:
        dispatch.handle(connection, bad, desk=centre.desk, now=centre.now)
    for expected in (True, False):
        with centre.database.begin() as connection:
            receipt = dispatch.park(
                connection, bad, raw="{}", problem="RuntimeError", desk=centre.desk, now=centre.now
            )
        assert receipt.fresh is expected
    with centre.database.read() as connection:
        parked = connection.execute(
            select(inbox.c.parked, inbox.c.problem).where(inbox.c.key == "bad")
        ).one()
        said = connection.execute(select(outbox.c.body).where(outbox.c.key == "bad#0")).scalar()
    assert tuple(parked) == ("{}", "RuntimeError")
    assert said == {"text": "抱歉，这条消息没能处理，已通知管理员。其他内容都在，请稍后再试。"}
    li.says("乙")
    assert li.hears[-1] == "1: 乙"


def test_what_was_said_is_in_the_outbox_with_buttons_and_files() -> None:
    reply = Reply(
        "文",
        rows(Button("甲", Action("a", "1", 2, "x"), Style.PRIMARY)),
        file=FileRef("ab", "名.pdf", "application/pdf"),
        silent=True,
    )
    assert body_of(reply) == {
        "text": "文",
        "buttons": [[["甲", "a:1:2:x", "primary"]]],
        "file": {"blob": "ab", "name": "名.pdf", "mime": "application/pdf"},
        "silent": True,
    }
    document = DocumentRef("sheet", (("publication", 3),), "表.docx", "x/y", secret=True)
    assert body_of(Reply("文", file=document)) == {
        "text": "文",
        "document": {
            "document": "sheet",
            "arguments": {"publication": 3},
            "name": "表.docx",
            "mime": "x/y",
            "secret": True,
        },
    }


def test_actions_are_short_and_read_back() -> None:
    action = Action("score", "41", 4, "8:5")
    assert str(action) == "score:41:4:8:5"
    assert Action.parse(str(action)) == action
    assert (action.id, Action("a", "x").id, Action("a", "9" * 19).id) == (41, 0, 0)
    with pytest.raises(ValueError, match="longer than 64 bytes"):
        str(Action("a", "字" * 22))


def test_text_is_kept_without_what_nobody_can_see() -> None:
    assert clean("  a\u202eb\x00\r\nc\u200b\ud800 ") == "ab\nc"


def test_a_late_first_message_makes_the_account_once(centre: ToyCentre) -> None:
    stranger = centre.stranger("路人")
    stranger.says("你好")
    stranger.says("还在吗")
    with centre.database.read() as connection:
        made = connection.execute(
            select(account.c.external_id).where(account.c.external_id == "路人")
        ).all()
    assert made == [("路人",)]


def test_attachments_are_not_commands(centre: ToyCentre, li: User) -> None:
    li.says("/toy 甲")
    centre.receive(
        Inbound("f1", "fake", "李敏", text="/cancel", attachments=(Attachment("r", "a.pdf"),))
    )
    assert li.card == "1: /cancel"


def test_now_is_the_only_time_there_is(centre: ToyCentre, li: User) -> None:
    centre.now = datetime(2020, 1, 1, tzinfo=UTC)
    li.says("/toy 甲")
    with centre.database.read() as connection:
        kept = connection.execute(select(conversation.c.updated_at)).scalar()
    assert kept == datetime(2020, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(("problem", "state"), [("", "stored"), ("file.type", "refused")])
def test_a_file_of_somebody_who_was_removed_is_settled_in_silence(
    problem: str, state: str, tmp_path: Path
) -> None:
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    li = centre.person("李敏", "liaison", department="SCJG")
    li.sends(File("材料.pdf"))
    with centre.database.begin() as connection:
        connection.execute(person_table.update().values(removed_at=centre.now))
        connection.execute(account.update().values(unreachable="blocked"))
    heard = len(li.chat)
    centre.finish_downloads(problem=problem)
    with centre.database.read() as connection:
        kept = connection.execute(select(attachment.c.state)).scalars().all()
        reachable = connection.execute(select(account.c.unreachable)).scalars().all()
    assert (kept, reachable, len(li.chat)) == ([state], ["blocked"], heard)
