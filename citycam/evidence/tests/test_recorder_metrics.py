import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from prometheus_client import CollectorRegistry

from citycam.evidence.recorder_metrics import Recordings
from citycam.evidence.tests import recorder


def expect(path: Path, cameras: list[str]) -> Path:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(cameras))
    stamp = path.stat().st_mtime_ns + 10**9 if path.exists() else time.time_ns()
    os.utime(draft, ns=(stamp, stamp))
    draft.replace(path)
    return path


def test_what_is_on_disk_is_published_for_expected_cameras(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=2)
    folder = archive.run.archive / "gateway-1"
    expected = expect(tmp_path / "cameras.json", ["cam-000001", "cam-000009"])
    registry = CollectorRegistry()
    recordings = Recordings(folder, expected)
    recordings.look()
    registry.register(recordings)

    def value(name: str, camera: str) -> float | None:
        return registry.get_sample_value(f"citycam_recording_{name}", {"camera": camera})

    newest = (archive.clock.epoch_ns + 119 * 10**8 + 1_000_000) / 1e9
    assert value("newest_frame_timestamp_seconds", "cam-000001") == newest
    assert value("frames_total", "cam-000001") == 40
    assert value("gaps_total", "cam-000001") == 0
    assert value("bytes_total", "cam-000001") == archive.segments["cam-000001"][-1].path.stat().st_size
    age = value("segment_age_seconds", "cam-000001")
    assert age is not None
    assert age > 0
    assert value("expected", "cam-000009") == 1
    assert value("newest_frame_timestamp_seconds", "cam-000009") is None
    assert value("expected", "cam-000002") is None

    expect(expected, ["cam-000002"])
    recordings.look()
    assert value("expected", "cam-000001") is None
    assert value("frames_total", "cam-000002") == 40

    expect(expected, []).write_text('{"not": "a list"}')
    recordings.look()
    assert value("frames_total", "cam-000002") == 40


def test_the_program_serves_and_ends_on_a_signal(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    expected = expect(tmp_path / "cameras.json", ["cam-000001"])
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "citycam.evidence.recorder_metrics", "--listen", address]
    command += ["--recordings", str(archive.run.archive / "gateway-1"), "--expected", str(expected)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "listening" in line:
            break
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except urllib.error.URLError as error:
        raise AssertionError(f"no metrics; its log: {lines}") from error
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0, rest
    assert 'citycam_recording_expected{camera="cam-000001"} 1.0' in text
