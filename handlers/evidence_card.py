"""What a card tells of one item, the same for its department and for whoever reviews it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.collecting import LINK
from handlers.evidence_rows import edition_of, find_row
from handlers.messages import FileRef
from handlers.turn import Turn
from rubric.edition import Indicator
from storage import attachments, reviewing, sections, submission
from storage.attachments import File
from storage.evidence import Item
from storage.sections import Section

PICTURES = ("jpg", "jpeg", "png", "heic", "heif", "webp", "gif")


@dataclass(frozen=True, slots=True)
class Card:
    """`returns` are earlier returns with their reasons, `moves` names of rows it came from."""

    item: Item
    row: Indicator | None
    section: Section | None
    files: list[File]
    versions: int
    returns: list[tuple[datetime, str]]
    moves: list[tuple[str, str]]

    @property
    def pictures(self) -> int:
        return sum(file.name.rpartition(".")[2].lower() in PICTURES for file in self.files)

    @property
    def documents(self) -> list[str]:
        """Names of what is no picture: pictures' names say nothing."""
        return [
            file.name
            for file in self.files
            if file.name.rpartition(".")[2].lower() not in PICTURES
        ]

    @property
    def links(self) -> list[str]:
        """At most five; all of them stand in the description too."""
        return LINK.findall(self.item.description)[:5]


def read(turn: Turn, item: Item) -> Card:
    edition = edition_of(item, today=turn.premises.today(turn.now))
    moves = []
    for row_id, reason in reviewing.moved_before(turn.connection, item.id):
        row = find_row(edition, row_id)
        moves.append((row.name if row else row_id, reason))
    files = attachments.of_evidence(turn.connection, item.id)
    return Card(
        item,
        find_row(edition, item.indicator),
        sections.section_of_row(turn.connection, item.indicator),
        [file for file in files if file.state == "stored"],
        submission.count_versions(turn.connection, item.id),
        reviewing.returned_before(turn.connection, item.id),
        moves,
    )


def send_files(turn: Turn, item: Item) -> None:
    """Say each stored file as a message of its own."""
    files = [f for f in attachments.of_evidence(turn.connection, item.id) if f.blob]
    for number, file in enumerate(files, 1):
        turn.say(
            "evidence.file",
            file=FileRef(file.blob or "", file.name, file.mime),
            name=item.receipt or item.name,
            number=number,
            total=len(files),
        )
