#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Find kernel splats in console logs.
#
# usage: splat.sh LOG...       print the offending lines; exit status 1 if there are any
#        splat.sh --self-test  prove that it catches each kind and nothing else
#
# Lines that begin with "labyrinth: " are reports of our own and no splats.

set -eu

# Extended regular expressions, one a line, for what stands after the time stamp.
patterns='^(\S+ )?BUG: 
^kernel BUG at 
^WARNING: 
^-+\[ cut here \]-+
^Oops(: |\[)
^Unable to handle 
^unable to handle 
^general protection fault
^(stack segment|invalid opcode|divide error|double fault|int3|bounds|page fault): 
^traps: PANIC: 
^PANIC: 
^Kernel panic - not syncing
^Call [Tt]race:
^\[ (BUG|INFO): 
^(INFO: )?possible .* (detected|restored)
^INFO: (possible |suspicious |inconsistent |trying to register |rcu_|rcu: |task |lockdep |Slab |Object |Freed |Allocated )
^DEBUG_LOCKS_WARN_ON\(
^rcu: INFO: .*(stall|starved)
^rcu: .*kthread (timer wakeup|starved)
^rcu: \s*(Stall|Possible timer)
^(NMI )?watchdog: (BUG: |.*(LOCKUP|lockup))
^Watchdog detected hard LOCKUP
^Showing busy workqueues
^(UBSAN|KASAN|KCSAN|KMSAN): 
^(kmemleak|kfence): .*(new suspected|leak|corruption|error)
^Bad page (state|map|cache)
^page dumped because
^page: ?refcount
^list_(add|del) (corruption|double)
^list_del corruption
^refcount_t: 
^(ODEBUG|object_debug): 
^stack guard page was hit
^kernel stack overflow
^Kernel stack is corrupted
^VM_(BUG|WARN)_ON
^NOHZ tick-stop error
^usercopy: Kernel memory (exposure|overwrite) attempt
^Slab corruption
^(Poison|Redzone|Padding) overwritten
^Fixing recursive fault
^note: .* exited with (irqs disabled|preempt_count)'

find_splats() { # [LOG]...
	for log; do
		sed -E 's/\r$//; s/^(<[0-9]+>)?(\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ?)?//' "$log" |
			grep -anE -e "$patterns" |
			grep -avE '^[0-9]+:labyrinth: ' |
			sed "s|^|$log:|" || true
	done
}

