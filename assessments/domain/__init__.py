"""Rules of assessment without Django: response, MRD, laboratory grades, CNS status, the visit schedule."""
