"""Structured logs: one JSON object a line on standard error, from structlog and from libraries alike."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

_done = False


INFO = logging.INFO
WARNING = logging.WARNING


def line(level: int, logger: str, event: str, **facts: Any) -> None:
    """Write one line straight away, past the machinery of handlers: for what is logged with every request."""
    if level >= logging.getLogger().getEffectiveLevel():
        told = {
            **facts, "event": event, "logger": logger, "level": logging.getLevelName(level).lower(),
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }  # fmt: skip
        sys.stderr.write((_text(None, "", told) if readable() else _render(None, "", told)) + "\n")


def configure(level: str = "") -> None:
    """Set logging up once a process, at ``TRIVET_LOG_LEVEL`` unless told; later calls only change the level."""
    global _done
    level = level or os.environ.get("TRIVET_LOG_LEVEL", "INFO").upper()
    if _done:
        logging.getLogger().setLevel(level)
        return
    _done = True
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _text if readable() else _render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("procrastinate", "psycopg.pool", "django.db.backends"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Our throttle says the same in a sentence.
    logging.getLogger("axes").setLevel(logging.ERROR)
    # The request log says it already, with its id and duration.
    logging.getLogger("django.request").setLevel(logging.ERROR)


def readable() -> bool:
    """Whether a person reads along: ``TRIVET_LOG_FORMAT`` is ``text``, or not set and this is a terminal."""
    told = os.environ.get("TRIVET_LOG_FORMAT", "")
    return told == "text" or (not told and sys.stderr.isatty())


def _text(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
    facts = {
        k: v for k, v in event.items() if k not in {"event", "level", "logger", "timestamp", "exception"}
    }
    told = f"{str(event.get('timestamp', ''))[11:19]} {event.get('level', '')}: {event.get('event', '')}"
    if facts:
        told += f" ({', '.join(f'{k} {v}' for k, v in facts.items())})"
    return f"{told}\n{event['exception']}" if event.get("exception") else told


def _render(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
