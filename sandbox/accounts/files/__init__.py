"""Small real files, built byte by byte or by a library, the same bytes every time."""
