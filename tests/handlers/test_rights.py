"""Who may do what: a table written by hand from the product's page, run through the real dispatch.

Each button is taken from a card that somebody was rightfully shown, and pressed by everybody, at
that very moment, with the same bytes. The table says what becomes of it:

    +  it is theirs to do: it has its effect, or shows what it is to show, and nothing else
    -  refused as if it did not exist, nothing changed, the denial audited
    b  a right of this kind, but not here: barred by their own department, report or proposal;
       said so, nothing changed, the denial audited
    m  nothing to them: the menu, nothing changed
    ?  an unknown account: told how to get a code, nothing changed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

import templates
from handlers.access import NotAllowed
from handlers.discovery import discover
from storage.models import audit, person, role, section
from tests.chat import Centre, User
from tests.handlers.scripts import SCRIPTS, Line, Script, action_of, play
from tests.handlers.stage import Stages, facts_of, rehearsal

NOT_ALLOWED = templates.say_error(NotAllowed())
HOW = templates.say("linking.how")
BARRED = ("您须回避", "是您所在的部门，由其他考核员评分。", "这次结果由您提请，请由其他主任审定。")

# 市场监管局's liaison and head, another department's; 考核办公室's two evaluators and its third,
# who belongs to 市场监管局; 督查科's only one, who does too; its substitute, of 法规科; a liaison
# of two other departments who is an evaluator of 法规科 besides; one of each other role; an
# unknown account; one who was removed with all their roles
PEOPLE = (
    "李敏", "钱局", "孙警", "何局",
    "王芳", "赵强", "吴用", "顾平", "石磊", "周全",
    "陈主任", "张伟", "沈清", "任远",
    "路人", "郑旧",
)  # fmt: skip
ALL = "++++ ++++++ ++++ ??"
ADMIN = "---- ------ -+-- ??"
READERS = "---- ------ -++- ??"
TEXT = "一段文字"
OPEN_WORDS = {"菜单", "帮助", "取消", "考核结果", "/nothing"}


@dataclass(frozen=True, slots=True)
class Right:
    """`of` is the command or the button's verb; a button is that of `label` in this script."""

    of: str
    marks: str
    writes: bool = False
    script: str = ""
    label: str = ""

    def __str__(self) -> str:
        return f"{self.of} {self.script}/{self.label}".removesuffix(" /")


def looks(of: str, marks: str, script: str = "", label: str = "") -> Right:
    return Right(of, marks, False, script, label)


def writes(of: str, marks: str, script: str = "", label: str = "") -> Right:
    return Right(of, marks, True, script, label)


