# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# bash completion of labyrinth(8).

_labyrinth_commands='status owners pages zones whois refusals violations verdicts advise dippers watch set metrics save top record report help'

# The long name of a short option that takes a value.
_labyrinth_long() { # OPTION
	case $1 in
	-f) echo --from ;;
	-s) echo --sort ;;
	-o) echo --output ;;
	-[ndt]) echo --number ;;
	*) echo "$1" ;;
	esac
}

# Values of an option; nothing if any value is allowed.
_labyrinth_values() { # OPTION
	local folder=/sys/kernel/debug/labyrinth i
	for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
		case ${COMP_WORDS[*]:i:2} in
		'--from =') folder=${COMP_WORDS[i + 2]-} ;;
		--from\ * | -f\ *) folder=${COMP_WORDS[i + 1]} ;;
		--from=*) folder=${COMP_WORDS[i]#--from=} ;;
		esac
	done
	case $1 in
	--state) echo owned ready quarantined orphan ;;
	--reason) echo budget floor buddy context scope dying ;;
	--kind) echo bad_argument double_free foreign_free plain_page shared_page freed_behind \
		use_after_free wrong_scope dead_owner receiver_full orphan module_gone miscounted ;;
	--module) cut -d ' ' -f 1 /proc/modules 2>/dev/null ;;
	--owner) awk 'NR > 1 { print $2 }' "$folder/owners" 2>/dev/null ;;
	--sort)
		case $2 in
		refusals) echo times last first owner reason context zone caller ;;
		top) head -n 1 "$folder/owners" 2>/dev/null ;;
		dippers) head -n 1 "$folder/$2" 2>/dev/null; echo function module ;;
		*) head -n 1 "$folder/$2" 2>/dev/null ;;
		esac ;;
	esac
}

_labyrinth_options() { # COMMAND
	local list='--sort= --reverse --limit= --json --from= --help'
	case $1 in
	owners) echo "$list --owner=" ;;
	pages) echo "$list --owner= --state= --older-than=" ;;
	refusals) echo "$list --owner= --reason= --all" ;;
	violations) echo "$list --owner= --kind=" ;;
	dippers) echo "$list --module=" ;;
	watch) echo off free reserve all --module= --time= --json --from= --help ;;
	set) echo --keep --help ;;
	advise) echo --keep --json --from= --help ;;
	metrics) echo --output= --from= --help ;;
	record) echo --interval= --count= --time= --from= --help ;;
	report) echo --output= --help ;;
	whois) echo pfn phys addr --json --from= --help ;;
	save) echo --help ;;
	help) echo "$_labyrinth_commands" ;;
	top) echo --interval= --sort= --reverse --from= --help ;;
	*) echo --json --from= --help ;;
	esac
}

# Offer the words on standard input that start with BEGINNING. Words of a saved folder are
# untrusted: bash would expand them in "compgen -W" and on the command line.
_labyrinth_offer() { # BEGINNING
	local words one

	read -rd '' -a words
	for one in "${words[@]}"; do
		[[ $one != "$1"* || $one = *[!A-Za-z0-9._=-]* ]] || COMPREPLY+=("$one")
	done
}

_labyrinth() {
	local commands=$_labyrinth_commands
	local word=${COMP_WORDS[COMP_CWORD]} option='' command='' i

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case " $commands " in *" ${COMP_WORDS[i]} "*) command=${COMP_WORDS[i]}; break ;; esac
	done
	# If "=" is a word break, "--option=word" is three words.
	if [ "$word" = = ]; then
		option=${COMP_WORDS[COMP_CWORD - 1]} word=
	elif [ "$COMP_CWORD" -gt 1 ] && [ "${COMP_WORDS[COMP_CWORD - 1]}" = = ]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} = @(--@(from|owner|module|state|older-than|reason|kind|sort|limit|output|interval|count|time)|-[fsondt]) ]]; then
		option=$(_labyrinth_long "${COMP_WORDS[COMP_CWORD - 1]}")
	fi
	if [ "$option" = --from ] || { [[ $command = save && -z $option && $word != -* ]]; }; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
	elif [ "$option" = --output ] || { [[ $command = re@(cord|port) && -z $option && $word != -* ]]; }; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	elif [ -n "$option" ]; then
		_labyrinth_offer "$word" < <(_labyrinth_values "$option" "$command")
	elif [ -z "$command" ]; then
		_labyrinth_offer "$word" <<<"$commands --help --version"
	else
		_labyrinth_offer "$word" < <(_labyrinth_options "$command")
		[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null
	fi
}

complete -F _labyrinth labyrinth
