"""The command line: `citycam`, or `python -m citycam`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run it. What it needs takes a second to load, and may be interrupted too."""
    try:
        from citycam.cli.main import main as command_line
    except KeyboardInterrupt:
        sys.exit(130)
    command_line()


if __name__ == "__main__":
    main()
