"""The command line as a person meets it: words, exit codes, no traceback."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from rubric.edition import as_json, catalog, find
from tests.bot.command_line import ROOT, kaohe


def test_the_rubric_as_json_is_what_the_rubric_says():
    code, output, errors = kaohe("rubric", "show", "--json")
    assert (code, json.loads(output), errors) == (0, as_json(find("2023-17")), "")


def test_the_rubric_as_text_names_every_row():
    code, output, errors = kaohe("rubric", "show", "--edition", "2023-17")
    lines = output.splitlines()
    edition = find("2023-17")
    heads = [line for row in edition.indicators for line in lines if f"；{row.id}" in line]
    assert (code, errors, lines[2]) == (0, "", "自 2023-06-09 起执行，总分 120 分。")
    assert [line.split("（")[0].strip() for line in heads] == [
        row.name for row in edition.indicators
    ]


def test_a_record_is_shown_as_what_it_is():
    assert kaohe("rubric", "show", "--edition", "2014-3") == (
        0,
        "2014-3　宝行政中心〔2014〕3号\n宝山区行政服务中心内部管理考核办法\n"
        "只记录文号和标题，不能用于评分。\n",
        "",
    )


def test_an_unknown_edition_names_the_known_ones():
    known = "、".join(edition.id for edition in catalog())
    assert kaohe("rubric", "show", "--edition", "1999-1") == (
        1,
        "",
        f"没有编号为“1999-1”的版本，请从这些编号里选：{known}。\n",
    )


def test_the_editions_of_the_package_have_no_fault():
    assert kaohe("rubric", "check", "rubric/editions/2023-17.toml") == (
        0,
        "2023-17 没有发现问题：14 行，总分 120 分。\n",
        "",
    )


def test_every_fault_of_a_file_is_a_sentence(tmp_path):
    file = tmp_path / "edition.toml"
    file.write_text(
        'edition = "2027-1"\ndocument = 7\nscorable = false\ncolour = "red"\n', "utf-8"
    )
    code, output, errors = kaohe("rubric", "check", str(file))
    assert (code, output, sorted(errors.splitlines())) == (
        1,
        "",
        [
            "colour：不认识这一项，请核对名称或删去。",
            "document：类型不对（应为文字，现为整数），请改正。",
            "title：缺少这一项（应为文字），请补上。",
        ],
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "读不出文件 {}，请检查路径和权限。\n"),
        ("题目".encode("gb18030"), "文件 {} 不是 UTF-8 编码，请另存为 UTF-8 后再试。\n"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, content, sentence):
    file = tmp_path / "edition.toml"
    if content is not None:
        file.write_bytes(content)
    assert kaohe("rubric", "check", str(file)) == (1, "", sentence.format(file))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "没有写 命令，用法请看 kaohe --help"),
        (("rubric",), "没有写 命令，用法请看 kaohe rubric --help"),
        (("init",), "没有写 --admin，用法请看 kaohe init --help"),
        (("dance",), "没有 dance 这一条，用法请看 kaohe --help"),
        (("run", "--fast"), "不认识 --fast，用法请看 kaohe --help"),
        (("outbox",), "没有写 命令，用法请看 kaohe outbox --help"),
        (
            ("outbox", "retry"),
            "没有写 编号 或 --all（只写一种），用法请看 kaohe outbox retry --help",
        ),
        (
            ("outbox", "retry", "1", "--all"),
            "没有写 编号 或 --all（只写一种），用法请看 kaohe outbox retry --help",
        ),
        (("outbox", "retry", "x"), "编号 的内容不对，用法请看 kaohe outbox retry --help"),
        (
            ("export", "sheets"),
            "没有写 --quarter, --out，用法请看 kaohe export --help",
        ),
        (
            ("export", "all", "--quarter", "2026Q4", "--out", "x"),
            "没有 all 这一条，用法请看 kaohe export --help",
        ),
        (
            ("export", "sheets", "--quarter", "2026Q5", "--out", "x"),
            "--quarter 的内容不对，用法请看 kaohe export --help",
        ),
        (
            ("rubric", "show", "--edition"),
            "--edition 后面没有内容，用法请看 kaohe rubric show --help",
        ),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(arguments, what):
    assert kaohe(*arguments) == (2, "", f"命令不完整或有误：{what}\n")


def test_help_names_every_verb():
    code, output, errors = kaohe("--help")
    verbs = [line.split()[0] for line in output.splitlines() if line.startswith("    ")]
    assert (code, verbs, errors) == (
        0,
        ["demo", "run", "init", "tick", "doctor", "outbox", "export", "import", "rubric"],
        "",
    )


@pytest.mark.parametrize("verb", [("run",), ("init", "--admin", "王芳")])
def test_a_wrong_environment_stops_every_verb_with_all_faults_and_makes_nothing(tmp_path, verb):
    found = kaohe(*verb, cwd=tmp_path, KAOHE_HTTP_PORT="x", KAOHE_WEB_CHAT="maybe")
    assert (found, list(tmp_path.iterdir())) == (
        (
            1,
            "",
            "KAOHE_HTTP_PORT 应是 0 至 65535 的整数，请改正。\n"
            "KAOHE_WEB_CHAT 只能是 on 或 off，请改正。\n",
        ),
        [],
    )


def test_output_nobody_reads_to_the_end_is_no_failure():
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "rubric", "show", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait(60)) == (b"", 0)


def test_what_a_verb_writes_is_for_its_owner_alone(tmp_path):
    file = tmp_path / "written"
    code = f"from bot.__main__ import main; main(['rubric', 'show']); open({str(file)!r}, 'w')"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
