# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Download Debian packages, without root and without a change to the machine.
#
# The caller sets $tmp to a folder, the array apt to apt_options, and has say().

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# As root, apt would warn that its own user cannot enter these folders.
apt_options=(-o APT::Sandbox::User=root -o Acquire::Retries=3)

apt_version() { # PACKAGE: the version that apt would install, or nothing
	apt-cache "${apt[@]}" policy "$1" | sed -n 's/^  Candidate: \([^(].*\)/\1/p'
}

apt_depends() { # PACKAGE REGEX: its dependencies that match
	apt-cache "${apt[@]}" depends --no-recommends --no-suggests "$1" |
		sed -nE "s/^[ |]*Depends: ($2)\$/\1/p"
}

apt_download() { # PACKAGE...: into $tmp/debs
	rm -rf "$tmp/debs"
	mkdir "$tmp/debs"
	(cd "$tmp/debs" && apt-get "${apt[@]}" -qq download "$@")
}

# Used if the package lists of the machine are missing or too old.
apt_private_lists() {
	say "reading the package lists into a private folder"
	mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/archives/partial"
	printf '#clear %s;\n' APT::Update::{Pre-Invoke,Post-Invoke,Post-Invoke-Success} \
		>"$tmp/apt/conf"
	apt+=(-c "$tmp/apt/conf" -o Dir::State::lists="$tmp/apt/lists" -o Dir::Cache="$tmp/apt")
	apt-get "${apt[@]}" -qq update || say "not every package list could be read"
}

# Used for a package of another Debian suite: read that suite's list from the machine's mirrors.
apt_private_suite() { # SUITE [ARCHITECTURE]
	local codename

	say "reading the package list of $1 into a private folder"
	[ "${2:-amd64}" = amd64 ] || apt+=(-o APT::Architectures::="$2" -o APT::Architectures::=amd64)
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # for apt, not for the shell
	apt-get "${apt[@]}" indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk -v own="$codename" -v suite="$1" -v key="$keyring" '
			$1 == own && !seen[$2]++ { print "deb [signed-by=" key "]", $2, suite, "main" }
		' >"$tmp/apt/sources.list"
	apt+=(-o Dir::Etc::sourcelist="$tmp/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null)
	apt-get "${apt[@]}" -qq update || say "not every package list could be read"
}
