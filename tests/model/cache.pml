/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cache of recycled tags of labyrinth/core/cache.h: beside its stack, each CPU has a small
 * array of hints. Two CPUs, of which the first is interrupted between any two steps; the
 * interrupt runs to its end before the task there continues. Or (NEST) all run on one CPU, and
 * the third context interrupts the other two, like an NMI.
 *
 * A tag's state decides. A hint may be stale: its tag is held, on a stack, or cached again
 * elsewhere. Any context that wins the transition from CACHED has the page. Only its own CPU
 * writes a cache, with plain stores, and marks it as busy meanwhile; other CPUs, and what
 * interrupts the writer, read it. A call that takes a page from another CPU's cache then copies its
 * hints, so a tag may have several.
 *
 * While no cache is written, every cached page has a hint, but for one whose free is not complete.
 *
 * The budget has one page for each context, and a context holds at most one, with the call
 * that it is in: so no call may be refused. A context may also free the page of another. A
 * call that finds nothing in its own cache and stack walks over all of them, and is
 * refused after SURE walks in a row that count the whole budget as out, or TURNS walks: fewer
 * than in the code.
 *
 * The model is sequentially consistent. A stack is a set, see stack.pml. Pages from the
 * kernel, the stock and the quarantine are left out: all pages of the budget have a tag.
 *
 * While no call reads them, balances and pushes are summed up in one balance, and slots that hold
 * no hint are cleared: a walk reads the same, with fewer states.
 *
 * With two CPUs two of the pages are held at the start, or cached on the other CPU.
 *
 * FEW: each context makes one call, and there are fewer starts: the third page is held, and
 * only one cache has a stale hint.
 *
 * MISUSE: each context makes one call, and the third page is held at the start. A wrong call
 * changes the state of a page for an instant, or the misuse of a ready page is reported in
 * its state. A right call that meets the wrong one may fail.
 *
 * A comment "file: function: text" cites the code that a step stands for. run.sh checks
 * that the code still contains it. Each name after "Mutations" breaks the model, which
 * must then fail.
 *
 * Mutations: NO_BUSY STALE_COUNT BLIND_TAKE THIEF_CLEARS THIEF_LOWERS KEEP_CACHED
 * Mutations: ONE_STEP FLAG_BLIND ONE_WALK COPY_COUNTS COPY_BUSY COPY_MOVES DROP_COUNTS
 *   NO_BUSY: an interrupt writes to the cache that it found busy.
 *   STALE_COUNT: the number of hints is read before the mark: an interrupt changes it.
 *   BLIND_TAKE: alloc takes the tag of a hint without a look at its state.
 *   THIEF_CLEARS: a thief clears the slot whose tag it took.
 *   THIEF_LOWERS: a thief lowers the number of hints.
 *   KEEP_CACHED: a tag on a stack has CACHED.
 *   ONE_STEP: a free sets CACHED before it knows that the tag is still its page's. A stale
 *   hint then takes a page that is held, and the free cannot be reverted.
 *   FLAG_BLIND: alloc drops the hint of a page whose misuse has been reported: it is lost.
 *   COPY_COUNTS: a copied hint counts as a free.
 *   DROP_COUNTS: a dropped hint counts as a page taken.
 *   COPY_BUSY: hints are copied to a cache that is busy.
 *   COPY_MOVES: the thief removes what it copies from the other cache.
 */
#if defined(ONE_STEP) || defined(FLAG_BLIND)
#define MISUSE
#endif
/* Calls of each context. */
#ifndef OPS_TASK
#if defined(MISUSE) || defined(FEW)
#define OPS_TASK	1
#define OPS_OTHER	1
#define OPS_IRQ		1
#else
#define OPS_TASK	2
#define OPS_OTHER	1
#define OPS_IRQ		2
#endif
#endif

#define PAGES		3
#define BUDGET		3	/* one for each context */
#define K		2	/* hints of a cache */
#ifdef ONE_WALK
#define SURE		1
#else
#define SURE		2
#endif
#define TURNS		8

/* Contexts, by _pid. */
#define NOBODY		0
#define TASK		1
#define OTHER		2	/* a task of another CPU, or an interrupt of IRQ */
#define IRQ		3
#define IN_CALL		4	/* the holder of a page that a call frees or allocates */

