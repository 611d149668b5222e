"""The bot's log: one line a record, as JSON or for people, without what people write and without secrets.

All records come here, those of discord.py and of `index` too. Whatever a record holds, the line is free of the given
secrets, of anything with the form of a Discord token or of a token in one of Discord's addresses, and of control
characters. Values under the names in `LEFT_OUT` are not written: nothing here may quote people or stories.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Form = Literal["console", "json"]

LEFT_OUT = frozenset(
    {"answer", "content", "message_text", "passage", "query", "question", "quote", "text", "title", "token"}
)
"""Names of values that are never written."""

# What another handler's formatter may have put into a record.
_NOT_FACTS = ("asctime", "message")
_CHATTY = ("bot", "index", "discord", "audit")
_MARK = "[left out]"
# A bot's token is three parts of base64url: its id, a time and a signature. An interaction's begins with "aW50".
_TOKEN = re.compile(r"(?<![\w-])(?:[\w-]{18,}\.[\w-]{5,}\.[\w-]{25,}|aW50[\w-]{40,}=*)", re.ASCII)
_ADDRESS = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s?\"']+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that takes facts by name: `log.info("story removed", server_id=1, story_id="s")`.

    It writes through `logging.getLogger(name)`, so it works and can be tested whether or not `log_to` is in force.
    """
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            _leave_out,
            structlog.stdlib.render_to_log_kwargs,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return logger


def audit(event: str, *, server_id: int | None, person_id: int, **facts: str | int | bool | None) -> None:
    """Write who changed what, by ids alone; a record of the logger `audit`."""
    get_logger("audit").info(event, server_id=server_id, person_id=person_id, **facts)


@contextmanager
def log_to(stream: TextIO, *, form: Form, secrets: Sequence[str] = ()) -> Iterator[None]:
    """Write warnings of everything, and the news of the bot, of `index` and of discord.py, to `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(form, colours=stream.isatty(), secrets=secrets))
    root = logging.getLogger()
    changed = {root: logging.WARNING} | {logging.getLogger(name): logging.INFO for name in _CHATTY}
    before = {logger: logger.level for logger in changed}
    root.addHandler(handler)
    for logger, level in changed.items():
        logger.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, level in before.items():
            logger.setLevel(level)


def redact(line: str, *, secrets: Sequence[str] = ()) -> str:
    """`line` without secrets, tokens and control characters other than line breaks and tabs."""
    for secret in secrets:
        line = line.replace(secret, "[token]")
    line = _ADDRESS.sub(r"\1[token]", _TOKEN.sub("[token]", line))
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", line)


class _Redacting(structlog.stdlib.ProcessorFormatter):
    def __init__(self, *, redact_line: Callable[[str], str], **options: Any) -> None:
        super().__init__(**options)
        self._redact_line = redact_line

    def format(self, record: logging.LogRecord) -> str:
        return self._redact_line(super().format(record))


def _formatter(form: Form, *, colours: bool, secrets: Sequence[str]) -> logging.Formatter:
    every: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _only_facts,
        _leave_out,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if form == "json":
        ending: list[Processor] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_one_line),
        ]
    else:
        # Colours are control characters of the line's own, so only what is in it can be freed of others.
        ending = [
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(
                colors=colours, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    removed: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta

    def redact_line(line: str) -> str:
        return redact(line, secrets=secrets)

    def redact_values(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {name: _in_values(value, redact_line) for name, value in event.items()}

    if colours:
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=every, processors=[removed, ending[0], redact_values, ending[1]]
        )
    return _Redacting(redact_line=redact_line, foreign_pre_chain=every, processors=[removed, *ending])


def _only_facts(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {name: value for name, value in event.items() if name not in _NOT_FACTS}


def _leave_out(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {name: _MARK if name in LEFT_OUT and value is not None else value for name, value in event.items()}


def _in_values(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _in_values(one, change) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_in_values(one, change) for one in value]
    return value


def _one_line(event: Any, **options: Any) -> str:
    return json.dumps(event, ensure_ascii=False, **options)
