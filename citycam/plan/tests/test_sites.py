from citycam.inventory.record import CameraRecord
from citycam.plan.coefficients import coefficients
from citycam.plan.integration import integrate
from citycam.plan.sites import Budget, Site, sites_of
from citycam.plan.tests.cities import camera


def sites(*records: CameraRecord) -> list[Site]:
    return sites_of(records, integrate(records, {}, coefficients()), coefficients())


def test_a_site_adds_up_its_cameras_with_their_headers() -> None:
    (site,) = sites(camera(2), camera(1))
    assert site.id == "Sở Xây dựng/4/Quảng trường"
    assert site.cameras == ("cam-000001", "cam-000002")
    assert (site.needed, site.line, site.usable) == (8_400_000, 100_000_000, 80_000_000)
    assert (site.budget, site.missing) == (Budget.FITS, 0)


def test_a_line_that_is_too_small_lacks_what_it_lacks() -> None:
    (site,) = sites(camera(1, uplink={"kind": "copper", "bandwidth": 4_000_000}))
    assert (site.budget, site.missing) == (Budget.OVER, 1_000_000)


def test_of_two_declarations_the_smaller_line_counts() -> None:
    (site,) = sites(camera(1), camera(2, uplink={"bandwidth": 10_000_000}))
    assert site.line == 10_000_000


def test_a_line_that_nobody_declared_is_unknown() -> None:
    (site,) = sites(camera(1, uplink=None))
    assert (site.budget, site.line, site.missing) == (Budget.UNKNOWN, None, 0)


def test_agencies_wards_and_names_part_sites_and_no_name_is_a_site_by_itself() -> None:
    found = sites(
        camera(1), camera(2, agency="Công an"), camera(3, ward_code=8), camera(4, site=None), camera(5, site=None)
    )
    assert [len(site.cameras) for site in found] == [1] * 5


def test_channels_of_a_recorder_stand_where_its_first_one_does() -> None:
    recorder = {"serial": "N1"}
    found = sites(camera(2, recorder=recorder, site="B", ward_code=8), camera(1, recorder=recorder, site="A"))
    assert [(site.id, site.cameras) for site in found] == [("Sở Xây dựng/4/A", ("cam-000001", "cam-000002"))]


def test_what_does_not_come_in_needs_no_line() -> None:
    assert sites(camera(1, state="removed")) == []
