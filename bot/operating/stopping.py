"""The last resort of a stop: work in threads cannot be interrupted, but a process that was told to end must."""

import logging
import os
import sys
import threading

_log = logging.getLogger(__name__)

SECONDS_TO_END = 9.5
"""How long after the signal the process may still be there: less than the 10 seconds that are promised."""


def end_process_soon(*, seconds: float = SECONDS_TO_END, code: int = 0) -> threading.Timer:
    """End this process `seconds` from now, whatever its threads do; it ends earlier when it can.

    Nothing is lost by it: stories are stored so that a kill at any moment leaves the old one or the new one, and
    jobs go on at the next start.
    """

    def end() -> None:
        _log.warning("Something was still at work %g seconds after the stop; the next start goes on with it", seconds)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError) as error:
                _log.debug("A stream could not be flushed: %s", error)
        os._exit(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer
