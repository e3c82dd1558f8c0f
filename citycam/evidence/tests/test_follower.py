from pathlib import Path

from citycam.evidence.follower import Follower, look_at_all
from citycam.evidence.ledger import Clock
from citycam.evidence.segment import file_name
from citycam.evidence.tests.recorder import EPOCH_NS, header, part
from citycam.evidence.tests.scene import Scene

CLOCK = Clock(EPOCH_NS, 10, 1)
SCENE = Scene()


def frames(first: int, stop: int) -> bytes:
    return part(SCENE.samples(1, first, stop, CLOCK))


def append(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(content)


def seen(follower: Follower) -> tuple[int, int, int]:
    look_at_all([follower])
    return follower.frames, follower.gaps, follower.newest_ns


def sent(frame: int) -> int:
    return EPOCH_NS + frame * 10**8 + 1_000_000


def test_parts_are_read_once_as_they_are_finished(tmp_path: Path) -> None:
    folder = tmp_path / "cam-000001"
    follower, path = Follower(folder), folder / file_name(EPOCH_NS)
    assert seen(follower) == (0, 0, 0)  # no folder yet
    append(path, header()[:100])
    assert seen(follower) == (0, 0, 0)  # half a header
    append(path, header()[100:] + frames(0, 10))
    assert seen(follower) == (10, 0, sent(9))
    second = frames(10, 20)
    append(path, second[:300])
    assert seen(follower) == (10, 0, sent(9))  # half a part
    append(path, second[300:])
    assert seen(follower) == (20, 0, sent(19))
    assert follower.bytes == path.stat().st_size
    assert follower.segment_ns == EPOCH_NS


def test_jumps_are_gaps_within_and_between_segments(tmp_path: Path) -> None:
    folder = tmp_path / "cam-000001"
    follower = Follower(folder)
    append(folder / file_name(EPOCH_NS), header() + frames(0, 10) + frames(12, 20))
    assert seen(follower) == (18, 1, sent(19))
    append(folder / file_name(EPOCH_NS), frames(20, 25))
    append(folder / file_name(EPOCH_NS + 10**9), header() + frames(25, 30))
    append(folder / file_name(EPOCH_NS + 2 * 10**9), header() + frames(40, 41))
    assert seen(follower) == (29, 2, sent(40))


def test_it_starts_at_the_newest_segment_and_survives_retention(tmp_path: Path) -> None:
    folder = tmp_path / "cam-000001"
    for number in range(3):
        append(folder / file_name(EPOCH_NS + number * 10**9), header() + frames(number * 10, number * 10 + 10))
    follower = Follower(folder)
    assert seen(follower) == (10, 0, sent(29))
    for path in folder.iterdir():
        path.unlink()
    assert seen(follower) == (10, 0, sent(29))
    append(folder / file_name(EPOCH_NS + 9 * 10**9), header() + frames(90, 95))
    # What was deleted unread may have held the frames between: that is not called a gap.
    assert seen(follower) == (15, 0, sent(94))


def test_a_reader_reads_new_bytes_only(tmp_path: Path) -> None:
    folder = tmp_path / "cam-000001"
    path = folder / file_name(EPOCH_NS)
    append(path, header() + frames(0, 10))
    follower = Follower(folder)
    seen(follower)
    content = bytearray(path.read_bytes())
    content[:] = bytes(len(content))  # what was read is never looked at again
    path.write_bytes(content + frames(10, 20))
    assert seen(follower) == (20, 0, sent(19))
