"""Keeps secrets out of the logs."""

import logging
import re

SECRET_PATH = re.compile(r"(/(?:my|calendars|verify|invitations|consent|unsubscribe|key)/)[^/\s?\"']+")


class SecretPaths(logging.Filter):
    """Blank out private tokens in logged paths."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = SECRET_PATH.sub(r"\1***", record.getMessage())
        record.args = ()
        return True
