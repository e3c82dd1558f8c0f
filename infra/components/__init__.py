"""The parts of the platform. Each takes a name, one frozen value of arguments, and options."""
