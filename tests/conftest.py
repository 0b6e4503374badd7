"""What one test does to the process does not reach the next."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("calm", deadline=None)  # no test asserts the time of a clock
settings.load_profile("calm")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands that run in this process set levels and handlers of the whole process."""
    root = logging.getLogger()
    before, handlers = root.level, list(root.handlers)
    levels = {name: logger.level for name, logger in logging.Logger.manager.loggerDict.items() if isinstance(logger, logging.Logger)}
    yield
    root.setLevel(before)
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
    for name, logger in logging.Logger.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            logger.setLevel(levels.get(name, logging.NOTSET))
