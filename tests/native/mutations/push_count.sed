# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/table.h: pushes are not counted
s/^#define LAB_STACK_PUSH.*/#define LAB_STACK_PUSH 0ULL/
