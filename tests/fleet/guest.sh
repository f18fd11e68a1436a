#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest of run.sh: systemd, in a PID namespace, runs the service and the timer.
folder=/var/lib/prometheus/node-exporter
file=$folder/labyrinth.prom
service=labyrinth-metrics.service
drop_in=/run/systemd/system/$service.d
nr=0 failed=0

claim() { # WORDS COMMAND...
	local words=$1

	shift
	nr=$((nr + 1))
	if "$@" >/tmp/said 2>&1; then
		echo "ok $nr $words"
	else
		failed=1
		{ cat /tmp/said; systemctl --no-pager status $service; systemctl show $service; } 2>&1 |
			grep -v '=$' | head -n 60 | sed 's/^/# /'
		echo "not ok $nr $words"
	fi
}

# systemd answers only to those whose process it sees.
systemctl() {
	nsenter -t "$(pidof systemd)" -m -p /bin/systemctl "$@"
}

wait_for() { # TENTHS COMMAND...
	local left=$1

	shift
	until "$@" >/dev/null 2>&1; do
		[ $((left -= 1)) -gt 0 ] || return
		sleep 0.1
	done
}

is() { # PROPERTY VALUE
	local got

	got=$(systemctl show -P "$1" $service)
	[ "$got" = "$2" ] || { echo "$1: got $got, wanted $2"; return 1; }
}

with() { # LINE...: of a drop-in's section Service
	mkdir -p $drop_in
	printf '[Service]\n' >$drop_in/test.conf
	printf '%s\n' "$@" >>$drop_in/test.conf
	systemctl daemon-reload
}

without() {
	rm -r $drop_in
	systemctl daemon-reload
}

boots() {
	mount -t cgroup2 cgroup /sys/fs/cgroup
	mkdir -p /run /etc /var/lib
	mount -t tmpfs run /run
	printf 'root:x:0:0::/:/bin/sh\nprometheus:x:100:100::/:/bin/sh\n' >/etc/passwd
	printf 'root:x:0:\nprometheus:x:100:\n' >/etc/group
	container="test" unshare -m -p -f sh -c \
		'mount -t proc proc /proc && exec /lib/systemd/systemd --unit=basic.target' >/dev/null 2>&1 &
	wait_for 600 systemctl is-active basic.target
}

does_nothing() {
	systemctl start $service && is ConditionResult no && is ActiveState inactive &&
		is Result success && [ ! -e $file ]
}

writes_the_file() {
	local version

	version=$(cat /sys/module/labyrinth/version)
	systemctl start $service && is ConditionResult yes && is Result success || return
	[ "$(stat -c '%a %U' $file)" = "644 root" ] || { ls -l $folder; return 1; }
	grep -qx "labyrinth_build_info{version=\"$version\",module=\"$version\"} 1" $file &&
		grep -q '^labyrinth_owner_owned_pages{owner="lab_sample.producer",module="lab_sample"} ' $file &&
		grep -q '^labyrinth_owner_refused_total{.*,reason="floor"} ' $file &&
		grep -q '^labyrinth_zone_reserve_gone_ratio{' $file && [ "$(ls $folder)" = labyrinth.prom ]
}

is_confined() {
	with 'ExecStartPost=/bin/busybox sh /lib/labyrinth/confined.sh'
	systemctl start $service
	local status=$?
	without
	return $status
}

# The clock is set to the last seconds of a minute.
writes_each_minute() {
	rm $file
	systemctl start labyrinth-metrics.timer || return
	date -s "$(date '+%Y-%m-%d %H:%M:55')" && wait_for 300 [ -e $file ] || return
	rm $file
	date -s "$(date '+%Y-%m-%d %H:%M:55')" && wait_for 300 [ -e $file ] || return
	systemctl stop labyrinth-metrics.timer
}

# What is said has a priority that LogLevelMax lets through.
failure_is_seen() {
	rm -f $file
	mkdir -p $file
	with 'StandardError=file:/run/said'
	! systemctl start $service && is Result exit-code && is ExecMainStatus 1 &&
		grep -q "^labyrinth: $file: " /run/said &&
		[ "$(systemctl show -P SyslogLevel $service)" -le "$(systemctl show -P LogLevelMax $service)" ]
	local status=$?
	without
	rmdir $file
	systemctl reset-failed $service
	return $status
}

# Without /sys/kernel/labyrinth, the command says that only root may read.
runs_as_another_user() {
	chgrp prometheus $folder
	chmod 775 $folder
	with User=prometheus 'StandardError=file:/run/said'
	if [ -d /sys/kernel/labyrinth ]; then
		systemctl start $service && [ "$(stat -c '%a %U' $file)" = "644 prometheus" ]
	else
		! systemctl start $service && is ExecMainStatus 5 && grep -q 'run this command as root' /run/said
	fi
	local status=$?
	without
	systemctl reset-failed $service
	return $status
}

unloads() {
	rmmod lab_sample && rmmod labyrinth && rm -f $file && does_nothing
}

echo 1..9
claim "systemd boots" boots
mkdir -p $folder
claim "without the module nothing is done" does_nothing
rmdir $folder
insmod /lib/labyrinth/labyrinth.ko
insmod /lib/labyrinth/lab_sample.ko
claim "without the collector's folder nothing is done" does_nothing
mkdir $folder
claim "the service writes the metrics" writes_the_file
claim "the service is confined" is_confined
claim "the timer writes them each minute" writes_each_minute
claim "a failure is seen" failure_is_seen
claim "a drop-in makes another user run it" runs_as_another_user
claim "after the module is unloaded nothing is done" unloads
exit $failed