# liaison head (own, other) | evaluators | director admin auditor member | unknown removed
TABLE = (
    # ------------------------------------------------------------ commands
    looks("/start", ALL),
    looks("/help", ALL),
    looks("/cancel", ALL),
    looks("/result", ALL),
    looks("/settings", ALL),
    looks("/submit", "++++ ++++++ -+-- ??"),
    looks("/upload", "++++ ++++++ -+-- ??"),
    looks("/mine", "++++ -----+ ---- ??"),
    looks("/review", "---- ++++++ ---- ??"),
    looks("/score", "---- ++++++ ---- ??"),
    looks("/ranking", "---- ------ ++-- ??"),
    looks("/progress", "++++ ++++++ ++-- ??"),
    looks("/publish", "---- ------ ++-- ??"),
    looks("/leave", "++++ ++++++ ++-- ??"),
    looks("/admin", ADMIN),
    looks("/audit", READERS),
    # a text out of the blue begins a report of one's own department
    writes(TEXT, "++++ mmmmm+ mmmm ??"),
    # ------------------------------------------------------------ reporting
    looks("sub.new", "++++ ++++++ -+-- ??", "等文件", "再报一份"),
    looks("sub.dep", "++-- ++++++ -+-- ??", "代录", "市场监管局"),
    looks("sub.deps", "---- ++++++ -+-- ??", "代录", "下一页"),
    writes("sub.kind", "++-- ++++++ -+-- ??", "上报一份", "帮办案例"),
    writes("sub.kind", "---- ++++++ -+-- ??", "几个部门", "创新亮点"),
    writes("sub.day", "++-- ------ ---- ??", "上报一份", "今天"),
    writes("sub.ok", "++-- ------ ---- ??", "上报一份", "确认提交"),
    writes("sub.ok", "++-- +----- ---- ??", "代录", "确认提交"),
    looks("sub.go", "++-- ------ ---- ??", "等文件", "继续草稿：窗口业务培训"),
    looks("sub.go", "++-- +----- ---- ??", "代录", "继续草稿：现场检查"),
    looks("sub.ask", "++-- ------ ---- ??", "各项修改", "标题"),
    looks("sub.up", "++-- ------ ---- ??", "上传材料", "上传材料"),
    writes("sub.lvl", "++-- ------ ---- ??", "各项修改", "区级"),
    looks("sub.rows", "++-- ------ ---- ??", "各项修改", "换一行"),
    looks("sub.back", "++-- ------ ---- ??", "各项修改", "返回"),
    writes("sub.row", "++-- ------ ---- ??", "各项修改", "线上帮办"),
    looks("sub.edit", "++-- ------ ---- ??", "各项修改", "修改"),
    looks("sub.lvls", "++-- ------ ---- ??", "各项修改", "级别"),
    looks("sub.kinds", "++-- ------ ---- ??", "各项修改", "类别"),
    writes("sub.setk", "++-- ------ ---- ??", "各项修改", "创新亮点"),
    looks("sub.files", "++-- ------ ---- ??", "各项修改", "删除附件"),
    writes("sub.rm", "++-- ------ ---- ??", "各项修改", "删除 1. a.jpg"),
    writes("sub.hold", "++-- ------ ---- ??", "等文件", "先不提交"),
    looks("sub.stop", "++-- ------ ---- ??", "等文件", "取消"),
    writes("sub.drop", "++-- ------ ---- ??", "等文件", "删除草稿"),
    writes("sub.undo", "++-- ------ ---- ??", "等文件", "恢复草稿"),
    writes("sub.join", "++-- ------ ---- ??", "直接发来", "并入：群众送来锦旗"),
    looks("sub.setds", "---- -----+ ---- ??", "几个部门", "部门"),
    writes("sub.setd", "---- -----+ ---- ??", "几个部门", "人社局"),
    writes("sub.carry", "++-- ------ ---- ??", "报入下一季度", "报入2027年第一季度"),
    writes("sub.fix", "++-- ------ ---- ??", "我的上报", "补充材料"),
    writes("sub.fix", "++-- ------ ---- ??", "我的上报", "修改"),
    writes("sub.copy", "++-- ------ ---- ??", "我的上报", "重新上报"),
    # ------------------------------------------------------------ the department's evidence
    looks("mine.list", "++++ -----+ ---- ??", "我的上报", "下一页"),
    looks("mine.show", "++-- ------ ---- ??", "上报一份", "查看"),
    looks("mine.files", "++-- ------ ---- ??", "上报一份", "查看附件"),
    looks("mine.wd", "++-- ------ ---- ??", "我的上报", "撤回"),
    writes("mine.wdok", "++-- ------ ---- ??", "我的上报", "确定撤回"),
    # ------------------------------------------------------------ review
    looks("rev.q", "---- ++++++ ---- ??", "审核", "刷新"),
    looks("rev.files", "---- ++b--- ---- ??", "审核", "查看附件"),
    looks("rev.skip", "---- ++b--- ---- ??", "审核", "跳过"),
    looks("rev.ret", "---- ++b--- ---- ??", "审核", "退回补充"),
    looks("rev.show", "---- ++b--- ---- ??", "审核", "返回"),
    writes("rev.why", "---- ++b--- ---- ??", "审核", "缺时间"),
    writes("rev.acc", "---- ++b--- ---- ??", "审核", "区级"),
    looks("rev.rej", "---- +++--- ---- ??", "审核", "不采纳"),
    # 代录 by 王芳, for 公安
    looks("rev.mov", "---- b++--- ---- ??", "审核", "改列"),
    looks("rev.to", "---- b++--- ---- ??", "审核", "工作纪律"),
    writes("rev.why", "---- ++b--- ---- ??", "改列到别的科室", "更符合该行"),
    # 督查科's row, whose only evaluator belongs to the department: its substitute's
    looks("rev.std", "---- ---b+- ---- ??", "替补审核", "参照标准"),
    writes("rev.acc", "---- ---b+- ---- ??", "替补审核", "采纳"),
    # ------------------------------------------------------------ scores
    looks("sc.rows", "---- ++++++ ---- ??", "两个季度", "切换到2027年第一季度"),
    looks("sc.row", "---- +++--- ---- ??", "评分", "线下帮办"),
    looks("sc.dep", "---- ++b--- ---- ??", "评分", "市场监管局"),
    looks("sc.view", "---- ++b--- ---- ??", "评分", "查看附件"),
    looks("sc.next", "---- ++b--- ---- ??", "评分", "跳过"),
    writes("sc.set", "---- ++b--- ---- ??", "评分", "5"),
    writes("sc.why", "---- +++--- ---- ??", "评分", "帮办配合不够"),
    looks("sc.edit", "---- +++--- ---- ??", "评分", "改理由"),
    looks("sc.na", "---- ++b--- ---- ??", "评分", "不涉及"),
    writes("sc.why", "---- ++b--- ---- ??", "评分", "本季度无此类业务"),
    writes("sc.set", "---- ---b+- ---- ??", "加分项", "10"),
    writes("sc.rest", "---- +++--- ---- ??", "整行评分", "全部记满分"),
    # taken back by whoever gave it only
    writes("sc.undo", "---- +----- ---- ??", "整行评分", "撤销"),
    looks("sc.hand", "---- +++--- ---- ??", "整行评分", "提交本行评分"),
    writes("sc.ok", "---- +++--- ---- ??", "整行评分", "提交本行评分"),
    # ------------------------------------------------------------ progress
    looks("pr.own", "++++ -----+ ---- ??", "两个季度的进度", "切换到2027年第一季度"),
    looks("pr.rows", "---- ++++++ ---- ??", "两个季度的进度", "切换到2027年第一季度"),
    looks("pr.all", ADMIN, "进度", "退回补充 1"),
    looks("pr.dir", "---- ------ +--- ??", "两个季度的进度", "切换到2027年第一季度"),
    # ------------------------------------------------------------ reminders
    writes("rm.none", "++-- ------ ---- ??", "提醒", "本季度无可报"),
    writes("rm.some", "++-- ------ ---- ??", "提醒", "撤回无可报"),
    # what heads are told holds no facts
    looks("rm.heads", ADMIN, "转告", "转告负责人"),
    # ------------------------------------------------------------ totals, proposal, release
    looks("rk.show", "---- ------ ++-- ??", "排名", "刷新"),
    looks("pb.show", "---- ------ ++-- ??", "还不能提请", "刷新"),
    # whoever proposed is not the one to say what the meeting decided
    looks("pb.pick", "---- ------ +b-- ??", "并列", "公安"),
    looks("pb.ext", ADMIN, "公布范围和样稿", "公布范围"),
    writes("pb.extset", ADMIN, "公布范围和样稿", "前3名"),
    writes("pb.test", ADMIN, "公布范围和样稿", "发样稿"),
    looks("pb.fix", ADMIN, "更正", "更正"),
    looks("pb.fixwhy", ADMIN, "更正", "下一步"),
    writes("pb.ask", ADMIN, "提请和发布", "提请审定"),
    looks("pb.back", "---- ------ +b-- ??", "提请和发布", "退回修改"),
    looks("pb.bwhy", "---- ------ +b-- ??", "提请和发布", "下一步"),
    looks("pb.open", ADMIN, "提请和发布", "退回修改"),
    looks("pb.owhy", ADMIN, "提请和发布", "下一步"),
    writes("pb.go", "---- ------ +b-- ??", "提请和发布", "同意发布"),
    # a centre without a director: 陈主任 is no more
    looks("pb.go", "---- ------ ?+-- ??", "没有主任", "同意发布"),
    looks("pb.now", "---- ------ ?+-- ??", "没有主任", "立即发送"),
    # ------------------------------------------------------------ the result
    looks("rs.show", ALL, "考核结果", "返回"),
    looks("rs.pic", ALL, "公布范围和样稿", "名次图片"),
    looks("rs.sum", "---- ++++++ ++-- ??", "更正", "下载汇总表"),
    looks("rs.dep", "---- -----+ ---- ??", "考核结果", "医保局得分"),
    looks("rs.file", "++-- ------ ---- ??", "考核结果", "下载评分表"),
    # ------------------------------------------------------------ leave, one's own
    looks("lv.show", "+--- ------ ---- ??", "请假", "返回"),
    writes("lv.ok", "+--- ------ ---- ??", "请假", "确认请假"),
    writes("lv.off", "+--- ------ ---- ??", "请假", "取消：11月4日"),
    looks("lv.ask", "+--- ------ ---- ??", "请假", "请管理员指定B角"),
    # ------------------------------------------------------------ accounts
    writes("mn.login", ALL, "菜单", "网页登录码"),
    # one's own
    looks("st.show", "---- ------ ---+ ??", "设置", "返回"),
    looks("st.quiet", "---- ------ ---+ ??", "设置", "免打扰"),
    writes("st.hours", "---- ------ ---+ ??", "设置", "22:00至次日7:00"),
    writes("st.link", "---- ------ ---+ ??", "设置", "关联其他账号"),
    writes("st.first", "---- ------ ---+ ??", "设置", "首选：fake2"),
    looks("st.off", "---- ------ ---+ ??", "设置", "解除关联：fake2"),
    writes("st.off2", "---- ------ ---+ ??", "设置", "确认解除关联"),
    # ------------------------------------------------------------ the audit log
    looks("au.page", READERS, "审计", "下一页"),
    looks("au.one", READERS, "审计", "1"),
    looks("au.find", READERS, "审计", "只看失败和被拒"),
    looks("au.file", READERS, "审计", "导出"),
    # ------------------------------------------------------------ /admin
    looks("ad.home", ADMIN, "部门", "返回"),
    looks("ad.deps", ADMIN, "部门", "下一页"),
    looks("ad.dep", ADMIN, "部门", "市场监管局"),
    looks("ad.depname", ADMIN, "部门", "改全称"),
    looks("ad.depshort", ADMIN, "部门", "改简称"),
    looks("ad.depcode", ADMIN, "部门", "改代码"),
    looks("ad.depin", ADMIN, "部门", "入驻日期"),
    looks("ad.depout", ADMIN, "部门", "撤出日期"),
    writes("ad.depclear", ADMIN, "部门", "清空"),
    looks("ad.depadd", ADMIN, "部门", "添加部门"),
    looks("ad.deprm", ADMIN, "部门", "移除"),
    writes("ad.deprm2", ADMIN, "部门", "确认移除"),
    looks("ad.depgone", ADMIN, "部门", "返回"),
    writes("ad.depback", ADMIN, "部门", "恢复"),
    looks("ad.sucm", ADMIN, "合并和拆分", "合并"),
    looks("ad.sucto", ADMIN, "合并和拆分", "公安"),
    writes("ad.sucok", ADMIN, "合并和拆分", "人员一并转入"),
    looks("ad.sucundo", ADMIN, "合并和拆分", "撤销合并或拆分"),
    writes("ad.sucundo2", ADMIN, "合并和拆分", "确认撤销"),
    looks("ad.sucs", ADMIN, "合并和拆分", "拆分"),
    looks("ad.sucday", ADMIN, "合并和拆分", "2027年1月1日起"),
    looks("ad.hand", ADMIN, "交接", "交接"),
    looks("ad.handw", ADMIN, "交接", "人社局联络员"),
    writes("ad.handok", ADMIN, "交接", "确认交接"),
    looks("ad.handto", ADMIN, "交接", "钱局"),
    writes("ad.handnew", ADMIN, "交接", "添加新人员并交接"),
    looks("ad.ppl", ADMIN, "人员", "人员"),
    looks("ad.per", ADMIN, "人员", "返回"),
    looks("ad.peradd", ADMIN, "人员", "添加人员"),
    looks("ad.pername", ADMIN, "人员", "改姓名"),
    looks("ad.role", ADMIN, "人员", "添加角色"),
    looks("ad.indep", ADMIN, "人员", "联络员"),
    looks("ad.insec", ADMIN, "人员", "考核员"),
    writes("ad.grant", ADMIN, "人员", "公安"),
    writes("ad.roleoff", ADMIN, "人员", "取消法规科考核员"),
    writes("ad.login", ADMIN, "人员", "网页登录码"),
    looks("ad.perrm", ADMIN, "人员", "移除"),
    writes("ad.perrm2", ADMIN, "人员", "确认移除"),
    writes("ad.twin", ADMIN, "人员", "另一位同名人员"),
    looks("ad.qr", ADMIN, "人员", "Telegram二维码"),
    writes("ad.inv", ADMIN, "人员", "重发邀请码"),
    looks("ad.invs", ADMIN, "人员", "邀请码"),
    looks("ad.invone", ADMIN, "人员", "甲一"),
    looks("ad.invagain", ADMIN, "人员", "再看邀请码"),
    writes("ad.invrm", ADMIN, "人员", "作废"),
    looks("ad.dpty", ADMIN, "请假", "指定B角"),
    writes("ad.dptyok", ADMIN, "请假", "1. 孙警"),
    looks("ad.lvs", ADMIN, "请假", "请假"),
    writes("ad.lvok", ADMIN, "请假", "确认请假"),
    writes("ad.lvoff", ADMIN, "请假", "取消：12月28日"),
    looks("ad.slips", ADMIN, "批量发码", "批量发码"),
    looks("ad.slip", ADMIN, "批量发码", "全部人员"),
    looks("ad.slipday", ADMIN, "批量发码", "发码，自定有效期"),
    writes("ad.slipgo", ADMIN, "批量发码", "全部重新发码"),
    looks("ad.slippr", ADMIN, "批量发码", "再打印"),
    looks("ad.slipd", ADMIN, "批量发码", "选部门"),
    looks("ad.slips2", ADMIN, "批量发码", "选科室"),
    looks("ad.slip1", ADMIN, "批量发码", "打印码条"),
    looks("ad.join", ADMIN, "加入码", "加入码"),
    writes("ad.joinnew", ADMIN, "加入码", "生成加入码"),
    looks("ad.joinday", ADMIN, "加入码", "改有效期"),
    looks("ad.joinpdf", ADMIN, "加入码", "加入海报"),
    # by now the unknown account has joined, as a member
    looks("ad.joinppl", "---- ------ -+-- -?", "加入码", "已加入的人员"),
    writes("ad.joinrm", ADMIN, "加入码", "作废"),
    looks("ad.secs", ADMIN, "科室", "科室"),
    looks("ad.sec", ADMIN, "科室", "返回"),
    looks("ad.secadd", ADMIN, "科室", "添加科室"),
    looks("ad.secname", ADMIN, "科室", "改名称"),
    looks("ad.seccon", ADMIN, "科室", "联系人和电话"),
    looks("ad.secrows", ADMIN, "科室", "接收考核项"),
    writes("ad.rowto", ADMIN, "科室", "线上帮办"),
    looks("ad.secsub", ADMIN, "科室", "代审人"),
    writes("ad.subset", ADMIN, "科室", "王芳"),
    looks("ad.secrm", ADMIN, "科室", "移除"),
    writes("ad.secrm2", ADMIN, "科室", "确认移除"),
    looks("ad.seats", ADMIN, "评分席位", "评分席位"),
    looks("ad.seat", ADMIN, "评分席位", "工作纪律"),
    writes("ad.seatadd", ADMIN, "评分席位", "王芳"),
    writes("ad.seatrm", ADMIN, "评分席位", "取消席位：王芳"),
    writes("ad.seatto", ADMIN, "空出的席位", "由赵强接替王芳"),
    looks("ad.qtrs", ADMIN, "季度", "季度"),
    looks("ad.qtr", ADMIN, "季度", "2026年第四季度"),
    looks("ad.qdates", ADMIN, "季度", "改日期"),
    looks("ad.qdate", ADMIN, "季度", "报送截止"),
    looks("ad.qcalc", ADMIN, "季度", "按日历重算"),
    looks("ad.qexts", ADMIN, "季度", "部门延期"),
    looks("ad.qext", ADMIN, "季度", "公安"),
    looks("ad.qextd", ADMIN, "季度", "补报截止"),
    writes("ad.qextrm", ADMIN, "季度", "取消延期"),
    looks("ad.qbars", ADMIN, "季度", "取消评先资格"),
    looks("ad.qbar", ADMIN, "季度", "公安"),
    writes("ad.qunbar", ADMIN, "季度", "恢复：公安"),
    looks("ad.cal", ADMIN, "日历", "日历"),
    looks("ad.calday", ADMIN, "日历", "2027.2.20 上班"),
    looks("ad.caladd", ADMIN, "日历", "录入放假和上班"),
    looks("ad.calsrc", ADMIN, "日历", "填文件"),
    writes("ad.calrm", ADMIN, "日历", "移除"),
    looks("ad.grps", ADMIN, "群", "群"),
    looks("ad.grp", ADMIN, "群", "查看"),
    writes("ad.grpok", ADMIN, "群", "登记"),
    writes("ad.grpno", ADMIN, "群", "不登记"),
    # what they change are messages, which hold no facts
    looks("ad.dlv", ADMIN, "发送情况", "发送情况"),
    looks("ad.dlvs", ADMIN, "发送情况", "以前的发布"),
    looks("ad.dlvo", ADMIN, "发送情况", "其他通知 1"),
    looks("ad.dlvre", ADMIN, "发送情况", "重发 1"),
    looks("ad.dlvall", ADMIN, "发送情况", "全部重发"),
    looks("ad.dlvyes", ADMIN, "发送情况", "确认全部重发"),
    looks("ad.sets", ADMIN, "本中心规定", "本中心规定"),
    looks("ad.setg", ADMIN, "本中心规定", "评分"),
    looks("ad.set", ADMIN, "本中心规定", "评分的最小间隔"),
    looks("ad.setrow", ADMIN, "本中心规定", "工作纪律"),
    looks("ad.setv", ADMIN, "本中心规定", "1分"),
    looks("ad.sett", ADMIN, "本中心规定", "改数值"),
    looks("ad.setno", ADMIN, "本中心规定", "没有依据"),
    writes("ad.setdef", ADMIN, "本中心规定", "恢复默认"),
    # ------------------------------------------------------------ imports
    looks("im.home", "---- ++++++ -+-- ??", "导入", "导入"),
    looks("im.kind", ADMIN, "导入", "部门"),
    looks("im.tpl", ADMIN, "导入", "取表格"),
    writes("im.ok", ADMIN, "导入", "确认导入"),
    writes("im.take", ADMIN, "直接发来的表格", "导入人员"),
    writes("im.no", ADMIN, "直接发来的表格", "放弃"),
    writes("im.rep", ADMIN, "直接发来的表格", "作为材料上报"),
)
BY_SCRIPT = {each.script for each in TABLE if each.script}


