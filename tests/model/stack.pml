/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lock-free stacks of labyrinth/core/freelist.h: three CPUs pop from and push to
 * any of two stacks, one tag or two at once. An NMI on the first CPU may come between
 * any two steps of the task there, and runs to its end before the task continues.
 *
 * The model is sequentially consistent: it does not cover memory ordering. A place is
 * a slot's number, and a link names the slot below, where the code has the distance.
 *
 * A count of pushes is only compared with copies of itself. So once no process has a
 * copy the count may restart at 0: the behaviour is the same, with fewer states. While
 * a process has a copy, the count grows by one per pushed tag and cannot wrap: all
 * OPS_* together are below 128. The model does not cover a pop that is delayed while
 * exactly 2^32 tags are pushed.
 *
 * A comment "file: function: text" cites the code that a step stands for. run.sh
 * checks that the code still contains it. Each name after "Mutations" breaks the
 * model, which must then fail.
 *
 * Mutations: NO_COUNT CHAIN_NO_COUNT BLIND_PUSH BLIND_POP NEXT_ONCE FOLLOW_ONCE LINK_LATE
 *   LINK_LATE: of several tags popped at once, the first is handed out before its link
 *   is read: a wrong call may have pushed it meanwhile.
 *
 * With COUNT_POPS, which counts pops instead, nothing fails: either count is enough,
 * and the count of pushes also counts frees.
 */
#define SLOTS		3	/* 1 to SLOTS; 0 is the sentinel */

/* WRONG_FREE: any process may push a tag that was handed out. */
#ifdef LINK_LATE
#define WRONG_FREE
#endif
#if defined(CHAIN_NO_COUNT) || defined(FOLLOW_ONCE) || defined(WRONG_FREE)
#define MANY
#endif

/* Pops and pushes of each process: of one tag, or (MANY) of one or two at once. */
#ifdef MANY
#define OPS_TASK	1
#define OPS_NMI		2
#define OPS_OTHER	1
#define OPS_ANOTHER	0
#else
#define OPS_TASK	1
#define OPS_NMI		3
#define OPS_OTHER	1
#define OPS_ANOTHER	1
#endif

/* Processes, and holders of slots, by _pid. */
#define NOBODY		0
#define TASK		1
#define NMI		2
#define OTHER		3	/* a task of another CPU */
#define ANOTHER		4	/* a task of a third CPU */

#define SAME		(head[where].slot == old.slot && head[where].count == old.count)

#if defined(NO_COUNT)
#define PUSHED		0
#define POPPED		0
#elif defined(COUNT_POPS)
#define PUSHED		0
#define POPPED		1
#elif defined(CHAIN_NO_COUNT)
#define PUSHED		(top == bottom)
#define POPPED		0
#else
#define PUSHED		(1 + (top != bottom))
#define POPPED		0
#endif
#ifdef BLIND_PUSH
#define PUSH_WINS	true
#else
#define PUSH_WINS	SAME
#endif
#ifdef BLIND_POP
#define POP_WINS	true
#else
#define POP_WINS	SAME
#endif
#ifdef NEXT_ONCE
#define RETRY_PUSH	goto push
#else
#define RETRY_PUSH	goto link
#endif
#ifdef WRONG_FREE
#define MAY_PUSH(slot)	(holder[slot] == _pid || out[slot])
#else
#define MAY_PUSH(slot)	(holder[slot] == _pid)
#endif

typedef head_word {
	byte slot;
	byte count;
};

head_word head[2];
byte next[SLOTS + 1];		/* of slot 0: slot 0 */
byte copies[2];			/* of the head, held by processes that pop or push */
bool in_nmi;
bool other_began;
byte running = 4;

/* The truth, independent of the links. */
byte holder[SLOTS + 1];
byte on[SLOTS + 1];		/* 1 + stack, 0: held */
byte below[SLOTS + 1];
#ifdef WRONG_FREE
bool out[SLOTS + 1];		/* handed out */
#endif

inline load() {
	old.slot = head[where].slot;
	old.count = head[where].count
}

/* End of a push or pop, successful or not. */
inline finish() {
	/* Restart the count if no process has a copy of this head. */
	copies[where]--;
	if
	:: copies[where] == 0 -> head[where].count = 0
	:: else
	fi;
	old.slot = 0; old.count = 0; new = 0; top = 0; bottom = 0; where = 0; many = false;
	if
	:: _pid == NMI -> in_nmi = false
	:: _pid == NMI && ops	/* the same NMI continues */
	:: _pid != NMI
	fi;
	goto again
}

