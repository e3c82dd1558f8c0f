from citycam.model.errors import CitycamError, ConfigError, ExitCode


def _tree(root: type[CitycamError]) -> list[type[CitycamError]]:
    return [root, *(deeper for child in root.__subclasses__() for deeper in _tree(child))]


def test_an_error_says_where_what_why_and_next() -> None:
    error = ConfigError("bad limit", where="smoke.yaml:3", why="99 has no unit", next="write 99%")
    assert str(error) == "smoke.yaml:3: bad limit\n  why:  99 has no unit\n  next: write 99%"
    assert error.as_dict()["code"] == "ConfigError"


def test_every_kind_of_error_has_its_own_exit_code() -> None:
    codes = [kind.exit_code for kind in _tree(CitycamError)]
    assert len(set(codes)) == len(codes)
    assert not {ExitCode.OK, ExitCode.GATE_FAILED, ExitCode.INTERRUPTED} & set(codes)
