/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lock-free stacks of labyrinth/stack.h: three CPUs pop from and push to two
 * stacks, whichever they like; an NMI on the first CPU comes between any two
 * steps of the task there, and runs to its end before the task goes on.
 *
 * Memory is sequentially consistent here: ordering is not what this is about.
 *
 * A count of pops is only ever compared with copies of itself. So once nobody
 * has a copy it may begin at 0 again: what can follow is the same, and the states
 * are fewer. While somebody has one it goes on, by one a pop, and cannot wrap: all
 * OPS_* together are below 256. So nothing is said of a pop that is held up while
 * exactly 2^32 others succeed.
 *
 * A comment "file: function: text" names the code that a step stands for. run.sh
 * looks whether it is still there, and breaks the model by each name after
 * "Mutations".
 *
 * Mutations: NO_COUNT BLIND_PUSH BLIND_POP NEXT_ONCE
 */
#define SLOTS		3	/* 1 to SLOTS; 0 ends a stack */

/* Pops and pushes that each does. */
#ifndef OPS_TASK
#define OPS_TASK	1
#define OPS_NMI		3
#define OPS_OTHER	1
#endif

/* Processes, and holders of slots, by _pid. */
#define NOBODY		0
#define TASK		1
#define NMI		2
#define OTHER		3	/* a task of another CPU */
#define ANOTHER		4	/* and of a third */

#define SAME		(head[where].slot == old.slot && head[where].pops == old.pops)

#ifdef NO_COUNT
#define COUNT		0
#else
#define COUNT		1
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

typedef head_word {
	byte slot;
	byte pops;
};

head_word head[2];
byte next[SLOTS + 1];
byte copies[2];			/* of the head, with those who pop or push */
bool in_nmi;
bool other_began;
byte running = 4;

/* What is so, whatever the links say. */
byte holder[SLOTS + 1];
byte on[SLOTS + 1];		/* 1 + stack, 0: held */
byte below[SLOTS + 1];

inline load() {
	old.slot = head[where].slot;
	old.pops = head[where].pops
}

/* Done with a push or pop, whatever came of it. */
inline finish() {
	/* Nobody has a copy of this head any more. */
	copies[where]--;
	if
	:: copies[where] == 0 -> head[where].pops = 0
	:: else
	fi;
	old.slot = 0; old.pops = 0; new = 0; mine = 0; where = 0;
	if
	:: _pid == NMI -> in_nmi = false
	:: _pid == NMI && ops	/* the same NMI does more */
	:: _pid != NMI
	fi;
	goto again
}

inline check_pushed() {
	assert(holder[mine] == _pid && !on[mine]);
	holder[mine] = NOBODY;
	on[mine] = 1 + where;
	below[mine] = old.slot
}

inline check_popped() {
	/* One holder, and it was on top of this stack. */
	assert(holder[old.slot] == NOBODY && on[old.slot] == 1 + where);
	/* No ABA: the link that was read is the true one. */
	assert(new == below[old.slot]);
	holder[old.slot] = _pid;
	on[old.slot] = 0
}

/*
 * Pushes of "mine" onto stack "where", or, where mine is 0, pops from it. What
 * stands in one atomic {} is one access to what is shared.
 */
proctype cpu(byte ops) provided (_pid != TASK || !in_nmi) {
	head_word old;
	byte new, mine, where;

again:	atomic {
		if
		:: ops && (_pid != ANOTHER || other_began) -> ops--
		:: !ops -> goto done
		fi;
		if
		:: _pid == NMI -> in_nmi = true
		/* The other two are alike: which one is first makes no difference. */
		:: _pid == OTHER -> other_began = true
		:: else
		fi;
		if
		:: where = 0
		:: where = 1
		fi;
		if
		:: mine = 0
		:: holder[1] == _pid -> mine = 1
		:: holder[2] == _pid -> mine = 2
		:: holder[3] == _pid -> mine = 3
		fi;
		copies[where]++;
		/* stack.h: lab_stack_push: u64 old = READ_ONCE(stack->head) */
		/* stack.h: lab_stack_try_pop: u64 old = READ_ONCE(stack->head) */
		load();
		if
		:: mine -> goto link
		:: !mine && old.slot -> goto follow
		/* stack.h: lab_stack_try_pop: if (!lab_stack_slot(old)) */
		:: !mine && !old.slot -> finish()
		fi
	};

link:	atomic {
		/* stack.h: lab_stack_push: WRITE_ONCE(tag->next, lab_stack_slot(old)) */
		next[mine] = old.slot
	};
push:	atomic {
		/* stack.h: lab_stack_push: lab_stack_head(tag - tags, lab_stack_pops(old)) */
		/* stack.h: lab_stack_push: while (!try_cmpxchg(&stack->head, &old, new)) */
		if
		:: PUSH_WINS ->
			head[where].slot = mine;
			head[where].pops = old.pops;
			check_pushed();
			finish()
		:: else ->
			load();
			RETRY_PUSH
		fi
	};

follow:	atomic {
		/* stack.h: lab_stack_try_pop: READ_ONCE((*tag)->next) */
		new = next[old.slot]
	};
	atomic {
		/* stack.h: lab_stack_try_pop: lab_stack_pops(old) + 1 */
		/* stack.h: lab_stack_try_pop: while (!try_cmpxchg(&stack->head, &old, new)) */
		if
		:: POP_WINS ->
			head[where].slot = new;
			head[where].pops = old.pops + COUNT;
			check_popped();
			finish()
		:: else ->
			load();
			if
			:: old.slot -> goto follow
			/* stack.h: lab_stack_try_pop: return false */
			:: else -> finish()
			fi
		fi
	};

done:	running--
}

/* Every slot on one stack, in its place, or held; and no circle. */
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
		assert(seen == SLOTS)
	}
}

init {
	byte i, s, seen;

	atomic {
		/* As pushed one after the other, but the last may be held. */
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
		if
		:: head[0].slot = SLOTS
		:: holder[SLOTS] = TASK
		:: holder[SLOTS] = NMI
		:: holder[SLOTS] = OTHER
		:: holder[SLOTS] = ANOTHER
		fi;
		if
		:: holder[SLOTS] != NOBODY ->
			head[0].slot = SLOTS - 1;
			on[SLOTS] = 0
		:: else
		fi;
		i = 0;
		run cpu(OPS_TASK);
		run cpu(OPS_NMI);
		run cpu(OPS_OTHER);
		run cpu(OPS_OTHER)
	};
	running == 0;
	check_all()
}
