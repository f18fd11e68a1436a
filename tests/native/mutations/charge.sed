# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/owner.h: a charge of the budget is a load, a comparison and a store
/^static inline bool lab_budget_charge(/,/^}/ {
	s/} while (!atomic_try_cmpxchg(&owner->charged, &bound, bound + 1));/} while (0); atomic_set(\&owner->charged, bound + 1);/
}
