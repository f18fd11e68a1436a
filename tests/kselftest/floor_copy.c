// SPDX-License-Identifier: GPL-2.0
/* The code by which labyrinth checks a zone, for a comparison with the kernel. */
#include "../../labyrinth/core/watermark.c"
