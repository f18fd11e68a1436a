/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of a tag and its slot: tag.h, table.h, bind.c and the code that changes them. Two pages
 * and two owners, in one table or (TWO_TABLES) in one each. All slots share one bucket, so
 * they are bound again at once. They are near it, or (FAR) have a bit, with the near slots
 * taken by other pages; the third slot, in the second table, always has a bit.
 *
 * Three tasks call alloc, free, release and transfer. As X they try the fast path first if
 * the call has one; as Y, an owner with flags, they never do. Bulk calls are modelled as
 * single calls; in the code, the page at which a bulk free stops tries the fast path once
 * more. The first task is wrong: it calls with a page of the other owner or with a freed
 * one; or (BEHIND) it frees a page behind labyrinth's back, keeps a reference to one, and
 * as a stranger takes pages from the kernel and gives them back. The others call with pages
 * that are theirs when the call begins, so that they race for them.
 *
 * The model is sequentially consistent. A word here is a tag's state; MOVING stands for
 * LAB_ARRIVING as well: two words are equal in the model at least as often as in the code.
 * A stack is a set, and the quarantine's stack and the cache are part of it: see stack.pml and
 * cache.pml. Budgets are left out. A released page goes to the kernel. A page is not freed
 * behind labyrinth's back while labyrinth itself is letting go of it: its new user frees it then.
 *
 * A wrong call may change the tag of another page for an instant, until it is reverted,
 * and a right call that meets the change may fail. It must change nothing for good.
 *
 * A comment "file: function: text" cites the code that a step stands for. run.sh checks
 * that the code still contains it. Each name after "Mutations" breaks the model; each name
 * after "Known" requires what labyrinth does not guarantee. Both must fail.
 *
 * Known: STRICT QUICK
 *   STRICT: a right call fails while a wrong call has changed its tag.
 *   QUICK: a call finds no tag, or only the old one, while a transfer between tables
 *   shows the new tag and then removes the old one.
 *
 * Mutations: DROP_FIRST NEAR_BLIND NO_MARK POP_BLIND MARK_ANYHOW ONE_LOOK
 * Mutations: KEEP_RECORD EARLY_ERASE STALE_RECORD ELSEWHERE_BLIND
 * Mutations: NO_RECHECK NO_PUT_BACK BLIND_FREE EARLY_SHOW BLIND_CLAIM ONE_STEP
 *   DROP_FIRST: a slot is free before its word is cleared.
 *   NEAR_BLIND: a page enters near its bucket without a search for its tag.
 *   NO_MARK: calls do not test the mark.
 *   POP_BLIND: alloc does not test the mark.
 *   MARK_ANYHOW: a page whose tag is still on a stack is marked nevertheless.
 *   ONE_LOOK: a page enters although its tag may just be moving from table to table.
 *   KEEP_RECORD: a transfer to another table leaves the record of the page's last table.
 *   EARLY_ERASE: a transfer erases the record before it has won the tag.
 *   STALE_RECORD: a page enters after its old tag in another table is dropped, unrecorded.
 *   ELSEWHERE_BLIND: a page without room in its own table enters another, unrecorded.
 *   ONE_STEP: a transfer without MOVING. Then lab_tag_transition() returns false to a
 *   winner whose page has left by the time of the second test, if the receiver is quick;
 *   and a late call's revert may undo a completed transfer.
 */
#if defined(NEAR_BLIND) || defined(NO_MARK) || defined(POP_BLIND) || defined(MARK_ANYHOW) || \
	defined(ONE_LOOK) || defined(KEEP_RECORD) || defined(STALE_RECORD) || defined(ELSEWHERE_BLIND) || \
	defined(EARLY_ERASE)
#define BEHIND
#endif
#if defined(ONE_LOOK) || defined(KEEP_RECORD) || defined(STALE_RECORD) || defined(ELSEWHERE_BLIND) || \
	defined(EARLY_ERASE)
#define TWO_TABLES
#endif

#ifndef OPS_WRONG
#ifdef BEHIND
#define OPS_WRONG	2
#else
#define OPS_WRONG	1
#endif
#define OPS_FIRST	1
#ifdef NEAR_BLIND		/* found with one page freed behind labyrinth's back */
#define OPS_SECOND	0
#elif defined(STRICT) || defined(ONE_STEP) || defined(EARLY_ERASE) /* needs a call on a page just bound */
#define OPS_SECOND	2
#else
#define OPS_SECOND	1
#endif
#endif

#if defined(QUICK) || defined(EARLY_SHOW)
#define TWO_TABLES
#endif

#define PAGES		2	/* 1 to PAGES; 0 is none */
#define NOBODY		0
#define X		1	/* owners */
#define Y		2
#define WRONG		1	/* the task that may be wrong, by _pid */

#ifdef TWO_TABLES
#define SLOTS		3	/* 0 and 1 in table 0, 2 in table 1 */
#define BANK(owner)	((owner) - 1)
#else
#define SLOTS		2
#define BANK(owner)	0
#endif
#define NONE		SLOTS
#define BANK_OF(slot)	((slot) / 2)
#ifdef FAR
#define NEAR(slot)	false
#define ORDINARY	(o == X && op == FREE_PAGE)
#else
#define NEAR(slot)	((slot) < 2)
#define ORDINARY	(o == X && op != TRANSFER)
#endif
/* The slot of page 1 at the start: another page may have had the first slot when it came. */
#if defined(BEHIND) && !defined(EARLY_ERASE)	/* which needs the same slot twice */
#define START		1
#else
#define START		0
#endif

/* Words. 0 is the word of no page. */
#define READY		1
#define OWNED		2
#define QUARANTINED	3
#define MOVING		4
#define AWAY		32
#define WORD(owner, state)	((owner) * 8 + (state))
#define OWNER(word)	(((word) / 8) & 3)
#define STATE(word)	((word) & 7)

#define OTHER(owner)	(3 - (owner))

