#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CPUs go offline and online, and the pages on their lists stay available.
. "${0%/*}/ktap.sh"
need_module lab_stub

last_cpu=$(($(grep -c ^processor /proc/cpuinfo) - 1))
online=/sys/devices/system/cpu/cpu$last_cpu/online

# Leave 16 pages of an owner on the lists of an offline CPU.
leave_with_offline_cpu() { # OWNER-PARAMETER...
	expect 0 create 0 name=one budget=16 "$@"
	expect 16 alloc 0 0 times=16 cpu="$last_cpu"
	expect 0 free 0 0 times=16 cpu="$last_cpu"
	echo 0 >"$online" || fail "CPU $last_cpu does not go offline"
}

come_back() {
	echo 1 >"$online" || fail "CPU $last_cpu does not go online"
}

pages_of_an_offline_cpu_serve() { # CONTEXT [OWNER-PARAMETER...]
	local context=$1

	shift
	leave_with_offline_cpu "$@"
	expect 16 alloc 0 0 times=16 in="$context" cpu=0
	expect_owner one owned 16 stocked 0
	come_back
	expect 0 free 0 0 times=16 in="$context" cpu="$last_cpu"
	expect 16 alloc 0 0 times=16 in="$context" cpu="$last_cpu"
	expect_owner one owned 16 stocked 0 refused 0
	expect_no_violation
}

test_pages_of_an_offline_cpu_serve_a_task() {
	pages_of_an_offline_cpu_serve task
}

test_pages_of_an_offline_cpu_serve_a_hardirq() {
	pages_of_an_offline_cpu_serve hardirq
}

test_pages_of_an_offline_cpu_serve_an_nmi() {
	pages_of_an_offline_cpu_serve nmi
}

test_zeroed_pages_of_an_offline_cpu_serve_an_nmi() {
	pages_of_an_offline_cpu_serve nmi flags=1
}

test_pages_of_an_offline_cpu_make_room_for_a_transfer() {
	expect 0 create 1 name=giver budget=4
	expect 1 alloc 1 100
	leave_with_offline_cpu
	expect 0 transfer 1 0 100
	expect_owner one owned 1 stocked 15
	come_back
}

test_the_shrinker_frees_pages_of_an_offline_cpu() {
	leave_with_offline_cpu
	echo 2 >/proc/sys/vm/drop_caches
	expect_owner one owned 0 stocked 0
	come_back
}

test_destroy_frees_pages_of_an_offline_cpu() {
	leave_with_offline_cpu
	expect 0 destroy 0
	expect_rows 0 pages owner=one state=ready
	come_back
}

test_counters_include_offline_cpus() {
	expect 0 create 0 name=one budget=16
	expect 16 alloc 0 0 times=16 cpu="$last_cpu"
	echo 0 >"$online"
	expect_owner one owned 16 peak 16 allocs 16
	expect 0 free 0 0 times=16 cpu=0
	expect_owner one owned 0 stocked 16 frees 16
	come_back
}

run_tests
