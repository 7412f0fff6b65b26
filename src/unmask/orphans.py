"""End worker processes whose parent was killed: nobody else would tell them."""

import os
import threading
import time

SECONDS = 0.5


def end_with(parent: int) -> None:
    """Watch, in a thread of its own, that this process' parent lives; end this process when it does not.

    Idle workers of a killed parent would stay for minutes, and busy ones would finish what nobody waits for.

    Args:
        parent: Number of the process that started this one.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="watch parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os._exit(1)
