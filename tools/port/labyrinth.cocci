// SPDX-License-Identifier: GPL-2.0
//
// Switch the pages that a driver keeps in its rings from the page allocator to labyrinth.
//
//	spatch --sp-file labyrinth.cocci -D owner=NAME FILE...
//
// NAME is the variable for the driver's owner. Pass all files of one module together.
// tools/port.sh runs this file, then port/include.cocci. The manual is
// Documentation/porting-a-driver.rst.
//
// A page belongs to the ring if an atomic allocation is stored in a field of a struct, directly
// or through a local variable. The rules mark such allocations by LABYRINTH_ALLOC() and such
// pages by LABYRINTH_RING(); the last rules remove both.

virtual dummy

// ---- allocations

@@
typedef gfp_t;
idexpression gfp_t gfp;
@@
(
- alloc_page(GFP_ATOMIC)
+ LABYRINTH_ALLOC(alloc_page(GFP_ATOMIC))
|
- alloc_page(GFP_ATOMIC | __GFP_NOWARN)
+ LABYRINTH_ALLOC(alloc_page(GFP_ATOMIC | __GFP_NOWARN))
|
- alloc_pages(GFP_ATOMIC, 0)
+ LABYRINTH_ALLOC(alloc_pages(GFP_ATOMIC, 0))
|
- dev_alloc_page()
+ LABYRINTH_ALLOC(dev_alloc_page())
|
- alloc_page(gfp)
+ LABYRINTH_ALLOC(alloc_page(gfp))
)

// Not every caller of such a function is atomic.
@@
idexpression gfp_t gfp;
expression x;
@@
+ /* labyrinth: decide: if this may sleep, the kernel's call is better. */
  x = LABYRINTH_ALLOC(alloc_page(gfp));

// ---- pages stored in a field, directly or through a local variable

@@
expression E, A;
identifier virtual.owner, m;
@@
(
  E->m =
- LABYRINTH_ALLOC(A)
+ labyrinth_alloc_page(owner)
|
  E.m =
- LABYRINTH_ALLOC(A)
+ labyrinth_alloc_page(owner)
)

@kept exists@
expression E, A;
identifier f, q, m;
@@
f(...)
{
	... when any
(
	q = LABYRINTH_ALLOC(A);
|
	struct page *q = LABYRINTH_ALLOC(A);
)
	... when any
(
	E->m = q;
|
	E.m = q;
)
	... when any
}

@@
identifier virtual.owner, kept.f, kept.q;
expression A;
@@
f(...)
{
<...
(
  q =
- LABYRINTH_ALLOC(A)
+ labyrinth_alloc_page(owner)
  ;
|
  struct page *q =
- LABYRINTH_ALLOC(A)
+ labyrinth_alloc_page(owner)
  ;
)
...>
}

@@
identifier kept.f, kept.q, g != LABYRINTH_RING;
expression list[n] es;
expression E;
@@
f(...)
{
<...
(
  g(es,
- q
+ LABYRINTH_RING(q)
  , ...)
|
  E =
- q
+ LABYRINTH_RING(q)
)
...>
}

// ---- other uses of those fields: as an argument, or copied to a local variable

@kept_field@
type T;
T *b;
identifier fld;
expression E;
@@
(
b->fld = labyrinth_alloc_page(...)
|
b->fld = LABYRINTH_RING(E)
)

@kept_inner@
type T;
T *b;
identifier u, fld;
expression E;
@@
(
b->u.fld = labyrinth_alloc_page(...)
|
b->u.fld = LABYRINTH_RING(E)
)

@@
type kept_field.T;
T *b;
identifier kept_field.fld, g != LABYRINTH_RING;
expression list[n] es;
@@
  g(es,
- b->fld
+ LABYRINTH_RING(b->fld)
  , ...)

@@
type kept_inner.T;
T *b;
identifier kept_inner.u, kept_inner.fld, g != LABYRINTH_RING;
expression list[n] es;
@@
  g(es,
- b->u.fld
+ LABYRINTH_RING(b->u.fld)
  , ...)

@@
type kept_field.T;
T *b;
identifier kept_field.fld, q;
@@
(
  q =
- b->fld
+ LABYRINTH_RING(b->fld)
  ;
|
  struct page *q =
- b->fld
+ LABYRINTH_RING(b->fld)
  ;
)

@@
type kept_inner.T;
T *b;
identifier kept_inner.u, kept_inner.fld, q;
@@
(
  q =
- b->u.fld
+ LABYRINTH_RING(b->u.fld)
  ;
|
  struct page *q =
- b->u.fld
+ LABYRINTH_RING(b->u.fld)
  ;
)

