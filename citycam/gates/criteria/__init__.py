"""One criterion a module, each with its instance `CRITERION`; `citycam.gates.registry` finds them."""
