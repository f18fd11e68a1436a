# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/tag.h: a transition of the state is a load, a comparison and a store
s/return likely(try_cmpxchg(&tag->state, &state, changed));/if (READ_ONCE(tag->state) != state) return false; WRITE_ONCE(tag->state, changed); return true;/
