// SPDX-License-Identifier: GPL-2.0
//
// Let a file that calls labyrinth know its declarations. One file at a time.

@calls@
identifier call =~ "^labyrinth_(alloc|free|release|owner)_";
@@
call(...)

@depends on calls@
@@
#include <...>
+ #include "labyrinth_port.h"