def test_every_command_and_every_button_has_a_row():
    found = discover()
    there = {f"/{name}" for name in found.commands} | set(found.actions) | {TEXT}
    assert {each.of for each in TABLE} == there


COMMANDS = [each for each in TABLE if not each.script]


@pytest.mark.parametrize("right", COMMANDS, ids=str)
def test_commands(right: Right, stages: Stages):
    centre = stages.at("pages")
    text = right.of if right.of.startswith("/") else "群众送来锦旗"
    with rehearsal(centre):
        assert _marks(centre, right, lambda user: user.says(text)) == right.marks


@pytest.mark.parametrize(
    "script", [each for each in SCRIPTS if each.name in BY_SCRIPT], ids=lambda each: each.name
)
def test_buttons(script: Script, stages: Stages):
    wanted = {str(each): each for each in TABLE if each.script == script.name}
    found: dict[str, str] = {}
    centre = stages.at(script.stage)
    with rehearsal(centre):
        for line in script.lines:
            action = action_of(centre, line)
            name = f"{action.split(':')[0]} {script.name}/{line.words}"
            if name in wanted and name not in found:
                press = partial(User.presses, action=action)
                found[name] = _marks(centre, wanted[name], press)
            play(centre, line)
    assert found == {name: each.marks for name, each in wanted.items()}


