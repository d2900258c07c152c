"""What each subject adds to the dashboards, derived: the study's tables are sums of these rows."""

from django.db import models

from trialsite.casebook.models import Projection


class SubjectCell(Projection):
    """A subject stands in one cell of one table: `topic` the table, `line` and `level` the cell, `n` how often.

    `value` is what the cell measures in this subject, where it measures (days, a reduction, micrograms). A subject is
    in a cell once, so that rows of a cell are subjects.
    """

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=20)
    line = models.CharField(max_length=200, blank=True, default="")
    level = models.CharField(max_length=40, blank=True, default="")
    n = models.PositiveIntegerField(default=1)
    value = models.DecimalField(max_digits=20, decimal_places=4, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "topic", "line", "level"], name="subject_once_in_a_cell"
            )
        ]
        indexes = [models.Index(fields=["study", "topic"], name="cell_of_study")]

    def __str__(self) -> str:
        return f"{self.topic} {self.line} {self.level}"
