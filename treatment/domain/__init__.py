"""Rules of treatment without Django: planned and given doses, cumulative doses, blinatumomab infusions."""
