"""Rules on versions of protocols, without Django."""
