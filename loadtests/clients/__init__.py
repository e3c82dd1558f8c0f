"""Clients of the edge: live over RTSPS, playback over HTTPS. Plain sockets, so gevent may patch them."""
