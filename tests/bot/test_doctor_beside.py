"""`kaohe doctor` beside the real program and WeCom's doubles: it disturbs nobody, sees what is
wrong and gives no secret away."""

from __future__ import annotations

import socket
from pathlib import Path

from storage.db import Database, sqlite_url
from tests.bot.checkup import bind
from tests.doubles.wecom.client import child
from tests.doubles.wecom_bot.client import child as bot_child
from tests.support import authority
from tests.support.program import Program


def told(out: str, *names: str) -> list[str]:
    """The lines of these names."""
    return [line for line in out.splitlines() if line.split("  ")[-1].split("：")[0] in names]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def test_the_whole_check_up_of_an_app_and_of_one_that_is_refused(tmp_path: Path):
    port = free_port()
    public = f"http://localhost:{port}"
    async with child() as control:
        given = control.environment() | {"KAOHE_PUBLIC_URL": public, "KAOHE_HTTP_PORT": str(port)}
        li = await control.person("ZhangSan")
        await control.person("LiSi", in_scope=False)
        async with Program(tmp_path, environment=given) as program:
            await program.admin_code()
            database = Database(sqlite_url(program.data / "kaohe.sqlite"))
            bind(database, "zhangsan", "lisi")
            database.close()
            await program.start()
            assert await control.saves_url(f"{public}/wecom") == ""
            await control.wait_calls("menu/create")
            _, out, errors = await program.verb("doctor")
            assert errors == ""
            assert control.secret not in out
            assert control.token not in out
            assert control.aes_key not in out
            assert told(
                out, "企业微信应用", "可见范围", "应用菜单", "接收消息", "运行中的程序"
            ) == [
                f"好　  企业微信应用：“季度考核助手”，{control.base_url}，"
                "企业ID、Secret、AgentId 有效",
                "注意  可见范围：1 人、0 个部门、0 个标签；已绑定的 2 人中有 1 人不在内，"
                "收不到消息，请在应用详情页补上。",
                "好　  应用菜单：有 3 栏",
                f"好　  接收消息：{public}/wecom 从本机验证通过；从外面是否打得开，"
                "以在管理后台“接收消息”里保存成功为准",
            ]
            program.environment["KAOHE_WECOM_TOKEN"] = "another"
            _, out, _ = await program.verb("doctor")
            assert told(out, "接收消息") == [
                f"不行  接收消息：{public}/wecom 不认这里的签名：运行中的程序用的 Token、"
                "EncodingAESKey 或企业ID与这里的不同，请重新启动程序。"
            ]
            await control.settings(closed="calls")
            await li.says("菜单")
            await control.wait_calls("message/send", executed=False)
            _, out, _ = await program.verb("doctor")
            assert told(out, "企业可信IP", "企业微信应用", "运行中的程序") == [
                "不行  企业可信IP：企业微信不接受来自 203.0.113.7 的请求，"
                "请在应用详情页的“企业可信IP”里加上它。",
                "不行  运行中的程序：企业微信不接受从 203.0.113.7 发出的调用，"
                "请在管理后台该应用的“企业可信IP”里填入这个地址。",
            ]


async def test_a_check_up_leaves_the_bots_connection_alone(tmp_path: Path):
    authority.for_server(tmp_path)
    bundle = {"KAOHE_CA_BUNDLE": str(authority.written(tmp_path))}
    async with (
        bot_child(certificate=tmp_path / "ca.pem", key=tmp_path / "key.pem") as control,
        Program(tmp_path, environment=control.environment | bundle) as program,
    ):
        await program.admin_code()
        await program.start()
        link = await control.wait_subscribed()
        program.environment["KAOHE_HTTP_PORT"] = str(program.port)
        _, out, errors = await program.verb("doctor")
        assert (errors, control.secret in out) == ("", False)
        assert told(out, "企业微信机器人", "运行中的程序") == [
            f"好　  企业微信机器人：{control.bot_url} 连得上，证书可信；"
            "没有登录（登录会挤掉正在运行的程序），Bot ID 和 Secret 对不对由运行中的程序来说"
        ]
        [running] = told(out, "运行中")
        assert "企业微信机器人 由 " in running
        assert len(await control.frames("aibot_subscribe")) == 1
        assert (await control.state()).link == link
        await control.change_secret("another-secret")
        await control.drop()
        await control.wait_frames("aibot_subscribe", count=2)
        await control.wait_idle()
        _, out, _ = await program.verb("doctor")
        [refused] = told(out, "运行中的程序")
        assert refused.startswith("不行  运行中的程序：企业微信没有接受智能机器人的连接（错误码")