def _marks(centre: Centre, right: Right, do: Callable[[User], object]) -> str:
    marks = "".join(_mark(centre, right, centre.people[name], do) for name in PEOPLE)
    return " ".join((marks[:4], marks[4:10], marks[10:14], marks[14:]))


def _mark(centre: Centre, right: Right, user: User, do: Callable[[User], object]) -> str:
    with rehearsal(centre) as connection:
        before, denials = facts_of(connection), _denials(connection)
        user.heard.clear()
        do(user)
        mark = _sort_of(right, user, user.hears)
        changed = facts_of(connection) != before
        denied = _denials(connection) > denials
    if changed != (mark == "+" and right.writes):
        mark += "(changed)" if changed else "(unchanged)"
    if denied != (mark in ("-", "b")):
        mark += "(denied)" if denied else "(not audited)"
    return mark


def _sort_of(right: Right, user: User, heard: list[str]) -> str:
    if not heard:
        return "(silence)"
    if heard == [HOW]:
        return "?"
    if heard == [NOT_ALLOWED]:
        return "-"
    if len(heard) == 1 and any(words in heard[0] for words in BARRED) and user.toast == heard[0]:
        return "b"
    if right.of == TEXT and menu(user, heard):
        return "m"
    return "+"


def _denials(connection: Connection) -> int:
    return connection.execute(
        select(func.count()).select_from(audit).where(audit.c.result == "denied")
    ).scalar_one()


