"""What each role does in its quarter at the demonstration, from its menu to its last tap.

In the order of a quarter: each path finds what those before it left behind.
"""

from __future__ import annotations

from pathlib import Path

from docx import Document
from openpyxl import load_workbook

from tests.e2e.looking import Looking
from tests.support.demonstration import (
    accept_everything,
    complete_what_was_returned,
    finish_scoring,
    release,
)

CASE = "帮盲人按摩师办健康证明\n按摩师看不见表格，窗口人员逐项念给他听，当天拿到。"


async def each_command(someone: Looking, *commands: tuple[str, str]) -> None:
    """The menu in the chat, then each command of the one beside the place to write; `commands`
    are label and what is heard."""
    await someone.say("菜单", "请选择：")
    buttons = someone.chat.locator(".message").last.locator(".choices button")
    assert await buttons.all_text_contents() == [*(label for label, _ in commands), "网页登录码"]
    await someone.press("网页登录码", "只能用一次")
    for label, heard in commands:
        await someone.from_menu(label, heard)


# ---------------------------------------------------------------- who reports


async def liaison(someone: Looking, photo: Path) -> None:
    await someone.sit("李敏")
    await each_command(
        someone,
        ("上报材料", "请选择类别"),
        ("我的上报", "我的上报 · 第 1/2 页"),
        ("进度", "没有提交的草稿"),
        ("考核结果", "第7名"),
        ("请假", "还没有B角"),
        ("设置", "您的账号"),
        ("帮助", "您可以做的事"),
    )
    await _report(someone, photo)
    await _look_through_what_was_reported(someone)
    await someone.say("考核结果", "第7名")
    await someone.click("下载评分表")
    assert Document(await someone.take("评分表")).tables
    await complete_what_was_returned(someone)
    await _nothing_to_report(someone)


async def _report(someone: Looking, photo: Path) -> None:
    await someone.say("上报", "请选择类别")
    await someone.press("帮办案例", "还缺")
    await someone.attach(photo)
    await someone.look("照片已上传")
    await someone.say(CASE, "附件（1）")
    await someone.press("今天", "内容齐了")
    await someone.press("修改", "要改哪一项")
    await someone.press("返回", "内容齐了")
    await someone.press("换一行", "线下帮办")
    await someone.press("返回", "内容齐了")
    await someone.look_with_axe("上报草稿")
    await someone.press("确认提交", "已收到，回执号 市场监管局1号")
    await someone.press("查看", "市场监管局1号 · 待审核")
    await someone.press("查看附件", "市场监管局1号 · 待审核")
    await someone.press("撤回", "确定撤回")
    await someone.press("返回", "市场监管局1号 · 待审核")


async def _look_through_what_was_reported(someone: Looking) -> None:
    await someone.say("我的上报", "第 1/2 页")
    await someone.press("下一页", "第 2/2 页")
    await someone.press("上一页", "第 1/2 页")
    await someone.press("退回补充 1", "市场监管局4号")
    await someone.press("1. 窗口业务培训", "签到表看不到日期")
    await someone.press("返回列表", "市场监管局4号")


async def _nothing_to_report(someone: Looking) -> None:
    await someone.sit("陈刚")
    await someone.say("进度", "公安分局")
    await someone.press("切换到2026年第四季度", "2026年第四季度进度")
    await someone.press("本季度无可报", "不影响得分")
    await someone.press("撤回无可报", "还没有上报过材料")


async def head(someone: Looking) -> None:
    await someone.sit("吴建平")
    await each_command(
        someone,
        ("上报材料", "请选择类别"),
        ("我的上报", "已采纳 5"),
        ("进度", "本部门"),
        ("考核结果", "第4名"),
        ("请假", "还没有B角"),
        ("设置", "您的账号"),
        ("帮助", "您可以做的事"),
    )
    await someone.say("我的上报", "已采纳 5")
    await someone.press("2. 异地就医备案", "医保局1号 · 已采纳")
    await someone.press("返回列表", "已采纳 5")


# ---------------------------------------------------------------- who judges


async def evaluator(someone: Looking) -> None:
    await someone.sit("王琳")
    await each_command(
        someone,
        ("上报材料", "请选择部门"),
        ("审核材料", "审核 1/3"),
        ("评分", "请选择评分项"),
        ("进度", "评分和审核"),
        ("考核结果", "先进集体"),
        ("请假", "还没有B角"),
        ("设置", "您的账号"),
        ("帮助", "您可以做的事"),
    )
    await _send_back(someone)
    await _score_one(someone)
    await someone.say("/score", "请选择评分项")
    await someone.press("用表格评分", "导入评分")
    await someone.press("取表格", "评分表格")
    assert load_workbook(await someone.take(".xlsx")).sheetnames
    await someone.say("/submit", "请选择部门")
    await someone.press("公安分局", "请选择类别")
    await someone.press("工作佐证", "还缺")
    await someone.press("取消", "草稿")


