#!/bin/bash
# blender_in_root.sh DIR PROJECT [arguments of Blender...]
#
# Runs the Blender of DIR, which make_blender_root.sh made, in a window on a display of its own; several may run at
# once. The folder PROJECT is its working directory (as /project, and under its own path). Its home is DIR/home/user
# and stays, with the shaders that Mesa compiled; BLENDER_USER_RESOURCES, a folder in PROJECT, keeps all that is
# Blender's own apart, and BLENDER_SYSTEM_EXTENSIONS is handed on. Ends with Blender's status, 124 after BLENDER_TIMEOUT seconds (3000); nothing stays mounted or
# running. What Blender writes when it crashes is printed. There is no network inside, for painting must not need one. PyTorch has OMP_NUM_THREADS threads; they sleep
# while they wait for each other: spinning, they crawl beside anything else that runs, and Debian's Blender reads this
# before Pochade can set it. Needs root.
set -euo pipefail
dir=$(realpath "${1:?usage: blender_in_root.sh DIR PROJECT [arguments]}")
project=$(realpath "${2:?usage: blender_in_root.sh DIR PROJECT [arguments]}")
shift 2
[ -e "$dir/root-is-made" ] || { echo "$dir: run make_blender_root.sh first" >&2; exit 1; }
mkdir -p "$dir/project" "$dir/home/user"

# Runs as the first process of namespaces of its own: with its end, mounts and processes are gone.
in_namespace='
    set -eu
    dir=$1 project=$2 timeout=$3; shift 3
    mount --rbind /dev "$dir/dev"
    mount -t proc proc "$dir/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$dir/tmp"
    mount -t tmpfs tmpfs "$dir/run"
    mkdir -p "$dir$project"
    mount --bind "$project" "$dir/project"
    mount --bind "$project" "$dir$project"
    exec chroot "$dir" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/user USER=root LANG=C.UTF-8 \
        BLENDER_SCREEN="${BLENDER_SCREEN:-1600x1000}" \
        ${BLENDER_USER_RESOURCES:+BLENDER_USER_RESOURCES="$BLENDER_USER_RESOURCES"} \
        ${BLENDER_SYSTEM_EXTENSIONS:+BLENDER_SYSTEM_EXTENSIONS="$BLENDER_SYSTEM_EXTENSIONS"} \
        ${OMP_NUM_THREADS:+OMP_NUM_THREADS="$OMP_NUM_THREADS"} OMP_WAIT_POLICY=PASSIVE LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe XDG_RUNTIME_DIR=/run DISPLAY=:7 \
        sh -c "$in_root" sh "$timeout" "$@"
'
in_root='
    timeout=$1; shift
    cd /project
    Xvfb :7 -screen 0 ${BLENDER_SCREEN}x24 -nolisten tcp >/tmp/xvfb.log 2>&1 &
    xvfb=$!
    until [ -S /tmp/.X11-unix/X7 ]; do
        kill -0 $xvfb || { cat /tmp/xvfb.log; exit 1; }
        sleep 0.1
    done
    openbox >/tmp/openbox.log 2>&1 &
    timeout -k 5 "$timeout" blender "$@"
    status=$?
    cat /tmp/*.crash.txt 2>/dev/null
    exit $status
'
export in_root
exec unshare --net --mount --pid --fork --kill-child --propagation private \
    sh -c "$in_namespace" sh "$dir" "$project" "${BLENDER_TIMEOUT:-3000}" "$@"
