"""The whole program as a child process: through a quarter with everybody in it, and in trouble:
killed, starved, lied to. Nothing is lost."""

import pytest

# a check that fails in these says as much as in a test file
pytest.register_assert_rewrite(
    "tests.e2e.annex",
    "tests.e2e.evidence_desk",
    "tests.e2e.founding",
    "tests.e2e.release_desk",
    "tests.e2e.score_desk",
)
