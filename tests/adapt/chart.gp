# SPDX-License-Identifier: GPL-2.0
# Draw the traces of tests/adapt/sim in "folder": minute, largest burst in it, adaptive stock.

set terminal svg size 900,860 font "DejaVu Sans,13" background rgb "white"
set key top right samplen 2 textcolor rgb "#222222"
set border 3 lc rgb "#888888"
set tics nomirror scale 0.5 textcolor rgb "#222222"
set grid ytics lc rgb "#dddddd" lt 1
set style fill solid 0.5 noborder
set lmargin 9
set rmargin 4
set yrange [0:*]
set ylabel "pages"

file(name) = sprintf("%s/%s.trace", folder, name)

set multiplot layout 3,1 title "An adaptive stock follows the load: drawn by \"make adapt\""
set title "Days and nights" offset 0,-0.5
set xlabel "hours" offset 0,0.6
plot file("nights") every 15 using ($1/60):2 with steps lc rgb "#909090" title "largest burst in a minute", \
     file("nights") every 15 using ($1/60):3 with steps lc rgb "#1b6ca8" lw 1.5 title "adaptive stock"
set xlabel "minutes"
set title "Bursts of random size, which end"
set xrange [0:200]
plot file("bursts") using 1:2 with steps lc rgb "#909090" notitle, \
     file("bursts") using 1:3 with steps lc rgb "#1b6ca8" lw 1.5 notitle
set title "A ramp up and down"
set xrange [0:80]
plot file("ramp") using 1:2 with steps lc rgb "#909090" notitle, \
     file("ramp") using 1:3 with steps lc rgb "#1b6ca8" lw 1.5 notitle
unset multiplot
