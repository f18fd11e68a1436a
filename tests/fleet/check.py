#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare the rules, the dashboard and the page of alerts with each other and with the metrics.

usage: check.py CLAIM FILE...

  metrics METRICS RULES DASHBOARD   each metric that is named is one of METRICS
  shown METRICS DASHBOARD           each of METRICS has a panel
  alerts RULES PAGE                 each alert has its section, and each section its alert
  tested RULES TESTS                each alert fires in TESTS, and does not
  layout DASHBOARD                  ids are unique, panels do not overlap, variables exist
  expressions DASHBOARD             print a file of rules with each expression, for promtool
  commands RULES PAGE               print each command of labyrinth in annotations and on the page

METRICS is the output of "labyrinth metrics". Prints what is wrong; exit status 1 if anything is.
The rules are read line by line, so that no parser of YAML is needed.
"""
import json
import re
import sys

# Metrics of node_exporter and Prometheus.
OTHERS = {"node_textfile_mtime_seconds", "ALERTS"}
# Metrics without a panel, and why.
NOT_SHOWN = {
    "labyrinth_zone_highatomic_pages": "requests of order 0 may use them",
}
WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless",
         "bool", "offset"}

bad = False


def wrong(*words):
    global bad
    bad = True
    print(*words)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def printed(path):
    return set(re.findall(r"^# TYPE (\w+)", read(path), re.M))


def metrics_of(expr):
    """Names of metrics: words outside of strings, labels and groupings that are not called."""
    expr = re.sub(r'"(\\.|[^"\\])*"', '""', expr)
    expr = re.sub(r"\{[^}]*\}", "", expr)
    expr = re.sub(r"\[[^]]*\]", "", expr)
    expr = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", expr)
    words = re.findall(r"[a-zA-Z_:][\w:]*\b(?!\s*\()", expr)
    return {word for word in words if word not in WORDS and not word.startswith("$")}


def rules(path):
    """Names and texts of all rules: (kind, name, text)."""
    text = re.sub(r"^\s*#.*\n", "", read(path), flags=re.M)
    parts = re.split(r"^ *- (alert|record): (\S+)\n", text, flags=re.M)
    return list(zip(parts[1::3], parts[2::3], parts[3::3]))


def expr_of(rule):
    """The lines of expr, which are indented deeper than its key."""
    lines = rule.split("\n")
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("expr:"))
    indent = len(lines[at]) - len(lines[at].lstrip())
    words = [lines[at].split("expr:", 1)[1].replace(">-", "")]
    for line in lines[at + 1:]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        words.append(line)
    return "\n".join(words)


def alerts_of(path):
    return {name: text for kind, name, text in rules(path) if kind == "alert"}


def panels_of(path):
    return json.loads(read(path))["panels"]


def targets_of(path):
    """(panel's title, expression), annotations included."""
    board = json.loads(read(path))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for annotation in board["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def check_metrics(metrics, rule_file, board):
    recorded = {name for kind, name, _ in rules(rule_file) if kind == "record"}
    known = printed(metrics) | OTHERS | recorded
    used = [(name, expr_of(text)) for _, name, text in rules(rule_file)]
    used += list(targets_of(board))
    for variable in json.loads(read(board))["templating"]["list"]:
        if variable["type"] == "query":
            used.append((variable["name"],
                         re.match(r"label_values\((.*), \w+\)$", variable["definition"]).group(1)))
    for where, expr in used:
        names = metrics_of(expr)
        if not names:
            wrong(where + ": no metric in", expr)
        for name in sorted(names - known):
            wrong(where + ": there is no metric", name)


def check_shown(metrics, board):
    shown = set().union(*(metrics_of(expr) for _, expr in targets_of(board)))
    for name in sorted(printed(metrics) - shown - set(NOT_SHOWN)):
        wrong("in no panel:", name)
    for name in sorted(set(NOT_SHOWN) & shown):
        wrong("in a panel, and said to be in none:", name)
    for name in sorted(set(NOT_SHOWN) - printed(metrics)):
        wrong("there is no metric", name)


def check_alerts(rule_file, page):
    alerts = alerts_of(rule_file)
    text = read(page)
    titles = re.findall(r"^(Labyrinth\w+)\n~+$", text, re.M)
    for name in sorted(set(alerts) ^ set(titles)):
        wrong(name, "has no section" if name in alerts else "is no alert")
    for name in sorted(set(re.findall(r"\b(Labyrinth\w+)_(?!\w)", text)) - set(titles)):
        wrong("a link to", name)
    sections = re.split(r"^Labyrinth\w+\n~+$", text, flags=re.M)[1:]
    for name, section in zip(titles, sections):
        for part in ("Means", "Look", "Change", "Ignore"):
            if not re.search(r"^:%s: " % part, section, re.M):
                wrong(name, "has no", part)
    for name, rule in alerts.items():
        # Section titles make anchors in lower case.
        if "runbook: Documentation/alerts.rst#%s\n" % name.lower() not in rule:
            wrong(name, "has no link to its section")
        if not re.search(r"severity: (critical|warning|info)\n", rule):
            wrong(name, "has no severity")
        for part in ("for", "summary", "command"):
            if not re.search(r"^ +%s: ." % part, rule, re.M):
                wrong(name, "has no", part)


def check_tested(rule_file, tests):
    text = read(tests)
    for name in alerts_of(rule_file):
        found = re.findall(r"alertname: %s\n +exp_alerts:(.*)\n" % name, text)
        if "" not in found:
            wrong(name, "is not seen to fire")
        if " []" not in found:
            wrong(name, "is not seen to be silent")


def overlap(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and
            a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def check_layout(board):
    panels = panels_of(board)
    text = read(board)
    ids = [panel["id"] for panel in panels]
    for number in sorted({i for i in ids if ids.count(i) > 1}):
        wrong("two panels have the id", number)
    titles = [panel["title"] for panel in panels]
    for title in sorted({t for t in titles if titles.count(t) > 1}):
        wrong("two panels have the title", title)
    for at, panel in enumerate(panels):
        pos = panel["gridPos"]
        if pos["x"] < 0 or pos["y"] < 0 or pos["w"] < 1 or pos["h"] < 1 or pos["x"] + pos["w"] > 24:
            wrong(panel["title"], "is outside of the 24 columns")
        for other in panels[at + 1:]:
            if overlap(pos, other["gridPos"]):
                wrong(panel["title"], "overlaps", other["title"])
        if panel["type"] == "row":
            if pos["x"] or pos["w"] != 24 or pos["h"] != 1:
                wrong("row", panel["title"], "is not a row")
        elif not panel.get("targets"):
            wrong(panel["title"], "shows nothing")
        refs = [target["refId"] for target in panel.get("targets", [])]
        if len(set(refs)) != len(refs):
            wrong(panel["title"], "has two targets with one refId")
    variables = {variable["name"] for variable in json.loads(text)["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", text))
    for name in sorted(variables ^ used):
        wrong("variable", name, "is not used" if name in variables else "does not exist")


def print_expressions(board):
    print("groups:\n- name: dashboard\n  rules:")
    for _, expr in targets_of(board):
        print("  - record: expression\n    labels: {nr: \"%d\"}\n    expr: %s" %
              (print_expressions.nr, json.dumps(expr)))
        print_expressions.nr += 1


print_expressions.nr = 0


def print_commands(rule_file, page):
    examples = {"owner": "nic-rx", "kind": "double_free", "reason": "floor", "module": "e1000"}
    found = set(re.findall(r"``(labyrinth [^`]+)``", read(page)))
    for text in alerts_of(rule_file).values():
        found |= set(re.search(r"^ +command: (.*)$", text, re.M).group(1).split("; "))
    for command in sorted(found):
        if command.startswith("labyrinth "):
            print(re.sub(r"--(\w+)=(\{\{.*?\}\}|[A-Z]+)(?=\s|$)",
                         lambda option: "--%s=%s" % (option[1], examples[option[1]]), command))


def main():
    claims = {"metrics": check_metrics, "shown": check_shown, "alerts": check_alerts,
              "tested": check_tested, "layout": check_layout, "expressions": print_expressions,
              "commands": print_commands}
    if len(sys.argv) < 3 or sys.argv[1] not in claims:
        print(__doc__, file=sys.stderr)
        return 2
    claims[sys.argv[1]](*sys.argv[2:])
    return bad


sys.exit(main())
