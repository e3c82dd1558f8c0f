"""The command line: the one place that knows every other package and wires them together."""
