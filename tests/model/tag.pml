/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The word of a tag and its slot: tag.h, tag.c, and those who change them in
 * free.c, page.c and alloc.c. Two pages, two owners, in one bank or (TWO_BANKS)
 * in one each; the slots share one home, so they are bound again at once.
 * Three tasks call alloc, free, release and transfer. The first may be wrong:
 * with another's page, with one given back, and (BEHIND) freeing one behind
 * labyrinth's back or keeping a reference to it. The others call with what was
 * theirs when they began, so that they race for it.
 *
 * Memory is sequentially consistent here. CPU, context and time are left out of
 * words: two words are equal here at least as often as there. A stack is a set:
 * see stack.pml. Budgets are left out. A page that is released goes to the kernel.
 *
 * A call that was wrong may change the tag of another page for an instant, until
 * lab_tag_change() has put it back, and a right call may fail that meets it then.
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
 * Mutations: NO_RECHECK NO_PUT_BACK BLIND_FREE EARLY_SHOW BLIND_CLAIM ONE_STEP
 *   ONE_STEP: a transfer not by way of MOVING. Then lab_tag_change() says false to
 *   a winner whose page has left by the time of the second look, if the receiver is
 *   as quick; and a late call's putting back may undo a transfer in earnest.
 */
#ifndef OPS_WRONG
#define OPS_WRONG	1
#define OPS_FIRST	1
#if defined(STRICT) || defined(ONE_STEP)	/* take a call on a page just bound */
#define OPS_SECOND	2
#else
#define OPS_SECOND	1
#endif
#endif

#if defined(QUICK) || defined(EARLY_SHOW)
#define TWO_BANKS
#endif

#define PAGES		2	/* PFNs 1 to PAGES; 0 is none */
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
#define TOO_SOON	(coming[p] == OWNER(w) && pfn[tag] == p)

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
#define CLAIMS		(pfn[at] == 0)
#endif
#ifdef EARLY_SHOW
#define COPY_STATE	OWNED
#else
#define COPY_STATE	MOVING
#endif

mtype = { ALLOC, FREE_PAGE, RELEASE, TRANSFER, PUT, GET };

byte word[SLOTS];
byte pfn[SLOTS];
bool shown[SLOTS];
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
byte asked[4];			/* PFN that a call is about, by _pid */
bool excused[4];		/* it may fail: it was wrong, or somebody else was first */

#define MINE(page, owner)	(holder[page] == (owner))

/* Whoever asks for the page may be late now. */
inline hand(page, to) {
	holder[page] = to;
	excuse(page)
}

inline excuse_upset(page) {
#ifdef STRICT
	skip
#else
	excuse(page)
#endif
}

inline excuse(page) {
	if :: asked[1] == page -> excused[1] = true :: else fi;
	if :: asked[2] == page -> excused[2] = true :: else fi;
	if :: asked[3] == page -> excused[3] = true :: else fi
}

/* Of a tag that is found: it names the holder alone, and never two. */
#define NAMES_OTHER(slot)	(shown[slot] && holder[pfn[slot]] && !upset[slot] && \
				 STATE(word[slot]) == OWNED && \
				 OWNER(word[slot]) != holder[pfn[slot]])
#define FOUND(slot, page)	(shown[slot] && pfn[slot] == page)
#define BOTH_OWNED(a, b)	(FOUND(a, pfn[b]) && FOUND(b, pfn[a]) && \
				 STATE(word[a]) == OWNED && STATE(word[b]) == OWNED)
#ifdef TWO_BANKS
#define FOUND_ANY(page)		(FOUND(0, page) || FOUND(1, page) || FOUND(2, page))
#define TWICE			(BOTH_OWNED(0, 1) || BOTH_OWNED(0, 2) || BOTH_OWNED(1, 2))
#define THIRD_NAMES_OTHER	NAMES_OTHER(2)
#else
#define FOUND_ANY(page)		(FOUND(0, page) || FOUND(1, page))
#define TWICE			BOTH_OWNED(0, 1)
#define THIRD_NAMES_OTHER	false
#endif

