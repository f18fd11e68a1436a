// SPDX-License-Identifier: GPL-2.0
/* Count the machine's memory in another module: Kbuild needs a separate object. */
#include "misuse_memory.c"