#ifdef NEST
#define CPUS		1
#define CPU		0
#define INTERRUPTS	(_pid != TASK)
#define MAY_RUN		(_pid == OTHER || _pid == IRQ && !in_call[OTHER] || \
			 _pid == TASK && !in_call[OTHER] && !in_call[IRQ])
#else
#define CPUS		2
#define CPU		(_pid == OTHER)
#define INTERRUPTS	(_pid == IRQ)
#define MAY_RUN		(_pid != TASK || !in_call[IRQ])
#endif

/* States. */
#define READY		1	/* on a stack, or a call's */
#define CACHED		2	/* ready and in a cache */
#define OWNED		3
#define REPORTED	4	/* READY or CACHED, and its misuse has been reported */
#define PHASE(tag)	(state[tag] & 3)

#ifdef NO_BUSY
#define BUSY		false
#else
#define BUSY		busy[CPU]
#endif
#ifdef COPY_MOVES
#define COPIED		caches[at].nr = from
#else
#define COPIED		skip
#endif
#ifdef COPY_COUNTS
#define BALANCE_COPIES	skip
#else
#define BALANCE_COPIES	balance[CPU] = balance[CPU] + (n - caches[CPU].nr)
#endif
#ifdef DROP_COUNTS
#define BALANCE_DROPPED	skip
#else
#define BALANCE_DROPPED	balance[CPU] = balance[CPU] - (caches[CPU].nr - n)
#endif
#ifdef KEEP_CACHED
#define STACKED		CACHED
#else
#define STACKED		READY
#endif
#ifdef BLIND_TAKE
#define TAKES		true
#else
#define TAKES		(state[tag] == CACHED)
#endif
#ifdef MISUSE
#define CLAIMS		(PHASE(tag) == CACHED && state[tag] == seen)
#define FORGET		seen = 0
#else
#define CLAIMS		(PHASE(tag) == CACHED)
#define FORGET		skip
#endif
#ifdef FLAG_BLIND
#define STAYS(hint)	(state[hint] == CACHED)
#else
#define STAYS(hint)	(PHASE(hint) == CACHED)
#endif
#ifdef ONE_STEP
#define FREED		CACHED
#else
#define FREED		READY
#endif

#define ZERO		16	/* counters start here, so that a sum is not negative */

typedef hints {
	byte nr;
	byte slot[K];
};

byte state[PAGES + 1];
hints caches[CPUS];
bool busy[CPUS];
byte looking[CPUS];		/* calls that read the slots, and do not walk */
bool stacked[(PAGES + 1) * 2];
byte balance[CPUS];
byte pushes[CPUS];
byte walkers;
bool in_call[4];
byte adding[4];			/* the page of a context whose free is not complete */
#ifdef MISUSE
byte running = 4;
#else
byte running = 3;
#endif
bool upset[PAGES + 1];		/* changed by a wrong call, not yet reverted */

/* The truth, independent of the states. */
byte holder[PAGES + 1];

#define ON(where, pg)	stacked[(where) * (PAGES + 1) + (pg)]
#define IDLE(pg)	(holder[pg] == NOBODY)
#define HOLDS		(holder[1] == _pid || holder[2] == _pid || holder[3] == _pid)
#ifdef NEST
#define BALANCE		(balance[0] - pushes[0])
#define COUNTED		(BALANCE - caches[0].nr)
#else
#define BALANCE		(balance[0] + balance[1] - pushes[0] - pushes[1])
#define COUNTED		(BALANCE - caches[0].nr - caches[1].nr)
#endif
/* May be freed by this context, which then holds no other page. */
#define MAY_FREE(pg)	(holder[pg] && holder[pg] != IN_CALL && (holder[pg] == _pid || !HOLDS))

#define IN(c, pg)	(caches[c].nr > 0 && caches[c].slot[0] == (pg) || \
			 caches[c].nr > 1 && caches[c].slot[1] == (pg))
#ifdef NEST
#define IN_ANY(pg)	IN(0, pg)
#else
#define IN_ANY(pg)	(IN(0, pg) || IN(1, pg))
#endif

#define ADDING(pg)	(adding[1] == (pg) || adding[2] == (pg) || adding[3] == (pg))
/* A cached page has a hint, but for one whose free is not complete. */
#define FOUND(pg)	(PHASE(pg) != CACHED || IN_ANY(pg) || ADDING(pg))