# ---------------------------------------------------------------- at the moment of the write

OPEN_TO_ALL = {each.of for each in TABLE if each.marks == ALL}


def theirs(centre: Centre, line: Line) -> bool:
    """Whether the line does what not everybody may; the right to a code is the code."""
    if line.who in ("…", "路人", "任远") or line.what in ("edits", "code"):
        return False
    action = action_of(centre, line)
    verb, object_, *_ = [*action.split(":"), ""]
    command = f"/{object_}" if verb == "cmd" else line.words.split()[0]
    return (verb or command) not in OPEN_TO_ALL and command not in OPEN_TO_ALL | OPEN_WORDS


def menu(user: User, heard: list[str]) -> bool:
    return bool(heard) and heard[-1].startswith(f"{user.name}您好")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_the_right_is_asked_for_at_every_line(script: Script, stages: Stages):
    """Between two lines all roles are taken away, or the person is removed: nothing more
    happens, whatever was shown or asked before."""
    centre = stages.at(script.stage)
    faults: list[tuple[str, str, list[str]]] = []
    with rehearsal(centre):
        for line in script.lines:
            if theirs(centre, line):
                for how in (_without_roles, _removed):
                    answer = _after(centre, line, how)
                    if answer is not None:
                        faults.append((str(line), how.__name__, answer))
            play(centre, line)
    assert faults == []


def _after(
    centre: Centre, line: Line, how: Callable[[Connection, User], list[str]]
) -> list[str] | None:
    """What was said instead of the refusal, or None if all is well."""
    user = centre.people[line.who]
    with rehearsal(centre) as connection:
        refusal = how(connection, user)
        before = facts_of(connection)
        user.heard.clear()
        play(centre, line)
        heard = user.hears
        if facts_of(connection) != before:
            return ["(changed)", *heard]
    # a text that no step waits for is no request: who has no part in reporting gets the menu
    fine = heard == refusal or (line.what in ("says", "sends", "forwards") and menu(user, heard))
    return None if fine else heard


def _without_roles(connection: Connection, user: User) -> list[str]:
    connection.execute(role.delete().where(role.c.person_id == user.person_id))
    connection.execute(section.update().values(substitute_id=None))
    return [NOT_ALLOWED]


def _removed(connection: Connection, user: User) -> list[str]:
    connection.execute(
        person.update().where(person.c.id == user.person_id).values(removed_at=user.centre.now)
    )
    return [HOW]
