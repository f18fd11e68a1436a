# SPDX-License-Identifier: GPL-2.0
# Draw the output of "tests/bench/report.py chart", in the file "data", measured on the kernel
# "release": a line "PANEL LABEL COLOUR COUNT COUNT-WITH-INIT_ON_ALLOC=1" for each bar.

set terminal svg size 900,860 font "DejaVu Sans,13" background rgb "white"
unset key
set style fill solid 1.0 noborder
set border 1 lc rgb "#888888"
set tics scale 0.5
set ytics nomirror scale 0 noenhanced textcolor rgb "#222222"
set xtics nomirror textcolor rgb "#222222"
set grid xtics lc rgb "#dddddd" lt 1
set yrange [*:*] reverse
set offsets 0, graph 0.16, 0, 0	# room for the figures
set lmargin 40
set rmargin 8
thick = 0.36

colour(n) = n == 2 ? 0x1b6ca8 : 0x9a9a9a
pale(n) = n == 2 ? 0xa9cbe4 : 0xd6d6d6

set multiplot title "What a page costs: instructions of one alloc and free, unless it says otherwise\n".\
	"{/*0.85 Blue: labyrinth. Grey: yardsticks, and the kernel's own.}\n".\
	"{/*0.85 Counted by \"make bench\" under QEMU's -icount on Linux ".release."}"

only(panel) = sprintf("< grep '^%s' '%s'", panel, data)

set origin 0, 0.44
set size 1, 0.49
set title "Without the page allocator (init\\_on\\_alloc=0; but for SLUB the other is the same)" offset 0,-0.5
set xrange [0:*]
set xlabel "instructions" offset 0,0.6
plot only("ready") using (0):0:(0):4:($0-thick):($0+thick):(colour($3)):ytic(2) \
	with boxxyerror lc rgb variable, \
     only("ready") using 4:0:4 with labels left offset 0.5,0

set origin 0, 0
set size 1, 0.43
set title "With the page allocator (dark: init\\_on\\_alloc=0; pale: init\\_on\\_alloc=1, Debian's default)"
plot only("kernel") using (0):0:(0):5:($0-thick):($0+thick):(pale($3)):ytic(2) \
	with boxxyerror lc rgb variable, \
     only("kernel") using (0):0:(0):4:($0-thick):($0+thick):(colour($3)) \
	with boxxyerror lc rgb variable, \
     only("kernel") using ($4 > $5 ? $4 : $5):0:(sprintf("%d / %d", $4, $5)) with labels left offset 0.5,0
unset multiplot
