"""Synthetic subjects as stories: who they are, what happens to them, and what the forms would say. All of it invented.

`telling.story` makes one subject from a seed; nothing here touches a database or reads a clock.
"""
