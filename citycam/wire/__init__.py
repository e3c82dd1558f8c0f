"""Grammars of what travels on the wire: sans-I/O, bytes in and values out, no sockets and no clocks."""
