"""Endpoints and their statistics as pure functions: histories in, dates, curves and limits out."""
