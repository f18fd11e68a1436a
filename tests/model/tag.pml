/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The word of a tag and its slot: tag.h, tag.c, and those who change them in
 * free.c, page.c, alloc.c and bulk.c. Two pages, two owners, in one bank or (TWO_BANKS)
 * in one each; the slots share one home, so they are bound again at once. They are
 * near it, or (FAR) have a bit, where those that are near are others'; the third, in
 * the second bank, has one anyway.
 *
 * Three tasks call alloc, free, release and transfer: as X where they can by the fast
 * way first, as Y, which has special wishes, never. Many at once are one after the
 * other here; a page at which a free of many stops tries the fast way once more there.
 * The first task may be wrong: with another's page, with one given back, and (BEHIND)
 * freeing one behind labyrinth's back or keeping a reference to it. The others call
 * with what was theirs when they began, so that they race for it.
 *
 * Memory is sequentially consistent here. A word is a tag's head; MOVING stands for
 * LAB_ARRIVING as well: two words are equal here at least as often as there. A
 * stack is a set: see stack.pml. Budgets are left out. A page that is released goes
 * to the kernel.
 *
 * A call that was wrong may change the tag of another page for an instant, until
 * it is put back, and a right call may fail that meets it then.
 * For good it must change nothing.
 *
 * A comment "file: function: text" names the code that a step stands for. run.sh
 * looks whether it is still there. By each name after "Mutations" it breaks the
 * model; by one after "Known" it asks for what labyrinth does not do. Both must fail.
 *
 * Known: STRICT QUICK
 *   STRICT: a right call fails while a wrong one has its tag.
 *   QUICK: a call meets no tag, or only the old one, while a transfer between
 *   banks shows the new tag and then takes the old one away.
 *
 * Mutations: DROP_FIRST NEAR_BLIND
 * Mutations: NO_RECHECK NO_PUT_BACK BLIND_FREE EARLY_SHOW BLIND_CLAIM ONE_STEP
 *   DROP_FIRST: a slot is free before its word is cleared.
 *   NEAR_BLIND: a page enters near its home without a look for its tag.
 *   ONE_STEP: a transfer not by way of MOVING. Then lab_tag_change() says false to
 *   a winner whose page has left by the time of the second look, if the receiver is
 *   as quick; and a late call's putting back may undo a transfer in earnest.
 */
#ifdef NEAR_BLIND
#define BEHIND
#endif

#ifndef OPS_WRONG
#define OPS_WRONG	1
#define OPS_FIRST	1
#ifdef NEAR_BLIND		/* takes a page freed behind our back, no more */
#define OPS_SECOND	0
#elif defined(STRICT) || defined(ONE_STEP)	/* take a call on a page just bound */
#define OPS_SECOND	2
#else
#define OPS_SECOND	1
#endif
#endif

#if defined(QUICK) || defined(EARLY_SHOW)
#define TWO_BANKS
#endif

#define PAGES		2	/* 1 to PAGES; 0 is none */
#define NOBODY		0
#define X		1	/* owners */
#define Y		2
#define WRONG		1	/* the task that may be, by _pid */

#ifdef TWO_BANKS
#define SLOTS		3	/* 0 and 1 in bank 0, 2 in bank 1 */
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
/* The page at the start: its home may have been another's when it came. */
#ifdef BEHIND
#define START		1
#else
#define START		0
#endif

/* Words. 0 is that of no page. */
#define READY		1
#define OWNED		2
#define QUARANTINED	3
#define MOVING		4
#define AWAY		32
#define RESTORED	64
#define WORD(owner, state)	((owner) * 8 + (state))
#define OWNER(word)	(((word) / 8) & 3)
#define STATE(word)	((word) & 7)

#define OTHER(owner)	(3 - (owner))

/*
 * An owner that gives up a page while it is just being given it, by a wrong call,
 * has asked for it: left out.
 */
#define TOO_SOON	(coming[p] == OWNER(w) && page[tag] == p)

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
#ifdef EARLY_SHOW
#define COPY_STATE	OWNED
#else
#define COPY_STATE	MOVING
#endif

mtype = { ALLOC, FREE_PAGE, RELEASE, TRANSFER, PUT, GET };

