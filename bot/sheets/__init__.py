"""Topics, phrasings and facts as a spreadsheet for people, and back."""
