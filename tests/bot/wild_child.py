"""The rendering child with documents that no program should contain, for the tests."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.render_child import main
from templates import documents

if __name__ == "__main__":
    documents.__path__.append(str(Path(__file__).parent / "wild_documents"))
    documents.names.cache_clear()
    sys.exit(main(int(sys.argv[1])))
