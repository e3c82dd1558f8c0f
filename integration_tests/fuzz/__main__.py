"""`python -m integration_tests.fuzz TARGET [libFuzzer options] [folder of inputs]`: fuzz one target.

Without options it runs until it is stopped or finds something, which it writes to `crash-…` in the current folder;
given such a file it runs that alone. `-runs=N -seed=N` make a run that is the same again.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["citycam.wire", "simulators.rtsp", "simulators.onvif"]):
    from .targets import PLANTED, TARGETS, hear_failures


def main() -> int:
    """Read the arguments and fuzz; the fuzzer's exit code."""
    targets = TARGETS | PLANTED
    if len(sys.argv) < 2 or sys.argv[1] not in targets:
        sys.exit(f"{(__doc__ or '').splitlines()[0]}\n\ntargets: {', '.join(TARGETS)}")
    target, options = targets[sys.argv[1]], sys.argv[2:]
    hear_failures()
    alone = any(Path(option).is_file() for option in options)
    with tempfile.TemporaryDirectory(prefix="citycam-fuzz-") as seeds:
        for number, seed in enumerate(target.seeds):
            (Path(seeds) / str(number)).write_bytes(seed)
        # What is found goes to the first folder, so the seeds come last.
        return _fuzz(target.check, [sys.argv[0], "-max_len=4096", *options, *([] if alone else [seeds])])


def _fuzz(check: Callable[[bytes], None], arguments: list[str]) -> int:
    """In a child, since the fuzzer ends its process without any cleaning up."""
    child = os.fork()
    if not child:
        atheris.Setup(arguments, check)
        atheris.Fuzz()
    while True:
        with suppress(KeyboardInterrupt):  # the child has heard it too
            _, status = os.waitpid(child, 0)
            return os.waitstatus_to_exitcode(status) & 0xFF


sys.exit(main())
