# SPDX-License-Identifier: GPL-2.0
# Interfaces of the kernel that differ, for core/compat.h and the test modules. Test for each of
# them and not for the version, because stable and enterprise kernels carry some of the newer ones.

# $(call lab-has,NAME,FILE,FLAG): -DFLAG if FILE of this kernel contains NAME.
lab-has = $(if $(shell grep -sw $(1) $(2)),-D$(3))
lab-include := $(srctree)/include

ccflags-y += $(call lab-has,nr_free_highatomic,$(lab-include)/linux/mmzone.h,LAB_HAVE_NR_FREE_HIGHATOMIC)
ccflags-y += $(call lab-has,alloc_pages_bulk_node,$(lab-include)/linux/gfp.h,LAB_HAVE_ALLOC_PAGES_BULK_NODE)
ccflags-y += $(call lab-has,memdesc_flags_t,$(lab-include)/linux/mm_types.h,LAB_HAVE_MEMDESC_FLAGS)
ccflags-y += $(call lab-has,shrinker_alloc,$(lab-include)/linux/shrinker.h,LAB_HAVE_SHRINKER_ALLOC)
# Declared for some versions before it was exported.
ccflags-y += $(call lab-has,alloc_pages_nolock_noprof,$(if $(KBUILD_EXTMOD),$(objtree)/Module.symvers,$(lab-include)/linux/gfp.h),LAB_HAVE_ALLOC_PAGES_NOLOCK)
ccflags-y += $(call lab-has,for_each_alias,$(lab-include)/linux/dcache.h,LAB_HAVE_FOR_EACH_ALIAS)
ccflags-y += $(call lab-has,page_pool_page_is_pp,$(lab-include)/linux/mm.h,LAB_HAVE_PAGE_POOL_PAGE_IS_PP)

# For the test modules only.
ccflags-y += $(call lab-has,hrtimer_setup,$(lab-include)/linux/hrtimer.h,LAB_HAVE_HRTIMER_SETUP)
ccflags-y += $(call lab-has,__folio_index,$(lab-include)/linux/mm_types.h,LAB_HAVE_FOLIO_INDEX)
ccflags-y += $(call lab-has,page_pool_alloc_pages,$(lab-include)/net/page_pool/types.h,LAB_HAVE_PAGE_POOL_FOLDER)
ccflags-y += $(call lab-has,high_max,$(lab-include)/linux/mmzone.h,LAB_HAVE_PCP_HIGH_MAX)
