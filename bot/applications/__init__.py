"""Application files: their numbers, what is known of one, where it is looked up, and how spreadsheets come in."""
