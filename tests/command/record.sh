# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: record, and report's page.

# A recording in $recording.
new_recording() { # OWNERS SAMPLES [NAME]
	recording=$out/recording
	"$here/made_recording.py" "$@" >"$recording"
}

# Python looks at the page of $recording: page is its text, tree its elements, words what one reads.
look() { # <<PYTHON
	labyrinth report "$recording" --output="$out/page.html" 2>"$out/said" ||
		{ fail "status $?: $(cat "$out/said")"; return; }
	{
		cat <<-'EOP'
			import html.parser, re, sys
			import xml.etree.ElementTree as etree
			H = "{http://www.w3.org/1999/xhtml}"
			page = open(sys.argv[1], encoding="ascii").read()
			tree = etree.fromstring(page)
			def text(element): return re.sub(r"\s+", " ", "".join(element.itertext())).strip()
			def sections(): return [s for s in tree.iter(H + "section")]
			def section(name): return next(s for s in sections() if text(s.find(H + "h3")).split(";")[0].startswith(name))
			def rows(heading):
			    body = list(tree.find(f"{H}body/{H}main"))
			    at = next(i for i, e in enumerate(body) if e.tag == H + "h2" and text(e) == heading)
			    return [[text(c) for c in r] for r in body[at + 1].iter(H + "tr")]
			def wanted(what, got, want): assert got == want, f"{what}: got {got!r}, wanted {want!r}"
		EOP
		cat
	} >"$out/look.py"
	python3 "$out/look.py" "$out/page.html" >"$out/said" 2>&1 || fail "$(tail -n 3 "$out/said")"
}

test_a_report_has_the_numbers_of_its_recording() {
	new_recording 4 60
	look <<-'EOP'
		tiles = [text(e) for e in tree.iter(H + "div") if e.get("class", "").startswith("tile ") or e.get("class") == "tile"]
		wanted("tiles", tiles, ["60 samples in 59.0s", "4 owners", "75 refused meanwhile",
		    "1 violation meanwhile", "89 % of a zone's atomic reserve gone, at most"])
		assert "6.12.48+deb13-amd64" in page and "5A3C1D0E6F7B8A9C0D1E2F3" in page
		wanted("owner", rows("All owners")[1],
		    ["nic-rx", "nic", "63", "200", "256", "16", "16", "87", "50", "0", "72", "1"])
		wanted("refusals", rows("Refusals")[1], ["72", "nic-rx", "floor", "hardirq", "rx_refill+0x9a/0x1c0[nic]", "41.0s"])
		wanted("violations", rows("Violations")[1][1:4], ["nic-rx", "double_free", "nic-rx"])
		zone = text(section("node 0 Normal"))
		for words in "min 1024", "GFP_ATOMIC's floor 384", "floor of nic-rx (50 %)", "Fewest 449, most 4,453":
		    assert words in zone, (words, zone)
		assert "stock from 16 to 88" in page and "memory is short" in page
		assert "broken off" not in page
	EOP
}

# The scale: 0 is at the lower axis, and each step of it as far from the next.
test_lines_are_drawn_where_their_values_are() {
	new_recording 1 60
	look <<-'EOP'
		import json
		samples = [json.loads(l) for l in open(sys.argv[1].replace("page.html", "recording"))][1:-1]
		svg = [e for e in section("nic-rx").iter(H + "svg") if e.get("class") == "chart"][0]
		ticks = {float(e.text.replace(",", "")): float(e.get("y")) - 4
		    for e in svg.iter(H + "text") if e.get("text-anchor") == "end" and not e.get("class")}
		top = max(ticks)
		times = {float(e.text.split()[0]): float(e.get("x")) for e in svg.iter(H + "text") if e.get("text-anchor") == "middle"}
		last = max(times)
		for name, mark in ("owned", "a"), ("stocked", "b"), ("from_reserve", "c"):
		    path = next(e for e in svg.iter(H + "path") if e.get("class") == "line " + mark)
		    points = [tuple(map(float, p.split())) for p in re.split("[ML]", path.get("d"))[2:]]
		    wanted("points of " + name, len(points), 60)
		    for sample, (x, y) in zip(samples, points):
		        at = ticks[0] - sample["owners"][0][name] / top * (ticks[0] - ticks[top])
		        assert abs(y - at) < .11, (name, sample["ms"], y, at)
		        at = times[0] + sample["ms"] / 1000 / last * (times[last] - times[0])
		        assert abs(x - at) < .11, (name, sample["ms"], x, at)
		bars = [e for e in section("nic-rx").iter(H + "rect") if e.get("width") != "10"]
		wanted("bars", len(bars), sum(1 for s in samples if s["refusals"]))
		wanted("refusals", sum(int(b.find(H + "title").text.split()[0]) for b in bars), 72)
	EOP
}

