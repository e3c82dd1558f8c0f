"""RTSP as cameras speak it: a session state machine without sockets."""
