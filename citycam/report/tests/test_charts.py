import pytest

from citycam.report.catalogue import catalogue
from citycam.report.charts import rate_chart
from citycam.report.figures import Rate


@pytest.mark.parametrize("missing", [0, 3])
def test_the_axis_of_time_says_what_it_is_whether_frames_are_missing_or_not(missing: float) -> None:
    texts = catalogue()
    drawn = rate_chart([Rate(at=at, seconds=1, sent=400, recorded=400 - missing) for at in range(60)], texts)
    assert texts("chart.seconds") in drawn
    assert ">55</text>" in drawn
    assert (texts("legend.missing") in drawn) is bool(missing)