test_a_page_asks_for_nothing_from_outside_and_runs_nothing() {
	new_recording 4 60
	look <<-'EOP'
		tags = {e.tag.removeprefix(H) for e in tree.iter()}
		assert not tags & {"script", "link", "img", "iframe", "image", "use", "a", "base", "form", "object"}, tags
		for e in tree.iter():
		    for name, value in e.attrib.items():
		        assert not name.startswith("on") and name not in ("href", "src", "style"), (e.tag, name)
		assert "default-src 'none'" in page and "url(" not in page and "@import" not in page
		assert page.replace("http://www.w3.org/1999/xhtml", "").count("://") == 0
	EOP
}

test_a_hostile_name_is_text() {
	new_recording 3 20 $'</h3></style><script>alert(1)</script>&amp;]]>" onload=\'x\' \\ \e[31m\xe2\x80\xae'
	look <<-'EOP'
		name = "</h3></style><script>alert(1)</script>&amp;]]>\" onload='x' \\\\ \\x1b[31m\\xe2\\x80\\xae"
		assert text(section("</h3>").find(H + "h3")).startswith(name + " nic;"), text(sections()[2].find(H + "h3"))
		wanted("rows", [r[0] for r in rows("All owners")].count(name), 1)
		assert not [e for e in tree.iter() if e.tag == H + "script"]
		assert page.isascii() and all(c == "\n" or c >= " " for c in page)
		# As a browser reads it, too.
		class Parser(html.parser.HTMLParser):
		    def handle_starttag(self, tag, attributes):
		        assert tag != "script" and "onload" not in dict(attributes), tag
		Parser().feed(page)
	EOP
	sed -i '1s/6\.12\.48+deb13-amd64/<b onclick=x>/; $s/memory is short/<script>/' "$recording"
	look <<-'EOP'
		assert "&lt;b onclick=x&gt;" in page and "&lt;script&gt;" in page
	EOP
}

test_a_report_suits_1_sample_no_owner_and_40() {
	new_recording 1 1
	look <<-'EOP'
		assert "1 sample<" in page.replace("</b>", "") and "nan" not in page
		wanted("owners", len(rows("All owners")), 2)
	EOP
	new_recording 0 3
	look <<<'assert "There was no owner." in page'
	new_recording 40 900
	look <<-'EOP'
		wanted("charts", len(sections()), 2 + 12)
		wanted("rows", len(rows("All owners")), 41)
		assert "The 12 most active of 40" in page and "a bar for 8 samples" in page
		wanted("the first", text(sections()[2].find(H + "h3")), "nic-rx nic; budget 256")
		assert len(page) < 1000000, len(page)
	EOP
}

test_an_owner_that_went_and_came_leaves_a_gap() {
	new_recording 2 10
	python3 - "$recording" <<-'EOP'
		import json, sys
		lines = [json.loads(l) for l in open(sys.argv[1])]
		for line in lines[4:7]:
		    del line["owners"][1]
		lines[7]["owners"][1]["refused"] = 0
		lines[8]["owners"][1]["refused"] = 5
		open(sys.argv[1], "w").write("".join(json.dumps(l) + "\n" for l in lines))
	EOP
	look <<-'EOP'
		*_, path = [e for e in section("disk-tx").iter(H + "path") if e.get("class") == "line a"]
		wanted("pieces", path.get("d").count("M") - 1, 2)
	EOP
}

# This is said of $recording, and nothing crashes.
expect_no_recording() { # MESSAGE
	local said status labyrinth=("$checked")

	said=$(labyrinth report "$recording" 2>&1 >/dev/null </dev/null)
	status=$?
	expect_equal "status" "$status" 6
	expect_equal "said" "$said" "labyrinth: $recording:$1"
}

