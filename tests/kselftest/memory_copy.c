// SPDX-License-Identifier: GPL-2.0
/* The count of the machine's memory, for another module: Kbuild wants an object of its own. */
#include "misuse_memory.c"
