"""/admin → 本中心规定, as conversations; each also with a restart between all lines."""

from __future__ import annotations

from datetime import datetime

import pytest

import templates
from handlers.access import NotAllowed
from handlers.administration.settings import GROUPS
from rubric.quarter import Quarter
from rubric.settings import CATALOGUE, effective
from storage import quarters, settings
from storage.calendar import read_calendar
from storage.models import score
from storage.settings import read_settings
from tests.chat import ZONE, Centre, File, User
from tests.support.audited import audited

OUTDATED = "这张卡片已有变化，下面是最新情况。"
STEP = """评分的最小间隔
现在：0.5分
默认：0.5分
依据：无依据，本中心默认
修改后从下一个启用的季度起适用，已启用的季度按启用时的规定；第一个季度有评分前随修改变动。"""


def values(centre: Centre) -> dict[str, object]:
    with centre.database.read() as connection:
        return dict(read_settings(connection))


def opened(centre: Centre, code: str) -> quarters.Term:
    with centre.database.begin() as connection:
        return quarters.ensure(
            connection,
            Quarter.parse(code),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )


def scored(centre: Centre, code: str) -> None:
    with centre.database.begin() as connection:
        connection.execute(
            score.insert(),
            {
                "quarter": code,
                "department_id": centre.departments["GA"],
                "indicator": "discipline",
                "version": 1,
                "latest": True,
                "hundredths": 1000,
                "person_id": 1,
                "at": centre.now,
            },
        )


# ---------------------------------------------------------------- looking


def test_the_catalogue_in_groups(centre: Centre, zhao: User):
    zhao.says("/admin")
    zhao.clicks("本中心规定")
    assert zhao.hears[-1] == (
        "本中心规定\n考核办法没有写明的，由本中心规定：\n"
        "评分\n评分的最小间隔：0.5分（默认）\n单项指标的最小间隔：无（默认）\n"
        "期限\n报送截止（季度结束后第几个工作日）：3个工作日（默认）\n"
        "补报截止（季度结束后第几个工作日）：5个工作日（默认）\n"
        "评分截止（季度结束后第几个工作日）：12个工作日（默认）\n"
        "佐证\n退回后补充材料的期限：3个工作日（默认）\n每条佐证最多退回次数：2次（默认）\n"
        "每条佐证最多附件数：20个（默认）\n单个附件上限：20MB（默认）\n"
        "网页上传单个附件上限：100MB（默认）\n"
        "信息录用\n信息录用建议分：中心：0.5分（默认）\n信息录用建议分：区级：1分（默认）\n"
        "信息录用建议分：市级：2分（默认）\n信息录用建议分：其他：不设（默认）\n"
        "评先\n启用取消评先资格：否（默认）\n"
        "提醒时间\n提醒和通知的开始时刻（工作日）：09:00（默认）\n"
        "提醒和通知的结束时刻（工作日）：17:00（默认）\n"
        "发布\n发布须由提请人以外的人同意：是（默认）\n"
        "公布范围\n公布名次的范围：首次提请时询问（默认）\n公布前几名：10名（默认）\n"
        "公布对象：全体人员（默认）\n"
        "称呼\n部门负责人的称呼：部门负责人（默认）\n"
        "保存期限\n日志与审计保存天数：400天（默认）"
    )
    assert zhao.buttons == [
        "评分", "期限", "佐证", "信息录用", "评先", "提醒时间", "发布",
        "公布范围", "称呼", "保存期限", "返回",
    ]  # fmt: skip
    zhao.clicks("评分")
    assert zhao.hears[-1] == (
        "本中心规定：评分\n\n评分的最小间隔：0.5分（默认0.5分）\n依据：无依据，本中心默认\n\n"
        "单项指标的最小间隔：无（默认无）\n依据：无依据，本中心默认"
    )
    zhao.clicks("评分的最小间隔")
    assert zhao.hears[-1] == STEP
    assert zhao.buttons == ["0.1分", "0.2分", "0.25分", "✓ 0.5分", "1分", "返回"]
    zhao.clicks("返回")
    zhao.clicks("返回")
    zhao.clicks("称呼")
    assert zhao.hears[-1].endswith("依据：无依据，本中心默认\n修改后立即适用。")
    zhao.clicks("返回")
    assert zhao.card.startswith("本中心规定\n")


def test_what_is_no_setting_is_not_offered(centre: Centre, zhao: User):
    for forged in ("ad.set:publication.x", "ad.set:x", "ad.setg:x", "ad.sett:x"):
        zhao.presses(forged)
        assert zhao.toast == OUTDATED
        assert zhao.card.startswith("本中心规定\n")
    assert {each.key.split(".")[0] for each in CATALOGUE} == set(GROUPS)


# ---------------------------------------------------------------- changing


