# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cpu.h: an interrupt between load and store of the CPU's balance is lost
/^static __always_inline void lab_cpu_add(/,/^}/ {
	s/local_add(add, &here->balance_and_hints);/local_set(\&here->balance_and_hints, local_read(\&here->balance_and_hints) + add);/
}
