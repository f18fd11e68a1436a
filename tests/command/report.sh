# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: the pages that report makes of made-up recordings.

# Create a recording in $recording.
new_recording() { # OWNERS SAMPLES [NAME]
	recording=$out/recording
	"$here/made_recording.py" "$@" >"$recording"
}

# Run Python that changes "lines", the parsed JSON of $recording, and write them back.
change() { # <<PYTHON
	{
		cat <<-'EOP'
			import json, sys
			lines = [json.loads(l) for l in open(sys.argv[1])]
			samples = lines[1:-1]
		EOP
		cat
		echo 'open(sys.argv[1], "w").write("".join(json.dumps(l) + "\n" for l in lines))'
	} >"$out/change.py"
	python3 "$out/change.py" "$recording"
}

# Run Python checks on the page of $recording: "page" is its text, "tree" its elements.
look() { # <<PYTHON
	local labyrinth=("$sanitized")

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
			def chart(name, nr=0): return [e for e in section(name).iter(H + "svg") if e.get("class") == "chart"][nr]
			def drawn(chart, kind): return [e for e in chart.iter() if e.get("class") == kind]
			def pieces(path): return [re.findall(r"([\d.]+) ([\d.]+)", p.split("m")[0]) for p in path.get("d").split("M")[2:]]
			def ticks(chart): return [(e.text, float(e.get("x"))) for e in chart.iter(H + "text") if e.get("text-anchor") == "middle"]
			def wanted(what, got, want): assert got == want, f"{what}: got {got!r}, wanted {want!r}"
		EOP
		cat
	} >"$out/look.py"
	python3 "$out/look.py" "$out/page.html" >"$out/said" 2>&1 || fail "$(tail -n 3 "$out/said")"
}

test_report_shows_the_numbers_of_the_recording() {
	new_recording 4 60
	look <<-'EOP'
		tiles = [text(e) for e in tree.iter(H + "div") if e.get("class", "").startswith("tile ") or e.get("class") == "tile"]
		wanted("tiles", tiles, ["60 samples in 59.0s", "4 owners", "75 refusals",
		    "1 violation", "89 % of a zone's atomic reserve used, at most"])
		assert "6.12.48+deb13-amd64" in page and "5A3C1D0E6F7B8A9C0D1E2F3" in page
		wanted("owner", rows("All owners")[1],
		    ["nic-rx", "nic", "63", "200", "256", "16", "16", "87", "50", "0", "72", "1", "60"])
		wanted("refusals", rows("Refusals")[1], ["72", "41.0s", "0", "nic-rx", "floor", "hardirq", "rx_refill+0x9a/0x1c0[nic]"])
		wanted("violations", rows("Violations")[1][:6], ["1", "30.0s", "0", "nic-rx", "double_free", "nic-rx"])
		zone = text(section("node 0 Normal"))
		for words in "min 1024", "GFP_ATOMIC's floor 384", "floor of nic-rx (50 %)", "Fewest 449, most 4,453":
		    assert words in zone, (words, zone)
		assert "stock from 16 to 88" in page and "memory is short" in page
		assert "was interrupted" not in page
	EOP
}

# The scale is linear, and 0 is on the lower axis.
test_lines_are_drawn_at_their_values() {
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
		bars = drawn(chart("nic-rx", 1), "bar")
		wanted("bars", len(bars), sum(1 for s in samples if s["refusals"]))
		wanted("refusals", sum(int(b.find(H + "title").text.split()[1]) for b in bars), 72)
	EOP
}

