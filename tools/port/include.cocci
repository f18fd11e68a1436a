// SPDX-License-Identifier: GPL-2.0
//
// Include labyrinth's declarations in a file that calls it. Runs on one file at a time.

@calls@
identifier call =~ "^labyrinth_(alloc|free|release|owner)_";
@@
call(...)

@depends on calls@
@@
#include <...>
+ #include "labyrinth_port.h"
