"""The casebook's own pages of a subject."""

from django.utils.translation import gettext_lazy as _

from . import registries
from .hold_words import HOLD_WORDS, holds_on_form, holds_on_kind
from .holds import holds_in_words
from .models import Hold, Transfer
from .registries import SubjectPage
from .transfers import TRANSFER_WORDS, TRANSFER_WORK, transfer_alerts
from .unfinished import DRAFT_WORK

registries.subject_pages.register("casebook", SubjectPage(_("Casebook"), "subject", 10))
registries.subject_pages.register("trail", SubjectPage(_("Trail"), "subject-trail", 90))
registries.subject_alerts.register("holds", holds_in_words)
registries.on_forms.register("holds", holds_on_form)
registries.on_kinds.register("holds", holds_on_kind)
registries.trail_words.register(Hold._meta.db_table, HOLD_WORDS)
registries.subject_alerts.register("transfers", transfer_alerts)
registries.work.register("transfers", TRANSFER_WORK)
registries.work.register("drafts", DRAFT_WORK)
registries.trail_words.register(Transfer._meta.db_table, TRANSFER_WORDS)
