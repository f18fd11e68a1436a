// SPDX-License-Identifier: GPL-2.0
/* Call labyrinth from every context in another module: Kbuild needs a separate object. */
#include "stub_call.c"
