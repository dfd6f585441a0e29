# need.sh - finds and installs the Debian packages that a script of this repository needs.
#
# To be sourced by bash. It knows package names only; what they are for, the caller knows.
# Everything it says goes to stderr, and it says nothing when nothing is missing.
# shellcheck shell=bash

# What building the server takes. libc6-dev is named because gcc only recommends it.
# shellcheck disable=SC2034 # read by those who source this file
SERVER_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libjemalloc-dev libxxhash-dev liblzf-dev libluajit-5.1-dev)

say() {
    printf 'ebb: %s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

# Prints those of the named packages that are not installed, one a line.
missingPackages() {
    local package state
    for package in "$@"; do
        # One query each, because a name that dpkg never heard of is no error here.
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=none
        [[ $state == installed ]] || printf '%s\n' "$package"
    done
}

# Installs those of the named packages that are missing, as root or through sudo.
needPackages() {
    if ! command -v dpkg-query >/dev/null; then
        say "this is not a Debian system, nothing is installed here. Needed are what Debian calls: $*"
        return 0
    fi
    local missing=() as_root=() log
    mapfile -t missing < <(missingPackages "$@")
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "these packages are missing, and there is neither root nor sudo to install them: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing with apt-get: ${missing[*]}"
    log=$(mktemp)
    # DEBIAN_FRONTEND goes through env, because sudo drops the caller's environment.
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    # Old package lists may still do, so a failed update alone is not the end.
    "${apt[@]}" update >"$log" 2>&1 || say "apt-get update failed; trying with the lists there are"
    if ! "${apt[@]}" install --no-install-recommends -y "${missing[@]}" >>"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "apt-get could not install: ${missing[*]}"
    fi
    rm -f "$log"
}

# The same, but no service of these packages is started: a test needs redis-server the program, not
# one that sits on port 6379. policy-rc.d is what Debian asks before it starts a service.
needPackagesUnstarted() {
    command -v dpkg-query >/dev/null || return 0
    [[ $(missingPackages "$@") ]] || return 0
    local policy=/usr/sbin/policy-rc.d as_root=() ours=
    ((EUID == 0)) || as_root=(sudo)
    if [[ ! -e $policy ]] && command -v "${as_root[@]:-true}" >/dev/null; then
        ours=yes
        # Removed on interruption too, or no later package could start its service.
        trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
    fi
    needPackages "$@"
    if [[ $ours ]]; then
        "${as_root[@]}" rm -f "$policy"
        trap - EXIT
    fi
    # Nor shall it come up with the next boot: nobody asked for a Redis service.
    if [[ -d /run/systemd/system ]]; then
        local package
        for package in "$@"; do
            "${as_root[@]}" systemctl disable --quiet "$package" 2>/dev/null || true
        done
    fi
}

# configureBuild <source> <dir> <type> [-Dname=value ...]
# Configures a build folder; quiet unless it fails.
configureBuild() {
    local source=$1 dir=$2 type=$3 generator=() out
    shift 3
    # The generator of a folder cannot be changed any more, so it is given to new ones only.
    [[ -f $dir/CMakeCache.txt ]] || generator=(-G Ninja)
    if ! out=$(cmake -S "$source" -B "$dir" "${generator[@]}" -DCMAKE_BUILD_TYPE="$type" "$@" 2>&1); then
        printf '%s\n' "$out" >&2
        die "cmake could not configure $dir"
    fi
}

# isConfigured <dir> <type>
isConfigured() {
    [[ -f $1/build.ninja || -f $1/Makefile ]] && grep -q "^CMAKE_BUILD_TYPE:[A-Z]*=$2\$" "$1/CMakeCache.txt"
}

# buildTargets <dir> [target ...]
# Builds; quiet unless it fails.
buildTargets() {
    local dir=$1 targets=() quiet=() out
    shift
    (($#)) && targets=(--target "$@")
    # Ninja builds in parallel unasked, and can leave out all but the failures.
    if [[ -f $dir/build.ninja ]]; then quiet=(-- --quiet); else quiet=(--parallel "$(nproc)"); fi
    if ! out=$(cmake --build "$dir" "${targets[@]}" "${quiet[@]}" 2>&1); then
        printf '%s\n' "$out" >&2
        die "the build in ${dir##*/}/ failed"
    fi
}