/* Mark this CPU's cache as busy; n is then the number of its hints. */
#ifdef STALE_COUNT
#define READ_EARLY	n = caches[CPU].nr
#define READ_MARKED	skip
#else
#define READ_EARLY	skip
#define READ_MARKED	n = caches[CPU].nr
#endif
#define BEGIN(if_busy)								\
	atomic {								\
		READ_EARLY;							\
		if								\
		:: BUSY -> n = 0; if_busy					\
		:: else								\
		fi								\
	};									\
	atomic { busy[CPU] = true; READ_MARKED }
#define UNLESS(unfit, if_unfit)							\
	if									\
	:: atomic { (unfit) -> busy[CPU] = false; n = 0; if_unfit }		\
	:: else									\
	fi
#ifdef COPY_BUSY
#define BEGIN_COPY	atomic { n = caches[CPU].nr; busy[CPU] = true }
#else
#define BEGIN_COPY	BEGIN(NOT_COPIED)
#endif
#define NOT_COPIED	looking[at]--; copying = false; finish()
/* A call drops stale hints once, and tries again. */
#define DROP_OR_PUSH								\
	if									\
	:: retried -> goto push							\
	:: else -> retried = true; goto drop_begin				\
	fi
#define AFTER_DROP(free_goes_to)							\
	if									\
	:: tag -> goto free_goes_to						\
	:: else -> retried = true; goto alloc					\
	fi

inline end() {
	busy[CPU] = false;
	assert(FOUND(1) && FOUND(2) && FOUND(3))
}

inline tidy() {
	if
	:: !walkers ->
		balance[0] = BALANCE;
		pushes[0] = 0;
#ifndef NEST
		balance[1] = 0; pushes[1] = 0;
#endif
#ifndef NO_BUSY
		if
		:: !busy[CPU] && !looking[CPU] && caches[CPU].nr < 2 -> caches[CPU].slot[1] = 0
		:: else
		fi;
		if
		:: !busy[CPU] && !looking[CPU] && caches[CPU].nr < 1 -> caches[CPU].slot[0] = 0
		:: else
		fi
#endif
	:: else
	fi
}

inline finish() {
	tidy();
	n = 0; tag = 0; at = 0; out = 0; sure = 0; turn = 0;
	hint = 0; from = 0; retried = false;
	if
	:: in_call[_pid] = false
	:: ops && INTERRUPTS	/* the same interrupt continues */
	fi;
	goto again
}

inline begin_free(pg) {
	holder[pg] = IN_CALL;
	tag = pg;
	goto free
}

/* A popped or stolen tag, or one won by its state. */
inline take() {
	assert(tag && IDLE(tag) && !ON(0, tag) && !ON(1, tag));
	holder[tag] = IN_CALL
}

inline pop(where) {
	if
	:: ON(where, 1) -> tag = 1
	:: ON(where, 2) -> tag = 2
	:: ON(where, 3) -> tag = 3
	:: else -> tag = 0
	fi;
	if
	:: tag -> ON(where, tag) = false; take()
	:: else
	fi
}

