"""The survey's shell: opens connections to real devices. What their answers mean is in `citycam.inventory.survey`."""