async def _send_back(someone: Looking) -> None:
    """改列 to another row of the section, then 退回补充; the reasons are seen on the way."""
    await someone.say("审核", "审核 1/3")
    await someone.press("不采纳", "请点选理由")
    await someone.press("返回", "审核 1/3")
    await someone.press("跳过", "审核 2/3")
    await someone.say("审核", "审核 1/3")
    await someone.press("看20", "帮盲人按摩师办健康证明")
    await someone.press("查看附件", "帮盲人按摩师办健康证明")
    await someone.press("改列", "改列到哪一项")
    await someone.press("窗口业务支撑", "请点选理由")
    await someone.press("更符合该行", "由“线下帮办”改列")
    await someone.press("退回补充", "请点选理由")
    await someone.press("缺时间", "退回补充：缺时间")


async def _score_one(someone: Looking) -> None:
    await someone.say("/score", "请选择评分项")
    await someone.press("窗口业务支撑", "还有30个部门未评")
    await someone.press("市场监管局", "尚未评分")
    await someone.press("9.5", "未打满分")
    await someone.press("业务培训不足", "公安分局 · 窗口业务支撑")
    await someone.press("撤销", "还有30个部门未评")
    await someone.press("市场监管局", "尚未评分")
    await someone.press("不涉及", "理由")
    await someone.press("返回", "尚未评分")
    await someone.press("跳过", "公安分局 · 窗口业务支撑")
    await someone.say("/cancel", "已退出")


async def rest_of_the_quarter(someone: Looking) -> None:
    await accept_everything(someone)
    await finish_scoring(someone)


# ---------------------------------------------------------------- who reads


async def auditor(someone: Looking) -> None:
    await someone.sit("程立")
    await each_command(
        someone,
        ("考核结果", "先进集体"),
        ("审计", "审计"),
        ("设置", "您的账号"),
        ("帮助", "您可以做的事"),
    )
    await someone.say("/audit", "可查找")
    await someone.press("1", "结果：")
    await someone.press("返回", "可查找")
    await someone.press("下一页", "可查找")
    await someone.press("今天", "条件：2026年10月12日")
    await someone.press("近7天", "条件：")
    await someone.press("只看失败和被拒", "条件：")
    await someone.press("清除条件", "可查找")
    await someone.say("李敏", "条件：李敏")
    await someone.look_with_axe("审计")
    await someone.press("导出", "审计记录（李敏）")
    assert load_workbook(await someone.take(".xlsx")).sheetnames


async def member(someone: Looking) -> None:
    await someone.sit("任洁")
    await each_command(
        someone, ("考核结果", "先进集体"), ("设置", "您的账号"), ("帮助", "您可以做的事")
    )
    await someone.say("考核结果", "1. 规划资源局 102.5分")
    await someone.press("名次图片", "先进集体")
    await someone.say("/result 2026Q1", "还没有发布")
    await someone.say("评分", "没有找到这项内容")


async def director(someone: Looking) -> None:
    await someone.sit("孙宏")
    await each_command(
        someone,
        ("进度", "审定"),
        ("排名", "评分项全部提交后才能查看"),
        ("发布", "还不能提请审定"),
        ("考核结果", "先进集体"),
        ("请假", "还没有B角"),
        ("设置", "您的账号"),
        ("帮助", "您可以做的事"),
    )
    await someone.say("进度", "审定")
    await someone.press("切换到2026年第四季度", "2026年第四季度进度")
    await someone.say("考核结果", "先进集体")
    await someone.click("下载汇总表")
    assert load_workbook(await someone.take(".xlsx")).sheetnames


async def outcome(someone: Looking) -> None:
    """The order is looked at, proposed and released; everybody has it."""
    await someone.sit("周敏")
    await someone.hears("补报已截止")
    await release(someone)
    await someone.hears("已发布")
    await someone.sit("任洁")
    await someone.hears("季度常驻部门考核结果")
    await someone.look_with_axe("发布之后")
    await someone.sit("陈刚")
    assert Document(await someone.take("公安分局")).tables


# ---------------------------------------------------------------- who keeps it running


async def admin(someone: Looking, folder: Path) -> None:
    """`folder` is for the workbook that is sent back."""
    await someone.sit("周敏")
    # under the morning's reminder
    await someone.press("转告负责人", "没有能收到消息的部门负责人")
    await each_command(
        someone,
        ("上报材料", "请选择部门"),
        ("进度", "全中心"),
        ("排名", "评分项全部提交后才能查看"),
        ("发布", "还不能提请审定"),
        ("考核结果", "先进集体"),
        ("请假", "还没有B角"),
        ("管理", "部门30个"),
        ("审计", "可查找"),
        ("设置", "您的账号"),
        ("帮助", "您可以做的事"),
    )
    await _each_tile(someone)
    await _a_department(someone)
    await _a_person(someone)
    await _slips(someone)
    await _import(someone, folder / "部门.xlsx")
    await _ask_the_heads(someone)