def test_a_choice_with_its_document(centre: Centre, zhao: User):
    zhao.presses("ad.set:score.step")
    zhao.clicks("1分")
    assert zhao.hears[-1] == (
        "评分的最小间隔将改为：1分\n"
        "请发送依据的文件和条款，如“本中心考核实施细则第五条”；没有文件的，请点“没有依据”。"
    )
    zhao.says("😀")
    assert zhao.hears == ["依据里没有文字，请重新输入。"]
    zhao.says("实施细则第五条")
    assert zhao.hears[-1].splitlines()[1:4] == [
        "现在：1分",
        "默认：0.5分",
        "依据：实施细则第五条；赵强11月3日 10:00修改",
    ]
    assert values(centre) == {"score.step": 100}
    zhao.clicks("恢复默认")
    assert zhao.hears[-1] == STEP
    assert values(centre) == {}
    zhao.presses("ad.setdef:score.step")
    assert zhao.toast == OUTDATED
    basis = "实施细则第五条"
    assert audited(centre) == [
        (
            "setting.set",
            "score.step",
            {"before": 50, "after": 100, "basis": basis, "reason": "", "quarter": ""},
        ),
        (
            "setting.reset",
            "score.step",
            {"before": 100, "after": 50, "basis": basis, "quarter": ""},
        ),
    ]


def test_without_a_document_there_is_a_reason(centre: Centre, zhao: User):
    zhao.presses("ad.set:evidence.returns_max")
    zhao.clicks("改数值")
    assert zhao.hears[-1] == "每条佐证最多退回次数现在是2次。请发送新的值（1至10的整数）。"
    zhao.says("11")
    assert zhao.hears[-1] == "每条佐证最多退回次数只能是1至10的整数，“11”没有记下，请重新发送。"
    zhao.says("3")
    assert zhao.hears[-1].startswith("每条佐证最多退回次数将改为：3次\n")
    zhao.clicks("没有依据")
    assert zhao.hears == ["每条佐证最多退回次数将改为：3次\n请发送修改的理由；不改了请点“返回”。"]
    zhao.says("")
    assert zhao.hears == ["理由不能为空，请重新输入。"]
    zhao.says("两次不够用")
    assert "依据：无依据，本中心自定（两次不够用）；赵强" in zhao.hears[-1]
    assert values(centre) == {"evidence.returns_max": 3}
    zhao.clicks("返回")
    assert "每条佐证最多退回次数：3次（默认2次）\n依据：无依据，本中心自定（两次不够用）" in (
        zhao.card
    )


def test_points_are_typed_as_points_and_none_is_a_value(centre: Centre, zhao: User):
    for typed, value in (("0.25", 25), ("1分", 100), ("不设", None)):
        zhao.presses("ad.set:news.other")
        zhao.clicks("改数值")
        zhao.says(typed)
        zhao.says("办法第三条")
        assert values(centre) == {"news.other": value}
    assert "现在：不设\n" in zhao.hears[-1]
    zhao.clicks("✓ 不设")
    zhao.says("办法第四条")
    assert "依据：办法第四条；" in zhao.hears[-1]
    zhao.presses("ad.sett:news.city")
    zhao.says("4.5")
    assert zhao.hears[-1] == "信息录用建议分：市级只能是0至4分，“4.5”没有记下，请重新发送。"


def test_a_number_is_no_choice_where_choices_are_numbered(centre: Centre):
    qian = centre.person("钱伟", "admin", numbered=True)
    qian.presses("ad.sett:evidence.completion_days")
    qian.says("1")
    assert qian.hears[-1].startswith("退回后补充材料的期限将改为：1个工作日\n")


def test_settings_that_contradict_each_other(centre: Centre, zhao: User):
    zhao.presses("ad.sett:deadline.report_days")
    zhao.says("6")
    assert zhao.hears[-1] == (
        "“报送截止（季度结束后第几个工作日）”不能晚于“补报截止（季度结束后第几个工作日）”，"
        "没有修改。请先改另一项，或换一个值。"
    )
    zhao.presses("ad.sett:deadline.supplement_days")
    zhao.says("8")
    zhao.says("第三条")
    zhao.presses("ad.sett:deadline.report_days")
    zhao.says("6")
    zhao.says("第三条")
    assert values(centre) == {"deadline.report_days": 6, "deadline.supplement_days": 8}
    zhao.presses("ad.setdef:deadline.supplement_days")
    assert "不能晚于" in zhao.hears[-1]
    assert values(centre)["deadline.supplement_days"] == 8


def test_a_row_of_its_own_step(centre: Centre, zhao: User):
    zhao.presses("ad.set:score.step_by_row")
    assert zhao.hears[-1].endswith("请选择要单独规定的考核项：")
    zhao.clicks("工作纪律")
    assert zhao.hears[-1] == "工作纪律的评分最小间隔是多少？"
    assert zhao.buttons[-2:] == ["✓ 与其他项相同", "返回"]
    zhao.clicks("0.25分")
    zhao.says("第五条")
    zhao.clicks("线上帮办")
    zhao.clicks("1分")
    zhao.says("第五条")
    assert "现在：工作纪律0.25分、线上帮办1分\n" in zhao.hears[-1]
    zhao.clicks("工作纪律")
    assert "✓ 0.25分" in zhao.buttons
    zhao.clicks("与其他项相同")
    zhao.clicks("没有依据")
    zhao.says("统一")
    assert values(centre) == {"score.step_by_row": {"online_help": 100}}