/* Each atomic {} is one access to memory that others write, with those to memory of this CPU. */
proctype context(byte ops) provided (MAY_RUN) {
	byte n, tag, at, out, sure, turn;
	byte hint, from;
	bool retried, copying;
#ifdef MISUSE
	byte seen;
#endif
	bool walking;

again:	atomic {
		if
		:: ops -> ops--
		:: !ops -> in_call[_pid] = false; goto done
		fi;
		in_call[_pid] = INTERRUPTS;
		if
		:: !HOLDS -> goto alloc
		:: MAY_FREE(1) -> begin_free(1)
		:: MAY_FREE(2) -> begin_free(2)
		:: MAY_FREE(3) -> begin_free(3)
		fi
	};

free:	atomic {
		/* free.c: lab_free: lab_tag_try_transition(tag, lab_peek(owner->owned_state), owner->ready_state) */
		assert(holder[tag] == IN_CALL);
		if
		:: state[tag] == OWNED -> holder[tag] = NOBODY; state[tag] = FREED
		/* A right call that meets a wrong one may fail. */
		:: else -> assert(upset[tag]); holder[tag] = _pid; finish()
		fi
	};
	/* cache.h: lab_cache_begin: if (unlikely(READ_ONCE(here->busy))) */
	/* cache.h: lab_cache_begin: WRITE_ONCE(here->busy, 1) */
	/* cache.h: lab_cache_add: hints = here->hints */
	/* cache.h: lab_cache_add: room = likely(hints < LAB_CACHE_SLOTS) */
add:	BEGIN(goto push);
	UNLESS(n == K, DROP_OR_PUSH);
	/* cache.h: lab_cache_add: WRITE_ONCE(here->slots[hints], tag) */
	atomic { caches[CPU].slot[n] = tag };
#ifndef ONE_STEP
	/* The page is the tag's: a stale hint may win it now. */
	atomic {
		/* cache.h: lab_cache_add: WRITE_ONCE(tag->state, cached) */
		assert(IDLE(tag) && PHASE(tag) == READY && !ON(0, tag) && !ON(1, tag));
		state[tag] = CACHED;
		adding[_pid] = tag
	};
#endif
	atomic {
		/* cache.h: lab_cache_add: smp_store_release(&here->hints, hints + 1) */
		caches[CPU].nr = n + 1;
		adding[_pid] = 0
	};
	/* cache.h: lab_cache_end: WRITE_ONCE(here->busy, 0) */
	atomic { end(); finish() };

push:	atomic {
		/* free.c: lab_free_uncached: lab_stack_push(&here->recycled, &owner->slots, tag) */
		assert(IDLE(tag) && !ON(0, tag) && !ON(1, tag));
		ON(CPU, tag) = true;
#if defined(KEEP_CACHED) || defined(ONE_STEP)
		state[tag] = STACKED | (state[tag] & REPORTED);
#endif
		pushes[CPU]++;
		finish()
	};

	/* cache.h: lab_cache_take: hints = here->hints */
alloc:	BEGIN(goto uncached);
	UNLESS(!n, goto uncached);
	atomic {
		/* cache.h: lab_cache_take: taken = lab_tag_try_transition(*tag, cached, ready) */
		tag = caches[CPU].slot[n - 1];
		if
		:: TAKES -> take(); state[tag] = READY
		:: else -> tag = 0; goto failed
		fi
	};
	/* cache.h: lab_cache_take: WRITE_ONCE(here->hints, hints - 1) */
	atomic { caches[CPU].nr = n - 1 };
	atomic { end(); n = 0; goto fill };

failed:	atomic { end(); n = 0 };
uncached:	atomic {
		/* alloc.c: lab_take_here: if (lab_cache_take(here, owner->cached_state, owner->ready_state, &tag)) */
		/* alloc.c: lab_alloc_uncached: if (likely(!lab_cpu_has_recycled(here))) */
		/* cpu.h: lab_cpu_has_recycled: lab_stack_top(READ_ONCE(cpu->recycled.head)) */
		n = 0;
		at = CPU;
		if
		:: retried -> retried = false; goto look
		:: else
		fi;
		if
		:: ON(CPU, 1) || ON(CPU, 2) || ON(CPU, 3) -> goto drop_begin
		:: else
		fi
	};
	atomic {
		/* cpu.h: lab_cpu_has_recycled: READ_ONCE(cpu->hints) */
		if
		:: !caches[CPU].nr -> goto slow
		:: else
		fi
	};
	/* free.c: lab_free_uncached: if (!lab_cache_drop(here, owner->cached_state) || */
	/* alloc.c: lab_take_here: lab_cache_drop(here, owner->cached_state) */
drop_begin:	BEGIN(AFTER_DROP(push));
	/* cache.h: lab_cache_drop: while (stale < hints && */
	do
	/* cache.h: lab_cache_drop: (READ_ONCE(here->slots[hints - 1 - stale]->state) & ~LAB_REPORTED) != cached */
	:: n && !STAYS(caches[CPU].slot[n - 1]) -> n--
	:: else -> break
	od;
	atomic {
		/* cache.h: lab_cache_drop: lab_cpu_add(here, -stale, -stale) */
		/* cpu.h: lab_cpu_add: local_add(add, &here->balance_and_hints) */
		hint = (n < caches[CPU].nr);
		BALANCE_DROPPED;
		caches[CPU].nr = n
	};
	/* free.c: lab_free_uncached: !lab_cache_add(here, tag, owner->cached_state)) */
	atomic {
		end();
		n = 0;
		if
		:: hint -> hint = 0; AFTER_DROP(add)
		:: else -> AFTER_DROP(push)
		fi
	};

	/* alloc.c: lab_take_here: return page ?: lab_take_recycled(owner, here, caller) */
	/* alloc.c: lab_steal: page = lab_take_recycled(owner, there, caller) */
	/* alloc.c: lab_take_recycled: while (!page && (tag = lab_pop_recycled_on(owner, cpu))) */
look:	atomic {
		/* ready.c: lab_pop_recycled_on: lab_cache_claim(there, owner->cached_state) */
		pop(at);
		if
		:: tag -> goto own
		:: else
		fi
	};
	/* cache.h: lab_cache_claim: nr = smp_load_acquire(&there->hints) */
	atomic { n = caches[at].nr; looking[CPU] = looking[CPU] + !walking };
claim:	atomic {
		/* cache.h: lab_cache_claim: while (nr--) */
		if
		:: !n && walking -> goto walked
		:: !n && !walking -> looking[CPU]--; goto slow
		:: else -> n--; tag = caches[at].slot[n]
		fi
	};
#ifdef MISUSE
	/* Without misuse, no state but CACHED itself could pass both looks. */
	atomic { seen = state[tag] };
#endif
	atomic {
		/* cache.h: lab_cache_claim: lab_tag_try_transition(tag, state, state & ~LAB_CACHED) */
		if
		:: CLAIMS ->
			take();
			state[tag] = READY | (state[tag] & REPORTED);
			FORGET;
			looking[CPU] = looking[CPU] - !walking
		:: else -> tag = 0; FORGET; goto claim
		fi
	};
#ifdef THIEF_CLEARS
	atomic { caches[at].slot[n] = 0 };
#endif
#ifdef THIEF_LOWERS
	atomic { caches[at].nr = n };
#endif
	goto own;

walked:	/* cpu.h: lab_cpu_owned: u64 balance_and_hints = local_read(&cpu->balance_and_hints) */
	atomic { out = out + balance[at] - caches[at].nr };
	/* cpu.h: lab_cpu_owned: lab_owned_from(balance_and_hints, READ_ONCE(cpu->recycled.head) */
	atomic {
		out = out - pushes[at];
		at++;
		if
		/* alloc.c: lab_steal: for_each_possible_cpu(cpu) */
		:: at < CPUS -> goto look
		:: else
		fi;
		/* alloc.c: lab_steal: (full ? (long)READ_ONCE(owner->budget) : all) ? sure + 1 : 0 */
		if
		:: out >= ZERO + BUDGET && out < 128 -> sure++
		:: else -> sure = 0
		fi;
		turn++;
		/* No call may be refused. */
		assert(sure < SURE && turn < TURNS);
		out = 0; at = 0;
		goto look
	};

slow:	atomic {
		/* alloc.c: lab_alloc_slow: page = lab_steal(owner, caller, true) */
		walkers++;
		walking = true;
		at = 0;
		goto look
	};

own:	atomic {
		/* fast.h: lab_hand_out: lab_cpu_count_allocs(here, 1) */
		/* cpu.h: lab_cpu_count_allocs: lab_cpu_add(here, nr, 0) */
		balance[CPU]++;
		n = 0; out = 0; sure = 0; turn = 0;
		if
		:: walking && at != CPU -> copying = true; looking[at]++
		:: else -> at = 0
		fi;
		if
		:: walking -> walkers--; walking = false
		:: else
		fi
	};
fill:	atomic {
		/* alloc.c: lab_alloc: lab_tag_fill(tag, lab_owned_here(here), caller) */
		/* fast.h: lab_hand_out: lab_tag_fill(tag, lab_owned_here(here), caller) */
		assert(holder[tag] == IN_CALL && !HOLDS && PHASE(tag) == READY && !ON(0, tag) && !ON(1, tag));
		state[tag] = OWNED;
		holder[tag] = _pid;
		tag = 0;
		if
		:: copying
		:: else -> finish()
		fi
	};

#ifndef NEST
	/* alloc.c: lab_steal: lab_cache_copy(this_cpu_ptr(owner->cpu), there, */
	/* cache.h: lab_cache_copy: u32 nr = smp_load_acquire(&there->hints) */
	atomic { from = caches[at].nr };
	/* cache.h: lab_cache_copy: if (!lab_cache_begin(here)) */
	BEGIN_COPY;
copy:	atomic {
		/* cache.h: lab_cache_copy: while (nr-- && copies < room) */
		if
		:: from && n < K -> from--; hint = caches[at].slot[from]
		:: else -> goto copied
		fi
	};
	atomic {
		if
		/* cache.h: lab_cache_copy: if (READ_ONCE(tag->state) == cached) */
		:: state[hint] != CACHED
		/* cache.h: lab_cache_copy: WRITE_ONCE(here->slots[here->hints + copies++], tag) */
		:: else -> caches[CPU].slot[n] = hint; n++; COPIED
		fi;
		hint = 0;
		goto copy
	};
	/* cache.h: lab_cache_copy: lab_cpu_add(here, copies, copies) */
copied:	atomic { BALANCE_COPIES; caches[CPU].nr = n };
	atomic { end(); NOT_COPIED };
#endif

done:	running--
}

