#!/usr/bin/env bash
# Builds the MinIO server that the end-to-end tests of the S3 store run on, and prints the path of the program. It is
# kept in the cache folder of the user, so only the first run takes its minutes. MinIO publishes no versions that Go's
# modules could name, hence the revision.
set -euo pipefail

REVISION=v0.0.0-20260212201848-7aac2a2c5b7c
# MinIO's go.mod asks for it.
GO_MINOR=24

folder="${XDG_CACHE_HOME:-$HOME/.cache}/rookery/minio-$REVISION"
program="$folder/minio"
if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi

go_is_new_enough() {
  local version
  version=$(go env GOVERSION 2>/dev/null) || return 1
  [[ "$version" =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$GO_MINOR" ]
}

install_go() {
  local offered sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo"
  $sudo apt-get update -qq
  offered=$(apt-cache policy golang-go | sed -n 's/^ *Candidate: *\(.*:\)\{0,1\}1\.\([0-9]*\).*/\2/p')
  if [ "${offered:-0}" -lt "$GO_MINOR" ]; then
    echo "MinIO needs Go 1.$GO_MINOR; Debian's package golang-go offers ${offered:+1.}${offered:-none}. Install a newer Go" \
      "and put it into the PATH." >&2
    return 1
  fi
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends golang-go >&2
}

export PATH="$PATH:/usr/local/go/bin"
go_is_new_enough || install_go
mkdir -p "$folder"
# Beside its place first: a build that is cut leaves no half program.
building=$(mktemp -d "$folder/building.XXXXXX")
trap 'rm -rf "$building"' EXIT
GOBIN="$building" CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "github.com/minio/minio@$REVISION" >&2
mv "$building/minio" "$program"
echo "$program"
