#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest, within the service: what it may not do. Ends with the number of the first failure.
lab=/sys/kernel/debug/labyrinth

is() { # KEY VALUE
	grep -qE "^$1:[[:blank:]]*$2\$" /proc/self/status
}

! touch /etc/no 2>/dev/null || exit 11
! touch /var/lib/no 2>/dev/null || exit 12
! echo 1 2>/dev/null >$lab/audit || exit 13
! echo 1 2>/dev/null >/proc/sys/vm/drop_caches || exit 14
is CapEff 0000000000000000 || exit 15
is CapBnd 0000000000000000 || exit 16
is NoNewPrivs 1 || exit 17
is Seccomp 2 || exit 18
! mount -t tmpfs none /tmp 2>/dev/null || exit 19
[ ! -e /dev/kmsg ] || exit 20
! ip addr 2>/dev/null | grep -v lo: | grep -q mtu || exit 21
exit 0
