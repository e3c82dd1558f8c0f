from citycam.model.credentials import camera_password


def test_passwords_are_stable_and_differ_by_camera_and_key() -> None:
    one = camera_password(b"key", "cam-000001")
    assert one == camera_password(b"key", "cam-000001")
    assert len({one, camera_password(b"key", "cam-000002"), camera_password(b"other", "cam-000001")}) == 3
    assert len(one) == 24
