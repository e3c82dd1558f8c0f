from citycam.plan.difference import compare_plans
from citycam.plan.tests.cities import camera, city, planned
from citycam.policy.standard import Outcome


def test_the_same_plan_differs_in_nothing() -> None:
    plan = planned(city(50))
    found = compare_plans(plan, plan)
    assert not found
    assert found.counts() == {}


def test_what_came_went_and_changed_is_named() -> None:
    old = planned([camera(1), camera(2), camera(3)])
    new = planned([camera(1, bitrate=8_000_000), camera(3, address=None), camera(4)], before=old)
    found = compare_plans(old, new)
    assert (found.added, found.removed) == (("cam-000004",), ("cam-000002",))
    told = {(change.camera, change.what): (change.old, change.new) for change in found.changes}
    assert told["cam-000001", "bitrate"] == ("4000000", "8000000")
    assert told["cam-000003", "route"] == ("rtsp", "excluded")
    assert told["cam-000003", "gateway"] == ("gateway-4-1", None)
    assert found.moved == 0.5, "of the two that were there before and are still"
    assert found.counts()["gateway"] == 1


def test_a_verdict_that_changed_is_a_change() -> None:
    records = [camera(1)]
    found = compare_plans(planned(records), planned(records, verdicts={"cam-000001": Outcome.CONFORMS}))
    assert [(one.what, one.old, one.new) for one in found.changes] == [("verdict", None, "conforms")]


def test_figures_and_coefficients_that_changed_are_told() -> None:
    old, new = planned(city(50)), planned(city(400))
    other = new.model_copy(update={"coefficients": new.coefficients[1:]})
    found = compare_plans(old, other)
    assert {number.name for number in found.numbers} >= {"cameras", "bitrate", "gateways"}
    assert found.coefficients == (new.coefficients[0].name,)
    assert set(found.gateways_added) == {one.name for one in new.gateways} - {one.name for one in old.gateways}
