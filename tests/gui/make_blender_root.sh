#!/bin/bash
# make_blender_root.sh SUITE DIR
#
# Makes in DIR, once, a small Debian with a Blender that can open a window: SUITE trixie has Blender 4.3, sid the
# newest (5.2 or later); with Debian's PyTorch, OpenEXR and OpenCV from PyPI as pyproject.toml pins them (Debian's OpenEXR reads
# no files of several parts), a display without a screen (Xvfb, software OpenGL), a window manager, and what presses keys and takes
# screenshots. Needs root, 2.5 GB, Debian's archive and build.py's .venv, for its pip. Ends with 0 when DIR is ready.
set -euo pipefail
suite=${1:?usage: make_blender_root.sh SUITE DIR}
dir=$(realpath -m "${2:?usage: make_blender_root.sh SUITE DIR}")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
packages=(
    blender python3-cattr                                         # Blender 5.2's extensions do not load without cattr
    python3-torch python3-torchvision python3-safetensors python3-pil
    xvfb xauth openbox xdotool imagemagick procps
    libgl1-mesa-dri libglx-mesa0 libegl-mesa0 mesa-vulkan-drivers
)

project=$(cd "$(dirname "$0")/../.." && pwd)
mapfile -t wheels < <(grep -oE '(OpenEXR|opencv-python-headless)==[0-9.]+' "$project/pyproject.toml")

wanted="$suite ${packages[*]} ${wheels[*]}"
stamp=$dir/root-is-made
[ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "Making a Debian root needs root" >&2; exit 1; }
[ -x "$project/.venv/bin/python" ] || { echo "$project has no .venv yet, for its pip: run python3 build.py check first" >&2; exit 1; }
[ -e "$keyring" ] || { echo "This is not a Debian: $keyring is missing" >&2; exit 1; }
if grep -q " $dir/" /proc/mounts; then echo "Something is mounted in $dir: not removing it" >&2; exit 1; fi
exec 9<"$0" && flock 9                                              # two roots may be made at once
if ! command -v mmdebstrap >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
fi
exec 9<&-

# The mirror that this machine already uses for its own packages.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v codename="$codename" '$2 == codename { sub("/$", "", $1); print $1; exit }')
[ -n "$mirror" ] || { echo "apt on this machine knows no Debian mirror" >&2; exit 1; }

rm -rf --one-file-system "$dir"
mkdir -p "$dir"
# A frozen mirror's sid has a release file that counts as expired.
mmdebstrap --quiet --mode=root --variant=minbase --keyring="$keyring" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$(IFS=,; echo "${packages[*]}")" \
    "$suite" "$dir" "deb [signed-by=$keyring] $mirror $suite main"
ln -sf /proc/self/mounts "$dir/etc/mtab"                            # Blender's file browser reads it
version=$(chroot "$dir" python3 -c 'import sys; print("{}.{}".format(*sys.version_info))')
"$project/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version "$version" \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    --target "$dir/usr/local/lib/python$version/dist-packages" "${wheels[@]}"
# Blender's list of languages, which Debian's lacks: Blender's own words stay English, Pochade's do not.
mkdir -p "$dir/usr/share/locale"
cat >"$dir/usr/share/locale/languages" <<'LANGUAGES'
0:Automatic (Automatic):DEFAULT
1:Complete:
2:English (English):en_US
3:Japanese (日本語):ja_JP
5:German (Deutsch):de_DE
8:French (Français):fr_FR
9:Spanish (Español):es
13:Simplified Chinese (简体中文):zh_HANS
LANGUAGES
chroot "$dir" blender --version | head -1
echo "$wanted" > "$stamp"