inline check() {
	assert(!NAMES_OTHER(0) && !NAMES_OTHER(1) && !THIRD_NAMES_OTHER);
	assert(!TWICE);
	assert((!holder[1] || FOUND_ANY(1)) && (!holder[2] || FOUND_ANY(2)))
}

/* The slot of page p in a bank, or NONE. */
inline find_in(bank) {
	/* tag.h: lab_bank_find: (u32)atomic_read_acquire(&home->hop) */
	/* tag.h: lab_bank_find_near: atomic_read_acquire(&(*home)->hop) */
	atomic {
		if
		:: bank == 0 -> hop = shown[0] + 2 * shown[1]
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
		/* tag.h: lab_bank_find: if (READ_ONCE(tag->pfn) == pfn) */
		/* tag.h: lab_bank_find_near: READ_ONCE((*tag)->pfn) == pfn */
		if
		:: pfn[at] == p -> tag = at; hop = 0
		:: else
		fi;
		at = 0 }
	:: else ->
		break
	od
}

/* tag.h: lab_tag_find: lab_bank_find(first, pfn) */
inline find(first) {
	tag = NONE;
	find_in(first)
#ifdef TWO_BANKS
	;
	if
	/* tag.c: lab_tag_find_elsewhere: lab_bank_find(bank, pfn) */
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
		/* tag.h: lab_tag_change: try_cmpxchg(&tag->word, &old, changed) */
		if
		:: WINS ->
			won = true;
			word[tag] = changed;
			if
			:: pfn[tag] == p -> right = true; give_up(to)
			:: else -> upset[tag]++; excuse_upset(pfn[tag])
			fi;
			check()
		:: else
		fi
	};
	if
	:: won ->
		atomic {
			/* tag.h: lab_tag_change: READ_ONCE(tag->pfn) == pfn */
			if
			:: RECHECK && pfn[tag] != p -> won = false
			:: else
			fi;
			assert(won || !right)
		};
		if
		:: !won ->
			atomic {
				/* tag.h: lab_tag_change: cmpxchg(&tag->word, changed, word) */
				if
				:: !right -> upset[tag]--
				:: else
				fi;
				if
				:: PUT_BACK && word[tag] == (changed) -> word[tag] = w
				:: else
				fi;
				excuse_upset(pfn[tag]);
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
	atomic {
		/* tag.h: lab_tag_hide_from: atomic_andnot(BIT(tag - home), &home->hop) */
		assert(pfn[slot] == p && shown[slot]);
		shown[slot] = false;
		check()
	};
	drop(slot)
}

inline drop(slot) {
	atomic {
		/* tag.h: lab_tag_drop: WRITE_ONCE(tag->word, 0) */
		assert(pfn[slot] == p && STATE(word[slot]) == MOVING);
		word[slot] = 0
	};
	atomic {
		/* tag.h: lab_tag_drop: smp_store_release(&tag->pfn, 0) */
		assert(pfn[slot] == p && !shown[slot]);
		pfn[slot] = 0
	}
}

