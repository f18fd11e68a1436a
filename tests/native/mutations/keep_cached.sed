# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cache.h: the slow path takes a cached page for good, but leaves it cached
s/state & ~LAB_CACHED))/state))/