inline pushed(tag, under) {
	assert(holder[tag] == _pid && !on[tag]);
	holder[tag] = NOBODY;
	on[tag] = 1 + where;
	below[tag] = under
}

inline check_pushed() {
	if
	:: top != bottom -> pushed(top, bottom)
	:: else
	fi;
	pushed(bottom, old.slot)
}

/* The tag was on top of this stack, without a holder, and its link as read is true: no ABA. */
inline popped(tag, under) {
	assert(holder[tag] == NOBODY && on[tag] == 1 + where);
	assert(under == below[tag]);
	holder[tag] = _pid;
	on[tag] = 0
}

inline check_popped() {
	if
	:: !old.slot -> assert(!new && (!many || !bottom))
	:: old.slot && !many -> popped(old.slot, new)
	:: old.slot && many ->
		popped(old.slot, bottom);
		if
		:: bottom -> popped(bottom, new)
		:: else -> assert(!new)
		fi
	fi
}

inline choose(upper, lower) {
	top = upper; bottom = lower;
#ifdef WRONG_FREE
	holder[upper] = _pid; out[upper] = false;
	holder[lower] = _pid; out[lower] = false
#endif
}

inline begin() {
	copies[where]++;
	/* freelist.h: lab_stack_push_all: u64 old = READ_ONCE(stack->head) */
	/* freelist.h: lab_stack_pop: u64 old = READ_ONCE(stack->head) */
	/* freelist.h: lab_stack_pop_many: u64 old = READ_ONCE(stack->head) */
	load();
	if
	:: top -> goto link
	:: !top && old.slot -> goto follow
	/* Slot 0's link never changes. lab_stack_pop() ends here. */
	:: !top && !old.slot -> goto pop
	fi
}

/*
 * Push "top" with "bottom" below it, which may be the same, onto stack "where"; or pop
 * from it if top is 0. Each atomic {} is one access to shared memory.
 */