byte word[SLOTS];
byte page[SLOTS];
bool shown[SLOTS];		/* by a bit */
byte stacked[SLOTS];		/* with this owner */
byte refs[PAGES + 1];
bool in_kernel[PAGES + 1];
byte running = 3;

/* What is so, whatever the tags say. */
byte holder[PAGES + 1];		/* the owner that was given it */
byte coming[PAGES + 1];		/* the owner that is just being given it */
byte deceived[PAGES + 1];	/* the owner whose page was freed behind its back */
byte extra[PAGES + 1];		/* references of others */
byte upset[SLOTS];		/* changed by a call for another page, not yet put back */
byte asked[4];			/* page that a call is about, by _pid */
bool excused[4];		/* it may fail: it was wrong, or somebody else was first */

#define MINE(pg, owner)	(holder[pg] == (owner))

/* Whoever asks for the page may be late now. */
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

/* Of a tag that is found: it names the holder alone, and never two. */
#define VISIBLE(slot)		(page[slot] && (NEAR(slot) || shown[slot]))
#define NAMES_OTHER(slot)	(VISIBLE(slot) && holder[page[slot]] && !upset[slot] && \
				 STATE(word[slot]) == OWNED && \
				 OWNER(word[slot]) != holder[page[slot]])
#define FOUND(slot, pg)		(VISIBLE(slot) && page[slot] == (pg))
#define BOTH_OWNED(a, b)	(FOUND(a, page[b]) && FOUND(b, page[a]) && \
				 STATE(word[a]) == OWNED && STATE(word[b]) == OWNED)
#ifdef TWO_BANKS
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

/* The slot of page p that is near its home, in bank 0, or NONE. */
inline find_near() {
	if
	/* tag.h: lab_find_near: if (likely(lab_tag_is(home, page))) */
	:: atomic { page[0] == p -> tag = 0 }
	/* tag.h: lab_find_near: return lab_tag_is(home + 1, page) */
	:: else -> atomic {
		if
		:: page[1] == p -> tag = 1
		:: else
		fi }
	fi
}

