"""Keeping an installation: backups that are tried, packages that are looked up for known holes."""