/*
 * A wrong call may give up a page that its owner is just receiving. It is misuse with
 * any result: left out. The receiver itself gives up an old tag of the page.
 */
#define TOO_SOON	(op != ALLOC && coming[p] == OWNER(w) && page[tag] == p)

#ifdef NO_RECHECK
#define RECHECK		false
#else
#define RECHECK		true
#endif
#ifdef NO_PUT_BACK
#define PUT_BACK	false
#else
#define PUT_BACK	true
#endif
#ifdef BLIND_FREE
#define WINS		((word[tag] == w || op == FREE_PAGE) && !TOO_SOON)
#else
#define WINS		(word[tag] == w && !TOO_SOON)
#endif
#ifdef BLIND_CLAIM
#define CLAIMS		seen_free
#else
#define CLAIMS		(page[at] == 0)
#endif
#ifdef ONE_LOOK
#define MOVED_SINCE(before)	false
#else
#define MOVED_SINCE(before)	(moves != before)
#endif
#define RECORDED(table)	(last[p] == (table) + 1)
#ifdef EARLY_SHOW
#define COPY_STATE	OWNED
#else
#define COPY_STATE	MOVING
#endif

#ifdef NO_MARK
#define ASKED_MARK(pg)	true
#else
#define ASKED_MARK(pg)	marked[pg]
#endif
#if defined(NO_MARK) || defined(POP_BLIND)
#define POPPED_MARK(pg)	true
#else
#define POPPED_MARK(pg)	marked[pg]
#endif

mtype = { ALLOC, FREE_PAGE, RELEASE, TRANSFER, PUT, GET, TAKE };

byte word[SLOTS];
byte page[SLOTS];
bool shown[SLOTS];		/* has its bit */
byte stacked[SLOTS];		/* the owner whose stack it is on */
byte refs[PAGES + 1];
bool marked[PAGES + 1];
bool in_kernel[PAGES + 1];
bool aside[PAGES + 1];		/* set aside by labyrinth until its old tag is gone */
#ifdef TWO_TABLES
byte moves;
byte last[PAGES + 1];		/* 1 + the table that is recorded, or 0 */
#endif
byte running = 3;

/* The truth, independent of the tags. */
byte holder[PAGES + 1];		/* the owner that has it */
byte coming[PAGES + 1];		/* the owner that is just receiving it */
bool fresh[PAGES + 1];		/* held by a call, just from the kernel */
byte deceived[PAGES + 1];	/* the owner whose page was freed behind its back */
byte extra[PAGES + 1];		/* references of others */
bool stranger[PAGES + 1];	/* the kernel gave it to a stranger */
byte upset[SLOTS];		/* changed by a call for another page, not yet reverted */
byte asked[4];			/* page that a call is about, by _pid */
bool excused[4];		/* the call may fail: it was wrong, or another call was first */

#define MINE(pg, owner)	(holder[pg] == (owner))

/* Pass the page on. Calls about it may be late now. */
inline hand(pg, to) {
	holder[pg] = to;
	excuse(pg)
}

inline excuse_upset(pg) {
#ifdef STRICT
	skip
#else
	excuse(pg)
#endif
}

inline excuse(pg) {
	if :: asked[1] == pg -> excused[1] = true :: else fi;
	if :: asked[2] == pg -> excused[2] = true :: else fi;
	if :: asked[3] == pg -> excused[3] = true :: else fi
}

/* A tag that can be found names only the holder, and no two tags of a page are owned. */
#define VISIBLE(slot)		(page[slot] && (NEAR(slot) || shown[slot]))
#define NAMES_OTHER(slot)	(VISIBLE(slot) && holder[page[slot]] && !upset[slot] && \
				 STATE(word[slot]) == OWNED && \
				 OWNER(word[slot]) != holder[page[slot]])
#define FOUND(slot, pg)		(VISIBLE(slot) && page[slot] == (pg))
#define BOTH_OWNED(a, b)	(FOUND(a, page[b]) && FOUND(b, page[a]) && \
				 STATE(word[a]) == OWNED && STATE(word[b]) == OWNED)
#ifdef TWO_TABLES
#define FOUND_ANY(pg)		(FOUND(0, pg) || FOUND(1, pg) || FOUND(2, pg))
#define TWICE			(BOTH_OWNED(0, 1) || BOTH_OWNED(0, 2) || BOTH_OWNED(1, 2))
#define THIRD_NAMES_OTHER	NAMES_OTHER(2)
#else
#define FOUND_ANY(pg)		(FOUND(0, pg) || FOUND(1, pg))
#define TWICE			BOTH_OWNED(0, 1)
#define THIRD_NAMES_OTHER	false
#endif

inline check() {
	assert(!NAMES_OTHER(0) && !NAMES_OTHER(1) && !THIRD_NAMES_OTHER);
	assert(!TWICE);
	assert((!holder[1] || FOUND_ANY(1)) && (!holder[2] || FOUND_ANY(2)))
}

/* Find the slot of page p near its bucket, in table 0, or NONE. */
inline find_near() {
	if
	/* table.h: lab_find_near: if (likely(lab_tag_is(home, page))) */
	:: atomic { page[0] == p -> tag = 0 }
	/* table.h: lab_find_near: return lab_tag_is(home + 1, page) */
	:: else -> atomic {
		if
		:: page[1] == p -> tag = 1
		:: else
		fi }
	fi
}

/* Find the slot of page p by the bits of its bucket, or NONE. */
inline find_far(table) {
	/* table.h: lab_find: (u32)atomic_read_acquire(&home->hop) */
	atomic {
		if
#ifdef FAR
		:: table == 0 -> hop = shown[0] + 2 * shown[1]
#else
		:: table == 0
#endif
#ifdef TWO_TABLES
		:: table == 1 -> hop = 4 * shown[2]
#endif
		fi
	};
	do
	:: atomic { tag == NONE && hop ->
		if
		:: hop & 1 -> at = 0; hop = hop - 1
		:: !(hop & 1) && (hop & 2) -> at = 1; hop = hop - 2
#ifdef TWO_TABLES
		:: hop == 4 -> at = 2; hop = 0
#endif
		fi;
		/* table.h: lab_find: if (likely(lab_tag_is(*tag, page))) */
		/* tag.h: lab_tag_is: if (lab_peek(tag->page) != page) */
		if
		:: page[at] == p -> tag = at; hop = 0
		:: else
		fi;
		at = 0 }
	:: else ->
		break
	od
}

