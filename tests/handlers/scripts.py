"""Every dialog as scripts: data for the tests that go across dialogs.

A line is who, what (`says`, `clicks`, `part` of a label, `sends` files) and the words; ⏎ is a line
break in them. Lines of … happen by themselves. Together they press every button that there is and
stop at every step; tests/handlers/test_driver.py holds them to that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from tests.chat import ZONE, Centre, File, User
from tests.handlers.reminder_desk import tick
from tests.support.workbooks import workbook

DEPARTMENT_ROWS = (("部门全称", "简称"), ("司法局", "司法"))
PEOPLE_ROWS = (("编号", "姓名", "角色", "部门"), (12, "张伟", "联络员", "公安"))
WORKBOOKS = {
    "部门.xlsx": workbook({"部门": DEPARTMENT_ROWS}),
    "人员.xlsx": workbook({"人员": PEOPLE_ROWS}),
    "两种.xlsx": workbook({"部门": DEPARTMENT_ROWS, "人员": PEOPLE_ROWS}),
    "别的.xlsx": workbook({"Sheet1": [["一张别的表"]]}),
}
CODE = re.compile(r"\b[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{6}\b")


@dataclass(frozen=True, slots=True)
class Line:
    who: str
    what: str
    words: str

    def __str__(self) -> str:
        return f"{self.who} {self.what} {self.words}".strip()


@dataclass(frozen=True, slots=True)
class Script:
    """`stage` is where it begins, see tests/handlers/stage.py."""

    name: str
    stage: str
    lines: tuple[Line, ...]


def play(centre: Centre, *lines: Line, typed: bool = False) -> None:
    """`typed`: what is pressed elsewhere is typed by its mark, as where there are no buttons."""
    for line in lines:
        if line.who == "…":
            _happens(centre, line)
        elif typed and line.what in ("clicks", "part"):
            user = centre.people[line.who]
            user.types(line.words if line.what == "clicks" else user.label(line.words))
        else:
            _acts(centre, centre.people[line.who], line)


def _happens(centre: Centre, line: Line) -> None:
    if line.what == "day":
        centre.now = datetime.fromisoformat(line.words).replace(hour=10, tzinfo=ZONE)
    elif line.what == "tick":
        tick(centre)
    elif line.what == "joins":
        centre.group(line.words).joins()
    elif line.what == "leaves":
        centre.group(line.words).leaves()
    elif line.what == "reads":
        centre.finish_readings(problem=line.words)
    else:
        centre.finish_downloads(problem=line.words)


def _acts(centre: Centre, user: User, line: Line) -> None:
    first, _, rest = line.words.partition("：")
    if line.what == "says":
        user.says(line.words, source=source(user, line.words))
    elif line.what == "edits":
        user.edits(source(user, first), rest)
    elif line.what == "forwards":
        user.says(line.words, forwarded_from="办事群众")
    elif line.what == "sends":
        user.sends(*(File(name, _content(name)) for name in first.split()), text=rest)
    elif line.what == "code":
        user.says(code_heard(centre.people[line.words]))
    elif line.what == "part":
        user.clicks_containing(line.words)
    else:
        user.clicks(line.words)


def _content(name: str) -> bytes:
    return WORKBOOKS[name] if name in WORKBOOKS else f"bytes of {name}".encode()


def action_of(centre: Centre, line: Line) -> str:
    """What the line is about to press; '' if it presses nothing."""
    if line.what not in ("clicks", "part"):
        return ""
    user = centre.people[line.who]
    if line.what == "clicks":
        return user.button(line.words)
    return user.button(user.label(line.words))


def source(user: User, text: str) -> str:
    """A message is named by its own words, so that a later line can edit it."""
    return f"{user.name}:{text[:40]}"


def code_heard(user: User) -> str:
    """The one-time code in the last message with one."""
    text = next(each.text for each in reversed(user.chat) if CODE.search(each.text))
    return str(CODE.findall(text)[-1])


def _script(name: str, stage: str, text: str) -> Script:
    found = []
    for line in text.strip().splitlines():
        who, what, *words = line.strip().split(" ", 2)
        found.append(Line(who, what, words[0].replace("⏎", "\n") if words else ""))
    return Script(name, stage, tuple(found))


SUBMIT = (
    _script(
        "上报一份",
        "morning",
        """
        李敏 says /submit
        李敏 clicks 帮办案例
        李敏 says 上门帮老人办医保⏎老人行动不便，科长带设备上门，当场办结。
        李敏 sends 现场.jpg 回执.pdf
        李敏 clicks 今天
        李敏 clicks 确认提交
        … arrive
        李敏 clicks 查看
        李敏 clicks 查看附件
        李敏 clicks 返回列表
        """,
    ),
    _script(
        "各项修改",
        "morning",
        """
        李敏 says 报送
        李敏 clicks 信息录用、新闻宣传
        李敏 says https://news.example.com/s/abc
        李敏 says 宝山汇报道我局便民举措
        李敏 clicks 昨天
        李敏 clicks 确认提交
        李敏 clicks 媒体名称
        李敏 says 宝山汇
        李敏 clicks 区级
        李敏 clicks 换一行
        李敏 clicks 返回
        李敏 clicks 换一行
        李敏 clicks 全部评分行
        李敏 clicks 线上帮办
        李敏 sends a.jpg b.pdf
        … arrive
        李敏 clicks 修改
        李敏 clicks 标题
        李敏 clicks 返回
        李敏 clicks 修改
        李敏 clicks 标题
        李敏 says 新标题
        李敏 clicks 修改
        李敏 clicks 日期
        李敏 says 11月1日
        李敏 clicks 修改
        李敏 clicks 说明
        李敏 says 新说明
        李敏 clicks 修改
        李敏 clicks 级别
        李敏 clicks 市级
        李敏 clicks 修改
        李敏 clicks 删除附件
        李敏 clicks 删除 1. a.jpg
        李敏 clicks 返回
        李敏 clicks 修改
        李敏 clicks 类别
        李敏 clicks 创新亮点
        李敏 edits 宝山汇报道我局便民举措：更新的标题
        李敏 clicks 确认提交
        李敏 edits 新说明：又一个说明
        李敏 clicks 再报一份
        """,
    ),
    _script(
        "等文件",
        "morning",
        """
        李敏 says /submit
        李敏 clicks 工作佐证
        李敏 says 窗口业务培训
        李敏 clicks 今天
        李敏 sends 培训.jpg 名单.docx
        李敏 clicks 确认提交
        李敏 clicks 先不提交
        李敏 clicks 取消
        李敏 clicks 继续草稿：窗口业务培训
        李敏 clicks 确认提交
        … refuse file.mismatch
        李敏 clicks 取消
        李敏 sends 另一张.jpg
        李敏 says 取消
        … refuse file.macro
        李敏 says /mine
        李敏 part 窗口业务培训
        李敏 clicks 删除草稿
        李敏 clicks 恢复草稿
        李敏 clicks 取消
        李敏 clicks 再报一份
        """,
    ),
    _script(
        "直接发来",
        "morning",
        """
        李敏 says 群众送来锦旗
        李敏 clicks 其他
        李敏 says 取消
        李敏 forwards 补充：群众很满意⏎详见照片
        李敏 sends 锦旗.jpg
        李敏 clicks 并入：群众送来锦旗
        … arrive
        李敏 says 昨天
        李敏 says 取消
        李敏 edits 群众送来锦旗：群众送来锦旗一面
        """,
    ),
    _script(
        "几个部门",
        "morning",
        """
        周全 says /submit
        周全 clicks 医保局
        周全 clicks 创新亮点
        周全 says 取消
        周全 says 群众来电表扬
        周全 clicks 人社局
        周全 clicks 工作佐证
        周全 clicks 修改
        周全 clicks 部门
        周全 clicks 医保局
        周全 says /submit
        周全 clicks 为其他部门代录
        周全 clicks 公安
        周全 clicks 工作佐证
        """,
    ),
    _script(
        "代录",
        "many",
        """
        王芳 says /submit
        王芳 clicks 下一页
        王芳 clicks 上一页
        王芳 clicks 市场监管局
        王芳 clicks 工作佐证
        王芳 says 现场检查⏎服务规范
        王芳 says /submit
        王芳 clicks 继续草稿：现场检查
        王芳 clicks 今天
        王芳 clicks 确认提交
        """,
    ),
    _script(
        "报入下一季度",
        "scored",
        """
        李敏 says /submit
        李敏 clicks 创新亮点
        李敏 says 十二月的创新⏎背景、做法、成效
        李敏 says 2026.12.30
        李敏 clicks 确认提交
        李敏 clicks 报入2027年第一季度
        李敏 clicks 确认提交
        """,
    ),
    _script(
        "重复",
        "evidence",
        """
        李敏 says /submit
        李敏 clicks 帮办案例
        李敏 says 待审核的一件⏎第5件的经过
        李敏 clicks 今天
        李敏 clicks 确认提交
        李敏 clicks 返回
        李敏 clicks 确认提交
        李敏 clicks 不提交，保留草稿
        李敏 clicks 继续草稿：待审核的一件
        李敏 clicks 确认提交
        李敏 clicks 仍要提交
        """,
    ),
)

UPLOAD = (
    _script(
        "上传材料",
        "pages",
        """
        李敏 says /upload
        李敏 clicks 返回
        李敏 says 上传材料
        李敏 clicks 返回
        李敏 says 取消
        王芳 says /upload
        王芳 clicks 上报新的材料
        李敏 says /submit
        李敏 clicks 工作佐证
        李敏 clicks 上传材料
        李敏 says 窗口业务培训
        """,
    ),
)

MINE = (
    _script(
        "我的上报",
        "evidence",
        """
        李敏 says 我的上报
        李敏 part 撤回的一件
        李敏 clicks 重新上报
        李敏 says 取消
        李敏 says 我的上报
        李敏 clicks 下一页
        李敏 clicks 上一页
        李敏 part 退回补充
        李敏 part 退回的一件
        李敏 clicks 补充材料
        李敏 says 补充的说明
        李敏 clicks 确认提交
        李敏 says /mine
        李敏 clicks 待审核 4
        李敏 part 待审核的一件
        李敏 clicks 查看附件
        李敏 says /mine
        李敏 part 待审核的一件
        李敏 clicks 修改
        李敏 says 取消
        李敏 says /mine
        李敏 part 待审核的一件
        李敏 clicks 撤回
        李敏 clicks 返回
        李敏 clicks 撤回
        李敏 clicks 确定撤回
        李敏 clicks 重新上报
        李敏 says /mine
        李敏 part 已采纳
        李敏 part 采纳的一件
        李敏 clicks 返回列表
        """,
    ),
)

REVIEW = (
    _script(
        "审核",
        "evidence",
        """
        王芳 says 审核
        王芳 clicks 查看附件
        王芳 clicks 跳过
        王芳 says /review
        王芳 clicks 退回补充
        王芳 clicks 返回
        王芳 clicks 退回补充
        王芳 clicks 缺时间
        王芳 clicks 采纳
        王芳 clicks 返回
        王芳 clicks 采纳
        王芳 clicks 区级
        王芳 clicks 不采纳
        王芳 says 与我中心无关
        赵强 says /review
        赵强 clicks 改列
        赵强 clicks 工作纪律
        赵强 says 更符合该行
        赵强 clicks 刷新
        """,
    ),
    _script(
        "改列到别的科室",
        "evidence",
        """
        王芳 says /review
        王芳 clicks 改列
        王芳 clicks 工作纪律
        王芳 clicks 更符合该行
        王芳 says /review
        王芳 clicks 改列
        王芳 clicks 窗口业务支撑
        王芳 clicks 更符合该行
        王芳 clicks 退回补充
        王芳 says 请补充时间
        """,
    ),
    _script(
        "替补审核",
        "evidence",
        """
        石磊 says /review
        石磊 clicks 参照标准
        石磊 clicks 采纳
        石磊 clicks 刷新
        顾平 says /review
        吴用 says /review
        """,
    ),
    _script(
        "两个季度",
        "evidence",
        """
        … day 2027-01-05
        李敏 says /submit
        李敏 clicks 帮办案例
        李敏 says 新季度的一件⏎一月的事
        李敏 says 今天
        李敏 clicks 确认提交
        王芳 says /review
        王芳 clicks 看2027年第一季度（1）
        王芳 clicks 采纳
        王芳 says /score
        王芳 clicks 切换到2027年第一季度
        """,
    ),
    _script(
        "同一事项",
        "morning",
        """
        李敏 says /submit
        李敏 clicks 帮办案例
        李敏 says 上门帮办
        李敏 says 为老人上门办理
        李敏 says 今天
        李敏 clicks 确认提交
        王芳 says /review
        王芳 clicks 采纳
        李敏 says /submit
        李敏 clicks 工作佐证
        李敏 says 上门帮办
        李敏 says 为老人上门办理
        李敏 says 今天
        李敏 clicks 确认提交
        王芳 says /review
        王芳 clicks 采纳
        王芳 clicks 返回
        王芳 clicks 采纳
        王芳 says 帮办和培训两件事
        """,
    ),
)

SCORE = (
    _script(
        "评分",
        "evidence",
        """
        王芳 says 评分
        王芳 part 线下帮办
        王芳 part 市场监管局
        王芳 clicks 查看附件
        王芳 clicks 跳过
        王芳 clicks 返回
        王芳 part 市场监管局
        王芳 clicks 5
        王芳 clicks 4.5
        王芳 clicks 返回
        王芳 clicks 4.5
        王芳 clicks 帮办配合不够
        王芳 says 3.5
        王芳 says 帮办次数偏少
        王芳 clicks 4
        王芳 clicks 同上
        王芳 part 公安
        王芳 clicks 4
        王芳 says 复核后更正
        王芳 part 公安
        王芳 clicks 改理由
        王芳 says 复核后再次更正
        王芳 clicks 下一项：咨询服务
        王芳 part 市场监管局
        王芳 clicks 不涉及
        王芳 clicks 本季度无此类业务
        """,
    ),
    _script(
        "整行评分",
        "evidence",
        """
        王芳 says 评分
        王芳 part 咨询服务
        王芳 clicks 全部记满分
        王芳 clicks 撤销
        王芳 says 公安 4.5
        王芳 clicks 返回
        王芳 clicks 返回
        王芳 clicks 全部记满分
        王芳 says 公安
        王芳 clicks 4.5
        王芳 says 电话无人接听
        王芳 clicks 撤销
        王芳 says 公安 4.5 电话无人接听
        王芳 clicks 提交本行评分
        王芳 clicks 返回
        王芳 clicks 提交本行评分
        王芳 clicks 提交本行评分
        李敏 says /submit
        李敏 clicks 工作佐证
        李敏 says 咨询台值守
        李敏 says 全季无漏接
        李敏 clicks 换一行
        李敏 clicks 全部评分行
        李敏 clicks 咨询服务
        李敏 says 今天
        李敏 clicks 确认提交
        王芳 clicks 审核材料
        王芳 says 评分
        王芳 part 其他表现
        王芳 clicks 其余记0分
        """,
    ),
    _script(
        "加分项",
        "evidence",
        """
        王芳 says /score
        王芳 part 信息录用
        王芳 part 市场监管局
        王芳 clicks 0
        王芳 clicks 2
        王芳 says 区融媒体报道
        石磊 says /score
        石磊 part 工作纪律
        石磊 part 市场监管局
        石磊 clicks 10
        顾平 says /score
        吴用 says /score
        吴用 part 线上帮办
        """,
    ),
)

AUDIT = (
    _script(
        "审计",
        "evidence",
        """
        沈清 says /audit
        沈清 clicks 下一页
        沈清 clicks 上一页
        沈清 clicks 1
        沈清 clicks 返回
        沈清 says 李敏
        沈清 clicks 只看失败和被拒
        沈清 clicks 清除条件
        沈清 clicks 导出
        张伟 says 审计
        """,
    ),
)

PUBLISH = (
    _script(
        "还不能提请",
        "evidence",
        """
        张伟 says 发布
        张伟 clicks 刷新
        """,
    ),
    _script(
        "排名",
        "scored",
        """
        张伟 says 排名
        张伟 clicks 刷新
        陈主任 says /ranking
        """,
    ),
    _script(
        "没到排名的时候",
        "evidence",
        """
        张伟 says /ranking
        陈主任 says /ranking
        """,
    ),
    _script(
        "并列的排名",
        "tied",
        """
        张伟 says /ranking
        """,
    ),
    _script(
        "提请和发布",
        "scored",
        """
        张伟 says /publish
        张伟 clicks 提请审定
        陈主任 clicks 退回修改
        陈主任 clicks 返回
        陈主任 clicks 退回修改
        陈主任 clicks 线上帮办
        陈主任 clicks 下一步
        陈主任 clicks 返回
        陈主任 clicks 下一步
        陈主任 says 请核对线上帮办
        王芳 clicks 评分
        王芳 clicks 提交本行评分
        王芳 clicks 提交本行评分
        张伟 says /publish
        张伟 clicks 退回修改
        张伟 clicks 线下帮办
        张伟 clicks 下一步
        张伟 clicks 返回
        张伟 clicks 下一步
        张伟 says 请核对线下帮办
        王芳 clicks 评分
        王芳 clicks 提交本行评分
        王芳 clicks 提交本行评分
        张伟 clicks 发布
        张伟 clicks 提请审定
        张伟 says /publish
        张伟 clicks 刷新
        陈主任 clicks 同意发布
        陈主任 clicks 考核结果
        张伟 says /publish
        张伟 clicks 考核结果
        李敏 clicks 考核结果
        """,
    ),
    _script(
        "公布范围和样稿",
        "scored",
        """
        张伟 says /publish
        张伟 clicks 公布范围
        张伟 clicks 前3名
        张伟 clicks 公布范围
        张伟 clicks 各部门和科室
        张伟 clicks 返回
        张伟 clicks 发样稿
        张伟 clicks 提请审定
        陈主任 clicks 同意发布
        任远 says 考核结果
        任远 clicks 名次图片
        """,
    ),
    _script(
        "更正",
        "published",
        """
        张伟 says /publish
        陈主任 says /result
        陈主任 clicks 下载汇总表
        张伟 says /result
        张伟 clicks 更正
        张伟 clicks 线上帮办
        张伟 clicks 下一步
        张伟 clicks 返回
        张伟 clicks 下一步
        张伟 says 公安线上帮办登记有误
        王芳 clicks 评分
        王芳 says 公安 9 核对后更正
        王芳 clicks 提交本行评分
        王芳 clicks 提交本行评分
        张伟 says /publish
        张伟 clicks 提请审定
        陈主任 clicks 同意发布
        李敏 says /result
        """,
    ),
    _script(
        "并列",
        "tied",
        """
        张伟 says /publish
        张伟 clicks 提请审定
        陈主任 clicks 公安
        陈主任 clicks ✓ 公安
        陈主任 clicks 公安
        陈主任 clicks 医保局
        陈主任 clicks 返回
        陈主任 clicks 公安
        陈主任 clicks 医保局
        陈主任 says 主任办公会讨论决定
        陈主任 clicks 重新选定
        陈主任 clicks 公安
        陈主任 clicks 人社局
        陈主任 says 会议复议决定
        张伟 says /publish
        """,
    ),
    _script(
        "没有主任",
        "alone",
        """
        张伟 says /publish
        张伟 clicks 同意发布
        张伟 clicks 返回
        张伟 clicks 同意发布
        张伟 says 2026年第四季度
        张伟 clicks 立即发送
        张伟 clicks 考核结果
        """,
    ),
)

RESULT = (
    _script(
        "考核结果",
        "published",
        """
        李敏 says 考核结果
        李敏 clicks 下载评分表
        周全 says /result 2026Q4
        周全 clicks 医保局得分
        周全 clicks 下载评分表
        周全 clicks 返回
        任远 says /result
        任远 says /result 2025Q1
        """,
    ),
    _script(
        "还没有结果",
        "morning",
        """
        任远 says /result
        """,
    ),
)

MENU = (
    _script(
        "菜单",
        "morning",
        """
        李敏 says /start
        李敏 clicks 帮助
        李敏 clicks 菜单
        李敏 clicks 网页登录码
        李敏 clicks 菜单
        李敏 clicks 上报材料
        李敏 clicks 其他
        李敏 says 菜单
        李敏 says /cancel
        李敏 clicks 菜单
        李敏 says /nothing
        路人 says 你好
        """,
    ),
    _script(
        "绑定",
        "morning",
        """
        张伟 says /admin
        张伟 clicks 人员
        张伟 says 新人甲 联络员 公安
        路人 code 张伟
        路人 clicks 上报材料
        张伟 says 新人乙 工作人员
        任远 code 张伟
        """,
    ),
)

SETTINGS = (
    _script(
        "设置",
        "morning",
        """
        任远 says 设置
        任远 clicks 免打扰
        任远 clicks 22:00至次日7:00
        任远 clicks 免打扰
        任远 says 21:00-6:30
        任远 clicks 免打扰
        任远 clicks 关闭免打扰
        任远 clicks 免打扰
        任远 clicks 返回
        任远 clicks 关联其他账号
        手机 code 任远
        任远 clicks 设置
        任远 clicks 首选：fake2
        任远 clicks 解除关联：fake2
        任远 clicks 返回
        任远 clicks 解除关联：fake2
        任远 clicks 确认解除关联
        """,
    ),
)

ADMIN = (
    _script(
        "部门",
        "many",
        """
        张伟 says 管理
        张伟 clicks 部门
        张伟 clicks 下一页
        张伟 clicks 上一页
        张伟 clicks 市场监管局
        张伟 clicks 改全称
        张伟 clicks 返回
        张伟 clicks 改全称
        张伟 says 市场监督管理分局
        张伟 clicks 改简称
        张伟 says 市监分局
        张伟 clicks 改代码
        张伟 says SJFJ
        张伟 clicks 入驻日期
        张伟 says 3月1日
        张伟 clicks 撤出日期
        张伟 says 2026.12.31
        张伟 clicks 撤出日期
        张伟 clicks 清空
        张伟 clicks 返回
        张伟 clicks 添加部门
        张伟 says 误加的局
        张伟 clicks 移除
        张伟 clicks 返回
        张伟 clicks 移除
        张伟 clicks 确认移除
        张伟 clicks 返回
        张伟 part 误
        张伟 clicks 恢复
        张伟 clicks 返回
        张伟 clicks 添加部门
        张伟 says 绿化和市容管理局⏎房屋管理局 房管局 FG
        张伟 clicks 部门
        张伟 clicks 返回
        """,
    ),
    _script(
        "合并和拆分",
        "many",
        """
        张伟 says /admin
        张伟 clicks 部门
        张伟 says 没有的局
        张伟 says 医保
        张伟 clicks 合并
        张伟 clicks 公安
        张伟 clicks 返回
        张伟 clicks 合并
        张伟 clicks 公安
        张伟 says 2027.1.1
        张伟 clicks 人员一并转入
        张伟 clicks 撤销合并或拆分
        张伟 clicks 确认撤销
        张伟 clicks 拆分
        张伟 clicks 2027年1月1日起
        张伟 says 医保服务局⏎医保监管局
        张伟 clicks 返回
        """,
    ),
    _script(
        "交接",
        "evidence",
        """
        张伟 says /admin
        张伟 clicks 人员
        张伟 says 周全
        张伟 clicks 交接
        张伟 clicks 人社局联络员
        张伟 says 李敏
        张伟 clicks 确认交接
        李敏 clicks 我的上报
        张伟 clicks 接手人
        张伟 clicks 交接
        张伟 clicks 全部角色
        张伟 clicks 钱局
        张伟 clicks 返回
        张伟 says /admin
        张伟 clicks 人员
        张伟 says 孙警
        张伟 clicks 交接
        张伟 says 新接手
        张伟 clicks 添加新人员并交接
        """,
    ),
    _script(
        "人员",
        "many",
        """
        张伟 says /admin
        张伟 clicks 人员
        张伟 clicks 下一页
        张伟 clicks 上一页
        张伟 says 林木
        张伟 clicks 改姓名
        张伟 says 林木森
        张伟 clicks 添加角色
        张伟 clicks 返回
        张伟 clicks 添加角色
        张伟 clicks 联络员
        张伟 clicks 下一页
        张伟 clicks 上一页
        张伟 clicks 公安
        张伟 clicks 添加角色
        张伟 clicks 考核员
        张伟 clicks 法规科
        张伟 clicks 取消法规科考核员
        张伟 clicks 网页登录码
        张伟 clicks 返回
        张伟 clicks 移除
        张伟 clicks 返回
        张伟 clicks 移除
        张伟 clicks 确认移除
        张伟 clicks 人员
        张伟 clicks 添加人员
        张伟 says 李敏
        张伟 clicks 另一位同名人员
        张伟 clicks 工作人员
        张伟 clicks 不属于任何部门
        张伟 clicks Telegram二维码
        张伟 clicks 返回
        张伟 clicks 重发邀请码
        张伟 says 人员
        张伟 says /admin
        张伟 clicks 人员
        张伟 says 甲一 联络员 公安⏎乙二 审计员
        张伟 clicks 邀请码
        张伟 clicks 甲一
        张伟 clicks 再看邀请码
        张伟 says /admin
        张伟 clicks 邀请码
        张伟 clicks 乙二
        张伟 clicks 作废
        """,
    ),
    _script(
        "批量发码",
        "many",
        """
        张伟 says /admin
        张伟 clicks 邀请码
        张伟 clicks 批量发码
        张伟 clicks 全部人员
        张伟 clicks 发码，自定有效期
        张伟 says 12月15日
        张伟 clicks 返回
        张伟 clicks 再打印
        张伟 clicks 返回
        张伟 clicks 全部重新发码
        张伟 clicks 批量发码
        张伟 clicks 选科室
        张伟 clicks 考核办公室
        张伟 clicks 返回
        张伟 clicks 返回
        张伟 clicks 选部门
        张伟 clicks 下一页
        张伟 clicks 上一页
        张伟 clicks 公安
        张伟 says /admin
        张伟 clicks 邀请码
        张伟 clicks 干部A
        张伟 clicks 再看邀请码
        张伟 clicks 打印码条
        """,
    ),
    _script(
        "加入码",
        "morning",
        """
        张伟 says /admin
        张伟 clicks 部门
        张伟 clicks 市场监管局
        张伟 clicks 加入码
        张伟 clicks 生成加入码
        张伟 clicks 改有效期
        张伟 says 12月20日
        张伟 clicks 加入海报
        张伟 clicks 返回
        张伟 clicks 换新码
        张伟 clicks 作废
        张伟 clicks 生成加入码
        孙警 code 张伟
        路人 code 张伟
        路人 says 陆小路
        张伟 clicks 返回
        张伟 clicks 加入码
        张伟 clicks 已加入的人员
        张伟 clicks 返回
        """,
    ),
    _script(
        "科室",
        "many",
        """
        张伟 says /admin
        张伟 clicks 科室
        张伟 clicks 添加科室
        张伟 says 督导科
        张伟 clicks 联系人和电话
        张伟 says 马老师 021-56009999
        张伟 clicks 改名称
        张伟 says 督导一科
        张伟 clicks 接收考核项
        张伟 clicks 线上帮办
        张伟 clicks 返回
        张伟 clicks 代审人
        张伟 clicks 王芳
        张伟 clicks 代审人
        张伟 clicks 不设代审人
        张伟 clicks 添加考核员
        张伟 says 马飞
        张伟 says /admin
        张伟 clicks 科室
        张伟 clicks 添加科室
        张伟 says 误设的科
        张伟 clicks 移除
        张伟 clicks 返回
        张伟 clicks 移除
        张伟 clicks 确认移除
        """,
    ),
    _script(
        "季度",
        "many",
        """
        张伟 says /admin
        张伟 clicks 本中心规定
        张伟 clicks 评先
        张伟 clicks 是
        张伟 says 考核细则第八条
        张伟 says /admin
        张伟 clicks 季度
        张伟 clicks 2026年第四季度
        张伟 clicks 改日期
        张伟 clicks 报送截止
        张伟 clicks 返回
        张伟 clicks 改日期
        张伟 clicks 报送截止
        张伟 says 2027年1月7日
        张伟 says 系统升级
        张伟 clicks 按日历重算
        张伟 says 恢复原定日期
        张伟 clicks 部门延期
        张伟 clicks 下一页
        张伟 clicks 上一页
        张伟 clicks 公安
        张伟 clicks 补报截止
        张伟 says 2027年1月12日
        张伟 says 窗口搬迁
        张伟 clicks 部门延期
        张伟 clicks 公安
        孙警 says /start
        张伟 clicks 取消延期
        张伟 clicks 取消评先资格
        张伟 clicks 公安
        张伟 says 通报批评
        张伟 clicks 恢复：公安
        张伟 clicks 返回
        张伟 clicks 返回
        张伟 clicks 返回
        """,
    ),
    _script(
        "日历",
        "many",
        """
        张伟 says /admin
        张伟 clicks 日历
        张伟 clicks 录入放假和上班
        张伟 says 2027.2.6-2027.2.12 放假⏎2027.2.20 上班
        张伟 says 国办发明电〔2026〕7号
        张伟 clicks 2027.2.20 上班
        张伟 clicks 填文件
        张伟 clicks 返回
        张伟 clicks 移除
        张伟 clicks 录入放假和上班
        张伟 says 2027.1.4 放假
        张伟 clicks 没有文件
        张伟 clicks 返回
        """,
    ),
    _script(
        "本中心规定",
        "many",
        """
        张伟 says /admin
        张伟 clicks 本中心规定
        张伟 clicks 评分
        张伟 clicks 评分的最小间隔
        张伟 clicks 1分
        张伟 says 考核细则第五条
        张伟 clicks 恢复默认
        张伟 clicks 返回
        张伟 clicks 单项指标的最小间隔
        张伟 clicks 工作纪律
        张伟 clicks 0.25分
        张伟 clicks 没有依据
        张伟 says 纪律分项较细
        张伟 says /admin
        张伟 clicks 本中心规定
        张伟 clicks 佐证
        张伟 clicks 每条佐证最多退回次数
        张伟 clicks 改数值
        张伟 says 3
        张伟 clicks 没有依据
        张伟 says 两次不够
        """,
    ),
    _script(
        "群",
        "morning",
        """
        … joins 考核工作群
        张伟 clicks 查看
        张伟 clicks 登记
        … joins 学习交流群
        张伟 says /admin
        张伟 clicks 群
        张伟 part 学习交流群
        张伟 clicks 不登记
        张伟 clicks 登记
        张伟 clicks 返回
        张伟 part 学习交流群
        张伟 clicks 取消登记
        … leaves 考核工作群
        张伟 clicks 查看
        … leaves 学习交流群
        张伟 says /admin
        张伟 clicks 群
        张伟 part 考核工作群
        张伟 clicks 返回
        张伟 part 学习交流群
        … joins 考核工作群
        张伟 clicks 查看
        """,
    ),
    _script(
        "发送情况",
        "undelivered",
        """
        张伟 says /admin
        张伟 clicks 发送情况
        张伟 clicks 以前的发布
        张伟 clicks 2026年第四季度
        张伟 clicks 重发 1
        张伟 clicks 全部重发
        张伟 clicks 只重发未送达的
        张伟 clicks 全部重发
        张伟 clicks 确认全部重发
        张伟 clicks 其他通知 1
        张伟 clicks 全部重发
        张伟 clicks 返回
        """,
    ),
    _script(
        "评分席位",
        "many",
        """
        张伟 says /admin
        张伟 clicks 科室
        张伟 clicks 督查科
        张伟 clicks 评分席位
        张伟 clicks 工作纪律
        张伟 clicks 王芳
        张伟 clicks 返回
        张伟 clicks 工作纪律
        张伟 clicks 取消席位：王芳
        """,
    ),
    _script(
        "空出的席位",
        "many",
        """
        张伟 says /admin
        张伟 clicks 科室
        张伟 clicks 督查科
        张伟 clicks 评分席位
        张伟 clicks 工作纪律
        张伟 clicks 王芳
        张伟 says /admin
        张伟 clicks 科室
        张伟 clicks 考核办公室
        张伟 clicks 王芳
        张伟 clicks 取消考核办公室考核员
        张伟 clicks 工作纪律
        张伟 clicks 由赵强接替王芳
        """,
    ),
)

PROGRESS = (
    _script(
        "进度",
        "evidence",
        """
        李敏 says 进度
        王芳 says /progress
        王芳 clicks 审核材料 3
        周全 says /progress
        张伟 says /progress
        张伟 clicks 退回补充 1
        张伟 clicks 返回
        张伟 clicks 未上报部门 2
        张伟 clicks 返回
        陈主任 says /progress
        """,
    ),
    _script(
        "两个季度的进度",
        "evidence",
        """
        … day 2027-01-05
        李敏 says 进度
        李敏 clicks 切换到2027年第一季度
        李敏 clicks 切换到2026年第四季度
        王芳 says 进度
        王芳 clicks 切换到2027年第一季度
        张伟 says 进度
        张伟 clicks 切换到2027年第一季度
        陈主任 says 进度
        陈主任 clicks 切换到2027年第一季度
        """,
    ),
    _script(
        "没有绑定的人",
        "many",
        """
        张伟 says 进度
        张伟 clicks 未绑定人员 9
        张伟 clicks 返回
        """,
    ),
    _script(
        "等审定的进度",
        "proposed",
        """
        李敏 says 进度
        张伟 says 进度
        陈主任 says 进度
        """,
    ),
)

IMPORT = (
    _script(
        "导入",
        "morning",
        """
        张伟 says /admin
        张伟 clicks 导入
        张伟 clicks 部门
        张伟 clicks 取表格
        张伟 sends 部门.xlsx
        … reads
        张伟 clicks 确认导入
        张伟 clicks 导入
        张伟 clicks 返回
        """,
    ),
    _script(
        "用表格评分",
        "morning",
        """
        王芳 says /score
        王芳 clicks 用表格评分
        王芳 clicks 返回
        王芳 clicks 评分
        王芳 says 2026Q4
        王芳 says 在路上
        王芳 clicks 取表格
        """,
    ),
    _script(
        "直接发来的表格",
        "morning",
        """
        张伟 sends 两种.xlsx
        … reads
        张伟 clicks 导入人员
        张伟 clicks 放弃
        张伟 sends 人员.xlsx
        … reads
        张伟 clicks 确认导入
        张伟 sends 别的.xlsx
        … reads
        张伟 clicks 作为材料上报
        """,
    ),
)

LEAVE = (
    _script(
        "请假",
        "morning",
        """
        李敏 says 请假
        李敏 clicks 请管理员指定B角
        张伟 clicks 指定B角
        张伟 says 孙警
        张伟 clicks 1. 孙警
        李敏 says /leave
        李敏 says 明天-11月8日
        李敏 clicks 返回
        李敏 says 明天-11月8日
        李敏 clicks 确认请假
        李敏 clicks 取消：11月4日
        张伟 says /admin
        张伟 clicks 人员
        张伟 says 李敏
        张伟 clicks 请假
        张伟 says 12.28-1.3
        张伟 clicks 确认请假
        张伟 clicks 取消：12月28日
        张伟 clicks 返回
        张伟 clicks B角
        张伟 clicks 不设B角
        """,
    ),
)

REMINDERS = (
    _script(
        "提醒",
        "morning",
        """
        … day 2026-12-22
        … tick
        李敏 clicks 本季度无可报
        李敏 clicks 撤回无可报
        李敏 clicks 上报材料
        """,
    ),
    _script(
        "转告",
        "morning",
        """
        … day 2027-01-07
        … tick
        张伟 clicks 转告负责人
        张伟 clicks 未上报部门
        """,
    ),
)

SCRIPTS = (
    *SUBMIT, *UPLOAD, *MINE, *REVIEW, *SCORE, *PROGRESS, *REMINDERS, *PUBLISH, *RESULT, *MENU,
    *SETTINGS,
    *ADMIN, *LEAVE, *IMPORT, *AUDIT,
)  # fmt: skip
