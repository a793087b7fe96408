"""Write the generated pages."""

from pathlib import Path

from .options import options_page
from .settings import settings_page

PAGES = {"settings.md": settings_page, "options.md": options_page}

if __name__ == "__main__":
    for name, made in PAGES.items():
        (Path(__file__).parents[1] / name).write_text(made(), encoding="utf-8")
