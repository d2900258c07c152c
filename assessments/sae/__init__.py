"""Serious adverse events: what is derived from their forms, shown, sent, printed and decided."""
