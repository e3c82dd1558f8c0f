from collections import Counter

from citycam.policy.bench import DAY, city
from citycam.policy.docket import decide
from citycam.policy.moratorium import Ruling, load_moratorium
from citycam.policy.sample import sample_proposals


def test_the_seed_decides_and_the_first_do_not_depend_on_how_many() -> None:
    assert sample_proposals(50, 3) == sample_proposals(80, 3)[:50]
    assert sample_proposals(50, 3) != sample_proposals(50, 4)


def test_every_ruling_comes_up_and_every_project_in_pieces_is_seen() -> None:
    decisions = decide(sample_proposals(400, 1), load_moratorium(), DAY)
    assert set(Counter(one.ruling for one in decisions)) == set(Ruling)
    pieces = [one for one in decisions if one.proposal.id.count("-") == 2]
    assert len(pieces) > 50
    assert all("split" in {reason.rule for reason in one.reasons} for one in pieces)


def test_most_stand_near_the_cameras_that_are_there() -> None:
    cameras = city(50, 2)
    places = {(round(one.latitude or 0, 2), round(one.longitude or 0, 2)) for one in cameras}
    proposals = sample_proposals(200, 1, cameras)
    near = [one for one in proposals if (round(one.views[0].latitude, 2), round(one.views[0].longitude, 2)) in places]
    assert len(near) > 100