# Free pages exceed the marks by far at both ends, where the line must not run along the edge.
test_line_ends_where_it_leaves_the_chart() {
	new_recording 1 60
	look <<-'EOP'
		svg = chart("node 0 Normal")
		edge = min(float(e.get("y")) - 4 for e in svg.iter(H + "text") if e.get("text-anchor") == "end" and not e.get("class"))
		path, = drawn(svg, "line a")
		parts = pieces(path)
		assert parts, path.get("d")
		for part in parts:
		    at_edge = [abs(float(y) - edge) < .11 for _, y in part]
		    assert not any(a and b for a, b in zip(at_edge, at_edge[1:])), part
		    assert at_edge[0] and at_edge[-1] and not any(at_edge[1:-1]), part
		assert "A line that ends at the upper edge continues above the chart." in text(section("node 0 Normal"))
		assert "upper edge" not in text(section("nic-rx"))
	EOP
}

test_ages_and_figures_have_an_anchor_and_a_unit() {
	new_recording 1 60
	look <<-'EOP'
		assert "Ages were read 59.0s after the first sample." in page, re.findall("Ages[^<]*", page)
		assert "<dt>vm.min_free_kbytes</dt><dd>4,096 KiB</dd>" in page
		assert "<dt>module</dt><dd>1.0</dd>" in page
		wanted("notes on time", page.count("time is counted from the first sample"), 1)
	EOP
}

