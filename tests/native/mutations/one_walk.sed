# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/ready.h: one walk over the CPUs without a page is enough for a refusal
s/^#define LAB_FAR_TURNS.*/#define LAB_FAR_TURNS 1/
s/^#define LAB_SURE_TURNS.*/#define LAB_SURE_TURNS 1/
