# SPDX-License-Identifier: GPL-2.0
#
# make			build labyrinth.ko for the running kernel (or KDIR=...)
# sudo make install	install it, its header and its Module.symvers
# make command		build the command labyrinth; make install installs it if it is built
# make demo		see it work, in a virtual machine
# make check		quick tests; make test: what a change must pass; make test-all: everything
# make pictures		draw the pictures of the command in Documentation/ again
# make bench		what a page costs, in a virtual machine; sudo make bench-here: on this one
# make bench-accept	commit to what was measured last: tests/bench/counts

KDIR ?= /lib/modules/$(shell uname -r)/build
KREL  = $(shell $(MAKE) -s -C $(KDIR) kernelrelease)
MODDIR = $(INSTALL_MOD_PATH)/lib/modules/$(KREL)/updates/labyrinth
DEVDIR = $(INSTALL_MOD_PATH)/usr/src/labyrinth
STAGE  = $(or $(DESTDIR),$(INSTALL_MOD_PATH))

all: modules

modules: $(KDIR)/Makefile
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

$(KDIR)/Makefile:
	@echo "No kernel headers at $(KDIR): sudo apt-get install linux-headers-$$(uname -r)" >&2
	@echo "or say where they are: make KDIR=..." >&2
	@false

install: $(KDIR)/Makefile
	@test -f labyrinth/labyrinth.ko || { echo "Nothing built yet: run make first" >&2; false; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install
	/sbin/depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(KREL)
	install -D -m 644 include/linux/labyrinth.h $(DEVDIR)/include/linux/labyrinth.h
	install -D -m 644 Module.symvers $(DEVDIR)/Module.symvers
	test ! -x build/labyrinth/labyrinth || $(MAKE) -C tools/labyrinth DESTDIR=$(STAGE) install

uninstall: $(KDIR)/Makefile
	rm -rf $(MODDIR)
	rm -f $(DEVDIR)/include/linux/labyrinth.h $(DEVDIR)/Module.symvers
	-rmdir -p --ignore-fail-on-non-empty $(DEVDIR)/include/linux
	/sbin/depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(KREL)
	$(MAKE) -C tools/labyrinth DESTDIR=$(STAGE) uninstall

command:
	@test -e /usr/include/jansson.h || { echo "No jansson.h: sudo apt-get install libjansson-dev" >&2; false; }
	@test -e /usr/include/ncurses.h || { echo "No ncurses.h: sudo apt-get install libncurses-dev" >&2; false; }
	$(MAKE) -C tools/labyrinth

check test test-all:
	tools/setup.sh test
	tests/run.sh $@

demo:
	tools/demo.sh

pictures:
	tools/setup.sh pictures
	tools/kernels.sh 6.12
	tools/labyrinth/pictures.sh

bench:
	tools/setup.sh bench
	tools/kernels.sh 6.12
	tests/bench/run.sh --full

bench-accept:
	@test -s build/bench/counts || { echo "Nothing measured yet: run make bench first" >&2; false; }
	cp build/bench/counts tests/bench/counts

bench-here:
	tests/bench/here.sh $(KDIR)

lint:
	tools/setup.sh test
	tools/kernels.sh 6.1 6.12 6.12-rt kunit-6.12
	tests/lint.sh

docs:
	tools/setup.sh docs
	tools/kernels.sh kunit-6.12
	tools/docs.sh

clean:
	rm -rf build
	-test ! -e $(KDIR)/Makefile || $(MAKE) -C $(KDIR) M=$(CURDIR) clean

.PHONY: all modules command install uninstall check test test-all demo bench bench-accept bench-here \
	pictures lint docs clean
