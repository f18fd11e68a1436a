# SPDX-License-Identifier: GPL-2.0
# For the Kbuild of a module that calls labyrinth. Installed with header and Module.symvers:
#
#	include /usr/src/labyrinth/$(KERNELRELEASE)/labyrinth.mk
labyrinth-dir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
ccflags-y += -I$(labyrinth-dir)/include
KBUILD_EXTRA_SYMBOLS += $(labyrinth-dir)/Module.symvers
