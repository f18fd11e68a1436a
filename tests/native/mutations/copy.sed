# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cache.h: hints of another CPU are copied though the cache is busy
/^static inline void lab_cache_copy/,/^}/s/if (!lab_cache_begin(here))/WRITE_ONCE(here->busy, 1);\n\tif (0)/
