"""What the web chat is lent by the rest of the program: the way in, menus, secrets, words."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy.engine import Connection

import templates
from bot.channels.webchat import Lent
from bot.clock import Clock
from bot.database import Work
from bot.intake import Reception
from bot.settled import Settled, settle
from handlers import linking
from handlers.messages import Inbound
from storage import accounts
from storage.blobs import Blobs


def lend(*, work: Work, blobs: Blobs, clock: Clock, reception: Reception) -> Lent:
    async def authenticate(code: str, remote: str) -> int:
        now = clock.now()

        def job(connection: Connection) -> Settled[int]:
            # a wrong code must be counted: the error is raised only after the commit
            return settle(
                lambda: linking.authenticate(
                    connection, reception.desk.premises, code=code, guard=remote, now=now
                )
            )

        account_id = (await work.write(job)).unwrap()
        await greet(account_id)
        return account_id

    async def greet(account_id: int) -> None:
        """Whoever comes in finds the menu at the end of the chat."""
        account = await work.read(lambda c: accounts.find_account(c, account_id))
        if account is not None:
            key = f"web-login:{secrets.token_hex(8)}"
            await reception.receive(
                Inbound(key, account.channel, account.external_id, text="/start")
            )

    async def menu(account_id: int) -> Sequence[tuple[str, str]]:
        day = reception.desk.premises.today(clock.now())
        person = await work.read(lambda c: accounts.person_of(c, account_id, day=day))
        if person is None:
            return ()
        return [(c.name, c.title) for c in reception.desk.registry.menu(person)]

    def reveal(connection: Connection, text: str) -> str:
        return linking.revealed(
            connection, text, premises=reception.desk.premises, now=clock.now()
        )

    return Lent(
        work=work,
        blobs=blobs,
        now=clock.now,
        say_error=templates.say_error,
        authenticate=authenticate,
        menu=menu,
        reveal=reveal,
    )