@alias@
identifier f, q;
expression E;
@@
f(...)
{
<+...
(
	q = LABYRINTH_RING(E);
|
	struct page *q = LABYRINTH_RING(E);
)
...+>
}

@@
identifier alias.f, alias.q, g != LABYRINTH_RING;
expression list[n] es;
@@
f(...)
{
<...
  g(es,
- q
+ LABYRINTH_RING(q)
  , ...)
...>
}

// ---- pages freed, or passed to the network stack

@@
expression E;
identifier virtual.owner;
@@
(
- put_page(LABYRINTH_RING(E))
+ labyrinth_free_page(owner, E)
|
- __free_page(LABYRINTH_RING(E))
+ labyrinth_free_page(owner, E)
|
- __free_pages(LABYRINTH_RING(E), 0)
+ labyrinth_free_page(owner, E)
)

// The stack takes its own references and drops the last one.
@@
expression E;
identifier virtual.owner;
identifier g =~ "^(_*skb_fill_page_desc(_noacc)?|skb_add_rx_frag|skb_frag_fill_page_desc|_*skb_frag_set_page)$";
@@
+ labyrinth_release_page(owner, E);
  g(..., LABYRINTH_RING(E), ...);

// ---- places that need a decision

// A page with counted references, or held by stack and ring at once, is not exclusive.
@@
expression x, E;
identifier g =~ "^(get_page|folio_get|page_ref_.*|page_count|page_frag_.*|dev_page_is_reusable|dev_page_is_reserved)$";
statement S1, S2;
@@
(
+ /* labyrinth: decide: kept while others hold it? Not exclusive then. */
  g(..., LABYRINTH_RING(E), ...);
|
+ /* labyrinth: decide: kept while others hold it? Not exclusive then. */
  x = <+... g(..., LABYRINTH_RING(E), ...) ...+>;
|
+ /* labyrinth: decide: kept while others hold it? Not exclusive then. */
  if (<+... g(..., LABYRINTH_RING(E), ...) ...+>) S1 else S2
|
+ /* labyrinth: decide: kept while others hold it? Not exclusive then. */
  return <+... g(..., LABYRINTH_RING(E), ...) ...+>;
)

// Another function gets the page: it may return it, pass it on or free it.
@@
expression x, E;
identifier g !~ "^(LABYRINTH_RING|labyrinth_.*|_*skb_fill_page_desc(_noacc)?|skb_add_rx_frag|skb_frag_fill_page_desc|_*skb_frag_set_page|get_page|folio_get|page_ref_.*|page_count|page_frag_.*|dev_page_is_reus.*|page_address|page_to_.*|page_is_.*|page_pool_get_dma_addr|k(un)?map.*|k(un)?map_.*|dma_(un)?map_.*|dma_sync_.*|pci_(un)?map_.*|prefetchw?|(un)?likely|set_page_private|page_private|page_zone.*|PageHighMem)$";
statement S1, S2;
@@
(
+ /* labyrinth: decide: still the ring's after this? If not, release it. */
  g(..., LABYRINTH_RING(E), ...);
|
+ /* labyrinth: decide: still the ring's after this? If not, release it. */
  x = <+... g(..., LABYRINTH_RING(E), ...) ...+>;
|
+ /* labyrinth: decide: still the ring's after this? If not, release it. */
  if (<+... g(..., LABYRINTH_RING(E), ...) ...+>) S1 else S2
|
+ /* labyrinth: decide: still the ring's after this? If not, release it. */
  return <+... g(..., LABYRINTH_RING(E), ...) ...+>;
)

@@
expression x, E;
identifier g =~ "^(napi_)?build_skb(_around)?$|^slab_build_skb$|^xdp_(prepare|init)_buff$";
@@
(
+ /* labyrinth: decide: release the page once this has succeeded? */
  x = g(..., page_address(LABYRINTH_RING(E)), ...);
|
+ /* labyrinth: decide: release the page once this has succeeded? */
  g(..., page_address(LABYRINTH_RING(E)), ...);
)

@@
type kept_field.T;
T *b;
identifier kept_field.fld;
expression E;
@@
(
  b->fld = NULL;
|
  b->fld = labyrinth_alloc_page(...);
|
  b->fld = LABYRINTH_RING(E);
|
+ /* labyrinth: decide: no page of labyrinth: kept apart from those? */
  b->fld = E;
)

