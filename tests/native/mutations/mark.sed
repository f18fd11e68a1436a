# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cache.h: the count is read before the mark, and what an interrupt did is undone
/^static __always_inline bool lab_cache_add/,/^}/{
	s/^\tif (!lab_cache_begin(here))/\thints = READ_ONCE(here->hints);\n\tif (!lab_cache_begin(here))/
	s/^\thints = here->hints;//
}
