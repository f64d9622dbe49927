"""Every error of the contract: status, words as Telegram gives them, and the library's class."""

from __future__ import annotations

import aiohttp
import pytest
import telegram
from telegram import (
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReplyKeyboardMarkup,
    ReplyParameters,
)  # fmt: skip
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError

from tests.doubles.client import Control
from tests.doubles.conftest import png
from tests.doubles.person import Person

HOUR = 3600


async def last_error(control: Control) -> str | None:
    """Telegram's own words; the library re-cases them."""
    return (await control.calls())[-1].error


async def refused(call, control: Control, kind: type[Exception] = BadRequest) -> str | None:
    with pytest.raises(kind) as caught:
        await call
    assert type(caught.value) is kind
    return await last_error(control)


async def raw(control: Control, method: str, **data) -> str:
    """The description of the error a bare request gets."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{control.base_url}{control.token}/{method}", data=data) as answer,
    ):
        return str((await answer.json())["description"])


def keys(*texts: str, data: str = "x") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=data)] for t in texts])


async def test_texts(bot, control: Control, li: Person):
    async def says(text: str, **more) -> str | None:
        return await refused(bot.send_message(li.id, text, **more), control)

    assert await says("") == "Bad Request: message text is empty"
    assert await says(" \n ") == "Bad Request: text must be non-empty"
    assert await says("<b> </b>", parse_mode="HTML") == "Bad Request: text must be non-empty"
    assert await says("字" * 4097) == "Bad Request: message is too long"
    assert await says("字" * 11_000) == "Bad Request: text is too long"
    assert await says("<x>", parse_mode="HTML") == (
        'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0'
    )
    assert await says("*a*", parse_mode="Wiki") == "Bad Request: unsupported parse_mode"
    sent = await bot.send_message(li.id, "<b>" + "字" * 4096 + "</b>", parse_mode="HTML")
    assert len(sent.text or "") == 4096


async def test_captions(bot, control: Control, li: Person):
    assert await refused(
        bot.send_document(li.id, b"a", caption="字" * 1025), control
    ) == "Bad Request: message caption is too long"  # fmt: skip
    sent = await bot.send_document(li.id, b"a", caption="字" * 1024)
    assert len(sent.caption or "") == 1024


async def test_keyboards(bot, control: Control, li: Person):
    async def shows(markup: InlineKeyboardMarkup) -> str | None:
        return await refused(bot.send_message(li.id, "选", reply_markup=markup), control)

    too_long = "Bad Request: reply markup is too long"
    assert await shows(keys("a", data="字" * 22)) == "Bad Request: BUTTON_DATA_INVALID"
    assert await shows(keys(*"a" * 101)) == too_long
    nine = [InlineKeyboardButton(str(n), callback_data=str(n)) for n in range(9)]
    assert await shows(InlineKeyboardMarkup([nine])) == too_long
    await bot.send_message(li.id, "选", reply_markup=keys("a", data="字" * 21 + "a"))
    await bot.send_message(li.id, "选", reply_markup=keys(*"a" * 100))
    await bot.send_message(li.id, "选", reply_markup=InlineKeyboardMarkup([nine[:8]]))
    empty = InlineKeyboardMarkup([[InlineKeyboardButton("a")]])
    assert await shows(empty) == (
        "Bad Request: can't parse inline keyboard button: "
        "Text buttons are unallowed in the inline keyboard"
    )
    wrong = InlineKeyboardMarkup([[InlineKeyboardButton("a", url="nowhere")]])
    assert await shows(wrong) == (
        "Bad Request: inline keyboard button URL 'nowhere' is invalid: wrong HTTP URL"
    )


async def test_edits(bot, control: Control, li: Person):
    sent = await bot.send_message(li.id, "<b>一</b>", parse_mode="HTML", reply_markup=keys("a"))
    own = await li.says("我的")

    async def edit(text: str, message_id: int, **more) -> str | None:
        return await refused(bot.edit_message_text(text, li.id, message_id, **more), control)

    assert await edit(
        "<b>一</b> ", sent.message_id, parse_mode="HTML", reply_markup=keys("a")
    ) == (
        "Bad Request: message is not modified: specified new message content and reply markup are "
        "exactly the same as a current content and reply markup of the message"
    )
    assert await edit("二", 777) == "Bad Request: message to edit not found"
    assert await edit("二", own) == "Bad Request: message can't be edited"
    menu = await bot.send_message(li.id, "选", reply_markup=ReplyKeyboardMarkup([["甲"]]))
    assert await edit("二", menu.message_id) == "Bad Request: message can't be edited"
    forward = await bot.forward_message(li.id, li.id, own)
    assert await edit("二", forward.message_id) == "Bad Request: message can't be edited"
    photo = await bot.send_photo(li.id, png(), caption="图")
    assert await edit("二", photo.message_id) == (
        "Bad Request: there is no text in the message to edit"
    )
    assert await refused(
        bot.edit_message_caption(li.id, sent.message_id, caption="二"), control
    ) == "Bad Request: there is no caption in the message to edit"  # fmt: skip
    await li.deletes(sent.message_id)
    assert await edit("二", sent.message_id) == "Bad Request: message to edit not found"


async def test_a_message_stays_editable_for_ever(bot, control: Control, li: Person):
    sent = await bot.send_message(li.id, "一")
    await control.clock(advance=90 * 24 * HOUR)
    await bot.edit_message_text("二", li.id, sent.message_id)


async def test_deletions(bot, control: Control, li: Person):
    sent = await bot.send_message(li.id, "一")
    assert await refused(bot.delete_message(li.id, 777), control) == (
        "Bad Request: message to delete not found"
    )
    await control.clock(advance=49 * HOUR)
    assert await refused(bot.delete_message(li.id, sent.message_id), control) == (
        "Bad Request: message can't be deleted for everyone"
    )


async def test_a_missing_message_to_reply_to(bot, control: Control, li: Person):
    call = bot.send_message(li.id, "一", reply_parameters=ReplyParameters(777))
    assert await refused(call, control) == "Bad Request: message to be replied not found"


async def test_presses_are_answered_once_and_in_time(bot, control: Control, li: Person):
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await refused(bot.answer_callback_query("123"), control) == too_old
    await bot.send_message(li.id, "选", reply_markup=keys("a"))
    press = await li.presses("a")
    await bot.answer_callback_query(press.id, "好")
    assert await refused(bot.answer_callback_query(press.id, "好"), control) == too_old
    press = await li.presses("a")
    await control.clock(advance=61)
    assert await refused(bot.answer_callback_query(press.id), control) == too_old


async def test_files(bot, control: Control, li: Person):
    await li.sends_document(21 * 2**20, name="大.zip")
    (update,) = await bot.get_updates()
    big = update.message.document
    assert big.file_size == 21 * 2**20
    assert await refused(bot.get_file(big.file_id), control) == "Bad Request: file is too big"
    await li.sends_document(1000, name="丢.zip")
    lost = (await bot.get_updates(offset=update.update_id + 1))[0].message.document
    assert await refused(bot.get_file(lost.file_id), control) == (
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    )
    assert await refused(bot.get_file("AAAA"), control) == "Bad Request: invalid file_id"
    assert await refused(bot.send_document(li.id, "AAAA"), control) == (
        "Bad Request: wrong remote file identifier specified: can't unserialize it. "
        "Wrong last symbol"
    )
    assert await raw(control, "sendDocument", chat_id=li.id) == (
        "Bad Request: there is no document in the request"
    )
    assert await refused(bot.send_document(li.id, b"", filename="空.txt"), control) == (
        "Bad Request: file must be non-empty"
    )
    photo = await bot.send_photo(li.id, png())
    assert await refused(bot.send_document(li.id, photo.photo[-1].file_id), control) == (
        "Bad Request: can't use file of type Photo as Document"
    )


async def test_pictures(bot, control: Control, li: Person):
    assert await refused(bot.send_photo(li.id, b"no picture"), control) == (
        "Bad Request: IMAGE_PROCESS_FAILED"
    )
    assert await refused(bot.send_photo(li.id, png(9000, 1001)), control) == (
        "Bad Request: PHOTO_INVALID_DIMENSIONS"
    )
    assert await refused(bot.send_photo(li.id, png(21, 1)), control) == (
        "Bad Request: PHOTO_INVALID_DIMENSIONS"
    )
    await control.settings(photo_limit=1000)
    assert await refused(bot.send_photo(li.id, png() + b"\0" * 1000), control) == (
        "Bad Request: file is too big"
    )


async def test_albums(bot, control: Control, li: Person):
    eleven = [InputMediaPhoto(png()) for _ in range(11)]
    assert await refused(bot.send_media_group(li.id, eleven), control) == (
        "Bad Request: too many messages to send as an album"
    )
    mixed = [InputMediaPhoto(png()), telegram.InputMediaDocument(b"a")]
    assert await refused(bot.send_media_group(li.id, mixed), control) == (
        "Bad Request: document can't be mixed with other media types"
    )


async def test_uploads_over_the_limit(bot, control: Control, li: Person):
    await control.settings(upload_limit=100_000)
    with pytest.raises(NetworkError) as caught:
        await bot.send_document(li.id, b"\0" * 100_001)
    assert type(caught.value) is NetworkError
    assert "request entity too large" in str(caught.value).lower()


async def test_chats_that_cannot_be_written_to(bot, control: Control, li: Person):
    stranger = await control.person("某甲")
    seen = await control.person("某乙", contact="seen")
    says = bot.send_message
    assert await refused(says(424242, "一"), control) == "Bad Request: chat not found"
    assert await refused(says(stranger.id, "一"), control) == "Bad Request: chat not found"
    assert await refused(says("@nobody", "一"), control) == "Bad Request: chat not found"
    assert await refused(says(seen.id, "一"), control, Forbidden) == (
        "Forbidden: bot can't initiate conversation with a user"
    )
    await li.blocks()
    assert await refused(says(li.id, "一"), control, Forbidden) == (
        "Forbidden: bot was blocked by the user"
    )
    await li.unblocks()
    await says(li.id, "一")
    await li.deactivates()
    assert await refused(says(li.id, "一"), control, Forbidden) == (
        "Forbidden: user is deactivated"
    )
    scope = BotCommandScopeChat(stranger.id)
    assert await refused(bot.set_my_commands([("help", "帮助")], scope), control) == (
        "Bad Request: chat not found"
    )
    await stranger.starts()
    await says(stranger.id, "一")


async def test_groups_that_cannot_be_written_to(bot, control: Control, li: Person):
    group = await control.group(-100777, li)
    await bot.send_message(group, "一")
    for status, words in (
        ("kicked", "Forbidden: bot was kicked from the supergroup chat"),
        ("left", "Forbidden: bot is not a member of the supergroup chat"),
    ):
        await control.ask("group_status", chat=group, status=status, by=li.id)
        assert await refused(bot.send_message(group, "一"), control, Forbidden) == words
    await control.ask("group_status", chat=group, status="restricted", by=li.id)
    assert await refused(bot.send_message(group, "一"), control) == (
        "Bad Request: not enough rights to send text messages to the chat"
    )
    small = await control.group(-55, li)
    await control.ask("migrate", chat=small, new=-100888)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(small, "一")
    assert caught.value.new_chat_id == -100888
    assert await last_error(control) == (
        "Bad Request: group chat was upgraded to a supergroup chat"
    )
    await bot.send_message(-100888, "一")


async def test_commands_that_cannot_be_set(bot, control: Control):
    for commands, words in (
        ([("Help!", "帮助")], "BOT_COMMAND_INVALID"),
        ([("help", "")], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([(f"c{n}", "一") for n in range(101)], "BOT_COMMANDS_TOO_MUCH"),
    ):
        assert await refused(bot.set_my_commands(commands), control) == f"Bad Request: {words}"


async def test_unknown_methods_and_wrong_tokens(control: Control, bot):
    with pytest.raises(telegram.error.EndPointNotFound):
        await bot.do_api_request("sendTelepathy")
    for token, words in (
        ("7000001:AAF-another_token_of_good_form_____", "Unauthorized"),
        ("nonsense", "Unauthorized: invalid token specified"),
    ):
        stranger = telegram.Bot(token, base_url=control.base_url)
        with pytest.raises(InvalidToken):
            await stranger.initialize()
        await stranger.shutdown()
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{control.base_url}{token}/getMe") as answer,
        ):
            assert (answer.status, (await answer.json())["description"]) == (401, words)
    await control.revoke()
    with pytest.raises(InvalidToken):
        await bot.get_me()
    await control.revoke(revoked=False)
    await bot.get_me()


async def test_the_body_of_an_error(control: Control, li: Person):
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{control.base_url}{control.token}/sendMessage", data={"chat_id": "1"}) as a,
    ):
        assert (a.status, a.content_type, await a.json()) == (
            400,
            "application/json",
            {"ok": False, "error_code": 400, "description": "Bad Request: message text is empty"},
        )


async def test_old_links(bot, control: Control, li: Person):
    sent = await bot.send_document(li.id, b"abc", filename="a.txt")
    found = await bot.get_file(sent.document.file_id)
    await control.clock(advance=HOUR + 1)
    with pytest.raises(InvalidToken):  # the library's name for any 404
        await found.download_as_bytearray()
    found = await bot.get_file(sent.document.file_id)
    assert await found.download_as_bytearray() == bytearray(b"abc")
