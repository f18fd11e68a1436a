// SPDX-License-Identifier: GPL-2.0
/* The stub's way into every context, for another module: Kbuild wants an object of its own. */
#include "stub_call.c"