#ifdef MISUSE
/*
 * A free of another page, whose tag has become this page's since: it is reverted. Or a report
 * of a ready page's misuse, which may be over later.
 */
proctype misuse() {
	byte tag = 1;

	if
	:: atomic { state[tag] == OWNED -> state[tag] = FREED; upset[tag] = true };
		/* tag.h: lab_tag_revert: if (cmpxchg(&tag->state, changed, state) != changed) */
		atomic { assert(PHASE(tag) == FREED); state[tag] = OWNED; upset[tag] = false }
	/* audit.c: lab_audit_ready_page: lab_tag_try_transition(tag, state, state | LAB_REPORTED) */
	/* freed_behind.c: lab_ready_report: lab_tag_transition(tag, info->page, state, state | LAB_REPORTED) */
	:: atomic { state[tag] == READY || state[tag] == CACHED ->
		state[tag] = state[tag] | REPORTED };
		/* audit.c: lab_audit_ready_page: lab_tag_try_transition(tag, state, state & ~LAB_REPORTED) */
		if
		:: atomic { state[tag] & REPORTED -> state[tag] = PHASE(tag) }
		:: true
		fi
	:: true
	fi;
	running--
}
#endif

/* Every page is held, on one stack, or in a cache. */
inline check_page(pg) {
	assert(holder[pg] != IN_CALL);
	assert((state[pg] == OWNED) == (holder[pg] != NOBODY));
	assert(!ON(0, pg) || !ON(1, pg));
	if
	:: ON(0, pg) || ON(1, pg) -> assert(PHASE(pg) == STACKED)
	:: else -> assert(PHASE(pg) != READY && (PHASE(pg) != CACHED || IN_ANY(pg)))
	fi
}

