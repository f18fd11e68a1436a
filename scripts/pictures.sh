#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make Documentation/top.png and report.png: the output of labyrinth top and labyrinth report for
# a virtual machine that runs short of memory, driven by pictures-guest.sh. Headless Chromium
# draws both; any message of Chromium about a page is an error. "make pictures" installs the
# needed packages first. Logs: build/pictures/.
#
# usage: pictures.sh
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/scripts
out=$top/build/pictures
columns=104 rows=24	# of top's terminal

say() { echo "==> $*"; }

die() { # WORDS LOG
	echo "pictures.sh: $1" >&2
	[ ! -s "${2:-}" ] || tail -n 15 "$2" >&2
	exit 1
}

build() {
	say "building labyrinth and the command"
	"$top/scripts/build.sh" 6.12 samples kselftest >"$out/build.log" 2>&1 || die "no module" "$out/build.log"
	make -s -C "$top/tools/labyrinth" O="$out/command" STATIC=1 >"$out/build.log" 2>&1 ||
		die "no command" "$out/build.log"
}

run_guest() {
	local module files=()

	for module in labyrinth/labyrinth samples/lab_{sample,pressure} tests/kselftest/lab_stub; do
		files+=(--file "$top/build/6.12/$module.ko")
	done
	"$top/scripts/vm.sh" --kernel 6.12 --mem 256M --smp 2 --timeout 300 --out "$out" \
		--env ROWS=$rows --env WIDTH=$columns \
		--qemu "-serial file:top.tty -serial file:recording.gz" \
		--file "$out/command/labyrinth:/bin/" "${files[@]}" \
		--file "$(command -v fallocate)" \
		--file /lib/terminfo/s/screen-256color:/lib/terminfo/s/ \
		"$here/pictures-guest.sh" 2>"$out/vm.log" </dev/null ||
		die "the virtual machine failed" "$out/result.log"
	gzip -dc "$out/recording.gz" >"$out/recording" || die "the recording is incomplete"
}

# Replay top's output in a terminal, and save the screen as top.screen.
replay_top() {
	local terminal=(tmux -S "$out/tmux" -f /dev/null)

	"${terminal[@]}" new-session -d -x $columns -y $((rows + 1)) \
		"stty -opost; cat $out/top.tty; tmux -S $out/tmux wait-for -S shown; exec sleep 100"
	timeout 20 "${terminal[@]}" wait-for shown || die "the terminal shows nothing"
	sleep 0.5	# tmux may still be drawing
	"${terminal[@]}" capture-pane -e -p >"$out/top.screen"
	"${terminal[@]}" kill-server
	sed 's/\x1b\[[0-9;]*m//g' "$out/top.screen" >"$out/top.text"
}

# If the kernel reclaims memory at the deepest point, the reserve fills and the screen shows
# little. An overloaded machine may also log splats.
is_telling() {
	"$top/scripts/splat.sh" "$out/console.log" &&
		grep -q ' DMA32 .* [6-9][0-9]% reserve gone' "$out/top.text" &&
		grep -q '^ .* lab_sample.producer  *floor ' "$out/top.text"
}

# Draw PAGE.html as Documentation/PAGE.png.
draw() { # PAGE WIDTH HEIGHT
	# Chromium's sandbox does not work for root, and the page has no script.
	chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--hide-scrollbars --enable-logging=stderr --user-data-dir="$out/profile" --window-size="$2,$3" \
		--screenshot="$out/$1.png" "file://$out/$1.html" >"$out/chromium.log" 2>&1 ||
		die "Chromium failed" "$out/chromium.log"
	if grep -E 'CONSOLE|Refused to|net::ERR' "$out/chromium.log"; then
		die "Chromium reports an error for $1"
	fi
	mv "$out/$1.png" "$top/Documentation/$1.png"
	say "Documentation/$1.png: $(stat -c %s "$top/Documentation/$1.png") bytes"
}

draw_top() {
	{
		echo '<!DOCTYPE html><meta charset="utf-8"><title>labyrinth top</title>'
		echo '<body style="margin: 0; background: #14161a; color: #d8dade">'
		echo '<pre style="margin: 12px; font: 14px/18px DejaVu Sans Mono, monospace">'
		"$here/screen_html.py" <"$out/top.screen"
		echo '</pre>'
	} >"$out/top.html"
	draw top $((columns * 843 / 100 + 26)) $((rows * 18 + 24))
}

draw_report() {
	"$out/command/labyrinth" report "$out/recording" --output="$out/report.html"
	draw report 1180 1324
}

rm -rf "$out"
mkdir -p "$out"
build
for try in 1 2 3 4 5 6; do
	say "a virtual machine runs short of memory, $try"
	run_guest
	replay_top
	! is_telling || break
	[ "$try" -lt 6 ] || die "no try showed the expected screen, see $out/top.text"
done
draw_top
draw_report