async def _each_tile(someone: Looking) -> None:
    await someone.say("/admin", "部门30个")
    for label, heard in (
        ("部门", "共30个"),
        ("人员", "共62名"),
        ("科室", "共3个"),
        ("邀请码", "待使用的共0个"),
        ("季度", "评分截止"),
        ("日历", "已有放假安排"),
        ("本中心规定", "考核办法没有写明的"),
        ("群", "共0个"),
        ("发送情况", "全部送达"),
        ("导入", "用表格一次录入很多内容"),
    ):
        await someone.press(label, heard)
        await someone.press("返回", "部门30个")
    await someone.look_with_axe("管理")
    await someone.press("季度", "评分截止")
    await someone.press("2026年第三季度", "考核办法：")
    await someone.press("改日期", "要改哪个日期")
    await someone.press("返回", "考核办法：")
    await someone.press("返回", "2027年第一季度")
    await someone.press("返回", "部门30个")
    await someone.press("科室", "共3个")
    await someone.press("综合业务科", "代审人：赵倩")
    await someone.press("评分席位", "席位")
    await someone.press("返回", "代审人：赵倩")
    await someone.press("返回", "共3个")
    await someone.press("返回", "部门30个")
    await someone.press("本中心规定", "考核办法没有写明的")
    await someone.press("期限", "依据：")
    await someone.press("返回", "考核办法没有写明的")
    await someone.press("返回", "部门30个")


async def _a_department(someone: Looking) -> None:
    await someone.press("部门", "共30个")
    await someone.press("下一页", "第2/4页")
    await someone.press("上一页", "第1/4页")
    await someone.press("市场监管局", "全称：市场监督管理局")
    await someone.press("合并", "并入哪个部门")
    await someone.press("返回", "全称：市场监督管理局")
    await someone.press("拆分", "从哪一天起拆分")
    await someone.press("返回", "全称：市场监督管理局")
    await someone.press("加入码", "还没有可用的加入码")
    await someone.press("生成加入码", "可多人使用")
    await someone.press("加入海报", "可打印张贴")
    assert (await someone.take("加入海报")).read(5) == b"%PDF-"
    await someone.press("返回", "可多人使用")


async def _a_person(someone: Looking) -> None:
    await someone.say("/admin", "部门30个")
    await someone.press("人员", "共62名")
    await someone.say("张蕾", "账号：已绑定")
    await someone.press("添加角色", "张蕾")
    await someone.press("返回", "账号：已绑定")
    await someone.press("B角", "请选择张蕾请假时由谁接手")
    await someone.press("1. 李敏", "B角：李敏")
    await someone.press("请假", "没有登记请假")
    await someone.say("明天", "由李敏接手")
    await someone.press("确认请假", "10月13日")
    await someone.press("返回", "账号：已绑定")
    await someone.press("交接", "工作交接给谁")
    await someone.say("白雪", "将随交接一并添加")
    await someone.press("添加新人员并交接", "")


async def _slips(someone: Looking) -> None:
    await someone.say("/admin", "部门30个")
    await someone.press("人员", "共63名")
    await someone.say("白露 联络员 民政局", "白露您好")
    await someone.say("/admin", "人员64名")
    await someone.press("邀请码", "白露")
    await someone.press("绑定和邀请码", "各部门绑定情况")
    await someone.press("返回", "人员共2名")
    await someone.press("全部人员", "不换码")
    await someone.press("再打印", "")
    assert (await someone.take("邀请码条")).read(5) == b"%PDF-"


async def _import(someone: Looking, path: Path) -> None:
    """The workbook with what is there, one department more, sent back."""
    await someone.say("/admin", "人员64名")
    await someone.press("导入", "用表格一次录入很多内容")
    await someone.press("部门", "导入部门")
    await someone.press("取表格", "现有内容已填在里面")
    book = load_workbook(await someone.take("部门.xlsx"))
    book["部门"].append(["数据局", "数据局"])
    book.save(path)
    await someone.attach(path)
    await someone.say("", "新增部门数据局")
    await someone.press("放弃", "什么都没有改动")


async def _ask_the_heads(someone: Looking) -> None:
    await someone.say("/progress", "全中心")
    await someone.press("未上报部门 14", "共14个")
    await someone.press("下一页", "第2/2页")
    await someone.press("返回", "全中心")
    await someone.press("退回补充 1", "市场监管局4号")
