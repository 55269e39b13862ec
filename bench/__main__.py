"""`python -m bench growth [--against FILE] [--times N]`: figures of the database that the environment names."""

import argparse
import os
from pathlib import Path

import django


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("what", choices=["growth"])
    parser.add_argument("--against", type=Path, help="growth.json of a smaller company")
    parser.add_argument("--times", type=int, default=15)
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")
    django.setup()
    from bench import growth

    print(growth.run(against=wanted.against, times=wanted.times))


if __name__ == "__main__":
    main()
