"""What the mind needs from outside, as protocols. No adapter lives here and nothing here does anything."""
