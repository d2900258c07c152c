"""Reasons of the trail in the reader's words, for templates."""

from django import template

from trialsite.casebook.reasons import in_words

register = template.Library()
register.filter("reason_words", in_words)