test_page_loads_nothing_and_runs_no_script() {
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

test_hostile_name_is_escaped() {
	new_recording 3 20 $'</h3></style><script>alert(1)</script>&amp;]]>" onload=\'x\' \\ \e[31m\xe2\x80\xae'
	look <<-'EOP'
		name = "</h3></style><script>alert(1)</script>&amp;]]>\" onload='x' \\\\ \\x1b[31m\\xe2\\x80\\xae"
		assert text(section("</h3>").find(H + "h3")).startswith(name + " nic;"), text(sections()[2].find(H + "h3"))
		wanted("rows", [r[0] for r in rows("All owners")].count(name), 1)
		assert not [e for e in tree.iter() if e.tag == H + "script"]
		assert page.isascii() and all(c == "\n" or c >= " " for c in page)
		# The HTML parser, which is lenient like a browser, agrees.
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

test_report_handles_1_sample_no_owner_and_40_owners() {
	new_recording 1 1
	look <<-'EOP'
		assert "1 sample<" in page.replace("</b>", "") and "nan" not in page
		wanted("owners", len(rows("All owners")), 2)
	EOP
	new_recording 0 3
	look <<<'assert "The recording has no owners." in page'
	new_recording 40 900
	look <<-'EOP'
		wanted("charts", len(sections()), 2 + 12)
		wanted("rows", len(rows("All owners")), 41)
		assert "The 12 most active of 40 owners" in page and "a bar for 8 samples" in page
		wanted("the first", text(sections()[2].find(H + "h3")), "nic-rx nic; budget 256")
		assert len(page) < 1000000, len(page)
	EOP
}

test_absent_owner_leaves_a_gap() {
	new_recording 2 12
	change <<-'EOP'
		for n in 0, 3, 4, 5, 7, 11:
		    del samples[n]["owners"][1]
	EOP
	look <<-'EOP'
		path, = drawn(chart("disk-tx"), "line a")
		wanted("points", [len(p) for p in pieces(path)], [2, 1, 3])
		# A single point is visible.
		wanted("dashes", path.get("d").count("m-2 0h4"), 1)
		assert "It existed in 6 of 12 samples, from 1.0s to 10.0s." in text(section("disk-tx")), text(section("disk-tx"))
		wanted("samples", [r[-1] for r in rows("All owners")], ["samples", "12", "6"])
	EOP
}

# The owner has 4 refusals in its first sample; a later owner of the same name has 6 more.
test_refusals_before_an_owners_first_sample_are_counted() {
	new_recording 2 6
	change <<-'EOP'
		del samples[0]["owners"][1]
		for sample, refused in zip(samples[1:], (4, 4, 5, 6, 6)):
		    sample["owners"][1].update(refused=refused, id=2 if refused < 6 else 7)
	EOP
	look <<-'EOP'
		wanted("refused", [r[10] for r in rows("All owners") if r[0] == "disk-tx"], ["11"])
		wanted("bars", [b.find(H + "title").text for b in drawn(chart("disk-tx", 1), "bar")], ["refusals: 4", "refusals: 1", "refusals: 6"])
	EOP
}

test_reports_before_the_recording_are_separate() {
	new_recording 1 6
	change <<-'EOP'
		refusal = {"seq": 1, "owner": "nic-rx", "reason": "budget", "context": "task", "caller": "f+0x1/0x2[m]"}
		samples[0]["refusals"] = [refusal] * 5
		samples[2]["refusals"] = [refusal]
		samples[0]["violations"] = [{"seq": 1, "owner": "gone", "kind": "orphan", "offender": None, "caller": None}]
		samples[4]["violations"] = samples[0]["violations"] * 3
	EOP
	look <<-'EOP'
		wanted("refusals", [r[:5] for r in rows("Refusals") if r[4] == "budget"], [["1", "2.0s", "5", "nic-rx", "budget"]])
		wanted("violations", [r[:6] for r in rows("Violations") if r[4] == "orphan"], [["3", "4.0s", "1", "gone", "orphan", "-"]])
		# Includes those of the owner that is gone.
		assert "<b>4</b> violations<" in page
	EOP
}

test_violations_are_marked_at_their_time() {
	new_recording 1 60
	change <<<'for n in range(50, 60): samples[n]["owners"][0]["violations"] += 2 if n < 55 else 5'
	look <<-'EOP'
		marks = drawn(chart("nic-rx"), "event")
		wanted("marks", [m.find(H + "title").text for m in marks], ["violations: 1", "violations: 2", "violations: 3"])
		at = dict(ticks(chart("nic-rx")))
		for mark, x in zip(marks, (at["30 s"], at["50 s"], at["50 s"] + (at["50 s"] - at["40 s"]) / 2)):
		    assert abs(float(re.search(r"zM([\d.]+)", mark.get("d"))[1]) - x) < .3, (mark.get("d"), x)
		assert "violations: 6" in text(section("nic-rx"))
	EOP
}

# A gap of 8 hours in a minute of samples must not squeeze the samples.
test_gap_of_a_suspended_machine_is_shortened() {
	local nr

	for nr in 60 3000; do
		new_recording 1 $nr
		change <<<"for n in range($nr // 2, $nr): samples[n]['ms'] += 8 * 3600 * 1000 + (20000 if n > $nr * 3 // 4 else 0)"
		look <<-'EOP'
			svg = chart("nic-rx")
			bands = [(float(b.get("x")), float(b.get("width"))) for b in drawn(svg, "gap")]
			wanted("bands", [b.find(H + "title").text for b in drawn(svg, "gap")], ["8h00m without a sample", "21.0s without a sample"])
			for x, width in bands:
			    assert 2 < width < 30, bands
			for kind in "abc":
			    path, = drawn(svg, "line " + kind)
			    wanted("pieces", len(pieces(path)), 3)
			    for piece in pieces(path):
			        for x, _ in piece:
			            assert not any(b + .2 < float(x) < b + w - .2 for b, w in bands), (x, bands)
			at = [x for _, x in ticks(svg)]
			assert all(b - a >= 58 for a, b in zip(at, at[1:])), at
			assert any(re.match(r"8:\d\d:\d\d$", t) for t, _ in ticks(svg)), ticks(svg)
			assert "No samples were taken for 8h00m, in several pieces" in page
		EOP
	done
	new_recording 1 60
	change <<<'for n in range(30, 60): samples[n]["ms"] += 3000'
	look <<<'assert not drawn(chart("nic-rx"), "gap") and "No samples were taken" not in page'
}

expect_labels_apart() {
	look <<-'EOP'
		for e in tree.iter(H + "svg"):
		    if e.get("class") == "chart":
		        at = [x for _, x in ticks(e)]
		        assert 1 <= len(at) <= 8 and all(b - a >= 58 for a, b in zip(at, at[1:])), at
		        assert len({t for t, _ in ticks(e)}) == len(at), ticks(e)
	EOP
}

test_labels_do_not_overlap_for_any_duration() {
	local ms

	for ms in 0 1 13 700 86400 3600000 86400000 40000000000; do
		new_recording 2 9
		change <<<"for n, sample in enumerate(samples): sample['ms'] = n * $ms"
		expect_labels_apart
	done
	# Both sides of a gap have a label.
	new_recording 2 61
	change <<<"for sample in samples[31:]: sample['ms'] += 8 * 3600 * 1000 + 9000"
	expect_labels_apart
}

test_report_handles_a_machine_without_zones() {
	new_recording 2 9
	change <<<'for sample in samples: sample["zones"] = []'
	look <<<'assert "The recording has no zones." in page and "nan" not in page; wanted("charts", len(sections()), 2)'
}

test_chromium_reports_no_error() {
	command -v chromium >/dev/null || { skip "no chromium"; return; }
	new_recording 12 300 '<script>alert(1)</script>'
	labyrinth report "$recording" --output="$out/page.html"
	# The sandbox does not work for root; a container has a small /dev/shm and maybe no network.
	chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--enable-logging=stderr --user-data-dir="$out/profile" --window-size=1280,2000 \
		--screenshot="$out/page.png" "file://$out/page.html" >"$out/log" 2>&1 || fail "status $?: $(tail -n 3 "$out/log")"
	! grep -E 'CONSOLE|Refused to|net::ERR' "$out/log" >"$out/said" || fail "$(cat "$out/said")"
	[ "$(stat -c %s "$out/page.png")" -gt 100000 ] || fail "the picture is empty"
}

# Expect MESSAGE about $recording, and no crash.
expect_no_recording() { # MESSAGE
	local said status labyrinth=("$sanitized")

	said=$(labyrinth report "$recording" 2>&1 >/dev/null </dev/null)
	status=$?
	expect_equal "status" "$status" 6
	expect_equal "said" "$said" "labyrinth: $recording:$1"
}

test_damaged_recording_is_refused_with_its_line() {
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
	sed -i '4s/"ms":20,//' "$recording"
	expect_no_recording '4: It has no "ms", or one below 0.'
	sed -i '4s/.*/[]/' "$recording"
	expect_no_recording "4: This is no object."
	sed -i '4s/.*/{"ms":3000,"owners":{}}/' "$recording"
	expect_no_recording '4: "owners" is no array.'
	sed -i '4s/.*/{"ms":3000,"owners":[1]}/' "$recording"
	expect_no_recording '4: "owners" has a row that is no object.'
	sed -i '4s/.*/{"ms":\x00}/' "$recording"
	expect_no_recording "4: A byte is 0: this is no text."
}

test_other_files_are_refused() {
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

# 1,000 new names in each sample would take too much memory.
test_recording_with_too_many_names_is_refused() {
	local what

	recording=$out/recording
	for what in owners refusals; do
		python3 - $what >"$recording" <<-'EOP'
			import json, sys
			print('{"labyrinth_recording":1}')
			for n in range(70):
			    print(json.dumps({"ms": n, sys.argv[1]: [{"name": f"{n}.{k}", "owner": f"{n}.{k}"} for k in range(1000)]}))
		EOP
		case $what in
		owners) expect_no_recording "18: There are more than 16384 owners or zones." ;;
		refusals) expect_no_recording "67: There are more than 65536 kinds of refusals or violations." ;;
		esac
	done
}

test_recording_cut_or_changed_anywhere_causes_no_crash() {
	local labyrinth=("$sanitized") status

	new_recording 2 3
	python3 - "$recording" "$sanitized" <<-'EOP' >"$out/said" 2>&1 || fail "$(tail -n 5 "$out/said")"
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
