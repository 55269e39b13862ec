"""Entry points: `python -m erp.embedded keep VAR`."""

import sys
from pathlib import Path

from erp.embedded.postgres import PostgresError


def main(arguments: list[str]) -> int:
    """Run the command named by the arguments; return the exit code."""
    match arguments:
        case ["keep", var]:
            from erp.embedded.keeper import keep

            return keep(Path(var))
    print("usage: python -m erp.embedded keep VAR", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PostgresError as error:
        sys.exit(str(error))
