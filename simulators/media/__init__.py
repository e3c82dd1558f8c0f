"""Pictures for cameras: encoded once by ffmpeg, cut into access units, cached by content."""
