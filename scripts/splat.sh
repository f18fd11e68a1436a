#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Find kernel splats in console logs.
#
# usage: splat.sh LOG...       print the offending lines; exit status 1 if there are any
#        splat.sh --self-test  check that it finds each kind, and nothing in clean lines
#
# Lines that begin with "labyrinth: " are labyrinth's reports, not splats.

set -eu
export LC_ALL=C

# Extended regular expressions for the text after the time stamp.
patterns() {
	cat <<'EOP'
^BUG[: ]
^kernel BUG at 
^WARNING: 
-\[ cut here \]-
^Oops(: | - )
: [0-9a-f]{4,16} \[#[0-9]+\]
^general protection fault
^Unable to handle 
^Kernel panic - not syncing
^traps: PANIC: 
^ *Call [Tt]race:
^\[ (BUG|INFO): 
^INFO: (possible|suspicious|inconsistent|trying to register|task|rcu|lockdep is turned off)
possible .* detected$
suspicious RCU usage
inconsistent lock state
^DEBUG_LOCKS_WARN_ON\(
scheduling while atomic
sleeping function called from invalid context
^bad: scheduling from the idle thread
^rcu: INFO: 
^rcu: .* kthread (starved|timer wakeup didn't happen)
soft lockup - CPU
detected hard LOCKUP
workqueue lockup
^hung_task: 
^(KASAN|KCSAN|KMSAN|UBSAN): 
^kmemleak: .*suspected
^unreferenced object 
^kmemleak: (Memory pool empty|Cannot |Kernel memory leak detector disabled|.* unknown object at )
^ODEBUG: ([Oo]ut of memory|object )
^pagealloc: (single bit error|memory corruption)
Bad page (state|map|cache)
^page dumped because
^list_(add|del) (corruption|double)
^refcount_t: 
^irq [0-9]+: nobody cared
^note: .* exited with (irqs disabled|preempt_count)
^softirq: huh
EOP
}

splat_samples() {
	cat <<'EOS'
[    5.123456] BUG: kernel NULL pointer dereference, address: 0000000000000008
[    5.123456] BUG: unable to handle page fault for address: ffff888003a40000
[    5.123456] BUG: KASAN: slab-use-after-free in labyrinth_take+0x1c/0x40 [labyrinth]
[    5.123456] BUG: KCSAN: data-race in labyrinth_take [labyrinth] / __hrtimer_run_queues
[    5.123456] BUG: KCSAN: data-race in lt_work [lab_torture] / lt_work [lab_torture]
[    5.123456] BUG: KCSAN: assert: race in labyrinth_take [labyrinth] / labyrinth_put [labyrinth]
[    5.123456] BUG: KFENCE: use-after-free read in labyrinth_take+0x1c/0x40 [labyrinth]
[    5.123456] BUG: scheduling while atomic: insmod/71/0x00000002
[    5.123456] BUG: sleeping function called from invalid context at mm/page_alloc.c:4651
[    5.123456] BUG: using smp_processor_id() in preemptible [00000000] code: insmod/71
[    5.123456] BUG: spinlock bad magic on CPU#1, insmod/71
[    5.123456] BUG: Bad page state in process insmod  pfn:03a40
[    5.123456] BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!
[    5.123456] BUG kmalloc-64 (Tainted: G           OE     ): Redzone overwritten
[    5.123456] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [insmod:71]
[    5.123456] watchdog: Watchdog detected hard LOCKUP on cpu 0
[    5.123456] kernel BUG at labyrinth/core/tag.c:120!
[    5.123456] WARNING: CPU: 1 PID: 71 at labyrinth/core/tag.c:120 labyrinth_take+0x1c/0x40 [labyrinth]
[    5.123456] WARNING: labyrinth/core/tag.c:120 at labyrinth_take+0x1c/0x40, CPU#1: insmod/71
[    5.123456] ------------[ cut here ]------------
[    5.123456] Oops: 0002 [#1] PREEMPT SMP NOPTI
[    5.123456] Oops: general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP
[    5.123456] invalid opcode: 0000 [#1] PREEMPT SMP
[    5.123456] general protection fault, probably for non-canonical address 0xdead000000000100
[    5.123456] Unable to handle kernel paging request at virtual address ffff800080a40000
[    5.123456] Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP
[    5.123456] Kernel panic - not syncing: sysrq triggered crash
[    5.123456] traps: PANIC: double fault, error_code: 0x0
[    5.123456] Call Trace:
[    5.123456] Call trace:
[    5.123456] WARNING: possible circular locking dependency detected
[    5.123456] WARNING: possible recursive locking detected
[    5.123456] WARNING: suspicious RCU usage
[    5.123456] WARNING: inconsistent lock state
[    5.123456] WARNING: bad unlock balance detected!
[    5.123456] INFO: possible recursive locking detected
[    5.123456] INFO: trying to register non-static key.
[    5.123456] INFO: lockdep is turned off.
[    5.123456] INFO: task insmod:71 blocked for more than 120 seconds.
[    5.123456] [ BUG: Invalid wait context ]
[    5.123456] DEBUG_LOCKS_WARN_ON(lock->magic != lock)
[    5.123456] bad: scheduling from the idle thread!
[    5.123456] rcu: INFO: rcu_preempt self-detected stall on CPU
[    5.123456] rcu: rcu_preempt kthread starved for 5250 jiffies! g-1119 f0x0 RCU_GP_WAIT_FQS(5)
[    5.123456] hung_task: blocked tasks
[    5.123456] KASAN: null-ptr-deref in range [0x0000000000000008-0x000000000000000f]
[    5.123456] UBSAN: array-index-out-of-bounds in labyrinth/core/tag.c:120:8
[    5.123456] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
[    5.123456] unreferenced object 0xffff888003a40000 (size 64):
[    5.123456] kmemleak: Memory pool empty, consider increasing CONFIG_DEBUG_KMEMLEAK_MEM_POOL_SIZE
[    5.123456] kmemleak: Cannot allocate a kmemleak_object structure
[    5.123456] kmemleak: Kernel memory leak detector disabled
[    5.123456] kmemleak: Freeing unknown object at 0xffff888003a40000
[    5.123456] ODEBUG: Out of memory. ODEBUG disabled
[    5.123456] ODEBUG: object 00000000c0ffee00 is on stack 00000000c0ffe000, but NOT annotated.
[    5.123456] pagealloc: memory corruption
[    5.123456] page dumped because: nonzero _refcount
[    5.123456] list_add corruption. prev->next should be next (ffff88), but was dead00.
[    5.123456] list_del corruption, ffff888003a40000->next is LIST_POISON1 (dead000000000100)
[    5.123456] refcount_t: underflow; use-after-free.
[    5.123456] irq 16: nobody cared (try booting with the "irqpoll" option)
[    5.123456] note: insmod[71] exited with preempt_count 1
[    5.123456] softirq: huh, entered softirq 6 TASKLET with preempt_count 00000100, exited with 00000101?
[    5.123456][   T71] BUG: KASAN: slab-out-of-bounds in labyrinth_take+0x1c/0x40
<4>[    5.123456] WARNING: CPU: 0 PID: 71 at mm/page_alloc.c:4651 __alloc_pages+0x1c/0x40
BUG: a line without a time stamp
EOS
}

clean_samples() {
	cat <<'EOS'
[    0.000000] Kernel command line: console=ttyS0,115200 panic=1 BUG
[    0.000000] tsc: Fast TSC calibration failed
[    0.040684] ACPI: Using ACPI (MADT) for SMP configuration information
[    0.050362] calibrate_delay_direct() failed to get a good estimate for loops_per_jiffy.
[    0.103522] RCU Tasks Trace: Setting shift to 1 and lim to 1 rcu_task_cb_adjust=1 rcu_task_cpu_ids=2.
[    0.107000] rcu: Hierarchical SRCU implementation.
[    0.107000] rcu: 	Max phase no-delay instances is 400.
[    0.110000] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on
[    0.110000] RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed attacks
[    0.295888]  memory used by lock dependency info: 6429 kB
[    0.296056]  memory used for stack traces: 4224 kB
[    0.300000] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
[    0.956203] kprobes: kprobe jump-optimization is enabled. All kprobes are optimized if possible.
[    1.093150] PCI: Using host bridge windows from ACPI; if necessary, use "pci=nocrs" and report a bug
[    1.120330] acpi PNP0A03:00: fail to add MMCONFIG information, can't access extended configuration space
[    1.154556] ACPI Error: AE_BAD_PARAMETER, During Region initialization (20240827/tbxfload-52)
[    1.404998] AMD-Vi: AMD IOMMUv2 functionality not available on this system - This is not a bug.
[    1.895107]   "trace_clock=local"
[    1.900000] kmemleak: Kernel memory leak detector initialized (mem pool available: 15680)
[    1.900000] kasan: KernelAddressSanitizer initialized
[    1.900000] kcsan: enabled early
[    1.900000] kcsan: selftest: 3/3 tests passed
[    1.900000] kfence: initialized - using 2097152 bytes for 255 objects at 0x(____ptrval____)
[    2.016865] RAS: Correctable Errors collector initialized.
[    2.397601] labyrinth: loading out-of-tree module taints kernel.
[    2.397601] labyrinth: module verification failed: signature and/or required key missing - tainting kernel
[    2.400000] INFO: NMI handler (nmi_cpu_backtrace_handler) took too long to run: 1.120 msecs
[    2.450000] BUG: KCSAN: data-race in __hrtimer_run_queues / hrtimer_active
[    2.480000] page dumped because: unmovable page
[    2.500000] labyrinth: double free of pfn 0x3a40 by ring0, would have been: Bad page state
[    2.500000] labyrinth: Call Trace: of the first free
[    2.500000][   T71] labyrinth: WARNING: 3 pages of ring0 still out
[    2.600000]     ok 4 reports_scheduling_in_atomic_context
EOS
}

without_stamp() { # [LOG]
	sed -E -e 's/\r$//' -e 's/^(<[0-9]+>)?(\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ?)?//' "$@"
}

# Ignore data races in the kernel's own code, and the dump of a page that keeps memory from going
# offline.
find_splats() { # [LOG]
	without_stamp "$@" | grep -anE -e "$(patterns)" | grep -av -e '^[0-9]*:labyrinth: ' \
		-e 'page dumped because: unmovable page$' |
		awk '!/BUG: KCSAN: data-race in / || /\[lab[a-z_]*\]/' | grep .
}

self_test() {
	bad=0
	splat_samples | {
		while read -r line; do
			printf '%s\n' "$line" | find_splats >/dev/null && continue
			echo "not caught: $line"
			bad=1
		done
		exit "$bad"
	} || bad=1
	clean_samples | find_splats | sed 's/^/caught by mistake: /' | grep . && bad=1
	# Each pattern needs a sample.
	patterns | {
		while read -r pattern; do
			splat_samples | without_stamp | grep -qE -e "$pattern" && continue
			echo "without a sample: $pattern"
			bad=1
		done
		exit "$bad"
	} || bad=1
	[ "$bad" -ne 0 ] ||
		echo "splat.sh: $(splat_samples | wc -l) splats caught, $(clean_samples | wc -l) clean lines passed"
	return "$bad"
}

case ${1:-} in
--self-test)
	self_test
	exit ;;
'' | -*)
	sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2 ;;
esac

found=0
for log; do
	[ -r "$log" ] || { echo "splat.sh: cannot read $log" >&2; exit 2; }
	splats=$(find_splats "$log") || continue
	printf '%s\n' "$splats" | sed "s|^|$log:|"
	found=1
done
exit "$found"
