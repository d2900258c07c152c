"""Rules of enrolment without Django: eligibility and randomisation."""
