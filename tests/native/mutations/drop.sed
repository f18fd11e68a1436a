# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cache.h: an interrupt between load and store of the CPU's balance is lost, with hints dropped
/^static inline void lab_cache_add_hints/,/^}/ {
	s/local_add(\(.*\), &here->balance_and_hints);/local_set(\&here->balance_and_hints, local_read(\&here->balance_and_hints) + \1);/
}
