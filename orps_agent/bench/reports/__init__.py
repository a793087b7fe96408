"""The ways in which a bench report is written down; all of them render the same value."""
