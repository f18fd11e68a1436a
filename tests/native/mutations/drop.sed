# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cpu.h: an interrupt between load and store of the CPU's balance is lost, with hints dropped
/^static inline void lab_cpu_add_hints/,/^}/ {
	s/local_add(\(.*\), &here->balance_and_hints);/local_set(\&here->balance_and_hints, local_read(\&here->balance_and_hints) + \1);/
}
