# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/owner.h: an interrupt between load and store of the CPU's balance is lost
/^static inline void lab_owner_count_allocs(/,/^}/ {
	s/this_cpu_add(owner->cpu->balance, nr);/WRITE_ONCE(this_cpu_ptr(owner->cpu)->balance, READ_ONCE(this_cpu_ptr(owner->cpu)->balance) + nr);/
}