/* Find the slot of page p in a table, or NONE. */
/* table.h: lab_table_find: lab_find(lab_table_home(table, page), page, &tag) */
inline find_in(table) {
#if defined(FAR)
	find_far(table)
#elif defined(TWO_TABLES)
	if
	/* table.h: lab_find: if (likely(lab_find_near(home, page, tag))) */
	:: table == 0 -> find_near()
	:: else -> find_far(table)
	fi
#else
	find_near()
#endif
}

/* bind.h: lab_tag_find: lab_table_find(first, page) */
inline find(first) {
	tag = NONE;
	find_in(first)
#ifdef TWO_TABLES
	;
	if
	/* bind.c: lab_tag_find_elsewhere: lab_table_find(table, page) */
	:: tag == NONE -> find_in(1 - first)
	:: else
	fi
#endif
}

/* A page is given up by the owner that the tag names, which has it or was deceived. */
inline give_up(to) {
	if
	:: STATE(w) == OWNED ->
		assert(MINE(p, OWNER(w)) || holder[p] == NOBODY && deceived[p] == OWNER(w))
	:: else ->
		assert(holder[p] == NOBODY)
	fi;
	/* The receiver of a page that was freed just before is deceived in turn. */
	if
	:: deceived[p] -> cheated = true; deceived[p] = to; hand(p, NOBODY)
	:: else -> hand(p, to)
	fi
}

/* Set won, and pass the page on if the tag is still that of page p. */
inline change(changed, to) {
	atomic {
		/* tag.h: lab_tag_try_transition: likely(try_cmpxchg(&tag->state, &state, changed)) */
		if
		:: WINS ->
			won = true;
			word[tag] = changed;
			if
			:: page[tag] == p -> right = true; give_up(to)
			:: else -> upset[tag]++; excuse_upset(page[tag])
			fi;
			check()
		:: else
		fi
	};
	if
	:: won ->
		atomic {
			/* tag.h: lab_tag_transition: if (likely(lab_tag_is(tag, page))) */
			/* free.c: lab_free: if (unlikely(!lab_tag_is(tag, page))) */
			/* bulk.c: lab_free_many: if (unlikely(!lab_tag_is(tag, page))) { */
			if
			:: RECHECK && page[tag] != p -> won = false
			:: else
			fi;
			assert(won || !right)
		};
		if
		:: !won ->
			atomic {
				/* tag.h: lab_tag_transition: lab_tag_revert(tag, state, changed) */
				/* free.c: lab_free_late: lab_tag_revert(tag, lab_state(owner->id, 0, LAB_OWNED), owner->ready_state) */
				/* bulk.c: lab_free_many: lab_tag_revert(tag, owned, ready) */
				/* tag.h: lab_tag_revert: if (cmpxchg(&tag->state, changed, state) != changed) */
				if
				:: !right -> upset[tag]--
				:: else
				fi;
				if
				:: PUT_BACK && word[tag] == (changed) -> word[tag] = w
				:: else
				fi;
				excuse_upset(page[tag]);
				right = false;
				check()
			}
		:: else
		fi
	:: else
	fi
}

/* A page leaves labyrinth. */
inline leave(slot) {
	/* track.h: lab_leave: lab_page_unmark_mapped(page) */
	atomic { assert(STATE(word[slot]) == MOVING); marked[p] = false };
	/* track.h: lab_leave: lab_tag_unbind(table, tag, page) */
	unbind(slot)
}

inline unbind(slot) {
	if
	/* table.h: lab_tag_unbind: if (!lab_tag_is_near(home, tag)) */
	:: NEAR(slot)
	:: !NEAR(slot) ->
		atomic {
			/* table.h: lab_tag_unbind: atomic_andnot(BIT(tag - home), &home->hop) */
			assert(page[slot] == p && shown[slot]);
			shown[slot] = false;
			check()
		}
	fi;
	drop(slot)
}

inline drop(slot) {
#ifdef DROP_FIRST
	atomic { page[slot] = 0 };
	atomic { word[slot] = 0 }
#else
	atomic {
		/* tag.h: lab_tag_drop: WRITE_ONCE(tag->meta, 0) */
		assert(page[slot] == p && STATE(word[slot]) == MOVING);
		word[slot] = 0
	};
	atomic {
		/* tag.h: lab_tag_drop: smp_store_release(&tag->page, NULL) */
		assert(page[slot] == p && !shown[slot]);
		page[slot] = 0
	}
#endif
}

#ifdef TWO_TABLES
/* last_table.c: lab_last_set: WRITE_ONCE(*slot, lab_last_record(page, table)) */
inline record(table) {
	atomic { last[p] = (table) + 1 }
}

/* last_table.c: lab_last_erase: WRITE_ONCE(*slot, 0) */
inline erase_record() {
	atomic { last[p] = 0 }
}
#endif

/*
 * Find an old tag of page p, fresh from the kernel and about to enter its own table, or record
 * that table. If another table is recorded, or none, there is only the other one to search.
 */
