from pathlib import Path

from citycam.inventory.bench import figures


def test_the_bench_measures_a_small_city(tmp_path: Path) -> None:
    made = figures(300, 1, tmp_path)
    values = {figure.metric: figure.value for figure in made}
    assert values["import: memory of all its processes"] > 10
    assert values["import: of all its processes"] > 0
    exact = [figure for figure in made if figure.unit in {"%", "rows"}]
    assert len(exact) == 4
    assert all(figure.holds for figure in exact)
    assert list(tmp_path.iterdir()) == []
