from citycam.policy.docket import decide
from citycam.policy.moratorium import load_moratorium
from citycam.policy.replanning import replanning
from citycam.policy.tests.proposals import DAY, proposal, tendered
from citycam.policy.tests.test_eyes import camera
from citycam.policy.tests.test_overlap import wish
from citycam.policy.tests.test_sharing import ranked


def test_suspended_items_are_listed_the_dearest_first_with_what_is_covered() -> None:
    seen = wish("P-1").model_copy(update={"programme": "smart-traffic", "budget_vnd": 5})
    dear = proposal("P-2", programme="smart-traffic", budget_vnd=9)
    lapsed = tendered("P-3", programme="smart-traffic", tender={"state": "cancelled"})
    decisions = decide([seen, proposal("P-0"), dear, lapsed], load_moratorium(), DAY)
    items = replanning(decisions, ranked([seen], camera()))
    assert [item["proposal"] for item in items] == ["P-2", "P-1", "P-3"]
    assert items[0]["covered"] is None
    assert items[1]["covered"]["stated"] == 1
    assert items[1]["share_with"] == ["Công an phường Ba Đình"]
    assert [item["under_contract"] for item in items] == [False, False, True]