@@
type kept_inner.T;
T *b;
identifier kept_inner.u, kept_inner.fld;
expression E;
@@
(
  b->u.fld = NULL;
|
  b->u.fld = labyrinth_alloc_page(...);
|
  b->u.fld = LABYRINTH_RING(E);
|
+ /* labyrinth: decide: no page of labyrinth: kept apart from those? */
  b->u.fld = E;
)

// Allocated, but not stored in any field of this file.
@@
expression x, A;
@@
(
+ /* labyrinth: decide: left alone: no ring found that keeps this page. */
  x = LABYRINTH_ALLOC(A);
|
+ /* labyrinth: decide: left alone: no ring found that keeps this page. */
  return LABYRINTH_ALLOC(A);
)

@@
expression E;
@@
- LABYRINTH_RING(LABYRINTH_RING(E))
+ LABYRINTH_RING(E)

@@
expression E;
@@
(
- LABYRINTH_RING(E)
+ E
|
- LABYRINTH_ALLOC(E)
+ E
)

// ---- the owner: created before the driver is registered, destroyed after it is unregistered

@uses@ @@
labyrinth_alloc_page(...)

// Add init and exit functions to a driver that has none.
@pci depends on uses@
declarer name module_pci_driver;
declarer name module_init, module_exit, module_param, late_initcall;
identifier drv;
@@
 module_pci_driver(drv);

@pci_functions@
identifier pci.drv;
fresh identifier start = "labyrinth_port_register";
fresh identifier stop = "labyrinth_port_unregister";
@@
 struct pci_driver drv = { ... };
+
+ static int __init start(void)
+ {
+	return pci_register_driver(&drv);
+ }
+
+ static void __exit stop(void)
+ {
+	pci_unregister_driver(&drv);
+ }
+ module_exit(stop);

@@
identifier pci.drv, pci_functions.start;
@@
- module_pci_driver(drv);
+ module_init(start);

@platform depends on uses@
declarer name module_platform_driver;
identifier drv;
@@
 module_platform_driver(drv);

@platform_functions@
identifier platform.drv;
fresh identifier start = "labyrinth_port_register";
fresh identifier stop = "labyrinth_port_unregister";
@@
 struct platform_driver drv = { ... };
+
+ static int __init start(void)
+ {
+	return platform_driver_register(&drv);
+ }
+
+ static void __exit stop(void)
+ {
+	platform_driver_unregister(&drv);
+ }
+ module_exit(stop);

@@
identifier platform.drv, platform_functions.start;
@@
- module_platform_driver(drv);
+ module_init(start);

@begin depends on uses@
identifier initf;
@@
(
- module_init(initf);
+ module_init(labyrinth_port_init);
|
- late_initcall(initf);
+ late_initcall(labyrinth_port_init);
)

@@
identifier begin.initf;
identifier virtual.owner;
@@
+ struct labyrinth_owner *owner;
+
+ /* labyrinth: decide: the most pages in all rings of all devices at once. */
+ static unsigned int labyrinth_budget = 1024;
+ module_param(labyrinth_budget, uint, 0444);
+
+ /* labyrinth: decide: what must be had while the kernel has no page. */
+ static unsigned int labyrinth_stock;
+ module_param(labyrinth_stock, uint, 0444);
+
+ static int labyrinth_reserve_pct;
+ module_param(labyrinth_reserve_pct, int, 0444);
+
 initf(void)
 { ... }
+
+ static int __init labyrinth_port_init(void)
+ {
+	const struct labyrinth_owner_params params = {
+		.name = KBUILD_MODNAME,
+		.budget = labyrinth_budget,
+		.stock = labyrinth_stock,
+		.reserve_pct = labyrinth_reserve_pct,
+		.nid = NUMA_NO_NODE,
+	};
+	int err;
+
+	owner = labyrinth_owner_create(&params);
+	if (IS_ERR(owner))
+		return PTR_ERR(owner);
+	err = initf();
+	if (err)
+		labyrinth_owner_destroy(owner);
+	return err;
+ }

@end depends on uses@
identifier exitf;
@@
- module_exit(exitf);
+ module_exit(labyrinth_port_exit);

@@
identifier end.exitf;
identifier virtual.owner;
@@
 exitf(void)
 { ... }
+
+ static void __exit labyrinth_port_exit(void)
+ {
+	exitf();
+	/* labyrinth has reported the pages still out. */
+	WARN_ON(labyrinth_owner_destroy(owner));
+ }