proctype cpu(byte ops) provided (_pid != TASK || !in_nmi) {
	head_word old;
	byte new, top, bottom, where;
	bool many;

again:	atomic {
		if
		:: ops && (_pid != ANOTHER || other_began) -> ops--
		:: !ops -> goto done
		fi;
		if
		:: _pid == NMI -> in_nmi = true
		/* The other two are symmetric: let OTHER begin, to have fewer states. */
		:: _pid == OTHER -> other_began = true
		:: else
		fi;
		if
		:: many = false
#ifdef MANY
		:: many = true
#endif
		:: MAY_PUSH(1) -> choose(1, 1)
		:: MAY_PUSH(2) -> choose(2, 2)
		:: MAY_PUSH(3) -> choose(3, 3)
#ifdef MANY
		:: MAY_PUSH(1) && MAY_PUSH(2) -> choose(1, 2)
		:: MAY_PUSH(2) && MAY_PUSH(1) -> choose(2, 1)
		:: MAY_PUSH(1) && MAY_PUSH(3) -> choose(1, 3)
		:: MAY_PUSH(3) && MAY_PUSH(1) -> choose(3, 1)
		:: MAY_PUSH(2) && MAY_PUSH(3) -> choose(2, 3)
		:: MAY_PUSH(3) && MAY_PUSH(2) -> choose(3, 2)
#endif
		fi;
		if
		:: where = 0
		:: where = 1
		fi;
#ifdef MANY
		if
		:: top == bottom
		/* bulk.c: lab_free_many: lab_stack_link(tag, top) */
		/* freelist.h: lab_stack_link: WRITE_ONCE(tag->below, (s32)((void *)below - (void *)tag)) */
		:: else -> next[top] = bottom; goto linked
		fi;
#endif
		begin()
	};
#ifdef MANY
linked:	atomic { begin() };
#endif

link:	atomic {
		/* freelist.h: lab_stack_push_all: down = slots->pushed + lab_stack_top(old) - (void *)bottom */
		/* freelist.h: lab_stack_push_all: WRITE_ONCE(bottom->below, (s32)down) */
		next[bottom] = old.slot
	};
push:	atomic {
		/* freelist.h: lab_stack_push_all: (void *)top - (void *)bottom + (nr - 1) * LAB_STACK_PUSH */
		/* freelist.h: lab_stack_push_all: while (unlikely(!try_cmpxchg(&stack->head, &old, new))) */
		if
		:: PUSH_WINS ->
			head[where].slot = top;
			head[where].count = old.count + PUSHED;
			check_pushed();
			finish()
		:: else ->
			load();
			RETRY_PUSH
		fi
	};

follow:	atomic {
		/* freelist.h: lab_stack_pop: new = old + (s64)READ_ONCE(tag->below) */
		/* freelist.h: lab_stack_next: return (void *)tag + READ_ONCE(tag->below) */
		new = next[old.slot];
		if
		:: !many || !new -> goto pop
		:: many && new -> bottom = new
		fi
	};
	atomic {
		/* freelist.h: lab_stack_pop_many: tag = lab_stack_next(tag) */
		new = next[bottom]
	};
pop:	atomic {
		/* freelist.h: lab_stack_pop: while (unlikely(!try_cmpxchg(&stack->head, &old, new))) */
		/* freelist.h: lab_stack_pop_many: old + ((void *)tag - (void *)top)) */
		if
		:: POP_WINS ->
			head[where].slot = new;
			head[where].count = old.count + POPPED;
			check_popped();
#ifdef WRONG_FREE
			if
			:: many && bottom -> top = old.slot; goto walk
			/* bulk.c: lab_take_tags: !lab_tag_is_end(tag) */
			/* freelist.h: lab_stack_pop: if (!lab_stack_top(old)) */
			:: else -> out[old.slot] = (old.slot != 0)
			fi;
#endif
			finish()
		:: else ->
			load();
#ifndef FOLLOW_ONCE
			new = 0; bottom = 0;
			if
			:: old.slot -> goto follow
			:: else -> goto pop
			fi
#else
			goto pop
#endif
		fi
	};

#ifdef WRONG_FREE
#ifdef LINK_LATE
walk:	atomic { out[top] = true };
	atomic { assert(next[top] == bottom) };
#else
	/* bulk.c: lab_alloc_recycled: below = lab_stack_next(tag) */
	/* bulk.c: lab_take_tags: below = lab_stack_next(tag) */
walk:	atomic { assert(next[top] == bottom) };
	/* bulk.c: lab_alloc_recycled: smp_store_release(&tag->meta, meta) */
	/* bulk.c: lab_take_tags: lab_take_tag(owner, tag, caller) */
	atomic { out[top] = true };
#endif
	/* The second tag's link is read as well but not used, because two were requested. */
	atomic { out[bottom] = true; finish() };
#endif

done:	running--
}

/* Every slot is held or in its place on one stack, without a circle. */
inline check_all() {
	d_step {
		s = 0;
		do
		:: s < 2 ->
			i = head[s].slot;
			do
			:: i ->
				assert(on[i] == 1 + s && next[i] == below[i] && seen < SLOTS);
				seen++;
				i = next[i]
			:: else ->
				break
			od;
			s++
		:: else ->
			break
		od;
		i = 1;
		do
		:: i <= SLOTS ->
			if
			:: !on[i] -> assert(holder[i] != NOBODY); seen++
			:: else -> assert(holder[i] == NOBODY)
			fi;
			i++
		:: else ->
			break
		od;
		assert(seen == SLOTS && !next[0])
	}
}

inline take_off(tag) {
	holder[tag] = who;
	on[tag] = 0;
	head[0].slot = tag - 1;
#ifdef WRONG_FREE
	out[tag] = true
#endif
}

init {
	byte i, s, seen, who;

	atomic {
		/* As pushed one after the other; the last one or two may be held. */
		i = 1;
		do
		:: i <= SLOTS ->
			next[i] = i - 1;
			below[i] = i - 1;
			on[i] = 1;
			i++
		:: else ->
			break
		od;
		head[0].slot = SLOTS;
		if
		:: who = NOBODY
		:: who = TASK
		:: who = NMI
		:: who = OTHER
#ifndef MANY
		:: who = ANOTHER
#endif
		fi;
		if
		:: who != NOBODY -> take_off(SLOTS)
#ifdef MANY
		:: who != NOBODY -> take_off(SLOTS); take_off(SLOTS - 1)
#endif
		:: who == NOBODY
		fi;
		i = 0; who = 0;
		run cpu(OPS_TASK);
		run cpu(OPS_NMI);
		run cpu(OPS_OTHER);
		run cpu(OPS_ANOTHER)
	};
	running == 0;
	check_all()
}
