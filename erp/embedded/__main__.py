"""Entry points of the launcher: `python -m erp.embedded run|dev|prepare|reset|keep VAR`."""

import sys
from pathlib import Path

from erp.embedded.postgres import PostgresError


def main(arguments: list[str]) -> int:
    """Run the command named by the arguments; return the exit code."""
    match arguments:
        case ["run" | "dev" as purpose]:
            from erp.embedded.launcher import launch

            return launch(development=purpose == "dev")
        case ["prepare"]:
            from erp.embedded.prepare import prepare

            prepare()
            return 0
        case ["reset"]:
            from erp.embedded.reset import reset

            return reset()
        case ["keep", var]:
            from erp.embedded.keeper import keep

            return keep(Path(var))
    print(f"usage: {(__doc__ or '').split('`')[1]}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PostgresError as error:
        sys.exit(str(error))
