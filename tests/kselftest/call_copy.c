// SPDX-License-Identifier: GPL-2.0
/* The puppet's way into every context, for another module: Kbuild wants an object of its own. */
#include "puppet_call.c"
