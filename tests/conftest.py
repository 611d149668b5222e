"""What all tests rely on."""

import os
import signal

# Side by side, each worker and what it starts computes on a core of its own; torch and its like read this when they
# are imported, and threads of two workers that fight for the same cores are slower than one thread each.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def pytest_configure() -> None:
    # Started in the background, a process ignores Ctrl-C, and so does everything it starts; some tests send one.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
