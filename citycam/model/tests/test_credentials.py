from citycam.model.credentials import camera_password


def test_passwords_are_stable_and_differ_by_camera_and_key() -> None:
    one = camera_password(b"key", "serial-1")
    assert one == camera_password(b"key", "serial-1")
    assert len({one, camera_password(b"key", "serial-2"), camera_password(b"other", "serial-1")}) == 3
    assert len(one) == 24