test_a_recording_that_is_damaged_is_refused_with_its_line() {
	new_recording 2 4
	truncate -s -9 "$recording"
	expect_no_recording "6: The line is cut off."
	new_recording 2 4
	sed -i '3s/"owned":/"owned";/' "$recording"
	expect_no_recording "3: This is no JSON: ':' expected near ';', at byte $(sed -n 3p "$recording" | grep -bo '";' | head -n 1 | awk -F: '{ print $1 + 2 }')."
	new_recording 2 4
	sed -i '3s/"owned":[0-9]*/"owned":"many"/' "$recording"
	expect_no_recording '3: "owned" is no number that fits.'
	sed -i '3s/"owned":"many"/"owned":9000000000000000000/' "$recording"
	expect_no_recording '3: "owned" is no number that fits.'
	new_recording 2 4
	sed -i '4s/"name":"nic-rx"/"name":7/' "$recording"
	expect_no_recording '4: "name" is no text.'
	sed -i '4s/"name":7/"name":"disk-tx"/' "$recording"
	expect_no_recording '4: "disk-tx" is there twice.'
	new_recording 2 4
	sed -i '4s/"ms":2000/"ms":20/' "$recording"
	expect_no_recording '4: Its "ms" is before the last one.'
	sed -i '4s/.*/[]/' "$recording"
	expect_no_recording "4: This is no object."
	sed -i '4s/.*/{"ms":3000,"owners":{}}/' "$recording"
	expect_no_recording '4: "owners" is no array.'
	sed -i '4s/.*/{"ms":3000,"owners":[1]}/' "$recording"
	expect_no_recording '4: "owners" has a row that is no object.'
	sed -i '4s/.*/{"ms":\x00}/' "$recording"
	expect_no_recording "4: A byte is 0: this is no text."
}

test_what_is_no_recording_is_refused() {
	recording=$out/recording
	: >"$recording"
	expect_no_recording "1: There is no sample."
	cp "$here/dry/owners" "$recording"
	expect_no_recording "1: This is no JSON: '[' or '{' expected near 'id', at byte 2."
	echo '{}' >"$recording"
	expect_no_recording '1: This is no recording: it has no "labyrinth_recording".'
	echo '{"labyrinth_recording":2}' >"$recording"
	expect_no_recording '1: Its format is 2, and this command knows 1.'
	echo '{"labyrinth_recording":1}' >"$recording"
	expect_no_recording "2: There is no sample."
	{ cat "$recording"; head -c 5M /dev/zero | tr '\0' ' '; } >"$recording.long"
	mv "$recording.long" "$recording"
	expect_no_recording "2: The line is longer than 4 MiB."
	head -c 100000 /dev/zero | tr '\0' '[' >"$recording"
	echo >>"$recording"
	[[ $(labyrinth report "$recording" 2>&1) = *"$recording:1: This is no JSON: maximum parsing depth reached"* ]] ||
		fail "deep: $(labyrinth report "$recording" 2>&1)"
	truncate -s 65M "$recording"
	expect_no_recording " The file is larger than 64 MiB."
	rm "$recording"
	mkfifo "$recording"
	expect_no_recording " This is no ordinary file."
	rm "$recording"
}

test_a_recording_cut_or_changed_anywhere_crashes_nothing() {
	local labyrinth=("$checked") status

	new_recording 2 3
	python3 - "$recording" "$checked" <<-'EOP' >"$out/said" 2>&1 || fail "$(tail -n 5 "$out/said")"
		import random, subprocess, sys
		good = open(sys.argv[1], "rb").read()
		random.seed(1)
		for n in range(120):
		    bad = bytearray(good[:random.randrange(len(good))] if n % 3 == 0 else good)
		    for _ in range(n % 5):
		        bad[random.randrange(len(bad) or 1):][:1] and bad.__setitem__(random.randrange(len(bad)), random.choice(b'0"{}[],:-e\n\xff'))
		    open(sys.argv[1], "wb").write(bad)
		    got = subprocess.run([sys.argv[2], "report", sys.argv[1]], capture_output=True)
		    assert got.returncode in (0, 6), got
		    assert got.returncode or got.stdout.endswith(b"</html>\n"), n
		    assert not got.returncode or sys.argv[1].encode() + b":" in got.stderr, got.stderr
	EOP
}

# ---- record

record() { # OPTION...
	rm -f "$out/recording"
	recording=$out/recording
	labyrinth record --from="$folder" "$recording" "$@" >"$out/said" 2>&1
}

# Each line is JSON.
expect_lines() { # NR
	expect_equal "lines" "$(wc -l <"$recording")" "$1"
	python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]' <"$recording" 2>"$out/said" ||
		fail "$(tail -n 1 "$out/said")"
}

