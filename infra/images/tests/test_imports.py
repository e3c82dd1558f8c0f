from __future__ import annotations

from pathlib import Path

import pytest

from infra.images.imports import carried_files


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    files = {
        "citycam/__init__.py": "",
        "citycam/wire/__init__.py": "",
        "citycam/wire/rtp.py": "import struct",
        "citycam/wire/sdp.py": "",
        "citycam/model/__init__.py": "",
        "citycam/model/camera.py": "from citycam.wire import rtp",
        "simulators/__init__.py": "",
        "simulators/fleet.py": "def late():\n    import citycam.model.camera",
        "simulators/bench.py": "import citycam.wire.sdp",
        "simulators/profiles/d1.yaml": "",
        "simulators/tests/test_fleet.py": "import citycam.wire.sdp",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_package_brings_its_data_and_what_it_imports_but_no_tests(checkout: Path) -> None:
    assert [file.as_posix() for file in carried_files(("simulators",), checkout)] == [
        "citycam/__init__.py",
        "citycam/model/__init__.py",
        "citycam/model/camera.py",
        "citycam/wire/__init__.py",
        "citycam/wire/rtp.py",
        "simulators/__init__.py",
        "simulators/fleet.py",
        "simulators/profiles/d1.yaml",
    ]


def test_a_module_brings_its_packages_and_no_neighbour(checkout: Path) -> None:
    assert [file.as_posix() for file in carried_files(("citycam.wire.sdp",), checkout)] == [
        "citycam/__init__.py",
        "citycam/wire/__init__.py",
        "citycam/wire/sdp.py",
    ]
