# SPDX-License-Identifier: GPL-2.0
import pathlib
import re

header = pathlib.Path(__file__).parent.parent / "include/linux/labyrinth.h"
found = re.search(r'^#define\s+LABYRINTH_VERSION\s+"(.*)"', header.read_text(), re.M)

project = "labyrinth"
version = release = found[1] if found else ""
master_doc = "index"
primary_domain = "c"
highlight_language = "none"
html_title = f"{project} {release}".strip()
html_show_copyright = False
html_theme = "alabaster"
html_theme_options = {"page_width": "1200px", "sidebar_width": "250px", "body_max_width": "none"}
html_static_path = ["static"]
