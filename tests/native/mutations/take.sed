# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/cache.h: a cached page is taken without a look at its state
s/taken = lab_tag_try_transition(\*tag, cached, ready);/taken = true; WRITE_ONCE((*tag)->state, ready);/
