# SPDX-License-Identifier: GPL-2.0
project = "labyrinth"
master_doc = "index"
primary_domain = "c"
highlight_language = "none"
