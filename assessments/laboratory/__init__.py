"""The laboratory of a subject as one table: draws as columns, entry, paste, the tray of what was not understood."""
