from citycam.policy import bench
from citycam.policy.sample import sample_proposals


def test_the_city_is_made_by_its_seed() -> None:
    cameras = bench.city(30, 5)
    assert len(cameras) == len({camera.id for camera in cameras}) == 30
    assert cameras == bench.city(30, 5)
    assert cameras != bench.city(30, 6)


def test_what_is_measured_is_the_whole_comparison() -> None:
    cameras = bench.city(200, 1)
    assert bench.overlaps(sample_proposals(20, 1, cameras), cameras) == 20
