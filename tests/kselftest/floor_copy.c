// SPDX-License-Identifier: GPL-2.0
/* The very code by which labyrinth judges a zone, for a test to hold against the kernel. */
#include "../../labyrinth/core/watermark.c"
