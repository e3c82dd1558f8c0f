"""A fleet as one would write it on GStreamer's RTSP server: a mount point a camera, each with a pipeline of its own.

    /usr/bin/python3 gstreamer_server.py PORT CAMERAS FILE

Run by Debian's Python, which has the bindings (gir1.2-gst-rtsp-server-1.0). FILE is an MP4 that lasts longer than
anyone watches. Camera N is at /cam-N. It writes `listening` when it answers.
"""

import sys

import gi  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

_PIPELINE = "( filesrc location={file} ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 mtu=1412 )"


def main() -> None:
    """Serve until the process is ended."""
    port, cameras, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("0.0.0.0")
    server.set_service(port)
    server.set_backlog(1024)
    for camera in range(1, cameras + 1):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(_PIPELINE.format(file=file))
        server.get_mount_points().add_factory(f"/cam-{camera}", factory)
    server.attach(None)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