/* Claims a slot of a bank for page p. */
inline claim_in(bank, slot, claimed) {
	at = 2 * bank;
	do
	:: atomic { slot == NONE && at < SLOTS && BANK_OF(at) == bank ->
		/* tag.c: lab_bank_claim_hidden: READ_ONCE(tag->pfn) || */
		/* page.h: lab_enter_home: atomic_read_acquire(&home->hop) */
		seen_free = !pfn[at] };
	   atomic {
		/* tag.c: lab_bank_claim_hidden: cmpxchg(&tag->pfn, 0, pfn) */
		/* page.h: lab_enter_home: try_cmpxchg(&home->pfn, &vacant, pfn) */
		if
		:: seen_free && CLAIMS ->
			assert(!pfn[at] && !word[at] && !shown[at]);
			pfn[at] = p;
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
		/* tag.h: lab_tag_fill: WRITE_ONCE(tag->word, word) */
		:: slot != NONE -> word[slot] = claimed
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

#define CALLABLE(page, owner)	(MINE(page, owner) || _pid == WRONG)

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

/* The tag of before a transfer, on its way out. */
inline old_tag() {
#ifdef QUICK
	skip
#else
	if
	:: tag != NONE && (STATE(w) == MOVING || !w) -> excused[_pid] = true
	:: else
	fi
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
		fi
	};

	/* free.c: lab_examine: lab_tag_find( */
	/* free.c: lab_ordinary: lab_bank_find_near(owner->bank, pfn, home, tag) */
	find(BANK(o));
	atomic {
		/* free.c: lab_examine: READ_ONCE(found->tag->word) */
		/* free.c: lab_give: READ_ONCE(tag->word) */
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
		/* free.c: lab_ordinary: lab_page_sole(page) */
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

free:	if
	:: sharing == 1 && !(w & AWAY) ->
		/* free.c: labyrinth_void_free_page_exclusive: lab_give(owner, pfn, tag, owner->ready_word) */
		change(WORD(o, READY), NOBODY);
		if
		:: won ->
			/* free.c: labyrinth_void_free_page_exclusive: lab_stack_push( */
			stacked[tag] = o
		:: else ->
			fail()
		fi
	:: sharing > 1 ->
		/* free.c: lab_free_slow: lab_commit(&found, lab_head(owner->id, away, LAB_MOVING)) */
		change(WORD(o, MOVING) | (w & AWAY), NOBODY);
		if
		/* free.c: lab_free_slow: lab_head(owner->id, away, LAB_QUARANTINED) */
		:: won -> atomic { word[tag] = WORD(o, QUARANTINED) | (w & AWAY); check() }
		:: else -> fail()
		fi
	:: else ->
		/* free.c: lab_free_slow: lab_commit(&found, lab_head(owner->id, away, LAB_MOVING)) */
		change(WORD(o, MOVING), NOBODY);
		if
		:: won ->
			/* free.c: lab_free_slow: leaving = lab_leave(owner, found.bank, found.tag) */
			/* free.c: lab_free_slow: if (busy) */
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
		:: else ->
			fail()
		fi
	fi;
	goto again;

release:
	/* free.c: lab_release_slow: lab_commit(&found, lab_head(owner->id, 0, LAB_MOVING)) */
	/* free.c: labyrinth_void_release_page_exclusive: lab_give(owner, pfn, tag, owner->moving_word) */
	change(WORD(o, MOVING), NOBODY);
	if
	:: won ->
		/* free.c: lab_release_slow: lab_leave(owner, found.bank, found.tag) */
		/* free.c: labyrinth_void_release_page_exclusive: lab_tag_hide_from(home, tag) */
		/* free.c: labyrinth_void_release_page_exclusive: lab_tag_drop(tag) */
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
		/* tag.c: lab_tag_copy: lab_bank_claim_hidden(bank, pfn, word */
		claim_in(BANK(OTHER(o)), copy, WORD(OTHER(o), COPY_STATE))
	:: else
	fi;
	if
	:: copy != NONE ->
#ifdef EARLY_SHOW
		atomic { shown[copy] = true; check() };
#endif
		/* free.c: labyrinth_void_transfer_page_exclusive: lab_commit(&found, arriving) */
		change(WORD(OTHER(o), MOVING), OTHER(o));
		if
		:: won ->
			/* tag.c: lab_tag_replace: WRITE_ONCE(copy->word, word) */
			atomic {
				word[copy] = WORD(OTHER(o), OWNED) | AWAY;
				coming[p] = OTHER(o);
				check()
			};
			/* tag.c: lab_tag_replace: lab_tag_show(lab_bank_home(to, copy->pfn), copy) */
			/* tag.h: lab_tag_show: atomic_or(BIT(tag - home), &home->hop) */
			atomic {
				shown[copy] = true;
				coming[p] = NOBODY;
#ifndef QUICK
				excuse(p);
#endif
				check()
			};
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
	/* free.c: labyrinth_void_transfer_page_exclusive: WRITE_ONCE(found.tag->word */
	:: won -> atomic { word[tag] = WORD(OTHER(o), OWNED) | AWAY; check() }
	:: else -> fail()
	fi;
#endif
	goto again;

alloc:	/* alloc.c: lab_take_recycled: lab_stack_pop(&cpu->recycled, owner->tags) */
	/* alloc.c: lab_alloc: lab_stack_try_pop(&here->recycled, owner->tags, &tag) */
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
look:	atomic {
		/* alloc.c: lab_alloc: word = READ_ONCE(tag->word) */
		/* alloc.c: lab_take_tag: u64 word = READ_ONCE(tag->word) */
		w = word[tag];
		p = pfn[tag]
	};
	atomic {
		/* alloc.c: lab_alloc: lab_word_head(word) != owner->ready || page_ref_count(page) != 1 */
		/* alloc.c: lab_take_tag: lab_word_state(word) == LAB_READY && lab_page_sole(page) */
		/* alloc.c: lab_ready_gone_bad: if (page_ref_count(page) == 0) */
		sharing = refs[p];
		if
		:: STATE(w) == READY && sharing == 1
		:: else -> goto gone_bad
		fi
	};
	atomic {
		/* alloc.c: lab_hand_out: lab_tag_fill(tag */
		assert(holder[p] == NOBODY && pfn[tag] == p);
		assert(STATE(word[tag]) == READY && OWNER(word[tag]) == o);
		word[tag] = WORD(o, OWNED);
		hand(p, o);
		check()
	};
	goto again;

gone_bad:
	atomic {
		/* alloc.c: lab_ready_gone_bad: cmpxchg(&tag->word, word, owner->moving_word) != word */
		/* alloc.c: lab_ready_gone_bad: lab_word_with_head(word, head)) != word */
		if
		:: word[tag] != w -> goto look
		:: word[tag] == w && !sharing -> word[tag] = WORD(o, MOVING)
		:: word[tag] == w && sharing -> word[tag] = WORD(o, QUARANTINED); goto again
		fi
	};
	/* alloc.c: lab_ready_gone_bad: lab_tag_unbind(owner->bank, tag) */
	unbind(tag);
	goto again;

enter:	/* page.c: lab_enter: lab_tag_find(owner->bank, pfn, bank) */
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
		/* page.c: lab_freed_behind: lab_tag_change(tag, page_to_pfn(page), word, */
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
		/* page.c: lab_freed_behind: lab_tag_change(tag, page_to_pfn(page), word, */
		change(WORD(OWNER(w), MOVING), NOBODY);
		if
		:: atomic { !won -> page_to_kernel() }; goto again
		:: else
		fi;
		/* page.c: lab_freed_behind: lab_tag_unbind(bank, tag) */
		unbind(tag)
	fi;

bind:	/* page.c: lab_enter: lab_tag_bind(owner->bank, pfn, */
	/* tag.c: lab_tag_bind: lab_bank_claim(first, pfn, word, caller) */
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
		coming[p] = NOBODY;
		if
		:: copy == NONE ->
			page_to_kernel()
		:: else ->
			/* tag.c: lab_bank_claim: lab_tag_show(lab_bank_home(bank, pfn), tag) */
			/* page.h: lab_enter_home: lab_tag_show(home, home) */
			shown[copy] = true;
			assert(holder[p] == NOBODY);
			hand(p, o);
			check()
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
	assert(!upset[slot] && (!pfn[slot] == !word[slot]) && (!pfn[slot] == !shown[slot]));
	assert(STATE(word[slot]) != MOVING);
	assert((STATE(word[slot]) == READY) == (stacked[slot] != NOBODY));
	assert(!stacked[slot] || stacked[slot] == OWNER(word[slot]));
	assert(STATE(word[slot]) != OWNED || holder[pfn[slot]] == OWNER(word[slot]) ||
	       deceived[pfn[slot]] == OWNER(word[slot]))
}

inline check_page(page) {
	assert(in_kernel[page] == !refs[page]);
	assert(in_kernel[page] || FOUND_ANY(page) || extra[page])
}

init {
	atomic {
		/* Page 1 is X's; page 2 the kernel's. */
		word[0] = WORD(X, OWNED);
		pfn[0] = 1;
		shown[0] = true;
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
