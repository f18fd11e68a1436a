#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The command where debugfs is closed: for an ordinary user, not mounted, switched off by a boot
# option, and locked down. Each command in each situation, with its exit status and what it says
# is missing. The situation of the boot option is the first one, lockdown cannot be undone and is
# the last one.
. "${0%/*}/ktap.sh"
need_module lab_sample

stub=
forget_reports() {
	:
}

settings=$parameters/settings
[ -d $lab ] && with_debugfs=1 || with_debugfs=

# Print the exit status, and keep what was said.
try() { # COMMAND...
	rm -rf /tmp/saved /tmp/recorded
	"$@" >/tmp/out 2>/tmp/err </dev/null
	echo $?
}

# The commands that need no more than sysfs has, those that need debugfs, and those that change
# something. The last two need root.
reading="status owners zones metrics watch"
needing="pages refusals violations verdicts advise dippers"

# Exit status of the commands that need debugfs, of those that only read it, and of those that
# write to a parameter.
expect_all() { # SITUATION NEEDING WRITING WHY AS...
	local situation=$1 needing_status=$2 writing_status=$3 why=$4 wanted command

	shift 4
	echo "# $situation:"
	for command in $reading "save /tmp/saved" "record /tmp/recorded --count=1 --interval=10ms" \
		$needing "whois pfn $pfn" "watch --module=e1000 --time=10ms" \
		"watch free" "watch off" "set lab_sample.producer stock=65"; do
		case $command in
		"watch --"*) wanted=$module_status ;;
		watch\ * | set*) wanted=$writing_status ;;
		*) case " $needing whois " in
			*" ${command%% *} "*) wanted=$needing_status ;;
			*) wanted=0 ;;
			esac ;;
		esac
		# shellcheck disable=SC2086 # words
		status=$(try "$@" labyrinth $command)
		expect_equal "$situation: status of $command ($(head -n 1 /tmp/err))" "$status" "$wanted"
		echo "#   $status labyrinth $command"
		[ "$status" = 0 ] || expect_match "$command says why" "$(cat /tmp/err)" "labyrinth: *$why*"
		expect_at_most "lines on standard error of $command" "$(wc -l </tmp/err)" 1
	done
}

# On a terminal of its own, which "q" ends after a second.
expect_top() { # AS...
	mkdir -p /dev/pts
	grep -q " /dev/pts " /proc/mounts || mount -t devpts devpts /dev/pts
	chmod 666 /dev/ptmx
	{ sleep 2; printf q; } | TERM=vt100 script -qec "$* labyrinth top" /tmp/screen >/dev/null
	grep -q lab_sample.producer /tmp/screen || fail "top shows no owner"
	grep -q "Last refusals: not known" /tmp/screen || fail "top does not say what is missing"
}

expect_figures() { # AS...
	expect_top "$@"
	"$@" labyrinth owners >/tmp/out
	expect_equal "owners" "$(awk 'NR > 1 { print $1 }' /tmp/out | tr '\n' ' ')" \
		"lab_sample.producer lab_sample.consumer "
	"$@" labyrinth status >/tmp/out
	expect_match "status" "$(head -n 1 /tmp/out)" "debugfs     closed: *"
	expect_match "status" "$(grep ^owners /tmp/out)" "owners      2"
	"$@" labyrinth zones 2>/dev/null >/tmp/out
	expect_match "zones" "$(cat /tmp/out)" "*node 0 DMA32: *"
	"$@" labyrinth metrics 2>/dev/null >/tmp/out
	grep -q '^labyrinth_owner_refused_total{owner="lab_sample.producer",module="lab_sample",reason="budget"} [0-9]' /tmp/out ||
		fail "metrics: $(grep refused_total /tmp/out)"
}

nobody="$modules/setpriv --reuid=65534 --regid=65534 --clear-groups"
pfn=0

test_an_ordinary_user() {
	[ -z "$with_debugfs" ] || pfn=$(table pages pfn)
	module_status=4 why="debugfs"
	[ -z "$with_debugfs" ] || module_status=5 why="Only root may"
	chmod 777 /tmp
	# Without debugfs that reason comes first, but writing needs root.
	expect_all "an ordinary user" $module_status 5 "$([ -n "$with_debugfs" ] && echo "$why")" $nobody
	expect_figures $nobody
}

