"""`make reset`: throws the embedded data away, so that the next start makes a fresh demo company."""

import os
import shutil
import sys

from erp.embedded.door import lock
from erp.embedded.paths import ROOT, VAR

DATA = ("postgres", "valkey", "media", "mail")


def reset() -> int:
    """Remove the data under `var/`, keeping the keys; asks once when a person is there. Returns the exit code."""
    if lock(VAR) is None:
        sys.exit("It is running. Stop it first (Ctrl-C in its terminal), then reset.")
    folders = [VAR / name for name in DATA if (VAR / name).exists()]
    if not folders:
        print("There is nothing to remove.")
        return 0
    print("This removes all orders, stock, documents and messages of the embedded database:")
    for folder in folders:
        print(f"  {folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder}/")
    if (
        sys.stdin.isatty()
        and "CI" not in os.environ
        and input("Remove them? [y/N] ").strip().lower() not in ("y", "yes")
    ):
        print("Nothing was removed.")
        return 1
    for folder in folders:
        shutil.rmtree(folder)
    print("Removed. 'make run' loads a fresh demo company.")
    return 0
