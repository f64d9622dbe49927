"""The command line: `kaohe VERB`, the same as `python -m bot VERB`.

Promises: exit code 0 done, 1 failed with one sentence and its remedy, 2 wrong usage. No traceback
reaches a user; the details of an unforeseen failure stand in the log, one line, redacted. What a
verb needs is imported when it is called, so that `rubric show` does not wait for a messenger.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from bot import failures, logs
from bot.usage import Parser

if TYPE_CHECKING:
    from bot.config import Config
    from rubric.edition import Edition
    from rubric.quarter import Quarter

    Verbs: TypeAlias = argparse._SubParsersAction[Parser]

log = logging.getLogger("bot")

IMPORTS = ("departments", "people", "scores", "register")
DONE, FAILED = 0, 1  # argparse exits with 2 on wrong usage
UNFORESEEN = "程序出错，没有做完：详情在上面的日志里，请处理后再试，或转给维护人员。"


def main(argv: Sequence[str] | None = None) -> int:
    # before anything is written: the database, its side files and evidence are for us alone
    os.umask(0o077)
    options = _parser().parse_args(argv)
    logs.start(level=_level(options))
    verb: Callable[[argparse.Namespace], int] = options.call
    try:
        code = verb(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _failed("已中断，没有做完，需要时请再运行一次。")
    except BrokenPipeError:
        # the reader of our output has gone, as `head` does; nothing more to say to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # the edge of the program
        said = failures.sentence(error)
        # what explains itself needs no trace, unless somebody asks for more
        level = logging.CRITICAL if said is None else logging.DEBUG
        log.log(level, "%s ended unexpectedly", options.verb, exc_info=True)
        return _failed(said or UNFORESEEN)


def _failed(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return FAILED


# ------------------------------------------------------------------ verbs


def _run(options: argparse.Namespace) -> int:
    def start(config: Config) -> int:
        gc.disable()  # what is imported stays: nothing to collect until the program is up
        from bot import app

        return app.run(config)

    return _configured(options, start)


def _init(options: argparse.Namespace) -> int:
    def start(config: Config) -> int:
        from bot import setup

        return setup.init(config, options.admin)

    return _configured(options, start)


def _demo(options: argparse.Namespace) -> int:
    def start(config: Config) -> int:
        from bot import demo

        return demo.run(config)

    with TemporaryDirectory(prefix="kaohe-demo-", ignore_cleanup_errors=True) as folder:
        return _configured(options, start, demo_dir=Path(folder))


def _doctor(_options: argparse.Namespace) -> int:
    from bot import doctor

    return doctor.doctor()


def _tick(options: argparse.Namespace) -> int:
    def start(config: Config) -> int:
        from bot import tick_verb

        return tick_verb.tick(config, at=options.at)

    return _configured(options, start)


def _outbox_list(options: argparse.Namespace) -> int:
    def start(config: Config) -> int:
        from bot import outbox_verbs

        return outbox_verbs.show(config)

    return _configured(options, start)


def _outbox_retry(options: argparse.Namespace) -> int:
    def start(config: Config) -> int:
        from bot import outbox_verbs

        return outbox_verbs.retry(config, options.ids, everything=options.all)

    if bool(options.ids) == options.all:
        options.usage.error("the following arguments are required: 编号 或 --all（只写一种）")
    return _configured(options, start)


def _export(options: argparse.Namespace) -> int:
    def start(config: Config) -> int:
        from bot import export_verb

        return export_verb.export(
            config,
            options.kind,
            quarter=options.quarter,
            out=options.out,
            overwrite=options.overwrite,
        )

    return _configured(options, start)


def _import(options: argparse.Namespace) -> int:
    if (options.file is None) == (options.template is None):
        options.usage.error("the following arguments are required: 文件 或 --template（只写一种）")

    def start(config: Config) -> int:
        from bot import import_verb

        asked = import_verb.Asked(
            options.kind,
            options.quarter.code if options.quarter else "",
            options.by,
            options.yes,
        )
        if import_verb.needs_quarter(asked.kind) and not asked.quarter:
            options.usage.error("the following arguments are required: --quarter")
        if options.template is not None:
            return import_verb.write_template(config, asked, options.template)
        return import_verb.import_file(config, asked, options.file)

    return _configured(options, start)


def _moment(text: str) -> str:
    datetime.fromisoformat(text)  # its ValueError is argparse's word for a wrong value
    return text


def _quarter(code: str) -> Quarter:
    from rubric.quarter import Quarter, QuarterUnreadable

    try:
        return Quarter.parse(code)
    except QuarterUnreadable as error:
        raise argparse.ArgumentTypeError from error


def _configured(
    options: argparse.Namespace,
    start: Callable[[Config], int],
    *,
    demo_dir: Path | None = None,
) -> int:
    """Check the environment first, and only then import and start what needs it."""
    from bot.config import ConfigError, load, load_for_demo

    try:
        config = load() if demo_dir is None else load_for_demo(demo_dir)
    except ConfigError as error:
        return _failed(*error.faults)
    logs.hide(*config.secret_values())
    logs.start(log_format=config.log_format, zone=config.timezone, level=_level(options))
    for warning in config.warnings:
        log.warning("%s", warning)
    return start(config)


def _level(options: argparse.Namespace) -> int:
    return logging.DEBUG if options.verbose else logging.INFO


def _show(options: argparse.Namespace) -> int:
    from bot import rubric_verbs
    from rubric.edition import UnknownEdition, catalog, find

    try:
        edition = find(options.edition) if options.edition else _newest(catalog())
    except UnknownEdition as error:
        known = "、".join(error.known)
        return _failed(f"没有编号为“{error.typed}”的版本，请从这些编号里选：{known}。")
    if options.json:
        print(rubric_verbs.as_document(edition))
    else:
        print("\n".join(rubric_verbs.as_lines(edition)))
    return DONE


def _newest(editions: Sequence[Edition]) -> Edition:
    """The newest one that quarters can be scored by; `editions` come newest first."""
    return next(edition for edition in editions if edition.scorable)


def _check(options: argparse.Namespace) -> int:
    from bot import rubric_verbs
    from rubric.edition import EditionFaults, parse

    try:
        edition = parse(options.file.read_text("utf-8"))
    except OSError:
        return _failed(f"读不出文件 {options.file}，请检查路径和权限。")
    except UnicodeDecodeError:
        return _failed(f"文件 {options.file} 不是 UTF-8 编码，请另存为 UTF-8 后再试。")
    except EditionFaults as error:
        return _failed(*(rubric_verbs.fault_sentence(fault) for fault in error.faults))
    print(f"{edition.id} 没有发现问题：{rubric_verbs.size(edition)}。")
    return DONE


# ------------------------------------------------------------------ usage


def _parser() -> argparse.ArgumentParser:
    shared = Parser(add_help=False)
    shared.add_argument("-v", "--verbose", action="store_true", help="日志写得更细")
    parser = Parser(prog="kaohe", description="政务服务中心进驻部门季度考核")
    verbs = parser.add_subparsers(dest="verb", metavar="命令", required=True)

    demo = verbs.add_parser("demo", parents=[shared], help="用一季示例数据试用，只在本机")
    demo.set_defaults(call=_demo)

    run = verbs.add_parser("run", parents=[shared], help="正式运行")
    run.set_defaults(call=_run)

    init = verbs.add_parser("init", parents=[shared], help="建库并给出管理员的一次性邀请码")
    init.add_argument("--admin", required=True, metavar="姓名", help="管理员姓名")
    init.set_defaults(call=_init)

    tick = verbs.add_parser(
        "tick", parents=[shared], help="把到时间的提醒等做一遍，发出消息后退出"
    )
    tick.add_argument("--at", type=_moment, metavar="时间", help="如 2026-10-08T09:00，默认现在")
    tick.set_defaults(call=_tick)

    doctor = verbs.add_parser("doctor", parents=[shared], help="逐项检查设置、机器、数据库、渠道")
    doctor.set_defaults(call=_doctor)

    _add_outbox(verbs, shared)
    _add_export(verbs, shared)
    _add_import(verbs, shared)

    rubric = verbs.add_parser("rubric", help="查看评分表，检查评分表文件")
    actions = rubric.add_subparsers(dest="action", metavar="命令", required=True)
    show = actions.add_parser("show", parents=[shared], help="显示评分表")
    show.add_argument("--edition", metavar="编号", help="如 2023-17；不写则取最新一版")
    show.add_argument("--json", action="store_true", help="输出 JSON")
    show.set_defaults(call=_show)
    check = actions.add_parser("check", parents=[shared], help="列出评分表文件的所有问题")
    check.add_argument("file", type=Path, metavar="文件", help="TOML 文件")
    check.set_defaults(call=_check)
    return parser


def _add_outbox(verbs: Verbs, shared: Parser) -> None:
    outbox = verbs.add_parser("outbox", help="查看没有送达的消息，重发")
    actions = outbox.add_subparsers(dest="action", metavar="命令", required=True)
    listed = actions.add_parser("list", parents=[shared], help="各状态的条数，没有确定送达的消息")
    listed.set_defaults(call=_outbox_list)
    retry = actions.add_parser("retry", parents=[shared], help="重发没有确定送达的消息")
    retry.add_argument("ids", nargs="*", type=int, metavar="编号", help="见 outbox list")
    retry.add_argument("--all", action="store_true", help="全部通知")
    retry.set_defaults(call=_outbox_retry, usage=retry)


def _add_export(verbs: Verbs, shared: Parser) -> None:
    export = verbs.add_parser(
        "export", parents=[shared], help="导出已发布的评分表、汇总表、名次图"
    )
    kinds = ("sheets", "summary", "charts")
    export.add_argument("kind", choices=kinds, metavar="|".join(kinds), help="导出什么")
    export.add_argument(
        "--quarter", required=True, type=_quarter, metavar="季度", help="如 2026Q4"
    )
    export.add_argument("--out", required=True, type=Path, metavar="目录", help="写到哪里")
    export.add_argument("--overwrite", action="store_true", help="覆盖内容不同的同名文件")
    export.set_defaults(call=_export)


def _add_import(verbs: Verbs, shared: Parser) -> None:
    import_ = verbs.add_parser(
        "import", parents=[shared], help="用表格导入部门、人员、评分、信息录用台账"
    )
    import_.add_argument("kind", choices=IMPORTS, metavar="|".join(IMPORTS), help="导入什么")
    import_.add_argument("file", nargs="?", type=Path, metavar="文件", help="填好的 .xlsx")
    import_.add_argument("--template", type=Path, metavar="文件", help="只写出要填的表格")
    import_.add_argument("--quarter", type=_quarter, metavar="季度", help="如 2026Q4")
    import_.add_argument("--by", default="", metavar="姓名", help="记在谁名下")
    import_.add_argument("--yes", action="store_true", help="不再询问，直接导入")
    import_.set_defaults(call=_import, usage=import_)


if __name__ == "__main__":
    sys.exit(main())