test_debugfs_switched_off_or_not_mounted() {
	module_status=4
	if [ -n "$with_debugfs" ]; then
		umount /sys/kernel/debug
		expect_all "debugfs not mounted" 4 0 "debugfs is not mounted"
		expect_figures
		mount -t debugfs debug /sys/kernel/debug
	else
		expect_all "$(grep -o 'debugfs=[^ ]*' /proc/cmdline)" 4 0 \
			"The kernel has no debugfs, or was booted with debugfs=off or debugfs=no-mount."
		expect_figures
	fi
}

test_settings_are_kept_for_modprobe() {
	mkdir -p /etc/modprobe.d
	printf 'options labyrinth watch=free\n# mine' >/etc/modprobe.d/labyrinth.conf
	labyrinth set lab_sample.producer stock=66 reserve_pct=60 --keep || fail "status $?"
	labyrinth set 'lab_*' reserve_pct=40 || fail "status $?"
	labyrinth set lab_sample.producer stock=67 --keep || fail "status $?"
	expect_equal "settings" "$(cat $settings)" \
		"lab_*:reserve_pct=40;lab_sample.producer:reserve_pct=60,stock=67"
	expect_equal "the file" "$(cat /etc/modprobe.d/labyrinth.conf)" "options labyrinth watch=free
# mine
options labyrinth settings=$(cat $settings)"
	expect_equal "stock" "$(cat /sys/kernel/labyrinth/owners/lab_sample.producer/stock)" 67
	rmmod lab_sample
	rmmod labyrinth
	# shellcheck disable=SC2046 # words
	insmod "$modules/labyrinth.ko" $(sed -n 's/^options labyrinth settings/settings/p' /etc/modprobe.d/labyrinth.conf)
	insmod "$modules/lab_sample.ko"
	for limit in stock=67 reserve_pct=60; do
		expect_equal "${limit%=*} after loading anew" \
			"$(cat /sys/kernel/labyrinth/owners/lab_sample.producer/${limit%=*})" ${limit#*=}
	done
	labyrinth set lab_sample.producer stock=auto || fail "status $?"
	[ -z "$with_debugfs" ] || expect_equal "stock" "$(cut -d ' ' -f 1 $lab/owner/lab_sample.producer/stock)" auto
	echo >$settings
}

test_wrong_settings_are_refused() {
	for words in "one stock=x" "one stock=" "one stock" "one shock=1" "one stock=1 stock=2" "o/e stock=1" one; do
		# shellcheck disable=SC2086 # words
		expect_equal "status of set $words" "$(try labyrinth set $words)" 2
	done
	expect_equal "settings" "$(cat $settings)" ""
	expect_equal "status" "$(try labyrinth set none stock=1)" 0
	expect_match "note" "$(cat /tmp/err)" "*There is no owner \"none\" now*"
	expect_equal "status" "$(try labyrinth set lab_sample.producer budget=8)" 0
	expect_match "note" "$(cat /tmp/err)" "*budget of lab_sample.producer is 1024, not 8*"
	echo >$settings
}

test_lockdown() {
	[ -n "$with_debugfs" ] || return
	mount -t securityfs security /sys/kernel/security
	# A page that stays where it is.
	insmod "$modules/lab_stub.ko"
	echo "create 0 name=still" >/sys/kernel/debug/labyrinth_stub/command
	echo "alloc 0 0" >/sys/kernel/debug/labyrinth_stub/command
	pfn=$(table pages pfn owner=still) module_status=5
	for level in integrity confidentiality; do
		echo $level >/sys/kernel/security/lockdown || fail "no lockdown"
		labyrinth watch reserve
		expect_all "lockdown=$level" 0 0 "The kernel is locked down"
		expect_equal "whois" "$(labyrinth whois pfn "$pfn" 2>&1 | awk '$1 == "owner" { print $2 }')" still
		[ -e /tmp/saved/pages ] || labyrinth save /tmp/saved 2>/dev/null
		[ -e /tmp/saved/audit ] || fail "the table of the last audit is not saved"
	done
	rmmod lab_stub
}

run_tests
