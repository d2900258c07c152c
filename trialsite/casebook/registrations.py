"""The casebook's own pages of a subject."""

from django.utils.translation import gettext_lazy as _

from . import registries
from .registries import SubjectPage

registries.subject_pages.register("casebook", SubjectPage(_("Casebook"), "subject", 10))
registries.subject_pages.register("trail", SubjectPage(_("Trail"), "subject-trail", 90))
