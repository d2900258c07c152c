"""Formats in which a table is written, each as a stream: rows are never all in memory."""
