# Makes a table of what go test -bench prints: a row for each benchmark and unit, with the peer's figure and the ratio
# beside ours where the benchmark has measured both in the same run.
BEGIN { print "| benchmark | unit | callgate | peer | ratio |"; print "|---|---|---|---|---|" }
/^(--- FAIL|FAIL|panic)/ { print; failed = 1 }
/^Benchmark/ {
	name = $1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name); gsub(/_/, " ", name)
	n = 0; delete value
	for (i = 3; i < NF; i += 2) { value[$(i + 1)] = $i; order[++n] = $(i + 1) }
	for (i = 1; i <= n; i++) {
		unit = order[i]
		if (unit ~ /^(eslgo|gin|xml|x)-/ || unit == "ns/op" && value[unit] == 0) continue
		row = sprintf("| %s | %s | %s | %s | ", name, unit, value[unit], value["eslgo-" unit] value["gin-" unit] value["xml-" unit])
		print row value["x-" unit] " |"
	}
}
END { exit failed }
