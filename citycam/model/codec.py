"""The codecs of pictures that cameras send. By itself, so that whoever reads recordings carries nothing else."""

from typing import Literal

Codec = Literal["h264", "h265", "mjpeg"]
"""H.264, H.265, Motion JPEG."""
