"""What stands in the audit log, in words: one phrase for every action that the program writes, a
label for every detail, a reason for every refusal."""

from __future__ import annotations

from typing import Final

ACTIONS: Final = {
    "account.blocked": "停用机器人",
    "account.code": "输入邀请码",
    "account.link": "绑定账号",
    "account.login": "用登录码登录网页",
    "account.unblocked": "恢复使用机器人",
    "audit.export": "导出审计记录",
    "audit.search": "查阅审计记录",
    "calendar.remove": "删除放假上班安排",
    "calendar.set": "录入放假上班安排",
    "calendar.source": "填写放假上班文件",
    "department.add": "添加部门",
    "department.code": "修改部门代码",
    "department.merge": "合并部门",
    "department.merge_undo": "撤销部门合并",
    "department.name": "修改部门全称",
    "department.remove": "移除部门",
    "department.resident_in": "填写入驻日期",
    "department.resident_out": "填写撤出日期",
    "department.restore": "恢复部门",
    "department.short": "修改部门简称",
    "department.split": "拆分部门",
    "department.split_undo": "撤销部门拆分",
    "evidence.accept": "采纳材料",
    "evidence.amend": "开始修改或补充材料",
    "evidence.begin": "新建草稿",
    "evidence.carry": "改为报入下一季度",
    "evidence.confirm": "确认提交，等待附件",
    "evidence.discard": "删除草稿",
    "evidence.expire": "逾期未补充，转为不采纳",
    "evidence.file": "接收附件",
    "evidence.join": "并入草稿",
    "evidence.move": "改列材料",
    "evidence.reject": "不采纳材料",
    "evidence.remove_file": "删除附件",
    "evidence.restore": "恢复草稿",
    "evidence.resume": "继续空白草稿",
    "evidence.return": "退回补充材料",
    "evidence.submit": "提交材料",
    "evidence.withdraw": "撤回材料",
    "group.confirm": "登记群",
    "group.join": "机器人加入群",
    "group.leave": "机器人离开群",
    "group.move": "群已升级",
    "group.refuse": "不登记群",
    "invite.issue": "发邀请码",
    "invite.login": "发网页登录码",
    "invite.revoke": "作废邀请码",
    "outbox.retry": "重发消息",
    "person.add": "添加人员",
    "person.remove": "移除人员",
    "person.rename": "修改姓名",
    "publish.correct": "开始更正结果",
    "publish.pick": "选定先进集体",
    "publish.proof": "发送样稿",
    "publish.propose": "提请审定",
    "publish.release": "同意发布",
    "publish.return": "退回修改结果",
    "publish.send_now": "立即发送结果",
    "quarter.dates": "修改季度日期",
    "quarter.disqualify": "取消评先资格",
    "quarter.extend": "部门延期",
    "quarter.extension_end": "取消部门延期",
    "quarter.requalify": "恢复评先资格",
    "role.grant": "授予角色",
    "role.hand_over": "交接工作",
    "role.lapse": "原部门角色到期",
    "role.revoke": "取消角色",
    "row.assign": "指定考核项的科室",
    "score.carry_over": "沿用上季度不涉及",
    "score.give": "评分",
    "score.hand_in": "提交本行评分",
    "score.recall": "因新材料撤回已提交的评分",
    "score.record": "评分",
    "score.reopen": "退回本行评分",
    "score.rest": "整行评分",
    "score.undo": "撤销整行评分",
    "seat.add": "增设评分席位",
    "seat.remove": "取消评分席位",
    "section.add": "添加科室",
    "section.contact": "修改科室联系方式",
    "section.remove": "移除科室",
    "section.rename": "修改科室名称",
    "section.substitute": "指定代审人",
    "setting.reset": "恢复默认规定",
    "setting.set": "修改本中心规定",
    "unknown": "使用没有的或无权的功能",
    "update.parked": "消息处理失败",
}

DETAILS: Final = {
    "after": "改为",
    "basis": "依据",
    "before": "原为",
    "by": "由",
    "cells": "评分格数",
    "code": "原因",
    "copied": "复制自",
    "copy": "修改稿",
    "day": "日期",
    "days": "天数",
    "department": "部门",
    "drafts": "草稿",
    "file": "附件编号",
    "hundredths": "分数",
    "invite": "邀请码编号",
    "item": "材料",
    "joined": "并入的草稿",
    "key": "消息标识",
    "kind": "类别",
    "messages": "消息数",
    "number": "编号",
    "pending": "未到的附件",
    "people": "人数",
    "person": "相关人员",
    "picked": "选定",
    "problem": "问题",
    "proposal": "提请编号",
    "publication": "发布编号",
    "quarter": "季度",
    "reason": "理由",
    "returned": "退回补充",
    "revision": "版本",
    "role": "角色",
    "roles": "角色",
    "row": "考核项",
    "rows": "考核项",
    "seat": "席位",
    "second_use": "一事两用",
    "section": "科室",
    "source": "文件",
    "successor": "并入",
    "successors": "新部门",
    "title": "群名称",
    "to": "交给",
    "version": "版本",
    "why": "原因",
    "with_people": "人员一并转入",
}

# by the first word of an error's code; whole codes where more is to be said
REFUSALS: Final = {
    "access": "没有权限",
    "admin": "填写有误",
    "audit": "查找条件有误",
    "calendar": "日期有误",
    "date": "日期有误",
    "deadline": "日期有误",
    "dialog": "卡片已有变化",
    "edition": "没有施行中的考核办法",
    "evidence": "材料不合要求",
    "file": "文件不合要求",
    "linking": "邀请码不可用",
    "linking.locked": "多次输错，暂停尝试",
    "people": "填写有误",
    "people.last_admin": "唯一的管理员",
    "publish": "尚不能发布",
    "publish.own_proposal": "本人提请的结果",
    "quarter": "季度有误",
    "ranking": "先进集体未定",
    "report": "评分不全",
    "result": "结果尚未发布",
    "review": "审核不合规定",
    "review.barred": "须回避",
    "score": "评分不合规定",
    "score.own_department": "须回避",
    "settings": "规定的值有误",
    "setup": "管理员已有",
    "succession": "合并或拆分不合规定",
}

RESULTS: Final = {"ok": "完成", "denied": "被拒绝", "failed": "失败"}
BY: Final = {"init": "安装程序", "command line": "命令行"}
NOBODY: Final = "未绑定的账号"
PROGRAM: Final = "系统"
YES_NO: Final = {True: "是", False: "否"}
EMPTY: Final = "无"
OUTBOX_STATES: Final = {
    "queued": "待发送",
    "sending": "发送中",
    "sent": "已送达",
    "failed": "未送达",
    "unknown": "不确定",
    "superseded": "已被替代",
}
CHANNELS: Final = {
    "telegram": "Telegram账号",
    "web": "网页账号",
    "wecom_app": "企业微信账号",
    "wecom_bot": "企业微信账号",
}
GONE: Final = "（已不存在）"
OPENED: Final = "打开“{}”"
PRESSED: Final = "点“{}”里的按钮"
TYPED: Final = "填写“{}”"
OLD_BUTTON: Final = "点旧按钮"
UNKNOWN_COMMAND: Final = "发送未知命令"
ALL: Final = "审计"  # typed while searching: everything again
ONLY_REFUSED: Final = "只看失败和被拒"


def phrase(action: str) -> str:
    """'' for an action that has no words."""
    return ACTIONS.get(action, "")


def refusal(code: str) -> str:
    return REFUSALS.get(code) or REFUSALS.get(code.partition(".")[0], "不合要求")
