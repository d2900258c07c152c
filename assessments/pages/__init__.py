"""Pages of the assessments, in paper order, by noun."""
