# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP results of a script on the host: $nr counts them, $failed is 1 if one failed. $log is a file
# for the output of a test that is a command.

nr=0 failed=0

result() { # STATUS WORDS...
	local ok=ok

	[ "$1" -eq 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $*"
}

# A test is a command that succeeds. Show its output if it fails.
run() { # WORDS COMMAND...
	local words=$1 status

	shift
	"$@" >"$log" 2>&1
	status=$?
	[ $status -eq 0 ] || tail -n 20 "$log" | sed 's/^/# /'
	result $status "$words"
}

# A virtual machine has ended: show its results, which must be as many as planned. Its kernel log
# must be clean.
vm_results() { # STATUS FOLDER WORDS NAME
	local status=$1 vm=$2 planned ended

	tr -d '\r' <"$vm/result.log" | sed '/^# vm: /d; s/^/  /' | tee "$vm/ktap"
	planned=$(sed -n 's/^  1\.\.//p' "$vm/ktap")
	ended=$(grep -cE '^  (not )?ok ' "$vm/ktap")
	[ "${planned:-0}" -eq "$ended" ] ||
		{ echo "# ${planned:-?} tests were planned, $ended ended"; status=1; }
	[ "$status" -lt 124 ] || echo "# the machine ended with $status: see $vm"
	result "$status" "$3"

	# shellcheck disable=SC2154 # the caller's
	"$top/scripts/splat.sh" "$vm/console.log" | sed 's/^/# /'
	result "${PIPESTATUS[0]}" "$4: kernel log is clean"
}
