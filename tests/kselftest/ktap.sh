# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by every test file, which ends with "run_tests": each function named test_* in the
# file is one test, and its name is the claim that it tests.

lab=/sys/kernel/debug/labyrinth
parameters=/sys/module/labyrinth/parameters
watch=$parameters/watch
stub=/sys/kernel/debug/labyrinth_stub
stress=/sys/kernel/debug/labyrinth_stress
modules=${modules:-/lib/labyrinth}
needed=

# ---- one test

fail() { # WHY
	[ -n "$failed" ] || echo "# $test_name:"
	failed=1
	echo "#   $*"
}

expect_equal() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

expect_at_most() { # WHAT GOT WANTED
	[ "$2" -le "$3" ] 2>/dev/null || fail "$1: got '$2', wanted at most $3"
}

expect_at_least() { # WHAT GOT WANTED
	[ "$2" -ge "$3" ] 2>/dev/null || fail "$1: got '$2', wanted at least $3"
}

expect_match() { # WHAT GOT PATTERN
	# shellcheck disable=SC2254 # a pattern is wanted
	case $2 in
	$3) ;;
	*) fail "$1: got '$2', wanted $3" ;;
	esac
}

# Wait until CONDITION, a command, succeeds, 30 seconds at most: workers take their time.
wait_until() { # CONDITION...
	local i=0

	until "$@"; do
		[ $((i += 1)) -lt 600 ] || return 1
		usleep 50000
	done
}

# The matching lines of /proc/kallsyms, among those that tests need. Reading the file takes a
# second, so the lines are kept.
kernel_symbol() { # EXTENDED-REGEX
	local lines=/tmp/symbols

	[ -s $lines ] || grep -E ' (alloc_pages_nolock.*|kasan_quarantine_put|init_task)$' \
		/proc/kallsyms >$lines
	grep -E "$1" $lines
}

# Does the kernel have an allocation that only trylocks the allocator's locks?
can_try_for_pages() {
	kernel_symbol alloc_pages_nolock >/dev/null
}

# ---- the stub

say() { # COMMAND...: the reply is in $answer
	answer=
	[ -d $stub ] || {
		echo "Bail out! $test_name: no $stub for '$*'"
		exit 1
	}
	echo "$*" >$stub/command && read -r answer <$stub/answer
}

expect() { # ANSWER COMMAND...
	local wanted=$1

	shift
	say "$*"
	[ "$answer" = "$wanted" ] || fail "$*: got '$answer', wanted '$wanted'"
}

page_size=$(awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)

number() { # COMMAND...: print the answer
	say "$*"
	echo "$answer"
}

# ---- the tables: columns are addressed by name

# The rows of TABLE that satisfy every condition. A condition is COLUMN=VALUE, COLUMN~REGEX,
# COLUMN<NUMBER or COLUMN>NUMBER. ACTION is "count", or the column to print of the last such row.
table() { # TABLE ACTION CONDITION...
	local file=$lab/$1 action=$2

	shift 2
	awk -v action="$action" -v conditions="$*" '
	NR == 1 {
		for (i = 1; i <= NF; i++)
			column[$i] = i
		n = split(conditions, condition, " ")
		for (i = 1; i <= n; i++) {
			match(condition[i], /[=~><]/)
			name[i] = substr(condition[i], 1, RSTART - 1)
			how[i] = substr(condition[i], RSTART, 1)
			value[i] = substr(condition[i], RSTART + 1)
			if (!(name[i] in column))
				missing = name[i]
		}
		if (action != "count" && !(action in column))
			missing = action
		next
	}
	{
		if (missing)
			exit
		for (i = 1; i <= n; i++) {
			cell = $(column[name[i]])
			if (how[i] == "=" && cell "" != value[i] "" ||
			    how[i] == "~" && cell !~ value[i] ||
			    how[i] == ">" && cell + 0 <= value[i] + 0 ||
			    how[i] == "<" && cell + 0 >= value[i] + 0)
				next
		}
		count++
		if (action != "count")
			last = $(column[action])
	}
	END {
		if (missing)
			print "no-column-" missing
		else
			print action == "count" ? count + 0 : last ""
	}' "$file"
}

expect_rows() { # NUMBER TABLE CONDITION...
	local wanted=$1 file=$2 got

	shift 2
	got=$(table "$file" count "$@")
	[ "$got" = "$wanted" ] || fail "rows of $file with $*: got $got, wanted $wanted"
}

expect_cell() { # VALUE TABLE COLUMN CONDITION...
	local wanted=$1 file=$2 column=$3 got

	shift 3
	got=$(table "$file" "$column" "$@")
	[ "$got" = "$wanted" ] || fail "$column in $file where $*: got '$got', wanted '$wanted'"
}

