"""What a protocol file says: read, checked and held as frozen values, without Django."""
