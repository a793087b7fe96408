"""What both sides of the sandbox need: frames, values, the conversation, confinement."""
