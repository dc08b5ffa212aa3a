# shellcheck shell=bash
# The images of the tests, made here and pushed to the upstream:
#   library/alpine:latest, :3.20  Docker schema 2, runs
#   library/alpine:oci, :zstd     the same as OCI, with gzip and zstd layers
#   team/app/backend:v1           a longer name
#   library/large:latest          5 layers of 40 MiB that do not compress
#   library/multi:latest          OCI index: amd64, arm64, arm v7
#   library/multi:dockerlist      the same as Docker manifest list

# A root file system of busybox whose os-release says PRETTY_NAME.
make_root() { # DIRECTORY PRETTY_NAME
  local applet
  mkdir -p "$1"/{bin,etc,tmp,proc,sys,dev,root,var}
  cp /bin/busybox "$1/bin/busybox"
  for applet in cat sh sleep ls; do ln -sf busybox "$1/bin/$applet"; done
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\n' >"$1/etc/group"
  printf 'NAME="Tiny"\nID=tiny\nPRETTY_NAME="%s"\n' "$2" >"$1/etc/os-release"
}

make_single_images() { # LAYOUT
  local layout=$1 bundle=$STATE/images/bundle i
  umoci init --layout "$layout"
  umoci new --image "$layout:alpine"
  umoci unpack --image "$layout:alpine" "$bundle"
  make_root "$bundle/rootfs" "tiny amd64"
  umoci repack --image "$layout:alpine" "$bundle"
  umoci config --image "$layout:alpine" --config.cmd /bin/sh \
    --config.env PATH=/bin --architecture amd64 --os linux
  rm -rf "$bundle"

  umoci tag --image "$layout:alpine" large
  for i in 1 2 3 4 5; do
    head -c $((40 << 20)) /dev/urandom >"$STATE/images/data"
    umoci insert --image "$layout:large" "$STATE/images/data" "/data/$i"
  done
  umoci gc --layout "$layout"
}

push_single_images() { # LAYOUT
  local layout=$1
  push() { # FORMAT TAG DESTINATION [OPTION...]
    skopeo --insecure-policy copy -q --dest-tls-verify=false --format "$1" \
      "${@:4}" "oci:$layout:$2" "docker://$UPSTREAM/$3"
  }
  push v2s2 alpine library/alpine:latest
  push v2s2 alpine library/alpine:3.20
  push oci alpine library/alpine:oci
  push oci alpine library/alpine:zstd --dest-compress \
    --dest-compress-format zstd
  push oci alpine team/app/backend:v1
  push v2s2 large library/large:latest
}

push_index() {
  local platform name arch container mount
  local store=$STATE/images/store run=$STATE/images/run
  local buildah=(buildah --root "$store" --runroot "$run"
    --storage-driver vfs)
  "${buildah[@]}" manifest create multi:1
  for platform in amd64 arm64 arm/v7; do
    name=localhost/multi-${platform//\//-}:1 arch=${platform%%/*}
    container=$("${buildah[@]}" from --arch "$arch" scratch)
    mount=$("${buildah[@]}" mount "$container")
    make_root "$mount" "tiny $platform"
    "${buildah[@]}" umount "$container"
    "${buildah[@]}" config --os linux --arch "$arch" --cmd /bin/sh \
      --env PATH=/bin "$container"
    [[ $platform != */* ]] ||
      "${buildah[@]}" config --variant "${platform#*/}" "$container"
    "${buildah[@]}" commit -q --format oci "$container" "$name"
    "${buildah[@]}" rm "$container"
    "${buildah[@]}" manifest add multi:1 \
      "containers-storage:[vfs@$store+$run]$name"
  done
  "${buildah[@]}" manifest push --all --tls-verify=false multi:1 \
    "docker://$UPSTREAM/library/multi:latest"
  "${buildah[@]}" manifest push --all --tls-verify=false --format v2s2 multi:1 \
    "docker://$UPSTREAM/library/multi:dockerlist"
}

push_images() {
  mkdir -p "$STATE/images"
  make_single_images "$STATE/images/oci"
  push_single_images "$STATE/images/oci"
  push_index
  rm -rf "$STATE/images"
}

# The digest of a tag at the upstream, as the upstream says.
digest_of() { # REPOSITORY TAG
  local types=application/vnd.oci.image.index.v1+json
  types+=,application/vnd.oci.image.manifest.v1+json
  types+=,application/vnd.docker.distribution.manifest.list.v2+json
  types+=,application/vnd.docker.distribution.manifest.v2+json
  curl -fsI -H "Accept: $types" "http://$UPSTREAM/v2/$1/manifests/$2" |
    tr -d '\r' | sed -n 's/^Docker-Content-Digest: //Ip'
}
