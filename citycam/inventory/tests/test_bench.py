from pathlib import Path

from citycam.inventory.bench import figures


def test_the_bench_measures_a_small_city(tmp_path: Path) -> None:
    found = {figure.metric.split(":")[0] + ":" + figure.unit: figure for figure in figures(300, 1, tmp_path)}
    assert found["import:MB"].value > 10
    assert found["import:CPU s"].value > 0
    exact = [figure for figure in figures(300, 1, tmp_path) if figure.unit in {"%", "rows"}]
    assert len(exact) == 4
    assert all(figure.holds for figure in exact)
    assert list(tmp_path.iterdir()) == []
