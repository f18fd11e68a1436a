# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cache.h: a call that interrupts the cache's writer does not see that
s/if (unlikely(READ_ONCE(here->busy)))/if (0)/
