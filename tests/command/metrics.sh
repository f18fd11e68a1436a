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
		"labyrinth: What was to be shown cannot be written: No space left on device."
}
