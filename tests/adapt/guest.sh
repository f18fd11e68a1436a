#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: the same loads for an adaptive stock and fixed ones. The pages are asked for in
# NMI, where only the stock can give them, and leave the owner. Lines "# |" are the table.
lab=/sys/kernel/debug/labyrinth
stub=/sys/kernel/debug/labyrinth_stub
asked=16 budget=4096
failed=0 nr=0

result() { # BAD WORDS...
	local ok=ok

	[ "$1" = 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $*"
}

say() { # COMMAND...: the reply is in $answer
	echo "$*" >$stub/command && read -r answer <$stub/answer
}

# ---- what is held

look() { # sets $held and $stock
	while read -r key value; do
		case $key in
		stock) stock=$value ;;
		stocked) held=$value; break ;;
		esac
	done <$lab/owner/one/stats
}

# Let time pass, and sum up what is held.
pass() { # SECONDS
	local left=$1 step

	while [ "$left" -gt 0 ]; do
		look
		step=$((left > 20 ? 20 : left))
		sum=$((sum + held * step)) time=$((time + step)) left=$((left - step))
		[ "$held" -le "$most" ] || most=$held
		[ "$stock" -ge "$asked" ] || below=$((below + 1))
		[ "$stock" -le "$budget" ] || above=$((above + 1))
		sleep $step
	done
}

# ---- loads

burst() { # PAGES
	say bulk 0 0 "$1" in=nmi
	got=$answer
	if [ "$got" -gt 0 ]; then
		say release 0 0 times="$got"
		say put 0 0 times="$got"
	fi
	demand=$((demand + $1)) bursts=$((bursts + 1))
	if [ "$got" -lt "$1" ]; then
		refused=$((refused + $1 - got)) hit=$((hit + 1))
		[ "$1" -gt "$level" ] || repeated=$((repeated + 1))
	fi
	[ "$1" -le "$level" ] || level=$1
}

random=1
random_below() { # N: sets $drawn
	random=$(((random * 1664525 + 1013904223) & 0xffffffff))
	drawn=$(((random >> 8) * $1 >> 24))
}

# 400 pages every 2 s, one at a time.
load_steady() {
	local i=0

	while [ $((i += 1)) -le 20 ]; do
		say timer 0 0 400 every=2500
		pass 2
		say timerstop 0
		got=${answer#got=} got=${got% *}
		[ "$got" = 0 ] || { say release 0 0 times="$got"; say put 0 0 times="$got"; }
		demand=$((demand + 400)) bursts=$((bursts + 400))
		refused=$((refused + 400 - got)) hit=$((hit + 400 - got))
	done
}

load_bursts() {
	local i=0

	while [ $((i += 1)) -le 40 ]; do
		random_below 200
		burst $((50 + drawn))
		random_below 6
		pass $((1 + drawn))
	done
	pass 1800
}

load_ramp() {
	local i=0

	while [ $((i += 1)) -lt 80 ]; do
		burst $(((i < 40 ? i : 80 - i) * 10))
		pass 1
	done
	pass 1800
}

day() {
	local i=0

	while [ $((i += 1)) -le 30 ]; do
		random_below 50
		burst $((150 + drawn))
		pass 5
	done
}

load_nights() {
	day
	pass 3600
	look
	morning=$held
	# What was there yesterday evening is forgotten.
	level=0
	day
}

# ---- a stock under a load

run() { # LOAD KIND STOCK FLAGS
	sum=0 time=0 most=0 below=0 above=0 demand=0 bursts=0 refused=0 hit=0 repeated=0 level=0
	say create 0 name=one budget=$budget stock="$3" flags="$4"
	[ "$answer" = 0 ] || result 1 "an owner is created: $answer"
	"load_$1"
	say destroy 0
	printf '# |%-9s %-9s %6d %11d %11d %9d %6d\n' "$1" "$2" "$3" $refused $hit $((sum / time)) $most
}

compare() { # LOAD
	local adaptive mean

	run "$1" adaptive $asked 8
	adaptive=$((sum / time))
	case $1 in
	steady) result $((hit > 8)) "steady: refused for the time of a few refills: $hit" ;;
	*) result $repeated "$1: a level that was there is not refused again: $repeated" ;;
	esac
	result $below "$1: never below what the driver asked for: $below"
	result $above "$1: never above the budget: $above"
	[ "$1" != nights ] || result $((morning != asked)) "nights: back at what the driver asked for: $morning"
	largest=$level mean=$((demand / bursts))
	[ "$1" != steady ] || largest=40
	run "$1" none 0 0
	run "$1" small $asked 0
	run "$1" mean $mean 0
	run "$1" largest $largest 0
	[ "$1" = steady ] || result $((adaptive >= sum / time)) "$1: holds less than the largest burst: $adaptive"
}

insmod /lib/labyrinth/labyrinth.ko
insmod /lib/labyrinth/lab_stub.ko
echo "KTAP version 1"
echo "1..16"
printf '# |%-9s %-9s %6s %11s %11s %9s %6s\n' load stock pages not-given bursts-hit held-mean most
for load in steady bursts ramp nights; do
	compare $load
done
rmmod lab_stub labyrinth
exit $failed
