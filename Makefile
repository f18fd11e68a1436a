# SPDX-License-Identifier: GPL-2.0
#
# make               build labyrinth.ko for the running kernel
# make command       build the command labyrinth
# make install       install the module with its header and Module.symvers, and the
#                    command if it has been built
# make uninstall     remove them again; needs no kernel headers
# make clean         remove what was built
# make demo          see it work, in a virtual machine
# make check         quick tests
# make test          what a change must pass; make test-all: everything
# make soak          torture labyrinth's lock-free core in a process: 10^9 calls, up to an hour
# make matrix        build for many kernels, compilers and machines, and boot them; part of test-all
# make bench         what a page costs, in a virtual machine; as root, make bench-here: on this one
# make bench-native  what a page costs beside page_pool and objpool, in a process of this machine:
#                    loads no module
# make adapt         compare the adaptive stock with fixed ones, simulated and in a virtual machine
# make bench-accept  commit to what was measured last: tests/bench/counts
# make lint          check the sources
# make docs          build the documentation: build/docs/html
# make dist          a tarball of the sources: build/dist
# make deb           Debian packages of the module (DKMS) and the command: build/dist/deb
# make pictures      draw the pictures of the command in Documentation/ again
#
# Settings, as in "make KREL=6.1.0-44-amd64 install":
#
# KREL=RELEASE       for another kernel than the running one; its headers are installed
# KDIR=FOLDER        for the kernel that has its headers, or was built, there
# LLVM=-19           for a kernel compiled by clang: the version of clang, as for kbuild
# DESTDIR=FOLDER     install into, or uninstall from, the root at FOLDER; INSTALL_MOD_PATH
#                    means the same
# SIGN_KEY=FILE SIGN_CERT=FILE
#                    sign the module that is installed; by default with DKMS's key, if there is one
# prefix=FOLDER      where in that root the command goes (default: /usr/local)

ifneq ($(words $(CURDIR))$(findstring :,$(CURDIR)),1)
$(error A kernel module cannot be built in a path with a space or colon: move $(CURDIR))
endif

# The headers of Debian's 6.1 answer "make kernelrelease" with another release.
release = $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' $(1)/include/generated/utsrelease.h 2>/dev/null)

ifndef KDIR
KDIR = /lib/modules/$(KREL)/build
ifndef KREL
KREL := $(shell uname -r)
endif
endif
ifndef KREL
KREL := $(call release,$(KDIR))
endif

ifneq ($(words $(sort $(DESTDIR) $(INSTALL_MOD_PATH))),1)
ifneq ($(DESTDIR)$(INSTALL_MOD_PATH),)
$(error DESTDIR and INSTALL_MOD_PATH mean the same: one folder, without a space)
endif
endif
ROOT := $(abspath $(or $(DESTDIR),$(INSTALL_MOD_PATH)))

# A kernel compiled by clang needs modules compiled by clang.
with_clang = $(shell grep -sx CONFIG_CC_IS_CLANG=y $(KDIR)/include/config/auto.conf)

# WORDS without a comma.
die = { echo "make: $(1)" >&2; exit 1; }

modules: writable headers compiler
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(with_clang),LLVM=$(or $(LLVM),1)) modules

writable:
	@test -w . -a -w labyrinth || $(call die,$(CURDIR) is read-only: build a copy of it elsewhere)

headers:
	@test -e $(KDIR)/Makefile || $(call die,no kernel headers at $(KDIR): \
		apt-get install linux-headers-$(or $(KREL),RELEASE) or name others by KDIR=FOLDER)
	@test -n "$(call release,$(KDIR))" || $(call die,modules cannot be built with $(KDIR): \
		it has no include/generated/utsrelease.h)
	@test "$(call release,$(KDIR))" = "$(KREL)" || \
		$(call die,$(KDIR) is for $(call release,$(KDIR)) and not for $(KREL))

compiler:
	@test -z "$(with_clang)" || command -v $(filter %/,$(LLVM))clang$(filter -%,$(LLVM)) >/dev/null || \
		$(call die,$(KREL) was compiled by clang: apt-get install clang lld llvm or name a version by LLVM=-19)

install uninstall:
	@MAKE="$(MAKE)" KDIR="$(KDIR)" SIGN_KEY="$(SIGN_KEY)" SIGN_CERT="$(SIGN_CERT)" \
		scripts/install.sh $@ "$(KREL)" "$(ROOT)"

command:
	@test -e /usr/include/jansson.h || $(call die,no jansson.h: apt-get install libjansson-dev)
	@test -e /usr/include/ncurses.h || $(call die,no ncurses.h: apt-get install libncurses-dev)
	$(MAKE) -C tools/labyrinth

# Without kbuild: the headers it was built with may be gone.
clean:
	rm -rf build
	find . -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name '.*.d' -o -name 'modules.order' \
		-o -name 'Module.symvers' \) -exec rm -f {} +

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

check test:
	scripts/setup.sh test
	tests/run.sh $@

test-all:
	scripts/setup.sh test-all
	tests/run.sh $@

soak:
	scripts/setup.sh native
	scripts/kernels.sh 6.12
	tests/native/run.sh torture 1e9

matrix:
	scripts/setup.sh test-all
	tests/matrix/run.sh

demo:
	scripts/demo.sh

dist:
	scripts/package.sh dist

deb:
	scripts/setup.sh package
	scripts/package.sh deb

pictures:
	scripts/setup.sh pictures
	scripts/kernels.sh 6.12
	scripts/pictures.sh

bench:
	scripts/setup.sh bench
	scripts/kernels.sh 6.12
	tests/bench/run.sh --full

adapt:
	scripts/setup.sh bench
	scripts/kernels.sh 6.12
	tests/adapt/run.sh --draw

bench-accept:
	@test -s build/bench/counts || $(call die,nothing is measured yet: run make bench first)
	cp build/bench/counts tests/bench/counts

bench-here:
	tests/bench/here.sh $(KDIR)

bench-native:
	scripts/setup.sh native
	scripts/kernels.sh 6.12
	tests/native/run.sh

lint:
	scripts/setup.sh test
	scripts/kernels.sh 6.1 6.12 6.12-rt kunit-6.12
	tests/lint.sh

docs:
	scripts/setup.sh docs
	scripts/kernels.sh 6.12
	scripts/docs.sh

.PHONY: modules writable headers compiler install uninstall command clean help check test test-all soak matrix demo pictures bench adapt \
	bench-accept bench-here bench-native lint docs dist deb