inline find_old(own) {
	tag = NONE;
	find_in(own)
#ifdef TWO_TABLES
	;
	/* last_table.c: lab_last_search: int moves = lab_tag_moves_before() */
	atomic { since = moves };
	if
	/* last_table.c: lab_last_search: if (likely(record == lab_last_record(page, first))) */
	:: atomic { tag != NONE || RECORDED(own) -> since = 0 }
	:: atomic { tag == NONE ->
		if
		/* last_table.c: lab_last_is: record >> LAB_LAST_SHIFT == (unsigned long)page */
		:: RECORDED(own) -> last[p] = 0		/* the slot has another page's by now */
		:: !RECORDED(own)
		fi };
		/* last_table.c: lab_last_search: lab_table_find(table, page) */
		find_in(1 - (own));
		/* last_table.c: lab_last_search: if (lab_tag_moved_since(moves)) */
		/* last_table.c: lab_last_search: WRITE_ONCE(*slot, lab_last_record(page, first)) */
		if
		:: atomic { tag == NONE && !MOVED_SINCE(since) -> since = 0 }; record(own)
		:: atomic { tag != NONE || MOVED_SINCE(since) -> since = 0 }
		fi
	fi
#endif
}

/* The owner has the page from the moment its tag can be found. */
inline given() {
	coming[p] = NOBODY;
	fresh[p] = false;
	assert(holder[p] == NOBODY);
	hand(p, o);
	check()
}

/* Claim a slot of a table for page p. */
inline claim_in(table, slot, claimed) {
	at = 2 * table;
	do
	:: atomic { slot == NONE && at < SLOTS && BANK_OF(at) == table ->
		/* bind.c: lab_table_claim_hidden: READ_ONCE(tag->page) || */
		seen_free = !page[at] };
	   atomic {
		/* bind.c: lab_table_claim_hidden: cmpxchg(&tag->page, NULL, page) */
		if
		:: seen_free && CLAIMS ->
			assert(!page[at] && !word[at] && !shown[at]);
			page[at] = p;
			slot = at
		:: else ->
			at++
		fi;
		seen_free = false }
	:: else ->
		break
	od;
	atomic {
		at = 0;
		if
		/* bind.c: lab_table_claim_hidden: lab_tag_fill(tag, meta, caller) */
		/* tag.h: lab_tag_fill: smp_store_release(&tag->meta, meta) */
		:: slot != NONE ->
			word[slot] = claimed;
			if
			/* table.h: lab_tag_show: if (lab_tag_is_near(home, tag)) */
			:: op == ALLOC && NEAR(slot) -> given(); goto again
			:: else
			fi
		:: else
		fi
	}
}

inline put_page() {
	if
	:: refs[p] == 1 -> refs[p] = 0; marked[p] = false; in_kernel[p] = true
	:: refs[p] > 1 -> refs[p]--
	:: else
	fi
}

/* A free by labyrinth itself: the page must not be a stranger's by now. */
inline page_to_kernel() {
	assert(!stranger[p] && refs[p] && !in_kernel[p]);
	put_page()
}

/* The caller frees the released page, unless its reference was put before. */
inline released() {
	if
	:: cheated
	:: else -> page_to_kernel()
	fi
}

/* Reject a page just from the kernel. */
inline reject() {
	coming[p] = NOBODY;
	fresh[p] = false;
	if
	/* track.c: lab_page_reject: if (likely(!tagged) || !lab_page_set_aside(page)) */
	:: page_to_kernel()
	:: FOUND_ANY(p) -> aside[p] = true
	fi
}

#define IN_HAND(slot)	(!word[slot] || STATE(word[slot]) == MOVING)
#ifdef TWO_TABLES
#define LETTING_GO(pg)	(page[0] == pg && IN_HAND(0) || page[1] == pg && IN_HAND(1) || \
			 page[2] == pg && IN_HAND(2))
#define MOVED		MOVED_SINCE(moved)

/* table.h: lab_tag_moves_before: return atomic_read_acquire(&lab_tag_moves) */
inline moves_before() {
	atomic { moved = moves }
}
#else
#define LETTING_GO(pg)	(page[0] == pg && IN_HAND(0) || page[1] == pg && IN_HAND(1))
#define MOVED		false

inline moves_before() {
	skip
}
#endif

#define CALLABLE(pg, owner)	(MINE(pg, owner) || _pid == WRONG)

inline choose_call() {
	if
	:: op = ALLOC
	:: op = FREE_PAGE
	:: op = RELEASE
	:: op = TRANSFER
	fi;
	if
	:: o = X
	:: o = Y
	fi
}

inline choose() {
#ifdef BEHIND
	if
	:: _pid == WRONG -> op = PUT; o = X
	:: _pid == WRONG -> op = GET; o = X
	:: _pid == WRONG -> op = TAKE; o = X
	:: _pid != WRONG -> choose_call()
	fi;
#else
	choose_call();
#endif
	if
	:: op != ALLOC && CALLABLE(1, o) -> p = 1
	:: op != ALLOC && CALLABLE(2, o) -> p = 2
	:: op == ALLOC
	/* No page to call with. */
	:: op != ALLOC && !CALLABLE(1, o) && !CALLABLE(2, o) -> op = ALLOC
	fi;
	asked[_pid] = p;
	excused[_pid] = (op != ALLOC && !MINE(p, o));
	strange = stranger[p]
}

/* With two tables, the old tag may be found empty if it is near its bucket. */
#ifdef TWO_TABLES
#define MAY_BE_EMPTY	true
#else
#define MAY_BE_EMPTY	false
#endif

/* Excuse a call that found the old tag of a transfer. */
inline old_tag() {
#ifdef QUICK
	skip
#else
	if
	:: tag != NONE && (STATE(w) == MOVING || MAY_BE_EMPTY && !w) -> excused[_pid] = true
	:: else
	fi
#endif
}

inline excuse_late() {
#ifdef QUICK
	skip
#else
	excuse(p)
#endif
}

/* A call failed: it must have been wrong, or late. */
inline fail() {
	assert(excused[_pid])
}

