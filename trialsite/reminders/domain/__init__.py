"""Rules of reminders: when one is due, when it is tried again, where a webhook may lead."""