test_a_recording_has_the_tables_and_what_is_new() {
	local labyrinth=("$checked") i

	new_folder
	record --count=4 --interval=500ms &
	for ((i = 0; i < 50; i++)); do
		[ "$(wc -l 2>/dev/null <"$out/recording")" != 2 ] || break
		sleep 0.02
	done
	sed 's/^183 .*/&\n184 3 disk-tx budget task 0 0 DMA32 1 2 3 f+0x1\/0x2[m]/' "$here/dry/refusals" >"$folder/new"
	mv "$folder/new" "$folder/refusals"
	wait $! || fail "status $?: $(cat "$out/said")"
	expect_lines 6
	python3 - "$out/recording" "$here/dry/owners" <<-'EOP' >"$out/said" 2>&1 || fail "$(tail -n 2 "$out/said")"
		import json, sys
		head, *samples, words = [json.loads(l) for l in open(sys.argv[1])]
		assert head["kernel"] == "6.12.117+deb12-amd64" and head["min_free_kbytes"] == 1024, head
		names, *rows = [l.split() for l in open(sys.argv[2])]
		for sample in samples:
		    assert [[str(o[n]) for n in names] for o in sample["owners"]] == rows, sample["owners"]
		    assert len(sample["zones"]) == 2
		got = [[r["seq"] for r in s["refusals"]] for s in samples]
		assert got[0] == list(range(1, 184)) and sorted(sum(got[1:], [])) == [184], got
		assert [len(s["violations"]) for s in samples] == [3, 0, 0, 0]
		for n, sample in enumerate(samples):
		    assert sample["ms"] >= 500 * n, sample["ms"]
		assert words["end"] and words["why"] == "count" and "stock from" in words["advise"], words
		assert "double_free" in words["verdicts"], words
	EOP
	look <<<'assert "broken off" not in page'
}

test_a_recording_ends_well_when_it_is_interrupted() {
	local signal

	new_folder
	for signal in INT TERM HUP; do
		rm -f "$out/recording"
		# A shell's background commands do not have SIGINT.
		python3 - "$signal" "${labyrinth[@]}" record --from="$folder" --interval=1h "$out/recording" <<-'EOP' ||
			import os, signal, subprocess, sys, time
			child = subprocess.Popen(sys.argv[2:], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
			while not os.path.exists(sys.argv[-1]) or open(sys.argv[-1]).read().count("\n") < 2:
			    time.sleep(.02)
			child.send_signal(getattr(signal, "SIG" + sys.argv[1]))
			sys.exit(child.wait(5))
		EOP
			fail "$signal: status $?"
		recording=$out/recording
		expect_lines 3
		grep -q '"end":true,"why":"interrupted"}$' "$recording" || fail "$signal: $(tail -c 100 "$recording")"
	done
}

test_a_recording_that_is_killed_can_be_read() {
	new_folder
	rm -f "$out/recording"
	(timeout -s KILL 0.7 "$plain" record --from="$folder" --interval=10ms "$out/recording"; true) 2>/dev/null
	recording=$out/recording
	[ "$(wc -l <"$recording")" -gt 10 ] || fail "lines: $(wc -l <"$recording")"
	look <<<'assert "The recording was broken off" in page'
}

test_a_recording_lasts_as_long_as_it_is_told() {
	new_folder
	record --time=300ms --interval=100ms || fail "status $?"
	expect_lines 6
	grep -q '"why":"time"' "$recording" || fail "$(tail -c 100 "$recording")"
}

test_no_line_is_left_half_written_where_the_disk_is_full() {
	new_folder
	(
		ulimit -f 40
		trap '' XFSZ
		record --interval=10ms
	)
	expect_equal "status" $? 1
	recording=$out/recording
	expect_equal "said" "$(sed 's/full: .*/full/' "$out/said")" "labyrinth: $recording: No space left on device."
	expect_lines "$(wc -l <"$recording")"
	[ -z "$(tail -c 1 "$recording" | tr -d '\n')" ] || fail "the last line is not whole"
}

test_a_file_that_is_there_is_not_recorded_over() {
	new_folder
	record --count=1
	labyrinth record --from="$folder" --count=1 "$recording" 2>"$out/said"
	expect_equal "status" $? 1
	expect_equal "said" "$(cat "$out/said")" "labyrinth: $recording: File exists."
	expect_lines 3
	rm "$recording" "$folder/owners"
	labyrinth record --from="$folder" --count=1 "$recording" 2>"$out/said"
	expect_equal "status" $? 6
	[ ! -e "$recording" ] || fail "a file is left"
}
