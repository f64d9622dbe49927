"""Fills a channel's settings from the environment, by the names and types that it declares.

A channel's settings are a frozen dataclass; a field `base_url` of one with the prefix
KAOHE_WECOM_ is the variable KAOHE_WECOM_BASE_URL. What has no default is needed: with none of it
the channel is off, with a part of it something was forgotten, and each missing one is named.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import ClassVar, Protocol, TypeVar

from bot.secret import Secret
from bot.variables import Variables


class ChannelSettings(Protocol):
    """What `config` asks of a channel's settings."""

    __dataclass_fields__: ClassVar[dict[str, typing.Any]]

    def faults(self) -> Iterator[tuple[str, str]]:
        """(field, rest of the sentence) for each value that can't be used."""

    def on_loopback(self) -> bool:
        """Whether nothing it talks to lies outside this machine: then a test clock may run."""


T = TypeVar("T", bound=ChannelSettings)


def fill(variables: Variables, cls: type[T], prefix: str) -> T | None:
    """None while the channel is off, and where something is missing; faults are noted."""
    hints = typing.get_type_hints(cls)
    names = {item.name: f"{prefix}{item.name.upper()}" for item in fields(cls)}
    values = {key: _value(variables, name, hints[key]) for key, name in names.items()}
    needed = [names[item.name] for item in fields(cls) if item.default is MISSING]
    given = [name for name in needed if variables.is_given(name)]
    if not given:
        return None
    for name in needed:
        if name not in given:
            rest = f"没有设置，{given[0]} 要和它一起用，请补上；不用的话请把后者也去掉。"
            variables.fault(name, rest)
    if any(values[item.name] is None for item in fields(cls) if item.default is MISSING):
        return None
    settings = cls(**{key: value for key, value in values.items() if value is not None})
    for key, rest in settings.faults():
        variables.fault(names[key], rest)
    return settings


def _value(variables: Variables, name: str, kind: object) -> object:
    """What a field of this type holds; None when not given. Optional types count as their own.
    An address loses the slash at its end."""
    kinds = set(typing.get_args(kind) or (kind,)) - {type(None)}
    if kinds == {Secret}:
        return variables.secret(name)
    if kinds == {float}:
        return variables.number(name)
    if kinds == {str}:
        text = variables.text(name)
        return text.rstrip("/") if text and name.endswith("_URL") else text
    raise TypeError(f"{name}: a setting can't be of type {kind}")
