#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The part of pictures.sh that runs in the virtual machine, under busybox sh: some drivers at work
# while memory runs short and recovers, observed by the command labyrinth.
#
# /dev/ttyS2 gets the output of top's terminal, until top is stopped; /dev/ttyS3 gets the
# recording, compressed. No program is started while memory is short, and the observers
# allocate their memory before: otherwise the kernel reclaims memory for them, which fills the
# reserve.

lab=/sys/kernel/debug/labyrinth
sample=/sys/module/lab_sample/parameters
pressure=/sys/module/lab_pressure/parameters
stub=/sys/kernel/debug/labyrinth_stub

disk=0 can=1 crypto=2	# owners of lab_stub; page numbers of owner N start at 200 * N
held_0=0 held_1=0 held_2=0

nap() { # SECONDS, without starting a program
	# shellcheck disable=SC3045 # busybox has it
	read -r -t "$1" _ <>/tmp/nap || true
}

tell() { # WORDS... for lab_stub
	echo "$*" >$stub/command
	read -r answer _ <$stub/answer
}

# Make one owner hold PAGES pages, or as many as it gets.
hold() { # OWNER PAGES
	eval "held=\$held_$1"
	first=$(($1 * 200))
	if [ "$2" -gt "$held" ]; then
		tell alloc "$1" $((first + held)) times=$(($2 - held)) in=softirq
		held=$((held + answer))
	elif [ "$2" -lt "$held" ]; then
		tell free "$1" $((first + $2)) times=$((held - $2))
		held=$2
	fi
	eval "held_$1=$held"
}

# Change the pages of disk-tx and can-bus every quarter of a second, in a wave.
work() { # TIMES
	left=$1
	while [ "$left" -gt 0 ]; do
		left=$((left - 1)) tick=$((tick + 1))
		wave=$((tick % 24 < 12 ? tick % 24 : 24 - tick % 24))
		hold $disk $((30 + wave * 4))
		hold $can $((12 - wave / 2))
		nap 0.25
	done
}

# For each DEPTH, crypto allocates or frees until that percentage of the reserve is used.
crypto_goes() { # DEPTH...
	for depth; do
		while read -r _ zone free min _; do
			[ "$zone" != DMA32 ] || over=$((free - min + min * 5 / 8 * depth / 100))
		done <$lab/zones
		want=$((held_2 + over > 0 ? held_2 + over : 0))
		hold $crypto $((want < 3500 ? want : 3500))
		work 1
	done
}

# A double free, and allocations beyond the budget.
mistakes() {
	tell alloc $disk 190
	tell free $disk 190
	tell free $disk 190
	work 2
	hold $disk 128
	left=12
	while [ $left -gt 0 ]; do
		left=$((left - 1))
		tell alloc $disk 190
	done
}

cd /lib/labyrinth || exit 1
mkfifo /tmp/nap
echo 8192 >/proc/sys/vm/min_free_kbytes
echo 1024 >/proc/sys/vm/percpu_pagelist_high_fraction
for module in labyrinth lab_stub lab_pressure; do
	insmod $module.ko || exit 1
done
insmod lab_sample.ko rate=3 burst=40 budget=4096 stock=64 reserve_pct=50 || exit 1
tell create $disk name=disk-tx budget=128 stock=16 pct=30
tell create $can name=can-bus budget=32 stock=16 pct=-1
tell create $crypto name=crypto budget=3500 pct=85

export MALLOC_TOP_PAD_=8388608 MALLOC_TRIM_THRESHOLD_=1073741824 MALLOC_MMAP_THRESHOLD_=33554432
tick=0
labyrinth record --interval=250ms /tmp/recording &
recorder=$!
until [ -s /tmp/recording ]; do
	nap 0.1
done
./fallocate -n -l 4M /tmp/recording || exit 1
exec 5<>/dev/ttyS2	# the terminal's size lasts while it is open
stty -F /dev/ttyS2 raw rows "$ROWS" cols "$WIDTH"
TERM=screen-256color labyrinth top <&5 >&5 2>/tmp/said &
top=$!

work 10
mistakes
work 8
echo 1 >$pressure/hold
work 8
echo 1 >$sample/stall
crypto_goes 5 10 15 20 25 30 35 40 45 50 55 60 65 70 75 80
crypto_goes 80 80 80 80 80 80 80 80 80 80 80
kill -STOP $top
echo 0 >$sample/stall
crypto_goes 80 70 60 50 40 30 20 10 0
echo 0 >$pressure/hold
hold $crypto 0
work 16
kill -TERM $recorder
wait $recorder || exit 1
kill -KILL $top
cat /tmp/said
labyrinth report /tmp/recording >/tmp/report || exit 1
stty -F /dev/ttyS3 raw
gzip -c /tmp/recording >/dev/ttyS3
stty -F /dev/ttyS3 raw	# waits until all output is sent