proctype task(byte ops) {
	byte o, p, w, tag = NONE, copy = NONE, hop, at;
	bool won, right, seen_free, strange, cheated;
#ifdef TWO_TABLES
	byte moved, since;
#endif
	mtype op;

again:	atomic {
		/* Reset the variables of the last call, to have fewer states. */
		asked[_pid] = 0; excused[_pid] = false;
		o = 0; p = 0; w = 0; tag = NONE; copy = NONE; hop = 0; at = 0;
		won = false; right = false; strange = false; cheated = false; op = 0;
#ifdef TWO_TABLES
		moved = 0; since = 0;
#endif
		if
		:: ops -> ops--; choose()
		:: else -> goto done
		fi;
		if
		:: op == ALLOC -> goto alloc
#ifdef BEHIND
		:: op == PUT -> goto put
		:: op == GET -> goto get
		:: op == TAKE -> goto take
#endif
		:: else
		fi;
		if
		:: ORDINARY
		:: !ORDINARY -> goto slow
		fi
	};

	/* fast.h: lab_ordinary: likely(lab_find(lab_home(&owner->slots, page), page, tag)) */
	/* bulk.c: lab_free_many: lab_find_near(lab_home(&owner->slots, page), page, &tag) */
	/* free.c: labyrinth_release_page: likely(lab_find_near( */
#ifdef FAR
	find_far(0);
#else
	find_near();
#endif
	if
	:: tag == NONE -> goto slow
	:: else
	fi;
	atomic {
		/* fast.h: lab_ordinary: likely(lab_page_exclusive(page)) */
		/* mark.h: lab_page_exclusive: LAB_MARK + LAB_SOLE_COUNTS */
		/* bulk.c: lab_free_many: unlikely(!lab_page_exclusive(page)) */
		/* free.c: labyrinth_release_page: lab_page_exclusive(page) && */
		if
		:: !ASKED_MARK(p) -> tag = NONE; goto slow
		:: else
		fi
	};
	atomic {
		if
		:: refs[p] != 1 -> tag = NONE; goto slow
		:: else
		fi;
		w = WORD(o, OWNED)
	};
	/* free.c: lab_free: lab_tag_try_transition(tag, lab_peek(owner->owned_state), owner->ready_state) */
	/* bulk.c: lab_transition_one: lab_tag_transition(tag, page, lab_peek(owner->owned_state), owner->ready_state) */
	/* bulk.c: lab_free_many: lab_tag_try_transition(tag, owned, ready) */
	/* free.c: labyrinth_release_page: lab_tag_transition(tag, page, */
	change(WORD(o, (op == FREE_PAGE -> READY : MOVING)), NOBODY);
	assert(!won || !strange);
	if
	:: won && op == FREE_PAGE ->
		/* free.c: lab_free_uncached: lab_stack_push( */
		/* bulk.c: lab_free_many: lab_stack_push_all( */
		stacked[tag] = o;
		goto again
	:: won && op == RELEASE ->
		/* free.c: labyrinth_release_page: lab_page_unmark(page) */
		atomic { marked[p] = false };
		/* free.c: labyrinth_release_page: lab_tag_drop(tag) */
		drop(tag);
		atomic { released() };
		goto again
	/* free.c: lab_free_late: return lab_free_slow(owner, page, caller) */
	/* free.c: lab_free: return lab_free_slow(owner, page, caller) */
	/* bulk.c: labyrinth_free_pages_bulk: lab_free_one(owner, pages[i], _RET_IP_) */
	/* free.c: labyrinth_release_page: return lab_release_slow(owner, page, _RET_IP_) */
	:: else -> atomic { tag = NONE; w = 0 }
	fi;

slow:	/* verify.c: lab_examine: lab_tag_find( */
	find(BANK(o));
	atomic {
		/* verify.c: lab_examine: found->meta = found->info.track.meta */
		if
		:: tag != NONE -> w = word[tag]
		:: else
		fi;
		if
		/* verify.c: lab_examine: if (!found->meta) */
		/* verify.c: lab_examine: if (lab_meta_owner(found->meta) != owner->id) */
		/* verify.c: lab_examine: if (lab_meta_phase(found->meta) != LAB_OWNED) */
		:: !w || OWNER(w) != o || STATE(w) != OWNED ->
			old_tag();
			if
			:: tag != NONE && upset[tag] -> excuse_upset(p)
			:: else
			fi;
			fail();
			goto again
		:: else
		fi
	};
	atomic {
		/* verify.c: lab_examine: if (unlikely(!lab_page_marked(page))) */
		if
		:: ASKED_MARK(p)
		:: else -> fail(); goto freed_behind
		fi
	};
	if
	:: op == FREE_PAGE -> goto free
	:: op == RELEASE -> goto release
	:: op == TRANSFER -> goto transfer
	fi;

freed_behind:
	/* verify.c: lab_refuse: lab_owned_freed_behind(found->table, found->tag, info->page */
	/* As in change(), but the owner of the page is known only afterwards. */
	atomic {
		/* freed_behind.c: lab_owned_drop: if (!lab_tag_transition(tag, info->page, state, moving)) */
		if
		:: word[tag] == w && !TOO_SOON ->
			word[tag] = WORD(OWNER(w), MOVING);
			upset[tag]++;
			excuse_upset(page[tag])
		:: else -> goto again
		fi
	};
	atomic {
		/* tag.h: lab_tag_transition: if (likely(lab_tag_is(tag, page))) */
		/* freed_behind.c: lab_owned_drop: if (unlikely(lab_page_marked(info->page))) { */
		upset[tag]--;
		excuse_upset(page[tag]);
		if
		/* The tag is that of another page, or of the same page owned again. */
		:: page[tag] != p || marked[p] -> word[tag] = w; check(); goto again
		:: else -> give_up(NOBODY)
		fi
	};
	/* freed_behind.c: lab_owned_drop: lab_tag_unbind(table, tag, info->page) */
	unbind(tag);
	goto again;

free:	/* free.c: lab_free_slow: lab_commit(&found, owner->moving_state) */
	/* verify.c: lab_commit: lab_tag_transition(found->tag, found->info.page */
	change(WORD(o, MOVING), NOBODY);
	assert(!won || !strange);
	if
	:: !won -> fail(); goto again
	:: else
	fi;
	atomic {
		/* free.c: lab_free_slow: if (!flags && lab_page_exclusive(page)) { */
		if
		:: !(w & AWAY) && marked[p] && refs[p] == 1 ->
			/* free.c: lab_free_slow: lab_recycle(owner, found.tag) */
			/* ready.c: lab_recycle: smp_store_release(&tag->state, owner->ready_state | flags) */
			word[tag] = WORD(o, READY)
		/* free.c: lab_free_slow: if ((lab_page_sole(page) && lab_page_marked(page)) || found.table */
		:: (w & AWAY) && marked[p] && refs[p] == 1 || BANK_OF(tag) != BANK(o) ->
			goto leaves
		:: else ->
			/* free.c: lab_free_slow: lab_quarantine_add(owner, found.tag, flags) */
			word[tag] = WORD(o, QUARANTINED) | (w & AWAY)
		fi;
		check()
	};
	/* ready.c: lab_recycle: lab_stack_push( */
	/* quarantine.c: lab_quarantine_add: lab_stack_push( */
	stacked[tag] = o;
	goto again;
leaves:	/* free.c: lab_free_leave: bool marked = lab_page_marked(found->info.page) */
	atomic { cheated = !marked[p] };
	/* free.c: lab_free_leave: lab_leave(owner, found->table, found->tag) */
	leave(tag);
	atomic {
		/* free.c: lab_free_leave: lab_page_to_kernel(found->info.page) */
		if
		:: !cheated -> page_to_kernel()
		:: else
		fi
	};
	goto again;

release:
	/* free.c: lab_release_slow: lab_commit(&found, owner->moving_state) */
	change(WORD(o, MOVING), NOBODY);
	assert(!won || !strange);
	if
	:: won ->
		/* free.c: lab_release_slow: lab_leave(owner, found.table, found.tag) */
		leave(tag);
		atomic { released() }
	:: else ->
		fail()
	fi;
	goto again;

transfer:
#ifdef TWO_TABLES
	/* transfer.c: labyrinth_transfer_page: if (found.table != to->table) */
	if
	:: BANK_OF(tag) != BANK(OTHER(o)) ->
		/* transfer.c: labyrinth_transfer_page: lab_tag_copy(to->table */
#ifdef EARLY_ERASE
		erase_record();
#endif
		/* bind.c: lab_tag_copy: lab_table_claim_hidden(table, page, */
		claim_in(BANK(OTHER(o)), copy, WORD(OTHER(o), COPY_STATE))
	:: else
	fi;
	if
	:: copy != NONE ->
#ifdef EARLY_SHOW
		atomic { shown[copy] = !NEAR(copy); check() };
#endif
		/* transfer.c: labyrinth_transfer_page: lab_commit(&found, arriving) */
		change(WORD(OTHER(o), MOVING), OTHER(o));
		if
		:: won ->
#if !defined(KEEP_RECORD) && !defined(EARLY_ERASE)
			/* bind.c: lab_tag_replace: lab_last_erase(page) */
			erase_record();
#endif
			/* bind.c: lab_tag_replace: WRITE_ONCE(copy->state, state) */
			atomic {
				word[copy] = WORD(OTHER(o), OWNED) | AWAY;
				if
				:: NEAR(copy) -> excuse_late()
				:: !NEAR(copy) -> coming[p] = OTHER(o)
				fi;
				check()
			};
			/* bind.c: lab_tag_replace: lab_tag_show(lab_table_home(to, page), copy) */
			/* table.h: lab_tag_show: atomic_or(BIT(tag - home), &home->hop) */
			if
			:: NEAR(copy)
			:: !NEAR(copy) ->
				atomic {
					shown[copy] = true;
					coming[p] = NOBODY;
					excuse_late();
					check()
				}
			fi;
			/* bind.c: lab_tag_replace: atomic_inc_return(&lab_tag_moves) */
			atomic { moves++ };
			/* bind.c: lab_tag_replace: lab_tag_unbind(from, tag, page) */
			unbind(tag)
		:: else ->
			fail();
			/* transfer.c: labyrinth_transfer_page: lab_tag_drop(copy) */
			drop(copy)
		fi;
		goto again
	:: else
	fi;
#endif
#ifdef ONE_STEP
	change(WORD(OTHER(o), OWNED) | AWAY, OTHER(o));
	if
	:: won
	:: else -> fail()
	fi;
#else
	/* transfer.c: labyrinth_transfer_page: lab_commit(&found, arriving) */
	change(WORD(OTHER(o), MOVING), OTHER(o));
	if
	/* transfer.c: labyrinth_transfer_page: WRITE_ONCE(found.tag->state, state) */
	:: won -> atomic { word[tag] = WORD(OTHER(o), OWNED) | AWAY; check() }
	:: else -> fail()
	fi;
#endif
	goto again;

alloc:	/* ready.c: lab_pop_recycled_on: lab_stack_pop(&there->recycled, &owner->slots) */
	/* cache.h: lab_cache_take: lab_tag_try_transition(*tag, cached, ready) */
	/* bulk.c: lab_alloc_recycled: lab_stack_pop_many(&here->recycled, &owner->slots, nr) */
	atomic {
		if
		:: stacked[0] == o -> tag = 0
		:: stacked[0] != o && stacked[1] == o -> tag = 1
#ifdef TWO_TABLES
		:: stacked[0] != o && stacked[1] != o && stacked[2] == o -> tag = 2
#endif
		/* No ready page: take one from the kernel. */
		:: else ->
			if
			:: in_kernel[1] -> p = 1
			:: in_kernel[2] -> p = 2
			:: !in_kernel[1] && !in_kernel[2] -> goto again
			fi;
			in_kernel[p] = false;
			refs[p] = 1;
			assert(!marked[p] && !holder[p]);
			coming[p] = o;
			fresh[p] = true;
			goto enter
		fi;
		stacked[tag] = 0;
		p = page[tag];
		w = word[tag];
		strange = stranger[p];
		if
		:: STATE(w) == QUARANTINED -> goto look
		:: else
		fi
	};
	atomic {
		/* alloc.c: lab_alloc: if (unlikely(!lab_page_exclusive(page))) */
		/* bulk.c: lab_alloc_recycled: if (unlikely(!lab_page_exclusive(page))) */
		/* alloc.c: lab_take_tag: if (unlikely(!lab_page_exclusive(page) || */
		if
		:: POPPED_MARK(p)
		:: else -> goto unfit
		fi
	};
	atomic {
		if
		:: refs[p] == 1
		:: else -> goto unfit
		fi
	};
	atomic {
		/* fast.h: lab_hand_out: lab_tag_fill(tag, lab_owned_here(here), caller) */
		/* alloc.c: lab_alloc: lab_tag_fill(tag, lab_owned_here(here), caller) */
		/* bulk.c: lab_alloc_recycled: smp_store_release(&tag->meta, meta) */
		assert(holder[p] == NOBODY && page[tag] == p && !strange);
		assert(STATE(word[tag]) == READY && OWNER(word[tag]) == o);
		word[tag] = WORD(o, OWNED);
		/* A free behind labyrinth's back since the tests counts as one right after this. */
		if
		:: marked[p] -> hand(p, o)
		:: else -> deceived[p] = o
		fi;
		check()
	};
	goto again;

unfit:	atomic {
		/* ready.c: lab_popped_page: u32 state = xchg(&tag->state, owner->moving_state) */
		word[tag] = WORD(o, MOVING)
	};
	atomic {
		/* ready.c: lab_ready_misused: if (!lab_page_marked(page)) */
		if
		:: POPPED_MARK(p)
		:: else -> goto gone
		fi;
		/* alloc.c: lab_ready_unfit: lab_quarantine_add(owner, tag, poisoned */
		/* quarantine.c: lab_quarantine_add: lab_state(owner->id, flags, LAB_QUARANTINED) */
		word[tag] = WORD(o, QUARANTINED)
	};
	stacked[tag] = o;
	goto again;
gone:	/* ready.c: lab_popped_page: lab_tag_unbind(owner->table, tag, page) */
	/* quarantine.c: lab_quarantine_freed_behind: lab_tag_unbind(owner->table, tag, info.page) */
	atomic { word[tag] = WORD(o, MOVING) };
	unbind(tag);
	goto again;

look:	atomic {
		/* alloc.c: lab_steal: lab_quarantine_reclaim(owner) */
		/* quarantine.c: lab_quarantine_try: if (unlikely(!lab_page_marked(page))) { */
		if
		:: POPPED_MARK(p) -> assert(!strange)
		:: else -> goto gone
		fi
	};
	atomic {
		/* quarantine.c: lab_quarantine_try: !lab_page_exclusive(page) */
		if
		:: refs[p] != 1
		/* quarantine.c: lab_quarantine_try: lab_recycle(owner, tag) */
		:: refs[p] == 1 && !(w & AWAY) -> word[tag] = WORD(o, READY)
		/* quarantine.c: lab_quarantine_try: lab_quarantine_leave(owner, tag) */
		:: refs[p] == 1 && (w & AWAY) -> word[tag] = WORD(o, MOVING) | AWAY; goto leaves
		fi
	};
	/* quarantine.c: lab_quarantine_keep: lab_stack_push(stack, &owner->slots, tag) */
	stacked[tag] = o;
	goto again;

enter:
#ifndef FAR
	/* alloc.c: lab_take_above_min: lab_enter_near(owner, *page, caller) */
	/* bulk.c: lab_alloc_many_fresh: lab_enter_near(owner, fresh[i], caller) */
	if
	:: o == X
	:: else -> goto any_place
	fi;
#ifndef NEAR_BLIND
	/* track.h: lab_enter_near: int moves = lab_tag_moves_before() */
	moves_before();
	/* track.h: lab_enter_near: lab_find(home, page, &tag) */
	/* track.h: lab_enter_near: !lab_tag_nowhere_but(owner->table, page) */
	/* last_table.h: lab_tag_nowhere_but: lab_last_search(first, page) */
	find_old(0);
	/* track.h: lab_enter_near: lab_tag_moved_since(moves) */
	atomic {
		if
		:: tag != NONE || MOVED -> goto not_near
		:: else
		fi
	};
#endif
	do
	:: atomic {
		/* track.h: lab_enter_near: !try_cmpxchg(&tag->page, &vacant, page) */
		if
		:: page[at] && at == 0 -> at++
		/* track.h: lab_enter_near: if (++tag == home + LAB_HOP_NEAR) */
		:: page[at] && at == 1 -> goto not_near
		:: !page[at] ->
			assert(!word[at]);
			page[at] = p;
			break
		fi }
	od;
	/* track.h: lab_enter_near: lab_page_mark(page) */
	atomic { marked[p] = true };
	atomic {
		/* track.h: lab_enter_near: lab_tag_fill(tag, here->owned_here */
		word[at] = WORD(o, OWNED);
		given()
	};
	goto again;

not_near:
	atomic {
		tag = NONE; at = 0;
		if
		/* alloc.c: lab_alloc_slow: page = lab_alloc_kernel(owner, page, caller) */
		/* bulk.c: lab_alloc_many_fresh: lab_enter(owner, fresh[i], owned, caller, &table) */
		:: true
		/* bulk.c: lab_alloc_many_fresh: lab_page_reject(fresh[i]) */
		:: reject(); goto again
		fi
	};
#endif

any_place:
	/* track.c: lab_enter_clear: int moves = lab_tag_moves_before() */
	moves_before();
	/* track.c: lab_enter_clear: lab_table_find(first, page) */
	/* track.c: lab_enter_clear: lab_tag_nowhere_but(first, page) */
	find_old(BANK(o));
	atomic {
		if
		/* track.c: lab_enter_clear: !lab_tag_moved_since(moves) */
		:: tag == NONE && !MOVED -> goto bind
		/* track.c: lab_enter_clear: return lab_enter_cleared(first, page) */
		:: tag != NONE || MOVED -> tag = NONE
		fi
	};
	/* track.c: lab_enter_cleared: int moves = lab_tag_moves_before() */
	moves_before();
	/* track.c: lab_enter_cleared: lab_tag_find(first, page, &table) */
	find(BANK(o));
	atomic {
		/* track.c: lab_enter_cleared: clear = !lab_tag_moved_since(moves) */
		if
		:: tag == NONE && !MOVED -> goto cleared
		:: tag == NONE && MOVED -> reject(); goto again
		:: tag != NONE ->
			/* track.c: lab_enter_cleared: READ_ONCE(tag->meta) */
			w = word[tag];
			if
			/* track.c: lab_enter_cleared: if (lab_meta_phase(meta) == LAB_OWNED) */
			:: STATE(w) == OWNED
#ifdef MARK_ANYHOW
			:: STATE(w) == READY -> goto bind
			:: STATE(w) != OWNED && STATE(w) != READY ->
#else
			:: STATE(w) != OWNED ->
#endif
				reject(); goto again
			fi
		fi
	};
	/* track.c: lab_enter_cleared: clear = lab_owned_freed_behind(table, tag, page, meta, 0) */
	change(WORD(OWNER(w), MOVING), NOBODY);
	if
	:: atomic { !won -> reject() }; goto again
	:: else
	fi;
	unbind(tag);

cleared:
#if defined(TWO_TABLES) && !defined(STALE_RECORD)
	/* track.c: lab_enter_cleared: lab_last_set(page, first) */
	record(BANK(o));
#endif

bind:	/* track.c: lab_enter: lab_page_mark(page) */
	atomic { marked[p] = true };
	/* track.c: lab_enter: lab_tag_bind(owner->table, page, */
	/* bind.c: lab_tag_bind: lab_table_claim(first, page, meta, caller) */
	if
	:: claim_in(BANK(o), copy, WORD(o, OWNED))
#ifdef BEHIND
	/* The table may be full of tags of other pages. */
	:: true
#endif
	fi;
#ifdef TWO_TABLES
	if
	/* bind.c: lab_tag_bind_elsewhere: meta | (u64)LAB_AWAY << 32 */
	:: copy == NONE ->
#ifndef ELSEWHERE_BLIND
		/* bind.c: lab_tag_bind_elsewhere: lab_last_set(page, table) */
		record(1 - BANK(o));
#endif
		claim_in(1 - BANK(o), copy, WORD(o, OWNED) | AWAY)
	:: else
	fi;
#endif
	atomic {
		if
		:: copy == NONE ->
			/* track.c: lab_enter: lab_page_unmark(page) */
			marked[p] = false;
			reject()
		:: else ->
			/* bind.c: lab_table_claim: lab_tag_show(lab_table_home(table, page), tag) */
			shown[copy] = true;
			given()
		fi
	};
	goto again;

#ifdef BEHIND
put:	atomic {
		if
		:: stranger[p] -> stranger[p] = false; put_page()
		:: !stranger[p] && extra[p] -> extra[p]--; put_page()
		:: !stranger[p] && !extra[p] && refs[p] == 1 && !fresh[p] && !aside[p] &&
		   FOUND_ANY(p) && !LETTING_GO(p) ->
			if
			:: holder[p] -> deceived[p] = holder[p]; hand(p, NOBODY)
			:: else
			fi;
			put_page()
		:: else
		fi
	};
	goto again;
get:	atomic {
		if
		:: refs[p] && !fresh[p] -> refs[p]++; extra[p]++
		:: else
		fi
	};
	goto again;
take:	atomic {
		if
		:: in_kernel[p] -> in_kernel[p] = false; refs[p] = 1; stranger[p] = true
		:: else
		fi
	};
	goto again;
#endif

done:	running--
}

