# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/owner.h: an interrupt between load and store of the CPU's counter is lost
/^static __always_inline void lab_cpu_count_alloc(/,/^}/ {
	s/local_inc(&here->allocs);/local_set(\&here->allocs, local_read(\&here->allocs) + 1);/
}