@pytest.mark.parametrize(
    "forged",
    [
        "ad.setv:score.step", "ad.setv:score.step:0:x", "ad.setrow:nothing",
        'ad.setv:score.step_by_row:0:{"nothing":50}', "ad.setno:score.step:0:[",
    ],
)  # fmt: skip
def test_forged_values(centre: Centre, zhao: User, forged: str):
    zhao.presses(forged)
    assert zhao.hears == [templates.say_error(NotAllowed())]


@pytest.mark.parametrize(
    "forged",
    [
        "ad.setv:score.step:0:30", 'ad.setv:score.step_by_row:0:{"discipline":30}',
        'ad.setv:score.step:0:{"discipline":50}', "ad.setv:score.step_by_row:0:[50]",
        "ad.setno:hours.start:0:NaN",
    ],
)  # fmt: skip
def test_illegal_values(centre: Centre, zhao: User, forged: str):
    zhao.presses(forged)
    assert "没有记下，请重新发送。" in zhao.hears[-1]
    assert values(centre) == {}


# ---------------------------------------------------------------- what quarters go by


def test_opened_quarters_keep_their_copy_but_the_first_until_a_score(centre: Centre, zhao: User):
    opened(centre, "2026Q3")
    opened(centre, "2026Q4")
    zhao.presses("ad.setv:score.step:0:100")
    zhao.says("第五条")
    assert "2026年第四季度仍按：0.5分" in zhao.hears[-1]
    assert "2026年第三季度" not in zhao.card
    assert opened(centre, "2026Q3").settings == effective({"score.step": 100})
    assert audited(centre)[-1][2]["quarter"] == "2026Q3"
    scored(centre, "2026Q3")
    zhao.presses("ad.setv:score.step:0:10")
    zhao.says("第五条")
    assert zhao.card.endswith("2026年第三季度仍按：1分\n2026年第四季度仍按：0.5分")
    zhao.clicks("恢复默认")
    assert zhao.card.endswith("\n2026年第三季度仍按：1分")


def test_deadlines_are_worked_out_anew_only_when_asked(centre: Centre, zhao: User):
    before = opened(centre, "2026Q4")
    zhao.presses("ad.sett:deadline.score_days")
    zhao.says("13")
    zhao.says("第五条")
    assert opened(centre, "2026Q4").dates(ZONE) == before.dates(ZONE)
    zhao.presses("ad.qcalc:2026Q4")
    assert "评分截止：1月19日（星期二）改为1月20日（星期三）\n" in zhao.hears[-1]


# ---------------------------------------------------------------- what counts at once


def test_notices_are_silent_outside_the_hours(centre: Centre, zhao: User):
    four = [centre.person(name, "liaison", department="GA") for name in "甲乙丙丁"]
    with centre.database.begin() as connection:
        for key, value in (("hours.start", "08:30"), ("hours.end", "17:30")):
            settings.set_rule(
                connection,
                key=key,
                value=value,
                basis="",
                reason="",
                person_id=zhao.person_id,
                now=centre.now,
            )
    silent = []
    for li, clock in zip(four, ((8, 20), (8, 40), (17, 20), (17, 40)), strict=True):
        centre.now = datetime(2026, 11, 4, *clock, tzinfo=ZONE)
        zhao.presses(f"ad.grant:{li.person_id}:0:u")
        silent.append(li.chat[-1].silent)
    assert silent == [True, False, False, True]


def test_heads_are_called_as_the_centre_calls_them(centre: Centre, zhao: User):
    qian = centre.person("钱局", "head", department="GA")
    qian.says("/start")
    assert qian.hears[0].startswith("钱局您好，您是公安部门负责人。")
    zhao.presses("ad.set:words.head")
    zhao.clicks("首席代表")
    zhao.says("三定方案")
    qian.says("/start")
    assert qian.hears[0].startswith("钱局您好，您是公安首席代表。")
    zhao.presses(f"ad.per:{qian.person_id}")
    assert zhao.hears[-1].startswith("钱局\n角色：公安首席代表\n")
    assert "取消公安首席代表" in zhao.buttons
    zhao.presses("ad.ppl")
    zhao.says("孙伟 首席")
    assert "角色有：联络员、首席代表、考核员" in zhao.hears[-1]


def test_files_above_the_limit_are_refused(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    for key in ("evidence.file_mb", "evidence.web_file_mb"):
        zhao.presses(f"ad.sett:{key}")
        zhao.says("1")
        zhao.says("网络较慢")
    li.says("/submit")
    li.clicks("工作佐证")
    big = b"%PDF-1.4" + b"x" * 1024**2
    li.sends(File("大.pdf", big))
    assert "“大.pdf”超过 1.0 MB，没有收下" in li.hears[-1]
    li.sends(File("小.pdf", b"%PDF-1.4"))
    assert "小" in li.card