/* When all tasks are done, all tags are consistent and no page is lost. */
inline check_slot(slot) {
	assert(!upset[slot] && (!page[slot] == !word[slot]) && (!page[slot] || NEAR(slot) || shown[slot]));
	assert(STATE(word[slot]) != MOVING);
	assert((STATE(word[slot]) == READY || STATE(word[slot]) == QUARANTINED) ==
	       (stacked[slot] != NOBODY));
	assert(!stacked[slot] || stacked[slot] == OWNER(word[slot]));
	assert(STATE(word[slot]) != OWNED || holder[page[slot]] == OWNER(word[slot]) ||
	       deceived[page[slot]] == OWNER(word[slot]))
}

inline check_page(pg) {
	assert(in_kernel[pg] == !refs[pg]);
	assert(in_kernel[pg] || FOUND_ANY(pg) || extra[pg] || stranger[pg] || aside[pg]);
	assert(!marked[pg] || refs[pg] && !stranger[pg] && !aside[pg] && FOUND_ANY(pg))
}

init {
	atomic {
		/* Page 1 is X's, or transferred to X, or ready; page 2 is the kernel's. */
		page[START] = 1;
		shown[START] = !NEAR(START);
		if
		:: word[START] = WORD(X, OWNED); holder[1] = X
#ifdef BEHIND
		:: word[START] = WORD(X, OWNED) | AWAY; holder[1] = X
		:: word[START] = WORD(X, READY); stacked[START] = X
#endif
		fi;
		marked[1] = true;
		refs[1] = 1;
		in_kernel[2] = true;
#ifdef TWO_TABLES
		last[1] = 1;
#endif
		run task(OPS_WRONG);
		run task(OPS_FIRST);
		run task(OPS_SECOND)
	};
	running == 0;
	d_step {
		check_slot(0);
		check_slot(1);
#ifdef TWO_TABLES
		check_slot(2);
#endif
		check_page(1);
		check_page(2);
		check()
	}
}
