"""What an item can tell about a person beside what it says of the disease."""

from enum import StrEnum


class Nature(StrEnum):
    """Why an item may have to stay behind when a record leaves the system."""

    PLAIN = "plain"
    IDENTIFYING = "identifying"  # narrows down who somebody is: a birth date
    FREE_TEXT = "free_text"  # typed in one's own words, in which a name may stand
    GENETIC = "genetic"  # inherited, or found in the genes of the disease
