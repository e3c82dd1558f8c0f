import struct

from citycam.evidence.boxes import read_header
from citycam.evidence.fragments import read_samples, whole_parts
from citycam.evidence.tests.recorder import box, full, header, part
from citycam.evidence.tests.scene import Sample

VIDEO = [Sample(b"v" * size, size == 5, 0, 3000) for size in (5, 6, 7)]


def plain() -> tuple[list[int], list[int], list[bool]]:
    data = header() + part(VIDEO)
    samples = read_samples(memoryview(data), read_header(memoryview(data)), len(header()))
    return samples.size.tolist(), samples.time.tolist(), samples.key.tolist()


def test_plain_fragment() -> None:
    assert plain() == ([5, 6, 7], [0, 3000, 6000], [True, False, False])


def test_defaults_several_runs_and_another_track_give_the_same() -> None:
    """The same samples as other recorders write them: defaults in tfhd, two truns, audio in between."""
    payload = b"".join(sample.payload for sample in VIDEO)
    sound = full(b"tfhd", 0x20018, struct.pack(">III", 2, 1000, 4))
    audio = box(b"traf", sound, full(b"tfdt", 0, bytes(4)), full(b"trun", 0x1, struct.pack(">Ii", 2, 0)))

    def moof(offset: int) -> bytes:
        first = full(b"trun", 0x205, struct.pack(">IiI", 1, offset, 0), struct.pack(">I", 5))
        rest = full(b"trun", 0x200, struct.pack(">I", 2), struct.pack(">II", 6, 7))
        # base-data-offset is absent: offsets count from moof.
        video = box(b"traf", full(b"tfhd", 0x20028, struct.pack(">III", 1, 3000, 0x10000)),
                    full(b"tfdt", 0, struct.pack(">I", 0)), first, rest)  # fmt: skip
        return box(b"moof", full(b"mfhd", 0, bytes(4)), audio, video)

    data = header() + moof(len(moof(0)) + 8) + box(b"mdat", payload)
    samples = read_samples(memoryview(data), read_header(memoryview(data)), len(header()))
    assert samples.size.tolist() == [5, 6, 7]
    assert samples.time.tolist() == [0, 3000, 6000]
    assert bytes(data[samples.offset[2] : samples.offset[2] + 7]) == b"v" * 7
    assert samples.complete


def test_whole_parts_ends_at_the_last_finished_mdat() -> None:
    one = part(VIDEO)
    for extra in (0, 7, 50, len(one) - 1):
        assert whole_parts(memoryview(one + one[:extra])) == len(one)
    assert whole_parts(memoryview(one[:-1])) == 0
