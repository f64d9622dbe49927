"""Property tests here are pure computing; on a busy machine time says nothing about them."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
