#!/bin/sh
# The study's runs, in order of their value: run.sh FOLDER [--threads N] [NAME…]
#
# Each suite NAME.yaml of this folder is run into FOLDER/NAME; what is there already is gone on with. The readings
# of one network (base-*) take the weights that base has trained, heart-pretrained what wide has. Which claims
# held under which conditions:
#
#     claims.py FOLDER/base FOLDER/base-batch …
set -eu
here=$(dirname "$0") folder=$1
shift
threads=0
if [ "${1-}" = --threads ]; then
  threads=$2
  shift 2
fi
[ $# -gt 0 ] || set -- base base-batch base-recalibrated base-kinds base-controls paper images-5000 stem-pool \
  no-decay no-augmentation plain-sgd narrow depth-18 channels-first stride-first no-shortcuts base-questions \
  depth-50 images-20000 little-decay longer wide heart phantom heart-cross-entropy phantom-cross-entropy \
  heart-steps heart-pretrained base-retrained stem-cifar

# Weights are known again by what they were trained from, wherever they lie.
take_weights() {
  for seed in "$folder"/base/seed-*; do
    to=$folder/$1/$(basename "$seed")
    [ -e "$to" ] || { mkdir -p "$folder/$1" && cp -r "$seed" "$to"; }
  done
}

mkdir -p "$folder"
for name; do
  set --
  case $name in
    base-*) take_weights "$name" ;;
    heart-pretrained) set -- --set train.from.file="$(cd "$folder" && pwd)"/wide/seed-0/weights.safetensors ;;
  esac
  nontrivial run "$here/$name.yaml" --threads "$threads" --out "$folder/$name" "$@"
done
