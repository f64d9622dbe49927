"""What an installation without WeCom does not pay for."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys
from bot.channels.telegram.loading import load
load()
import bot.channels.telegram.channel
print([name for name in sys.modules if name.startswith("cryptography")])
load()
import bot.wecom.crypto
print("cryptography" in sys.modules)
"""


def test_the_library_is_loaded_without_what_only_wecom_needs():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\nTrue\n", "")