owner_cell() { # OWNER COLUMN
	table owners "$2" "name=$1"
}

expect_owner() { # OWNER COLUMN VALUE [COLUMN VALUE]...
	local conditions=name=$1

	shift
	while [ $# -ge 2 ]; do
		conditions="$conditions $1=$2"
		shift 2
	done
	# shellcheck disable=SC2086 # one word a condition
	set -- $conditions
	[ "$(table owners count "$@")" = 1 ] ||
		fail "no owner with $*, but: $(grep " ${1#name=} " $lab/owners)"
}

# Violations since the test began or since the last call of this function.
expect_violation() { # CONDITION...: exactly one, which satisfies them
	local rows last

	rows=$(awk -v seen="$violations_seen" 'NR > 1 && $1 > seen' $lab/violations)
	case $rows in
	'' | *"
"*) fail "not exactly one violation, wanted one with $*: $rows" ;;
	*) expect_rows 1 violations "seq>$violations_seen" "$@" ;;
	esac
	last=${rows##*"
"}
	violations_seen=${last%% *}
	: "${violations_seen:=0}"
}

expect_no_violation() {
	expect_rows 0 violations "seq>$violations_seen"
}

expect_refusal() { # CONDITION...: at least one, which satisfies them
	expect_at_least "refusals with $*" "$(table refusals count "seq>$refusals_seen" "$@")" 1
	refusals_seen=$(table refusals seq)
}

forget_reports() {
	local seen

	seen=$(awk 'FNR == 1 { n++ } FNR > 1 { last[n] = $1 } END { print last[1] + 0, last[2] + 0 }' \
		$lab/violations $lab/refusals)
	violations_seen=${seen% *} refusals_seen=${seen#* }
}

# ---- the kernel log since the test began

log_since() {
	dmesg | sed "1,/ktap: $log_mark\$/d"
}

in_log() { # EXTENDED-REGEX
	log_since | grep -qE -e "$1"
}

expect_log() { # EXTENDED-REGEX
	wait_until in_log "$1" || fail "not in the kernel log: $1"
}

expect_not_in_log() { # EXTENDED-REGEX
	! in_log "$1" || fail "in the kernel log: $(log_since | grep -E -e "$1" | head -n 1)"
}

# For files that read the log. Its rate limit may suppress new reports, so wait before each test
# until half of what the limit allows in 5 seconds is left.
reads_log=
let_the_log_speak() {
	reads_log=1
	while [ "$(awk '/ ms ago$/ && $1 < 5000' $lab/verdicts | wc -l)" -ge 20 ]; do
		usleep 200000
	done
}

# ---- all tests of a file

# A process starts three times as fast on its parent's CPU. A test of races needs all CPUs.
one_cpu=1 all_cpus=ffff
on_cpus() { # MASK
	taskset -p "$1" $$ >/dev/null
	on_mask=$1
}

# Take all CPUs except the first offline, or online again.
one_cpu_only() { # 1 or 0
	local cpu

	for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
		[ ! -e "$cpu" ] || echo $((1 - $1)) >"$cpu"
	done
}

run_test() { # NUMBER FUNCTION
	local words=${2#test_}

	while [ "$words" != "${words#*_}" ]; do
		words="${words%%_*} ${words#*_}"
	done
	test_name=$words failed='' log_mark="${0##*/} $1"
	[ -z "$reads_log" ] || let_the_log_speak
	echo "ktap: $log_mark" >/dev/kmsg
	forget_reports
	"$2"
	[ "$on_mask" = $one_cpu ] || on_cpus $one_cpu
	[ -z "$stub" ] || say reset
	if [ -n "$failed" ]; then
		echo "not ok $1 $words"
		any_failed=1
	else
		echo "ok $1 $words"
	fi
}

# Load the modules that a file needs besides labyrinth. run_tests() unloads them.
need_module() { # NAME...
	needed=$*
	for module; do
		insmod "$modules/$module.ko" || {
			echo "Bail out! $module.ko cannot be loaded"
			exit 1
		}
	done
}

run_tests() {
	local nr=0 one module

	# shellcheck disable=SC2046 # one word a function
	set -- $(sed -n 's/^\(test_[A-Za-z0-9_]*\)() {.*/\1/p' "$0")
	any_failed=
	on_cpus $one_cpu
	echo "KTAP version 1"
	echo "1..$#"
	for one; do
		nr=$((nr + 1))
		run_test $nr "$one"
	done
	for module in $needed; do
		rmmod "$module"
	done
	[ -z "$any_failed" ]
}
