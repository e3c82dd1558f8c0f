"""`python -m simulators.bench.unmarked`: the fleet without watermarks, to say what they cost.

Cameras of a cohort then send the same bytes: one buffer, which is made once a frame.
"""

from __future__ import annotations

import sys

from simulators.bench.reel import unmarked
from simulators.fleet import broadcast
from simulators.fleet.__main__ import main
from simulators.fleet.cohort import Lanes, Rendered
from simulators.fleet.reader import Reader


def _stream(readers: list[Reader], frame: Rendered, lanes: Lanes, gone: list[tuple[Reader, OSError]]) -> None:
    """As `simulators.fleet.broadcast._stream`, and like it in all but what is sent."""
    found = _whole.get(frame)
    if found is None:
        _whole.clear()
        head, tail, _ = frame.stream(lanes, 0)
        found = _whole[frame] = unmarked(head, tail)[0]
    size = len(found)
    for reader in readers:
        try:
            if reader.odd:
                reader.send_carefully(frame)
                continue
            sent = reader.send(found)
        except BlockingIOError:
            reader.note(frame.frame, "slow-reader")
        except OSError as error:
            gone.append((reader, error))
        else:
            if sent != size:
                reader.hold(frame.frame, found[sent:])


_whole: dict[Rendered, bytes] = {}

if __name__ == "__main__":
    broadcast._stream = _stream
    sys.exit(main())