inline hold(pg, by) {
	state[pg] = OWNED;
	holder[pg] = by;
	balance[0]++
}

inline put(pg, c) {
	caches[c].slot[caches[c].nr] = pg;
	caches[c].nr++;
	balance[0]++;
	state[pg] = CACHED
}

/* A page at the start: held, on a stack, or cached. */
inline place(pg, by) {
	if
	:: hold(pg, by)
	:: ON(0, pg) = true; state[pg] = STACKED
	:: caches[0].nr < K -> put(pg, 0)
#ifndef NEST
	:: caches[1].nr < K -> put(pg, 1)
#endif
	fi
}

/* Held, or cached on the CPU of another context. */
inline place_there(pg, by) {
	if
	:: hold(pg, by)
	:: caches[1].nr < K -> put(pg, 1)
	fi
}

/* A stale hint, or none. */
inline stale(c) {
	if
	:: caches[c].nr = 0
	:: caches[c].nr = 1; caches[c].slot[0] = 1; balance[0]++
	:: caches[c].nr = 1; caches[c].slot[0] = 2; balance[0]++
	fi
}

init {
	atomic {
		balance[0] = ZERO;
		stale(0);
#if !defined(NEST) && !defined(FEW)
		stale(1);
#endif
		place(1, TASK);
#if defined(NEST) || defined(FEW)
		place(2, OTHER);
#else
		place_there(2, OTHER);
#endif
#if defined(MISUSE) || defined(FEW)
		hold(3, IRQ);
#elif defined(NEST)
		place(3, IRQ);
#else
		place_there(3, IRQ);
#endif
		run context(OPS_TASK);
		run context(OPS_OTHER);
		run context(OPS_IRQ);
#ifdef MISUSE
		run misuse()
#endif
	};
	running == 0;
	d_step {
		assert(!busy[0] && !busy[CPUS - 1]);
		check_page(1);
		check_page(2);
		check_page(3);
		assert(COUNTED == ZERO + (state[1] == OWNED) + (state[2] == OWNED) + (state[3] == OWNED))
	}
}
