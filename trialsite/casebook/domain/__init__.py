"""Rules of the casebook without Django."""
