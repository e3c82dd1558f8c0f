"""What the city's rules say of cameras and of proposed ones: technical standard, moratorium, overlap."""
