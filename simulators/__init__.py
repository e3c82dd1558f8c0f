"""The camera fleet: media, RTSP, profiles of models, faults, and the process that serves all cameras."""
