"""What all tests rely on."""

import signal


def pytest_configure() -> None:
    # Started in the background, a process ignores Ctrl-C, and so does everything it starts; some tests send one.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
