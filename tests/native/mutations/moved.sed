# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/transfer.c: a transfer does not make the receiver's room
s/if (lab_budget_charge(to))$/if (atomic_inc_return(\&to->charged))/