/* The same for one that is far. */
inline find_far(bank) {
	/* tag.h: lab_find: (u32)atomic_read_acquire(&home->hop) */
	atomic {
		if
#ifdef FAR
		:: bank == 0 -> hop = shown[0] + 2 * shown[1]
#else
		:: bank == 0
#endif
#ifdef TWO_BANKS
		:: bank == 1 -> hop = 4 * shown[2]
#endif
		fi
	};
	do
	:: atomic { tag == NONE && hop ->
		if
		:: hop & 1 -> at = 0; hop = hop - 1
		:: !(hop & 1) && (hop & 2) -> at = 1; hop = hop - 2
#ifdef TWO_BANKS
		:: hop == 4 -> at = 2; hop = 0
#endif
		fi;
		/* tag.h: lab_find: if (likely(lab_tag_is(*tag, page))) */
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

/* The slot of page p in a bank, or NONE. */
/* tag.h: lab_bank_find: lab_find(lab_bank_home(bank, page), page, &tag) */
inline find_in(bank) {
#if defined(FAR)
	find_far(bank)
#elif defined(TWO_BANKS)
	if
	/* tag.h: lab_find: if (likely(lab_find_near(home, page, tag))) */
	:: bank == 0 -> find_near()
	:: else -> find_far(bank)
	fi
#else
	find_near()
#endif
}

/* tag.h: lab_tag_find: lab_bank_find(first, page) */
inline find(first) {
	tag = NONE;
	find_in(first)
#ifdef TWO_BANKS
	;
	if
	/* tag.c: lab_tag_find_elsewhere: lab_bank_find(bank, page) */
	:: tag == NONE -> find_in(1 - first)
	:: else
	fi
#endif
}

/* A page is given up by who the tag says has it, or who thinks so. */
inline give_up(to) {
	if
	:: STATE(w) == OWNED ->
		assert(MINE(p, OWNER(w)) || holder[p] == NOBODY && deceived[p] == OWNER(w))
	:: else ->
		assert(holder[p] == NOBODY)
	fi;
	deceived[p] = NOBODY;
	hand(p, to)
}

/* Sets won, and gives the page to another holder, if it is the right page. */
inline change(changed, to) {
	atomic {
		/* tag.h: lab_tag_turn: likely(try_cmpxchg(&tag->head, &head, changed)) */
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
			/* tag.h: lab_tag_change: if (likely(lab_tag_is(tag, page))) */
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
				/* tag.h: lab_tag_change: lab_tag_turn_back(tag, head, changed) */
				/* free.c: lab_free_late: lab_tag_turn_back(tag, lab_head(owner->id, 0, LAB_OWNED), owner->ready) */
				/* bulk.c: lab_free_many: lab_tag_turn_back(tag, owned, ready) */
				/* tag.h: lab_tag_turn_back: while (!try_cmpxchg(&tag->head, &now, head)) */
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

/* tag.h: lab_tag_unbind: lab_tag_hide(bank, tag) */
inline unbind(slot) {
	if
	/* tag.h: lab_tag_hide_from: if (!lab_tag_is_near(home, tag)) */
	:: NEAR(slot)
	:: !NEAR(slot) ->
		atomic {
			/* tag.h: lab_tag_hide_from: atomic_andnot(BIT(tag - home), &home->hop) */
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
		/* tag.h: lab_tag_drop: WRITE_ONCE(tag->word, 0) */
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

/* The holder has the page from the time its tag can be found. */
inline given() {
	coming[p] = NOBODY;
	assert(holder[p] == NOBODY);
	hand(p, o);
	check()
}

/* Claims a slot of a bank for page p. */
inline claim_in(bank, slot, claimed) {
	at = 2 * bank;
	do
	:: atomic { slot == NONE && at < SLOTS && BANK_OF(at) == bank ->
		/* tag.c: lab_bank_claim_hidden: READ_ONCE(tag->page) || */
		seen_free = !page[at] };
	   atomic {
		/* tag.c: lab_bank_claim_hidden: cmpxchg(&tag->page, NULL, page) */
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
		/* tag.c: lab_bank_claim_hidden: lab_tag_fill(tag, word, caller) */
		/* tag.h: lab_tag_fill: smp_store_release(&tag->word, word) */
		:: slot != NONE ->
			word[slot] = claimed;
			if
			/* tag.h: lab_tag_show: if (lab_tag_is_near(home, tag)) */
			:: op == ALLOC && NEAR(slot) -> given(); goto again
			:: else
			fi
		:: else
		fi
	}
}

inline page_to_kernel() {
	if
	:: refs[p] == 1 -> refs[p] = 0; in_kernel[p] = true
	:: refs[p] > 1 -> refs[p]--
	:: else
	fi
}

#define CALLABLE(pg, owner)	(MINE(pg, owner) || _pid == WRONG)

inline choose() {
	if
	:: op = ALLOC
	:: op = FREE_PAGE
	:: op = RELEASE
	:: op = TRANSFER
#ifdef BEHIND
	:: _pid == WRONG -> op = PUT
	:: _pid == WRONG -> op = GET
#endif
	fi;
	if
	:: o = X
	:: o = Y
	fi;
	if
	:: op != ALLOC && CALLABLE(1, o) -> p = 1
	:: op != ALLOC && CALLABLE(2, o) -> p = 2
	:: op == ALLOC
	/* Nothing to give back. */
	:: op != ALLOC && !CALLABLE(1, o) && !CALLABLE(2, o) -> op = ALLOC
	fi;
	asked[_pid] = p;
	excused[_pid] = (op != ALLOC && !MINE(p, o))
}

/* An empty one is found where it is near: the old one, of two. */
#ifdef TWO_BANKS
#define MAY_BE_EMPTY	true
#else
#define MAY_BE_EMPTY	false
#endif

/* The tag of before a transfer, on its way out. */
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

/* A call has failed: it must have been wrong, or late. */
inline fail() {
	assert(excused[_pid])
}

proctype task(byte ops) {
	byte o, p, w, tag = NONE, copy = NONE, hop, at, sharing;
	bool won, right, seen_free;
	mtype op;

again:	atomic {
		/* The end of a call leaves nothing behind. */
		asked[_pid] = 0; excused[_pid] = false;
		o = 0; p = 0; w = 0; tag = NONE; copy = NONE; hop = 0; at = 0; sharing = 0;
		won = false; right = false; op = 0;
		if
		:: ops -> ops--; choose()
		:: else -> goto done
		fi;
		if
		:: op == ALLOC -> goto alloc
#ifdef BEHIND
		:: op == PUT -> goto put
		:: op == GET -> goto get
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
	/* free.c: labyrinth_void_release_page_exclusive: likely(lab_find_near( */
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
		/* fast.h: lab_ordinary: likely(lab_page_sole(page)) */
		/* bulk.c: lab_free_many: lab_compat_page_counts(page) != sole */
		/* free.c: labyrinth_void_release_page_exclusive: lab_page_sole(page) && */
		if
		:: refs[p] != 1 -> tag = NONE; goto slow
		:: else
		fi;
		w = WORD(o, OWNED)
	};
	/* free.c: lab_free: lab_tag_turn(tag, lab_peek(owner->owned), owner->ready) */
	/* bulk.c: lab_turn_one: lab_tag_change(tag, page, lab_peek(owner->owned), owner->ready) */
	/* bulk.c: lab_free_many: lab_tag_turn(tag, owned, ready) */
	/* free.c: labyrinth_void_release_page_exclusive: lab_tag_change(tag, page, */
	change(WORD(o, (op == FREE_PAGE -> READY : MOVING)), NOBODY);
	if
	:: won && op == FREE_PAGE ->
		/* free.c: lab_free: lab_stack_push( */
		/* bulk.c: lab_free_many: lab_stack_push_all( */
		stacked[tag] = o;
		goto again
	:: won && op == RELEASE ->
		/* free.c: labyrinth_void_release_page_exclusive: lab_tag_drop(tag) */
		drop(tag);
		atomic { page_to_kernel() };
		goto again
	/* free.c: lab_free_late: return lab_free_slow(owner, page, caller) */
	/* free.c: lab_free: return lab_free_slow(owner, page, caller) */
	/* bulk.c: labyrinth_void_free_pages_bulk_exclusive: lab_free_one(owner, pages[i], _RET_IP_) */
	/* free.c: labyrinth_void_release_page_exclusive: return lab_release_slow(owner, page, _RET_IP_) */
	:: else -> atomic { tag = NONE; w = 0 }
	fi;

slow:	/* free.c: lab_examine: lab_tag_find( */
	find(BANK(o));
	atomic {
		/* free.c: lab_examine: READ_ONCE(found->tag->word) */
		if
		:: tag != NONE -> w = word[tag]
		:: else
		fi;
		if
		/* free.c: lab_examine: if (!found->word) */
		/* free.c: lab_examine: if (lab_word_owner(found->word) != owner->id) */
		/* free.c: lab_examine: if (lab_word_state(found->word) != LAB_OWNED) */
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
		/* free.c: lab_examine_sharing: lab_page_sole(page) */
		/* free.c: lab_examine_sharing: if (page_ref_count(page)) */
		sharing = refs[p];
		if
		:: sharing != 1 && op != FREE_PAGE -> goto again
		:: else
		fi
	};
	if
	:: op == FREE_PAGE -> goto free
	:: op == RELEASE -> goto release
	:: op == TRANSFER -> goto transfer
	fi;

free:	/* free.c: lab_free_slow: lab_commit(&found, lab_head(owner->id, away, LAB_MOVING)) */
	/* free.c: lab_commit: lab_tag_change(found->tag, found->incident.page */
	change(WORD(o, MOVING) | (w & AWAY), NOBODY);
	if
	:: !won ->
		fail()
	:: won && sharing == 1 && !(w & AWAY) ->
		/* free.c: lab_free_slow: lab_recycle(owner, found.tag) */
		/* page.c: lab_recycle: smp_store_release(&tag->head, owner->ready | flags) */
		atomic { word[tag] = WORD(o, READY); check() };
		/* page.c: lab_recycle: lab_stack_push( */
		stacked[tag] = o
	:: won && sharing > 1 ->
		/* free.c: lab_free_slow: lab_head(owner->id, away, LAB_QUARANTINED) */
		atomic { word[tag] = WORD(o, QUARANTINED) | (w & AWAY); check() }
	:: won && (!sharing || sharing == 1 && (w & AWAY)) ->
		/* free.c: lab_free_slow: leaving = lab_leave(owner, found.bank, found.tag) */
		/* free.c: lab_free_slow: } else if (busy) { */
		/* page.h: lab_leave: lab_tag_unbind(bank, tag) */
		unbind(tag);
		atomic {
			if
			/* free.c: lab_free_slow: lab_page_to_kernel(leaving) */
			:: sharing == 1 -> page_to_kernel()
			/* Given to the same owner again since: an ordinary page from now on. */
			:: sharing == 0 && refs[p] -> extra[p]++
			:: else
			fi
		}
	fi;
	goto again;

release:
	/* free.c: lab_release_slow: lab_commit(&found, owner->moving) */
	change(WORD(o, MOVING), NOBODY);
	if
	:: won ->
		/* free.c: lab_release_slow: lab_leave(owner, found.bank, found.tag) */
		unbind(tag);
		atomic { page_to_kernel() }
	:: else ->
		fail()
	fi;
	goto again;

transfer:
#ifdef TWO_BANKS
	/* free.c: labyrinth_void_transfer_page_exclusive: if (found.bank != to->bank) */
	if
	:: BANK_OF(tag) != BANK(OTHER(o)) ->
		/* free.c: labyrinth_void_transfer_page_exclusive: lab_tag_copy(to->bank */
		/* tag.c: lab_tag_copy: lab_bank_claim_hidden(bank, tag->page, */
		claim_in(BANK(OTHER(o)), copy, WORD(OTHER(o), COPY_STATE))
	:: else
	fi;
	if
	:: copy != NONE ->
#ifdef EARLY_SHOW
		atomic { shown[copy] = !NEAR(copy); check() };
#endif
		/* free.c: labyrinth_void_transfer_page_exclusive: lab_commit(&found, arriving) */
		change(WORD(OTHER(o), MOVING), OTHER(o));
		if
		:: won ->
			/* tag.c: lab_tag_replace: WRITE_ONCE(copy->head, head) */
			atomic {
				word[copy] = WORD(OTHER(o), OWNED) | AWAY;
				if
				:: NEAR(copy) -> excuse_late()
				:: !NEAR(copy) -> coming[p] = OTHER(o)
				fi;
				check()
			};
			/* tag.c: lab_tag_replace: lab_tag_show(lab_bank_home(to, copy->page), copy) */
			/* tag.h: lab_tag_show: atomic_or(BIT(tag - home), &home->hop) */
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
			/* tag.c: lab_tag_replace: lab_tag_unbind(from, tag) */
			unbind(tag)
		:: else ->
			fail();
			/* free.c: labyrinth_void_transfer_page_exclusive: lab_tag_drop(copy) */
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
	/* free.c: labyrinth_void_transfer_page_exclusive: lab_commit(&found, arriving) */
	change(WORD(OTHER(o), MOVING), OTHER(o));
	if
	/* free.c: labyrinth_void_transfer_page_exclusive: WRITE_ONCE(found.tag->head, head) */
	:: won -> atomic { word[tag] = WORD(OTHER(o), OWNED) | AWAY; check() }
	:: else -> fail()
	fi;
#endif
	goto again;

alloc:	/* alloc.c: lab_take_recycled: lab_stack_pop(&cpu->recycled, &owner->slots) */
	/* alloc.c: lab_alloc: lab_stack_pop_any(&here->recycled, &owner->slots) */
	/* bulk.c: lab_alloc_recycled: lab_stack_pop_many(&here->recycled, &owner->slots, nr) */
	atomic {
		if
		:: stacked[0] == o -> tag = 0
		:: stacked[0] != o && stacked[1] == o -> tag = 1
#ifdef TWO_BANKS
		:: stacked[0] != o && stacked[1] != o && stacked[2] == o -> tag = 2
#endif
		/* Nothing ready: a page from the kernel. */
		:: else ->
			if
			:: in_kernel[1] -> p = 1
			:: in_kernel[2] -> p = 2
			:: !in_kernel[1] && !in_kernel[2] -> goto again
			fi;
			in_kernel[p] = false;
			refs[p] = 1;
			goto enter
		fi;
		stacked[tag] = 0
	};
	atomic {
		p = page[tag];
		/* alloc.c: lab_alloc: if (unlikely(lab_peek(page->_refcount.counter) != 1)) */
		/* bulk.c: lab_alloc_recycled: if (unlikely(lab_peek(page->_refcount.counter) != 1)) */
		if
		:: o == X && refs[p] == 1 -> goto hand_out
		:: else
		fi
	};
look:	atomic {
		/* alloc.c: lab_alloc_slow: page = lab_take_tag(owner, tag, caller) */
		/* bulk.c: lab_take_tags: page = lab_take_tag(owner, tag, caller) */
		/* alloc.c: lab_take_tag: head = READ_ONCE(tag->head) */
		w = word[tag]
	};
	atomic {
		/* alloc.c: lab_take_tag: lab_head_state(head) == LAB_READY && lab_page_sole(page) */
		/* alloc.c: lab_ready_gone_bad: if (page_ref_count(page) == 0) */
		sharing = refs[p];
		if
		:: STATE(w) == READY && sharing == 1
		:: else -> goto gone_bad
		fi
	};
hand_out:
	atomic {
		/* fast.h: lab_hand_out: lab_tag_fill(tag, lab_owned_here(here), caller) */
		/* bulk.c: lab_alloc_recycled: smp_store_release(&tag->word, word) */
		assert(holder[p] == NOBODY && page[tag] == p);
		assert(STATE(word[tag]) == READY && OWNER(word[tag]) == o);
		word[tag] = WORD(o, OWNED);
		hand(p, o);
		check()
	};
	goto again;

gone_bad:
	atomic {
		/* alloc.c: lab_ready_gone_bad: if (!lab_ready_turn(tag, &head, owner->moving)) */
		/* alloc.c: lab_ready_gone_bad: lab_ready_turn(tag, &head, lab_head(owner->id, flags, LAB_QUARANTINED) */
		if
		:: word[tag] != w -> goto look
		:: word[tag] == w && !sharing -> word[tag] = WORD(o, MOVING)
		:: word[tag] == w && sharing -> word[tag] = WORD(o, QUARANTINED); goto again
		fi
	};
	/* alloc.c: lab_ready_gone_bad: lab_tag_unbind(owner->bank, tag) */
	unbind(tag);
	goto again;

enter:
#ifndef FAR
	/* alloc.c: lab_alloc_above_min: lab_enter_near(owner, page, caller) */
	/* bulk.c: lab_alloc_many_fresh: lab_enter_near(owner, fresh[i], caller) */
	if
	:: o == X
	:: else -> goto any_place
	fi;
#ifndef NEAR_BLIND
	/* page.h: lab_enter_near: lab_find(home, page, &tag) */
	/* page.h: lab_enter_near: !lab_tag_nowhere_but(owner->bank, page) */
	/* tag.h: lab_tag_nowhere_but: lab_bank_find(bank, page) */
	find(0);
#endif
	atomic {
		if
		:: tag != NONE -> goto not_near
		:: else -> coming[p] = o
		fi
	};
	do
	:: atomic {
		/* page.h: lab_enter_near: !try_cmpxchg(&tag->page, &vacant, page) */
		if
		:: page[at] && at == 0 -> at++
		/* page.h: lab_enter_near: if (++tag == home + LAB_HOP_NEAR) */
		:: page[at] && at == 1 -> coming[p] = NOBODY; goto not_near
		:: !page[at] ->
			assert(!word[at]);
			page[at] = p;
			break
		fi }
	od;
	atomic {
		/* page.h: lab_enter_near: lab_tag_fill(tag, here->owned_here */
		word[at] = WORD(o, OWNED);
		given()
	};
	goto again;

not_near:
	atomic {
		tag = NONE; at = 0;
		if
		/* alloc.c: lab_alloc_above_min: return lab_alloc_fresh(owner, page, false, caller) */
		:: true
		/* bulk.c: lab_alloc_many_fresh: __free_page(fresh[i]) */
		:: page_to_kernel(); goto again
		fi
	};
#endif

any_place:
	/* page.c: lab_enter: lab_tag_find(owner->bank, page, bank) */
	find(BANK(o));
	if
	:: tag == NONE -> goto bind
	:: else
	fi;
	atomic {
		/* page.c: lab_freed_behind: word = READ_ONCE(tag->word) */
		w = word[tag];
		if
		/* page.c: lab_freed_behind: state == LAB_FREE || lab_state_moves(state) */
		:: !w || STATE(w) == MOVING -> page_to_kernel(); goto again
		:: else
		fi
	};
	if
	:: STATE(w) == READY ->
		/* page.c: lab_freed_behind: lab_tag_change(tag, page, lab_word_head(word), head) */
		change(WORD(OWNER(w), READY) | RESTORED, NOBODY);
		atomic {
			/* page.c: lab_freed_behind: get_page(page) */
			if
			:: won -> refs[p]++
			:: else
			fi;
			page_to_kernel()
		};
		goto again
	:: else ->
		/* page.c: lab_freed_behind: lab_tag_change(tag, page, lab_word_head(word), head) */
		change(WORD(OWNER(w), MOVING), NOBODY);
		if
		:: atomic { !won -> page_to_kernel() }; goto again
		:: else
		fi;
		/* page.c: lab_write_off: lab_tag_unbind(bank, tag) */
		unbind(tag)
	fi;

bind:	/* page.c: lab_enter: lab_tag_bind(owner->bank, page, */
	/* tag.c: lab_tag_bind: lab_bank_claim(first, page, word, caller) */
	coming[p] = o;
	claim_in(BANK(o), copy, WORD(o, OWNED));
#ifdef TWO_BANKS
	if
	/* tag.c: lab_tag_bind_elsewhere: word | (u64)LAB_AWAY << 32 */
	:: copy == NONE -> claim_in(1 - BANK(o), copy, WORD(o, OWNED) | AWAY)
	:: else
	fi;
#endif
	atomic {
		if
		:: copy == NONE ->
			coming[p] = NOBODY;
			page_to_kernel()
		:: else ->
			/* tag.c: lab_bank_claim: lab_tag_show(lab_bank_home(bank, page), tag) */
			shown[copy] = true;
			given()
		fi
	};
	goto again;

#ifdef BEHIND
put:	atomic {
		if
		:: extra[p] -> extra[p]--; page_to_kernel()
		:: !extra[p] && refs[p] == 1 && !coming[p] && FOUND_ANY(p) ->
			if
			:: holder[p] -> deceived[p] = holder[p]; hand(p, NOBODY)
			:: else
			fi;
			page_to_kernel()
		:: else
		fi
	};
	goto again;
get:	atomic {
		if
		:: refs[p] -> refs[p]++; extra[p]++
		:: else
		fi
	};
	goto again;
#endif

done:	running--
}

/* When all is quiet: what is tagged is whole, and no page is lost. */
inline check_slot(slot) {
	assert(!upset[slot] && (!page[slot] == !word[slot]) && (!page[slot] || NEAR(slot) || shown[slot]));
	assert(STATE(word[slot]) != MOVING);
	assert((STATE(word[slot]) == READY) == (stacked[slot] != NOBODY));
	assert(!stacked[slot] || stacked[slot] == OWNER(word[slot]));
	assert(STATE(word[slot]) != OWNED || holder[page[slot]] == OWNER(word[slot]) ||
	       deceived[page[slot]] == OWNER(word[slot]))
}

inline check_page(pg) {
	assert(in_kernel[pg] == !refs[pg]);
	assert(in_kernel[pg] || FOUND_ANY(pg) || extra[pg])
}

init {
	atomic {
		/* Page 1 is X's; page 2 the kernel's. */
		word[START] = WORD(X, OWNED);
		page[START] = 1;
		shown[START] = !NEAR(START);
		holder[1] = X;
		refs[1] = 1;
		in_kernel[2] = true;
		run task(OPS_WRONG);
		run task(OPS_FIRST);
		run task(OPS_SECOND)
	};
	running == 0;
	d_step {
		check_slot(0);
		check_slot(1);
#ifdef TWO_BANKS
		check_slot(2);
#endif
		check_page(1);
		check_page(2);
		check()
	}
}
