# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The scenarios of lab_test_misuse and their expected results.

misuse=/sys/kernel/debug/labyrinth_misuse

# The expected result of each scenario. The callers are functions of misuse_kinds.c. "-" is a party
# that labyrinth cannot know, such as the caller of put_page().
# scenario kind owner offender refcount/mapcount alloc_caller caller context errno out
cases='
double_free double_free holder holder 1/0 holder_takes frees_again softirq -EALREADY 0
foreign_free foreign_free holder offender 1/0 holder_takes frees_anothers nmi -EPERM 0
plain_page plain_page - offender 1/0 - frees_plain hardirq -ENOENT 0
released_page plain_page - holder 1/0 - frees_released task -ENOENT 0
shared_reference shared_page holder - 2/0 holder_takes - task 0 0
shared_past_the_end shared_page holder - 2/0 holder_takes - task 0 0
shared_mapping shared_page holder holder 2/1 holder_takes frees_mapped softirq -EBUSY 0
freed_behind freed_behind holder - 0/0 holder_takes finds_it_gone softirq -EALREADY 0
freed_behind_comes_back freed_behind holder - 1/0 holder_takes - task 0 0
use_after_free use_after_free holder - 1/0 holder_takes - softirq 0 0
wrong_scope wrong_scope holder holder 1/0 - frees_out_of_scope hardirq -EPERM 0
dying_receiver dead_owner holder offender 1/0 holder_takes gives_to_the_dead softirq -EINVAL 0
dead_owner dead_owner offender offender 1/0 - frees_for_the_dead hardirq -ENOENT 0
destroyed_twice dead_owner offender offender -/- - destroys_again task 0 0
orphan orphan holder - 1/0 holder_takes - task 0 1
receiver_full receiver_full holder offender 1/0 holder_takes gives_too_much softirq -ENOSPC 0
bad_argument bad_argument - offender -/- - frees_nothing hardirq -EINVAL 0
'

# Scenarios without violation: a request that could have slept, and requests that could not.
leisure=could_sleep
haste="rcu_reader unpreemptible uninterruptible in_softirq"

# Read the line of a scenario into $kind, $owner and so on. Names get the module's prefix.
look_up() { # SCENARIO
	# shellcheck disable=SC2046 # one word a cell
	set -- $(echo "$cases" | grep "^$1 ")
	[ $# -eq 10 ] || fail "no line for the scenario"
	kind=$2 owner=$(party "$3") offender=$(party "$4") refcount=${5%/*} mapcount=${5#*/}
	alloc_caller=$(party "$6") caller=$(party "$7") context=$8 errno=$9
	shift 9
	out=$1
}

party() { # NAME
	[ "$1" = - ] && echo - || echo "misuse_$1"
}

direct() { # WORDS...: the reply is in $answer
	answer=
	echo "$*" >$misuse/DIRECT && read -r answer <$misuse/answer
}

cell() { # NAME: of $answer
	local rest=${answer#*"$1"=}

	echo "${rest%% *}"
}

expect_nothing_left() {
	expect_rows 0 owners "name~^misuse_"
	expect_rows 0 pages "owner~^misuse_"
}

# An extra reference is reported only if it stays for a second.
late="shared_reference shared_past_the_end"

is_late() { # SCENARIO
	case " $late " in
	*" $1 "*) true ;;
	*) false ;;
	esac
}

owner_module_comes_and_goes() {
	insmod "$modules/lab_test_misuse_gone.ko" && rmmod lab_test_misuse_gone || fail "lab_test_misuse_gone cannot be unloaded"
}
