# SPDX-License-Identifier: GPL-2.0
# Draw the output of "tests/native/report.py bars", in the file "data", and of its "curves", in
# the file "growth", measured on "machine" with the code of the kernel "release".

set terminal svg size 900,1180 font "DejaVu Sans,13" background rgb "white"
unset key
set style fill solid 1.0 noborder
set border 1 lc rgb "#888888"
set tics scale 0.5
set ytics nomirror scale 0 noenhanced textcolor rgb "#222222"
set xtics nomirror textcolor rgb "#222222"
set grid xtics lc rgb "#dddddd" lt 1
set yrange [*:*] reverse
set lmargin 34
set rmargin 4
thick = 0.36

colour(n) = n == 2 ? 0x1b6ca8 : 0x9a9a9a
pale(n) = n == 2 ? 0xa9cbe4 : 0xd6d6d6

set multiplot title "What a page costs at a machine's own speed, in ticks\n".\
	"{/*0.85 Blue: labyrinth. Grey: page\\_pool, objpool, and an array as a stack.}\n".\
	"{/*0.85 Dark: the least samples. Pale: the median, which depends on what else the machine does; figures in this order.}\n".\
	"{/*0.85 Measured by \"make bench-native\" on ".machine.", code of Linux ".release.".}"

only(panel) = sprintf("< grep '^%s' '%s'", panel, data)

figure(a) = a < 100 ? sprintf("%.1f", a) : sprintf("%.0f", a)
figures(a, b) = figure(a)." / ".figure(b)
greater(a, b) = a > b ? a : b
set offsets 0, graph 0.16, 0, 0

panel(name) = sprintf("plot only(\"%s\") using (0):0:(0):5:($0-thick):($0+thick):(pale($3)):ytic(2) ".\
	"with boxxyerror lc rgb variable, ".\
	"only(\"%s\") using (0):0:(0):4:($0-thick):($0+thick):(colour($3)) with boxxyerror lc rgb variable, ".\
	"only(\"%s\") using (greater($4, $5)):0:(figures($4, $5)) with labels left offset 0.5,0", name, name, name)

set xrange [0:*]

set origin 0, 0.745
set size 1, 0.185
set title "One page out and back" offset 0,-0.5
eval panel("part0")

set origin 0, 0.585
set size 1, 0.165
set title "64 pages out, then all back"
eval panel("part1")

if (two) {
	set origin 0, 0.385
	set size 1, 0.205
	set title "Two CPUs: one page out and back by each, at once"
	eval panel("part2")

	set origin 0, 0.245
	set size 1, 0.145
	set title "Two CPUs: taken by one, given back by the other"
	eval panel("part3")
}

set origin 0, 0
set size 1, 0.245
set title "Pages out, then back in a shuffled order"
set xlabel "pages" offset 0,0.6
set offsets 0, 0, 0, 0
set lmargin 10
set rmargin 14
set border 3
set xrange [16:1000000]
set yrange [1:*] noreverse
set logscale xy
set format x "%.0s%c"
set ytics auto
set grid xtics ytics
set datafile missing "?"
label(column) = sprintf("< awk '$%d != \"?\" { last = $0 } END { print last }' '%s'", column, growth)
plot growth using 1:2 with linespoints pt 7 ps 0.5 lw 2 lc rgb "#1b6ca8", \
	growth using 1:3 with linespoints pt 7 ps 0.5 lw 2 lc rgb "#666666", \
	growth using 1:4 with linespoints pt 7 ps 0.5 lw 2 lc rgb "#9a9a9a", \
	label(2) using 1:2:("labyrinth") with labels left offset 0.7,0 textcolor rgb "#1b6ca8", \
	label(3) using 1:3:("page_pool, its largest ring") with labels left offset 0.7,-0.6 textcolor rgb "#666666" noenhanced, \
	label(4) using 1:4:("array") with labels left offset 0.7,0 textcolor rgb "#777777"
unset multiplot
