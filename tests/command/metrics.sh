# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: metrics for Prometheus. scripts/setup.sh may have put its programs in the cache.
PATH=$PATH:${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}/prometheus/usr/bin

test_promtool_accepts_the_metrics() {
	labyrinth metrics --from="$here/dry" | promtool check metrics >"$out/said" 2>&1 ||
		fail "$(cat "$out/said")"
	expect_equal "said" "$(cat "$out/said")" ""
}

# Print the metrics that a node_exporter on PORT serves.
served() { # PORT
	exec 3<>"/dev/tcp/127.0.0.1/$1" || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	cat <&3
	exec 3>&-
}

test_node_exporter_serves_the_metrics() {
	local dir=$out/textfile port=$((20000 + $$ % 10000)) exporter i

	rm -rf "$dir"
	mkdir "$dir"
	labyrinth metrics --from="$here/dry" --output="$dir/labyrinth.prom"
	prometheus-node-exporter --web.listen-address="127.0.0.1:$port" --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$dir" >"$dir/log" 2>&1 &
	exporter=$!
	for i in {1..50}; do
		served "$port" >"$dir/served" 2>/dev/null && break
		sleep 0.1
	done
	kill "$exporter"
	wait "$exporter" 2>/dev/null
	grep -qx 'node_textfile_scrape_error 0' "$dir/served" || fail "$(tail -n 3 "$dir/log")"
	# node_exporter sorts the samples and their labels.
	expect_equal "samples" "$(grep -c ^labyrinth_ "$dir/served")" \
		"$(grep -c ^labyrinth_ "$dir/labyrinth.prom")"
	grep -qx 'labyrinth_owner_refused_total{module="lab_sample",owner="lab_sample.producer",reason="floor"} 182' \
		"$dir/served" || fail "changed: $(grep refused_total "$dir/served" | tail -n 2)"
}

test_metrics_of_dippers_are_of_20_functions_and_the_rest() {
	new_folder
	{
		head -n 1 "$here/dry/dippers"
		# Two calls of each function, in different orders of rows.
		for ((i = 1; i <= 30; i++)); do
			echo "0 GFP_ATOMIC task $i $i $i 0 $i 1 10 5 f$i+0x1/0x20[m]"
		done
		for ((i = 1; i <= 30; i++)); do
			echo "0 GFP_ATOMIC task $i $i 0 0 $i 1 10 5 f$i+0x9/0x20[m]"
		done
		echo "- - task 1000 1000 7 0 1000 1 10 5 others"
	} >"$folder/dippers"
	labyrinth metrics --from="$folder" | grep ^labyrinth_dipper >"$out/said"
	expect_equal "samples" "$(wc -l <"$out/said")" 63
	for line in 'pages_held{function="f30",module="m"} 30' 'pages_total{function="f11",module="m"} 22' \
		'refused_total{function="f11",module="m"} 2' 'pages_held{function="others",module="-"} 62' \
		'pages_total{function="others",module="-"} 1110' 'refused_total{function="others",module="-"} 21'; do
		grep -qxF "labyrinth_dipper_$line" "$out/said" || fail "not there: $line"
	done
	labyrinth metrics --from="$folder" | promtool check metrics >"$out/said" 2>&1 ||
		fail "$(cat "$out/said")"
	# Frees are no longer seen.
	sed -i 's/ 0 0 \([0-9]* 1 10 5 f30\)/ - 0 \1/' "$folder/dippers"
	expect_equal "unknown" "$(labyrinth metrics --from="$folder" | grep -c '^labyrinth_dipper_pages_held{function="f30"')" 0
}

test_metrics_file_is_replaced_atomically() {
	local file=$out/metrics/labyrinth.prom i lines

	rm -rf "$out/metrics"
	mkdir "$out/metrics"
	labyrinth metrics --from="$here/dry" --output="$file" || fail "it cannot be written"
	expect_equal "mode" "$(stat -c %a "$file")" 644
	lines=$(wc -l <"$file")
	for i in {1..100}; do
		labyrinth metrics --from="$here/dry" --output="$file"
	done &
	while kill -0 $! 2>/dev/null; do
		expect_equal "lines" "$(wc -l <"$file")" "$lines"
	done
	wait
	expect_equal "files" "$(ls "$out/metrics")" labyrinth.prom
	labyrinth metrics --from="$here/dry" --output="$out/none/such" 2>"$out/said"
	expect_equal "status" $? 1
	labyrinth metrics --from="$here" --output="$file" 2>"$out/said"
	expect_equal "status" $? 6
	expect_equal "lines after a failure" "$(wc -l <"$file")" "$lines"
}

test_full_output_device_is_reported() {
	labyrinth owners --from="$here/dry" 2>"$out/said" >/dev/full
	expect_equal "status" $? 1
	expect_equal "said" "$(cat "$out/said")" \
		"labyrinth: Standard output cannot be written: No space left on device."
}
