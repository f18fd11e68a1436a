# SPDX-License-Identifier: GPL-2.0
# Draw the output of "tests/bench/report.py chart", in the file "data", measured on the kernel
# "release": a line "PANEL LABEL COLOUR COUNT COUNT-WITH-INIT_ON_ALLOC=1" for each bar.

set terminal svg size 900,920 font "DejaVu Sans,13" background rgb "white"
unset key
set style fill solid 1.0 noborder
set border 1 lc rgb "#888888"
set tics scale 0.5
set ytics nomirror scale 0 noenhanced textcolor rgb "#222222"
set xtics nomirror textcolor rgb "#222222"
set grid xtics lc rgb "#dddddd" lt 1
set yrange [*:*] reverse
set lmargin 40
set rmargin 4
thick = 0.36

colour(n) = n == 2 ? 0x1b6ca8 : 0x9a9a9a
pale(n) = n == 2 ? 0xa9cbe4 : 0xd6d6d6

set multiplot title "What a page costs, in instructions\n".\
	"{/*0.85 Blue: labyrinth. Grey: the kernel's allocators, and the least that any allocator needs.}\n".\
	"{/*0.85 Dark: init\\_on\\_alloc=0. Pale: init\\_on\\_alloc=1, Debian's default, where the count differs; figures in this order.}\n".\
	"{/*0.85 Counted by \"make bench\" under QEMU's -icount on Linux ".release.".}"

only(panel) = sprintf("< grep '^%s' '%s'", panel, data)

# One figure if both counts are equal. The offset is room for the longest figures.
figures(a, b) = a == b ? sprintf("%d", a) : sprintf("%d / %d", a, b)
greater(a, b) = a > b ? a : b
second(a, b) = valid(5) ? b : a
set offsets 0, graph 0.22, 0, 0

panel(name) = sprintf("plot only(\"%s\") using (0):0:(0):(second($4, $5)):($0-thick):($0+thick):(pale($3)):ytic(2) ".\
	"with boxxyerror lc rgb variable, ".\
	"only(\"%s\") using (0):0:(0):4:($0-thick):($0+thick):(colour($3)) with boxxyerror lc rgb variable, ".\
	"only(\"%s\") using (greater($4, second($4, $5))):0:(figures($4, second($4, $5))) with labels left offset 0.5,0", name, name, name)

set xrange [0:*]

set origin 0, 0.525
set size 1, 0.385
set title "Alloc and free of a page that is ready" offset 0,-0.5
unset xlabel
eval panel("ready")

set origin 0, 0.26
set size 1, 0.255
set title "Alloc and free of a page that comes from the page allocator"
eval panel("kernel")

set origin 0, 0
set size 1, 0.255
set title "A single call"
set xlabel "instructions" offset 0,0.6
eval panel("single")
unset multiplot
