"""What `make bench` runs.

`python -m bench otc [--clerks N] [--orders N]`: the order-to-cash cycle on a fresh system under var/bench.
`python -m bench growth [--against FILE] [--times N]`: figures of the database that the environment names.
"""

import argparse
import os
from pathlib import Path

import django


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("what", choices=["otc", "growth"])
    parser.add_argument("--against", type=Path, help="growth.json of a smaller company")
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--clerks", type=int, default=4)
    parser.add_argument("--orders", type=int, default=50, help="of each clerk")
    wanted = parser.parse_args()
    if wanted.what == "otc":
        from bench import otc

        otc.run(Path(__file__).resolve().parent.parent, clerks=wanted.clerks, orders=wanted.orders)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")
    django.setup()
    from bench import growth

    print(growth.run(against=wanted.against, times=wanted.times))


if __name__ == "__main__":
    main()
