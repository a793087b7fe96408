"""Whatever answers prompts: endpoints, the embedded model, scripts; and the reading of their replies."""
